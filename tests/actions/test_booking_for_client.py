"""Booking for a client: the rule of the booking page, and what staff may go beyond."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal.actions.booking_for_client import Wanted, book_for_client
from portal.actions.cancelling import cancel
from portal.db import db
from portal.errors import NotBookable, NotFound, Refused, Taken, Unconfirmed
from portal.models import (
    Activity,
    Booking,
    Client,
    ClientPackage,
    CreditEntry,
    Member,
    Message,
    Practice,
    Service,
    Status,
    TimeOff,
)
from portal.queries.booking_offers import offer_for_client
from portal.queries.obstacles import obstacles_to
from portal.queries.openings import load_board
from portal.scheduling.obstacles import Obstacle
from portal.transaction import transaction
from tests.actions.sessions import (
    NINE,
    TEN,
    acts,
    book_follow_up,
    left_of,
    mails,
    member,
    outside_any_package,
)
from tests.clinics import ANA, BEN, CHO, DEE, LEE, LEES_OWN, NOW, lee
from tests.mail.laid_out import text_of

Clinic = Callable[..., None]
EVERYTHING = frozenset(Obstacle)
FOLLOW_UP = 2
EVENING = TEN + timedelta(hours=8)
HOUR = timedelta(hours=1)


def lees_package(**changes: Any) -> dict[str, Any]:
    """What makes the clinic one where Lee has a package of three Follow-ups."""
    return {"clients": [lee()], "client_packages": [LEES_OWN | changes]}


def wanted(who: str = BEN, start: datetime = TEN, **changes: Any) -> Wanted:
    client = db.session.scalars(select(Client.id).where(Client.email == LEE)).one()
    own = db.session.scalar(select(ClientPackage.id).where(ClientPackage.client_id == client))
    usual: dict[str, Any] = {
        "client_id": client,
        "client_package_id": own,
        "service_id": FOLLOW_UP,
        "member_id": member(who).id,
        "start": start,
        "method": "in_person",
    }
    return Wanted(**usual | changes)


def book_it(
    who: str = BEN,
    start: datetime = TEN,
    *confirmed: Obstacle,
    by: str = ANA,
    **changes: Any,
) -> Booking:
    asked = wanted(who, start, **changes)
    return db.session.get_one(
        Booking, book_for_client(asked, frozenset(confirmed), member(by), NOW)
    )


def bookings() -> int:
    return len(db.session.scalars(select(Booking)).all())


def change(model: Any, **values: Any) -> None:
    with transaction() as session:
        session.execute(update(model).values(**values))


def in_the_way(who: str = BEN, start: datetime = TEN) -> set[Obstacle]:
    """What has to be confirmed: that's asked, and nothing less than that will do."""
    asked = wanted(who, start)
    try:
        book_for_client(asked, frozenset(), member(ANA), NOW)
    except Unconfirmed as refusal:
        found = {Obstacle(value) for value in refusal.obstacles}
        for one in found:
            with pytest.raises(Unconfirmed) as still:
                book_for_client(asked, EVERYTHING - {one}, member(ANA), NOW)
            assert still.value.obstacles == {one.value}
        return found
    return set()


def test_it_is_confirmed_at_once_takes_a_credit_and_everybody_is_told(clinic: Clinic) -> None:
    clinic(**lees_package(), follow_up={"buffer_before": 5, "buffer_after": 10})
    booking = book_it(note=" Bring the diary. ")
    assert booking.status is Status.CONFIRMED
    assert (booking.member.email, booking.starts_at, booking.ends_at) == (BEN, TEN, TEN + HOUR)
    assert booking.busy_start == TEN - timedelta(minutes=5)
    assert booking.busy_end == TEN + HOUR + timedelta(minutes=10)
    # The client reads what stands in `note`.
    assert (booking.note, booking.staff_note) == ("", "Bring the diary.")
    assert booking.overbooked_at is None
    assert left_of(booking) == 2
    entry = db.session.scalars(select(CreditEntry).order_by(CreditEntry.id.desc())).first()
    assert entry
    assert (entry.amount, entry.by_id) == (-1, member(ANA).id)
    assert acts() == ["clinic.loaded", "booking.confirmed"]
    assert [recipient for recipient, _ in mails()] == [LEE, BEN]
    written = db.session.scalars(select(Message).order_by(Message.id))
    texts = [text_of(mail) + mail.facts for mail in written]
    assert ["Bring the diary." in text for text in texts] == [False, True]


def test_outside_any_package_sharing_decides_and_no_credit_is_taken(clinic: Clinic) -> None:
    clinic(clients=[lee()], sharing="members", shared_with=[BEN])
    assert book_it(client_package_id=None).client_package is None
    assert db.session.scalars(select(CreditEntry)).all() == []
    with pytest.raises(NotBookable, match="can’t choose"):
        book_it(CHO, client_package_id=None)
    change(Service, archived_at=NOW)
    with pytest.raises(NotFound):
        book_it(start=TEN + HOUR, client_package_id=None)


def test_a_prospective_client_is_accepted_with_it(clinic: Clinic) -> None:
    clinic(**lees_package() | {"clients": [lee(prospective=True)]})
    assert book_it().client.accepted_at == NOW
    assert acts()[-2:] == ["booking.confirmed", "client.accepted"]


def test_any_minute_will_do(clinic: Clinic) -> None:
    clinic(**lees_package())
    assert book_it(start=TEN + timedelta(minutes=7)).overbooked_at is None


def test_the_same_form_sent_twice_is_one_session(clinic: Clinic) -> None:
    clinic(**lees_package())
    assert book_it(BEN, TEN, *EVERYTHING).id == book_it(BEN, TEN, *EVERYTHING).id
    assert bookings() == 1
    assert len(mails()) == 2
    # One that was cancelled is another matter.
    cancel(1, "Sorry", member(ANA), NOW)
    assert book_it().id == 2


def test_what_the_client_has_requested_is_to_be_accepted(clinic: Clinic) -> None:
    clinic(**lees_package())
    book_follow_up(own=1)
    with pytest.raises(Refused, match="accept it"):
        book_it(BEN, TEN, *EVERYTHING)


def cap_of_one() -> None:
    change(Member, daily_cap=1)
    outside_any_package(BEN, NINE)


def limit_of_one() -> None:
    change(ClientPackage, weekly_limit=1)
    book_follow_up(CHO, NINE, own=1)


def time_off() -> None:
    with transaction() as session:
        until = TEN + timedelta(minutes=1)
        session.add(TimeOff(member_id=member(BEN).id, starts_at=TEN, ends_at=until))


@pytest.mark.parametrize(
    ("make", "start", "found"),
    [
        pytest.param(
            lambda: change(Practice, min_notice_minutes=3 * 1440),
            TEN,
            {Obstacle.NOTICE},
            id="notice",
        ),
        pytest.param(
            lambda: change(Practice, horizon_days=1), TEN, {Obstacle.HORIZON}, id="horizon"
        ),
        pytest.param(limit_of_one, TEN, {Obstacle.LIMITS}, id="the package's limits"),
        pytest.param(cap_of_one, TEN, {Obstacle.DAILY_CAP}, id="the cap"),
        pytest.param(lambda: None, EVENING, {Obstacle.HOURS}, id="hours"),
        pytest.param(time_off, TEN, {Obstacle.TIME_OFF}, id="time off"),
        pytest.param(
            lambda: outside_any_package(BEN, TEN - timedelta(minutes=30)),
            TEN,
            {Obstacle.OVERLAP},
            id="another session",
        ),
        pytest.param(
            lambda: change(Practice, min_notice_minutes=3 * 1440),
            EVENING,
            {Obstacle.NOTICE, Obstacle.HOURS},
            id="two at once",
        ),
    ],
)
def test_each_override_takes_a_confirmation_of_its_own_and_is_recorded(
    clinic: Clinic, make: Callable[[], object], start: datetime, found: set[Obstacle]
) -> None:
    clinic(**lees_package())
    make()
    before = bookings()
    assert in_the_way(start=start) == found
    assert bookings() == before
    booking = book_it(BEN, start, *found)
    assert (booking.overbooked_at is not None) == (Obstacle.OVERLAP in found)
    details = db.session.scalars(select(Activity.details).order_by(Activity.id)).all()[-1]
    assert set(details["obstacles"]) == {each.value for each in found}


def test_somebody_without_hours_is_booked_outside_of_them(clinic: Clinic) -> None:
    clinic(**lees_package(), hours={BEN: []})
    assert in_the_way() == {Obstacle.HOURS}


@pytest.mark.parametrize(
    ("changes", "asked", "sentence"),
    [
        pytest.param(
            lees_package() | {"sharing": "members", "shared_with": [CHO]},
            {},
            "can’t choose",
            id="not shared",
        ),
        pytest.param(lees_package() | {"enabled": False}, {}, "can’t choose", id="not allowed"),
        pytest.param(lees_package(), {"who": DEE}, "active practitioner", id="an admin"),
        pytest.param(lees_package(), {"member_id": 99}, "active practitioner", id="nobody"),
        pytest.param(
            lees_package(items=[{"service": "follow-up", "sessions": 0}]),
            {},
            "No session",
            id="no credit",
        ),
        pytest.param(lees_package(expires="2027-02-28"), {}, "has expired", id="expired"),
        pytest.param(lees_package(expires="2027-03-01"), {}, "expires before", id="expires"),
        pytest.param(
            lees_package() | {"clients": [lee(active=False)]}, {}, "deactivated", id="deactivated"
        ),
        pytest.param(lees_package(), {"start": NOW - HOUR}, "in the past", id="the past"),
        pytest.param(lees_package(), {"method": "video"}, "like that", id="no such method"),
    ],
)
def test_what_not_even_staff_can_have(
    clinic: Clinic, changes: dict[str, Any], asked: dict[str, Any], sentence: str
) -> None:
    clinic(**changes)
    # A copy: the next database asks the same.
    asked = {"who": BEN, "start": TEN} | asked
    with pytest.raises(NotBookable, match=sentence):
        book_it(asked.pop("who"), asked.pop("start"), *EVERYTHING, **asked)
    assert bookings() == 0


def test_the_expiry_day_itself_can_be_booked(clinic: Clinic) -> None:
    clinic(**lees_package(expires="2027-03-02"))
    book_it()


def test_somebody_elses_package_or_another_service_of_it_is_not_found(clinic: Clinic) -> None:
    robin = lee(email="robin@example.com")
    clinic(**lees_package(client="robin@example.com") | {"clients": [lee(), robin]})
    with pytest.raises(NotFound):
        book_it(client_package_id=1)
    robins = db.session.scalars(select(Client.id).where(Client.email != LEE)).one()
    with pytest.raises(NotFound):
        book_it(client_id=robins, client_package_id=1, service_id=99)


def test_a_member_books_for_clients_they_see_and_plans_over_their_own_time_only(
    clinic: Clinic,
) -> None:
    clinic(**lees_package(assigned_to=BEN))
    with pytest.raises(NotFound):
        book_it(CHO, by=CHO)
    assert book_it(CHO, by=BEN).member.email == CHO
    book_it(BEN, EVENING, Obstacle.HOURS, by=BEN)
    with pytest.raises(NotBookable, match="colleague’s own time"):
        book_it(CHO, EVENING, Obstacle.HOURS, by=BEN)


def test_over_a_hold_it_takes_a_confirmation_too_and_not_once_that_ran_out(clinic: Clinic) -> None:
    clinic(**lees_package())
    held = {"client_id": None, "confirmed_at": None}
    outside_any_package(BEN, TEN, held_until=NOW + timedelta(minutes=1), **held)
    outside_any_package(BEN, TEN + HOUR, held_until=NOW, **held)
    assert in_the_way() == {Obstacle.OVERLAP}
    assert in_the_way(start=TEN + HOUR) == set()


def test_what_is_underneath_is_named_by_its_number_and_time(clinic: Clinic) -> None:
    clinic(**lees_package())
    first = outside_any_package(BEN, TEN)
    outside_any_package(CHO, TEN)
    held = {"client_id": None, "confirmed_at": None, "held_until": NOW}
    outside_any_package(BEN, TEN + HOUR, **held)
    client = db.session.scalars(select(Client)).one()
    offer, service = offer_for_client(client, 1, FOLLOW_UP, NOW)
    way = obstacles_to(offer, service, member(BEN).id, TEN + HOUR / 2, "in_person", NOW)
    assert way.obstacles == (Obstacle.OVERLAP,)
    assert [(one.id, one.start, one.end, one.held) for one in way.underneath] == [
        (first, TEN, TEN + HOUR, False)
    ]


def test_onto_neither_of_two_that_overlap_is_anything_booked_without_a_confirmation(
    clinic: Clinic,
) -> None:
    clinic(**lees_package())
    outside_any_package(BEN, TEN)
    over = book_it(BEN, TEN + HOUR / 2, Obstacle.OVERLAP)
    assert over.overbooked_at == NOW
    for start in (TEN, TEN + HOUR):
        with pytest.raises(Taken):
            book_follow_up(BEN, start, email="robin@example.com")
    # The guard goes on guarding whatever isn't over another on purpose.
    with pytest.raises(IntegrityError, match="booking_overlap"):
        outside_any_package(BEN, TEN + HOUR / 4)


def test_the_one_underneath_can_be_cancelled(clinic: Clinic) -> None:
    clinic(**lees_package())
    below = outside_any_package(BEN, TEN)
    over = book_it(BEN, TEN, Obstacle.OVERLAP)
    cancel(below, "Sorry", member(ANA), NOW)
    assert over.status is Status.CONFIRMED
    with pytest.raises(Taken):
        book_follow_up(BEN, email="robin@example.com")


def test_the_board_offers_what_is_on_the_grid_and_has_no_obstacles(clinic: Clinic) -> None:
    clinic(
        **lees_package(expires="2027-03-02"),
        allow="members",
        restrict_to=[BEN],
        practice={"min_notice_minutes": 25 * 60, "slot_step_minutes": 30},
    )
    outside_any_package(BEN, TEN)
    client = db.session.scalars(select(Client)).one()
    offer, service = offer_for_client(client, 1, FOLLOW_UP, NOW)
    for who in (ANA, BEN, CHO):
        id_ = member(who).id
        opened = set()
        for half_hours in range(-4, 60, 2):
            start = NINE + half_hours * timedelta(minutes=15)
            board = load_board(offer, service, NOW, around=start, besides=[id_])
            way = obstacles_to(offer, service, id_, start, "in_person", NOW)
            is_open = board.is_open(id_, start, "in_person")
            assert is_open == (way.refused is None and not way.obstacles)
            opened |= {start} if is_open else set()
        assert bool(opened) == (who != CHO)
        assert board.openings(NINE.date(), 1, member_id=member(CHO).id) == []
