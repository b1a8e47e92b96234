"""Moving a session: the same row, the same credit, and what has to be confirmed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal.actions.cancelling import cancel
from portal.actions.moving import move
from portal.db import db
from portal.errors import Forbidden, NotBookable, NotFound, Refused, Taken, Unconfirmed
from portal.models import (
    Activity,
    Booking,
    Client,
    ClientPackage,
    CreditEntry,
    Member,
    Practice,
    Service,
    Status,
)
from portal.scheduling.obstacles import Obstacle
from portal.transaction import transaction
from tests.actions.sessions import (
    NINE,
    TEN,
    acts,
    assign_packages_to,
    book_follow_up,
    left_of,
    mails,
    member,
    outside_any_package,
)
from tests.clinics import ANA, BEN, CHO, DEE, LEE, NOW, lee

Clinic = Callable[..., None]
EVERYTHING = frozenset(Obstacle)
HOUR = timedelta(hours=1)
EVENING = TEN + 8 * HOUR


def move_it(
    booking: Booking,
    who: str = BEN,
    start: datetime = NINE,
    *confirmed: Obstacle,
    by: str = ANA,
    method: str = "in_person",
    now: datetime = NOW,
) -> None:
    move(
        booking.id,
        member_id=member(who).id,
        start=start,
        method=method,
        confirmed=frozenset(confirmed),
        by=member(by),
        now=now,
    )


def change(model: Any, **values: Any) -> None:
    with transaction() as session:
        session.execute(update(model).values(**values))


def test_another_time_is_the_same_session_for_the_same_credit(clinic: Clinic) -> None:
    clinic(follow_up={"buffer_before": 5, "buffer_after": 10})
    booking = book_follow_up(BEN)
    entries = len(db.session.scalars(select(CreditEntry)).all())
    # What was agreed on stays, whatever the service is like by now.
    change(Service, minutes=30, buffer_before=0, buffer_after=0)
    with pytest.raises(Unconfirmed, match="availability"):
        move_it(booking, BEN, TEN + HOUR + HOUR / 2)
    move_it(booking, BEN, NINE + timedelta(minutes=7))

    start = NINE + timedelta(minutes=7)
    assert (booking.starts_at, booking.ends_at) == (start, start + HOUR)
    assert booking.busy_start == start - timedelta(minutes=5)
    assert booking.busy_end == start + timedelta(minutes=70)
    assert booking.status is Status.REQUESTED
    assert len(db.session.scalars(select(CreditEntry)).all()) == entries
    assert left_of(booking) == 2
    assert acts()[-1] == "booking.moved"
    assert [recipient for recipient, _ in mails()[-2:]] == [LEE, BEN]


def test_another_person_and_time_at_once_tells_all_three(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    move_it(booking, CHO, NINE)
    assert (booking.member.email, booking.starts_at) == (CHO, NINE)
    assert [recipient for recipient, _ in mails()[-3:]] == [LEE, CHO, BEN]
    details = db.session.scalars(select(Activity.details).order_by(Activity.id)).all()[-1]
    assert (details["from"], details["to"]) == (member(BEN).id, member(CHO).id)
    assert book_follow_up(BEN, email="robin@example.com").starts_at == TEN


def test_the_same_time_with_a_colleague_is_told_as_that(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    move_it(booking, CHO, TEN)
    assert acts()[-1] == "booking.transferred"
    assert mails()[-1] == (BEN, "Now Cho Park’s: Follow-up with Lee, Tue, Mar 2, 10:00")


def test_moving_it_to_where_it_is_changes_nothing(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    before = (acts(), mails())
    move_it(booking, BEN, TEN)
    assert (acts(), mails()) == before


@pytest.mark.parametrize(
    ("make", "start", "found"),
    [
        pytest.param(lambda: None, NINE, [], id="an opening"),
        pytest.param(lambda: None, TEN + HOUR / 2, [], id="over its own time"),
        pytest.param(
            lambda: change(Practice, min_notice_minutes=3 * 1440), NINE, ["notice"], id="notice"
        ),
        pytest.param(lambda: change(Practice, horizon_days=1), NINE, ["horizon"], id="horizon"),
        pytest.param(lambda: change(ClientPackage, weekly_limit=1), NINE, [], id="its own place"),
        pytest.param(
            lambda: (book_follow_up(CHO, own=1), change(ClientPackage, weekly_limit=1)),
            NINE,
            ["limits"],
            id="the week is full",
        ),
        pytest.param(lambda: change(Member, daily_cap=1), NINE, [], id="its own place in the day"),
        pytest.param(lambda: None, EVENING, ["hours"], id="hours"),
        pytest.param(
            lambda: outside_any_package(BEN, NINE), NINE, ["overlap"], id="another session"
        ),
    ],
)
def test_what_has_to_be_confirmed_for_another_time(
    clinic: Clinic, make: Callable[[], object], start: datetime, found: list[str]
) -> None:
    clinic()
    booking = book_follow_up(BEN)
    make()
    if found:
        with pytest.raises(Unconfirmed) as refusal:
            move_it(booking, BEN, start, *(EVERYTHING - {Obstacle(found[0])}))
        assert refusal.value.obstacles == set(found)
        assert booking.starts_at == TEN
    move_it(booking, BEN, start, *map(Obstacle, found))
    assert booking.starts_at == start
    details = db.session.scalars(select(Activity.details).order_by(Activity.id)).all()[-1]
    assert details.get("obstacles", []) == found


@pytest.mark.parametrize("packaged", [True, False], ids=["of a package", "outside any package"])
def test_a_person_outside_the_settings_takes_a_confirmation(clinic: Clinic, packaged: bool) -> None:
    clinic(sharing="members", shared_with=[BEN], clients=[lee()])
    id_ = book_follow_up(BEN).id if packaged else outside_any_package(BEN, TEN)
    booking = db.session.get_one(Booking, id_)
    with pytest.raises(Unconfirmed, match="outside the settings"):
        move_it(booking, CHO, NINE)
    move_it(booking, CHO, NINE, Obstacle.SETTINGS)
    assert booking.member.email == CHO
    # Whoever has it may keep it.
    move_it(booking, CHO, TEN, now=NOW + HOUR)


def test_the_last_credit_is_its_own(clinic: Clinic) -> None:
    clinic(package={"items": [{"service": "follow-up", "sessions": 1}]})
    booking = book_follow_up(BEN)
    move_it(booking)
    assert left_of(booking) == 0


@pytest.mark.parametrize(
    ("make", "to", "sentence"),
    [
        pytest.param(lambda: None, (DEE, NINE), "active practitioner", id="an admin"),
        pytest.param(lambda: None, (BEN, NOW - HOUR), "in the past", id="the past"),
        pytest.param(
            lambda: change(Client, deactivated_at=NOW), (BEN, NINE), "deactivated", id="deactivated"
        ),
        pytest.param(
            lambda: change(ClientPackage, expires_on=NOW.date()),
            (BEN, NINE),
            "expires before",
            id="after the expiry",
        ),
        pytest.param(
            lambda: change(ClientPackage, expires_on=NOW.date() - timedelta(days=1)),
            (BEN, NINE),
            "has expired",
            id="expired",
        ),
    ],
)
def test_where_not_even_staff_can_move_it(
    clinic: Clinic, make: Callable[[], object], to: tuple[str, datetime], sentence: str
) -> None:
    clinic()
    booking = book_follow_up(BEN)
    make()
    with pytest.raises(NotBookable, match=sentence):
        move_it(booking, *to, *EVERYTHING)


def test_a_time_that_was_agreed_on_goes_to_a_colleague_whatever_came_since(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    change(Client, deactivated_at=NOW)
    change(ClientPackage, expires_on=NOW.date() - timedelta(days=1), weekly_limit=1)
    change(Practice, min_notice_minutes=3 * 1440, horizon_days=1)
    move_it(booking, CHO, TEN)
    assert booking.member.email == CHO


def test_how_it_takes_place_can_change_alone(clinic: Clinic) -> None:
    clinic(follow_up={"delivery": ["in_person", "video"]}, clients=[lee()])
    booking = book_follow_up(BEN)
    id_ = outside_any_package(BEN, TEN, overbooked_at=NOW)
    with pytest.raises(NotBookable):
        move_it(booking, BEN, TEN, method="phone")
    move_it(booking, BEN, TEN, method="video")
    assert booking.delivery == "video"
    assert booking.overbooked_at is None
    over = db.session.get_one(Booking, id_)
    move_it(over, BEN, TEN, method="video")
    assert over.overbooked_at == NOW
    # One that the service has no more may stay.
    change(Service, delivery=["in_person"])
    move_it(booking, BEN, NINE, method="video")


def test_overbooked_for_this_one_time_and_guarded_again_where_it_is_free(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    booking = book_follow_up(BEN)
    outside_any_package(BEN, NINE)
    move_it(booking, BEN, NINE + HOUR / 2, Obstacle.OVERLAP)
    assert booking.overbooked_at == NOW
    for start in (NINE, NINE + HOUR):
        with pytest.raises(Taken):
            book_follow_up(BEN, start, email="robin@example.com")
    with pytest.raises(Unconfirmed, match="another session"):
        move_it(booking, BEN, NINE + HOUR / 4, now=NOW + HOUR / 4)

    move_it(booking, BEN, TEN + HOUR, now=NOW + HOUR / 2)
    assert booking.overbooked_at is None
    with pytest.raises(IntegrityError, match="booking_overlap"):
        outside_any_package(BEN, TEN + HOUR / 2)


def test_a_hold_that_ran_out_is_not_in_the_way(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    held = {"client_id": None, "confirmed_at": None, "held_until": NOW}
    outside_any_package(BEN, NINE, **held)
    move_it(booking)
    assert booking.overbooked_at is None


def test_ones_own_session_is_not_put_over_a_colleagues_own_time(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    with pytest.raises(NotBookable, match="colleague’s own time"):
        move_it(booking, CHO, EVENING, *EVERYTHING, by=BEN)
    move_it(booking, BEN, EVENING, Obstacle.HOURS, by=BEN)
    move_it(booking, CHO, NINE, by=BEN)
    assert booking.member.email == CHO


def test_somebody_elses_session_is_not_moved(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(CHO)
    with pytest.raises(NotFound):
        move_it(booking, CHO, NINE, by=BEN)
    assign_packages_to(BEN)
    with pytest.raises(Forbidden):
        move_it(booking, CHO, NINE, by=BEN)


def test_what_is_cancelled_over_or_lapsed_is_not_moved(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    with pytest.raises(Refused, match="lapsed"):
        move_it(booking, CHO, TEN + HOUR, now=TEN)
    with pytest.raises(Refused, match="over"):
        move_it(booking, CHO, TEN + HOUR, now=TEN + HOUR)
    cancel(booking.id, "Sorry", member(ANA), NOW)
    with pytest.raises(Refused, match="cancelled"):
        move_it(booking)
