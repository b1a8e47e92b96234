"""Calendar feeds: made, revoked, and ended when their owner may see no more."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event, select, text

from portal.actions.calendar_feeds import MOST, make_client_feed, make_member_feed, revoke_feed
from portal.actions.clients import About, change_client, deactivate_client, reactivate_client
from portal.actions.leaving import deactivate_member, reactivate_member
from portal.actions.merging_clients import merge_clients
from portal.actions.moving import move
from portal.db import db
from portal.errors import NotFound, Refused
from portal.models import Activity, Booking, CalendarFeed, Client, Detail
from portal.queries.calendar_feeds import feeds_of, find_feed, load_feed, sessions_in
from portal.scheduling.obstacles import Obstacle
from portal.transaction import transaction
from tests.actions.sessions import TEN, book_follow_up, member, outside_any_package
from tests.clinics import ANA, BEN, CHO, DEE, LEE, NOW, lee
from tests.mail.calendars import read

Clinic = Callable[..., None]
LATER = NOW + timedelta(minutes=5)
ALL = frozenset(Obstacle)


def client_called(email: str = LEE) -> Client:
    return db.session.scalars(select(Client).where(Client.email == email)).one()


def in_feed(token: str) -> dict[str, int]:
    """What stands in a feed: each title, and the sequence of its entry."""
    db.session.rollback()
    events = read(load_feed(find_feed(token), LATER).text()).events
    return {event.summary or "": event.sequence or 0 for event in events}


def acts() -> list[str]:
    return list(db.session.scalars(select(Activity.act).where(Activity.act.contains("feed"))))


def test_a_feed_has_its_owners_sessions_and_nobody_elses(clinic: Clinic) -> None:
    clinic()
    bens, anas = (make_member_feed(member(who).id, Detail.FULL, NOW) for who in (BEN, ANA))
    book_follow_up(BEN, TEN)
    book_follow_up(ANA, TEN, email="kim@example.com")
    lees = make_client_feed(client_called().id, NOW)
    assert list(in_feed(bens)) == ["Lee · Follow-up"]
    assert list(in_feed(anas)) == ["Kim · Follow-up"]
    assert list(in_feed(lees)) == ["Follow-up with Ben Okafor, Riverside Clinic"]


def test_feed_and_mails_know_a_session_by_the_same_uid_and_sequence(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN, TEN)
    bens = make_member_feed(member(BEN).id, Detail.BUSY, NOW)
    chos = make_member_feed(member(CHO).id, Detail.BUSY, NOW)
    move(
        booking.id,
        member_id=member(CHO).id,
        start=TEN + timedelta(hours=1),
        method="in_person",
        confirmed=ALL,
        by=member(ANA),
        now=LATER,
    )
    assert in_feed(bens) == {}
    db.session.rollback()
    [event] = read(load_feed(find_feed(chos), LATER).text()).events
    assert (event.uid, event.sequence) == (db.session.get_one(Booking, booking.id).uid, 1)
    # When it was last changed, and not when somebody looks: the text stays the same.
    assert event.dtstamp == LATER


def test_what_is_held_cancelled_or_long_ago_is_not_in_it(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    bens = make_member_feed(member(BEN).id, Detail.INITIALS, NOW)
    outside_any_package(BEN, LATER - timedelta(days=60, hours=-1))
    outside_any_package(BEN, LATER - timedelta(days=60))
    outside_any_package(BEN, TEN, cancelled_at=NOW)
    outside_any_package(BEN, TEN, held_until=LATER, client_id=None)
    assert list(in_feed(bens)) == ["L. P. · Follow-up"]
    db.session.rollback()
    [event] = read(load_feed(find_feed(bens), LATER).text()).events
    assert event.dtstart == LATER - timedelta(days=60, hours=-1)


def test_a_request_is_tentative(clinic: Clinic) -> None:
    clinic()
    book_follow_up(BEN, TEN)
    outside_any_package(BEN, TEN + timedelta(days=1))
    bens = make_member_feed(member(BEN).id, Detail.BUSY, NOW)
    events = read(load_feed(find_feed(bens), NOW).text()).events
    assert [event.status and event.status.value for event in events] == ["TENTATIVE", "CONFIRMED"]


def test_only_its_hash_is_stored_and_the_log_has_no_token(clinic: Clinic) -> None:
    clinic()
    token = make_member_feed(member(BEN).id, Detail.INITIALS, NOW)
    row = db.session.scalars(select(CalendarFeed)).one()
    assert len(token) == 22
    assert token not in str([getattr(row, column.name) for column in CalendarFeed.__table__.c])
    log = db.session.scalars(select(Activity).where(Activity.act.contains("feed"))).one()
    assert (log.act, log.by_id, log.details) == (
        "account.calendar_feed_made",
        member(BEN).id,
        {"detail": "initials"},
    )


def test_a_revoked_one_leads_nowhere_and_the_others_go_on(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    first, second = (make_client_feed(client_called().id, NOW) for _ in range(2))
    newest, oldest = feeds_of(client_called())
    for _ in range(2):
        revoke_feed(oldest.id, client_called(), LATER)
    with pytest.raises(NotFound):
        find_feed(first)
    assert find_feed(second)
    assert feeds_of(client_called()) == (newest,)
    assert acts() == ["client.calendar_feed_made"] * 2 + ["client.calendar_feed_revoked"]


def test_nobody_revokes_somebody_elses(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    make_member_feed(member(BEN).id, Detail.BUSY, NOW)
    make_client_feed(client_called().id, NOW)
    bens, lees = db.session.scalars(select(CalendarFeed.id).order_by(CalendarFeed.id))
    for feed, owner in ((bens, member(ANA)), (lees, member(ANA)), (bens, client_called())):
        with pytest.raises(NotFound):
            revoke_feed(feed, owner, LATER)


def test_somebody_has_ten_at_a_time(clinic: Clinic) -> None:
    clinic()
    for _ in range(MOST):
        make_member_feed(member(BEN).id, Detail.BUSY, NOW)
    with pytest.raises(Refused, match="10 already"):
        make_member_feed(member(BEN).id, Detail.BUSY, NOW)
    revoke_feed(feeds_of(member(BEN))[0].id, member(BEN), NOW)
    make_member_feed(member(BEN).id, Detail.BUSY, NOW)


def test_who_can_not_be_booked_has_nothing_to_show(clinic: Clinic) -> None:
    clinic()
    with pytest.raises(Refused):
        make_member_feed(member(DEE).id, Detail.BUSY, NOW)


def test_a_member_who_leaves_loses_them_for_good(clinic: Clinic) -> None:
    clinic()
    token = make_member_feed(member(CHO).id, Detail.FULL, NOW)
    others = make_member_feed(member(BEN).id, Detail.FULL, NOW)
    deactivate_member(member(CHO).id, (), member(ANA), LATER)
    with pytest.raises(NotFound):
        find_feed(token)
    reactivate_member(member(CHO).id, member(ANA), LATER)
    with pytest.raises(NotFound):
        find_feed(token)
    assert find_feed(others)


def test_a_deactivated_client_loses_them_for_good(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    token = make_client_feed(client_called().id, NOW)
    deactivate_client(client_called().id, (), member(ANA), LATER)
    with pytest.raises(NotFound):
        find_feed(token)
    with pytest.raises(Refused):
        make_client_feed(client_called().id, LATER)
    reactivate_client(client_called().id, member(ANA), LATER)
    with pytest.raises(NotFound):
        find_feed(token)


@pytest.mark.parametrize("column", ["member", "client"])
def test_a_feed_of_somebody_deactivated_in_whatever_way_leads_nowhere(
    clinic: Clinic, column: str
) -> None:
    clinic(clients=[lee()])
    owner = member(BEN) if column == "member" else client_called()
    make = make_member_feed if column == "member" else make_client_feed
    token = make(owner.id, *([Detail.FULL] if column == "member" else []), NOW)  # type: ignore[operator]
    with transaction() as session:
        session.get_one(type(owner), owner.id).deactivated_at = NOW
    with pytest.raises(NotFound):
        find_feed(token)


def test_another_address_ends_what_the_former_one_could_open(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    token = make_client_feed(client_called().id, NOW)
    about = About("Lee Park", "park@example.com", None, None)
    change_client(client_called().id, about, client_called().version, member(ANA), LATER)
    with pytest.raises(NotFound):
        find_feed(token)


@pytest.mark.parametrize("both_have_addresses", [True, False])
def test_merging_ends_the_feeds_of_an_address_that_is_given_up(
    clinic: Clinic, both_have_addresses: bool
) -> None:
    email = "old@example.com" if both_have_addresses else None
    clinic(clients=[lee(), lee(email=email, name="Lee P.", key="other")])
    other = db.session.scalars(select(Client).where(Client.name == "Lee P.")).one()
    booking = outside_any_package(BEN, TEN, client_id=other.id)
    before = db.session.execute(select(Booking.uid, Booking.sequence)).one()
    theirs, lees = (make_client_feed(each, NOW) for each in (other.id, client_called().id))
    merge_clients(client_called().id, other.id, member(ANA), LATER)
    if both_have_addresses:
        with pytest.raises(NotFound):
            find_feed(theirs)
    else:
        assert find_feed(theirs).client_id == client_called().id
    assert list(in_feed(lees)) == ["Follow-up with Ben Okafor, Riverside Clinic"]
    # A mail about it that is on its way is still true.
    row = db.session.get_one(Booking, booking)
    assert (row.uid, row.sequence) == tuple(before)


def test_a_feed_takes_as_many_queries_whatever_is_in_it(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    token = make_member_feed(member(BEN).id, Detail.FULL, NOW)

    def queries() -> int:
        seen: list[str] = []
        db.session.rollback()
        db.session.remove()

        def note(_c: object, _k: object, statement: str, *_: object) -> None:
            seen.extend([statement] if statement.startswith("SELECT") else [])

        event.listen(db.engine, "before_cursor_execute", note)
        load_feed(find_feed(token), NOW).text()
        event.remove(db.engine, "before_cursor_execute", note)
        return len(seen)

    outside_any_package(BEN, TEN)
    one = queries()
    for day in range(1, 6):
        outside_any_package(BEN, TEN + timedelta(days=day))
    assert queries() == one == 3


@pytest.mark.parametrize("whose", ["member", "client"])
def test_a_feed_finds_its_sessions_by_an_index(clinic: Clinic, app: Flask, whose: str) -> None:
    clinic(clients=[lee()])
    feed = CalendarFeed(detail=Detail.FULL)
    setattr(feed, f"{whose}_id", 1)
    query = sessions_in(feed, NOW).compile(db.engine, compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN QUERY PLAN"
    with db.engine.connect() as connection:
        if db.engine.dialect.name == "postgresql":
            explain = "EXPLAIN"
            # A table of a few rows is read as a whole otherwise.
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        rows = connection.exec_driver_sql(f"{explain} {query}").all()
    plan = "\n".join(str(row) for row in rows)
    assert "ix_activity_subject_subject_id" in plan
    if db.engine.dialect.name == "postgresql":
        # Which index it takes depends on how many rows there are.
        assert "Seq Scan on booking" not in plan
    else:
        index = "ix_booking_busy" if whose == "member" else "ix_booking_client_id_starts_at"
        assert f"SEARCH booking USING INDEX {index}" in plan
