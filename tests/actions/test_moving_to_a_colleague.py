"""Moving a session to a colleague: who can take it, what stays, who is told."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.actions.cancelling import cancel
from portal.actions.moving import transfer
from portal.db import db
from portal.errors import Forbidden, NotBookable, NotFound, Refused, Taken, Unconfirmed
from portal.models import Booking, CreditEntry, Member, Message, PrivateLink, Status, TimeOff
from portal.queries.obstacles import colleagues_for
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
from tests.mail.laid_out import text_of

Clinic = Callable[..., None]


def move(booking: Booking, to: str, by: str = ANA, *, outside: bool = False) -> None:
    transfer(booking.id, member(to).id, member(by), NOW, confirmed_outside=outside)


def colleagues(booking: Booking) -> list[tuple[str, *tuple[Obstacle, ...]]]:
    return [(each.name.split()[0], *each.obstacles) for each in colleagues_for(booking, NOW)]


def test_scenario_24_the_time_of_one_is_free_and_the_others_is_taken_for_the_same_credit(
    clinic: Clinic,
) -> None:
    clinic(follow_up={"buffer_before": 5, "buffer_after": 10})
    booking = book_follow_up(BEN)
    before = (booking.starts_at, booking.busy_start, booking.busy_end)
    entries = len(db.session.scalars(select(CreditEntry)).all())
    move(booking, CHO)

    assert booking.member.email == CHO
    assert (booking.starts_at, booking.busy_start, booking.busy_end) == before
    assert booking.status is Status.REQUESTED
    assert left_of(booking) == 2
    assert len(db.session.scalars(select(CreditEntry)).all()) == entries
    assert acts()[-1] == "booking.transferred"
    assert book_follow_up(BEN, email="robin@example.com").starts_at == TEN
    with pytest.raises(Taken):
        book_follow_up(CHO, email="kim@example.com")


def test_the_client_and_both_practitioners_are_told(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    move(booking, CHO)
    assert mails()[-3:] == [
        (LEE, "Your session is now with Cho Park: Follow-up, Tue, Mar 2, 10:00"),
        (CHO, "Now yours: Follow-up with Lee, Tue, Mar 2, 10:00"),
        (BEN, "Now Cho Park’s: Follow-up with Lee, Tue, Mar 2, 10:00"),
    ]


def test_the_client_gets_another_link_and_the_old_one_goes_on_working(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    move(booking, CHO)
    first, second = db.session.scalars(select(PrivateLink).order_by(PrivateLink.id)).all()
    assert first.booking_id == second.booking_id == booking.id
    assert first.expires_at == second.expires_at
    assert first.revoked_at is None
    theirs = select(Message).where(Message.event.contains(":client"))
    assert "/bookings/" in text_of(db.session.scalars(theirs).all()[-1])


def test_it_can_be_moved_back(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    move(booking, CHO)
    transfer(booking.id, member(BEN).id, member(ANA), NOW + timedelta(minutes=1))
    assert booking.member.email == BEN


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        pytest.param({}, [("Ana",), ("Cho",)], id="open to all"),
        pytest.param(
            {"restrict_to": [BEN], "allow": "members"},
            [("Ana",), ("Cho", Obstacle.SETTINGS)],
            id="outside the package's list",
        ),
        pytest.param(
            {"sharing": "members", "shared_with": [BEN]},
            [("Ana",), ("Cho", Obstacle.SETTINGS)],
            id="service not shared",
        ),
        pytest.param(
            {"hours": {CHO: [("10:30", "12:00")]}},
            [("Ana",), ("Cho", Obstacle.HOURS)],
            id="doesn't work then",
        ),
        pytest.param(
            {"hours": {CHO: [("09:45", "11:00")]}},
            [("Ana",), ("Cho",)],
            id="works then, though no opening would begin there",
        ),
    ],
)
def test_who_is_free_then_and_whom_the_client_could_have_chosen(
    clinic: Clinic, changes: dict[str, object], found: list[tuple[str, *tuple[Obstacle, ...]]]
) -> None:
    clinic(practice={"slot_step_minutes": 30}, **changes)
    assert colleagues(book_follow_up(BEN)) == found


def test_the_last_credit_is_the_bookings_own(clinic: Clinic) -> None:
    clinic(package={"items": [{"service": "follow-up", "sessions": 1}]})
    booking = book_follow_up(BEN)
    assert left_of(booking) == 0
    assert colleagues(booking) == [("Ana",), ("Cho",)]


def test_notice_does_not_matter_for_what_is_booked_already(clinic: Clinic) -> None:
    clinic(practice={"min_notice_minutes": 24 * 60})
    booking = book_follow_up(BEN)
    shortly_before = TEN - timedelta(minutes=1)
    transfer(booking.id, member(CHO).id, member(ANA), shortly_before)
    assert booking.member.email == CHO


def test_who_has_as_many_sessions_as_they_take_is_outside(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    outside_any_package(CHO, NINE)
    with transaction() as session:
        session.execute(update(Member).where(Member.email == CHO).values(daily_cap=1))
    assert colleagues(book_follow_up(BEN)) == [("Ana",), ("Cho", Obstacle.DAILY_CAP)]


def test_outside_of_any_package_the_services_sharing_decides(clinic: Clinic) -> None:
    clinic(clients=[lee()], sharing="members", shared_with=[BEN])
    booking = db.session.get_one(Booking, outside_any_package(BEN, TEN))
    assert colleagues(booking) == [("Ana",), ("Cho", Obstacle.SETTINGS)]


def test_somebody_outside_takes_a_confirmation(clinic: Clinic) -> None:
    clinic(restrict_to=[BEN], allow="members")
    booking = book_follow_up(BEN)
    with pytest.raises(Unconfirmed, match="outside the settings"):
        move(booking, CHO)
    assert booking.member.email == BEN
    move(booking, CHO, outside=True)
    assert booking.member.email == CHO


def test_a_time_that_is_taken_is_taken_even_with_a_confirmation(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    book_follow_up(CHO, TEN + timedelta(minutes=30), email="robin@example.com")
    assert colleagues(booking) == [("Ana",)]
    with pytest.raises(Taken):
        move(booking, CHO, outside=True)
    assert booking.member.email == BEN


@pytest.mark.parametrize("hours", [-1, 1], ids=["before it", "after it"])
def test_the_bookings_own_buffers_have_to_be_free_too(clinic: Clinic, hours: int) -> None:
    clinic(clients=[lee()])
    booking = book_follow_up(BEN)
    outside_any_package(CHO, TEN + timedelta(hours=hours))
    assert colleagues(booking) == [("Ana",), ("Cho",)]
    with transaction() as session:
        row, minutes = session.get_one(Booking, booking.id), timedelta(minutes=5)
        row.busy_start -= minutes if hours < 0 else timedelta(0)
        row.busy_end += minutes if hours > 0 else timedelta(0)
    assert colleagues(booking) == [("Ana",)]
    with pytest.raises(Taken):
        move(booking, CHO, outside=True)


def test_time_off_is_not_free(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    with transaction() as session:
        off = TimeOff(member_id=member(CHO).id, starts_at=TEN, ends_at=TEN + timedelta(minutes=5))
        session.add(off)
    assert colleagues(booking) == [("Ana",)]
    with pytest.raises(Taken):
        move(booking, CHO, outside=True)


def test_a_hold_takes_the_time_until_it_runs_out(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    booking = book_follow_up(BEN)
    until = NOW + timedelta(minutes=10)
    outside_any_package(CHO, TEN, client_id=None, held_until=until, confirmed_at=None)
    with pytest.raises(Taken):
        move(booking, CHO)
    transfer(booking.id, member(CHO).id, member(ANA), until)
    assert booking.member.email == CHO


@pytest.mark.parametrize("to", [DEE, BEN], ids=["an admin", "who has it already"])
def test_only_another_active_practitioner_takes_it(clinic: Clinic, to: str) -> None:
    clinic()
    booking = book_follow_up(BEN)
    with pytest.raises(NotBookable):
        move(booking, to, outside=True)


def test_nobody_who_left_takes_it(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    with transaction() as session:
        session.execute(update(Member).where(Member.email == CHO).values(deactivated_at=NOW))
    assert colleagues(booking) == [("Ana",)]
    with pytest.raises(NotBookable):
        move(booking, CHO, outside=True)


def test_somebody_elses_session_is_not_given_away(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(CHO)
    with pytest.raises(NotFound):
        move(booking, ANA, by=BEN)
    assign_packages_to(BEN)
    with pytest.raises(Forbidden):
        move(booking, ANA, by=BEN)
    assert booking.member.email == CHO


def test_what_is_cancelled_or_over_is_not_moved(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    with pytest.raises(Refused, match="over"):
        transfer(booking.id, member(CHO).id, member(ANA), TEN + timedelta(hours=1))
    cancel(booking.id, "Sorry", member(ANA), NOW)
    with pytest.raises(Refused, match="cancelled"):
        move(booking, CHO)
