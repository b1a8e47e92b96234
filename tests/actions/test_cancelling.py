"""Cancelling for the clinic: the time is free, the credit goes back, both are told."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.actions.cancelling import Seen, cancel, cancel_several
from portal.db import db
from portal.errors import Changed, Forbidden, NotFound, Refused, WrongField
from portal.models import Booking, Client, CreditEntry, CreditKind, Message, Status
from portal.queries.staff_bookings import find_booking_for_staff
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
WHY = "Ben is ill."
HOUR = timedelta(hours=1)


def test_scenario_23_the_reason_is_told_and_the_credit_goes_back(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    assert left_of(booking) == 2
    cancel(booking.id, f"  {WHY} ", member(ANA), NOW)

    assert booking.status is Status.CANCELLED
    assert (booking.cancelled_at, booking.cancel_reason) == (NOW, WHY)
    assert booking.cancelled_by_id == member(ANA).id
    assert left_of(booking) == 3
    [entry] = db.session.scalars(select(CreditEntry).where(CreditEntry.kind == CreditKind.RETURN))
    assert (entry.booking_id, entry.by_id, entry.at) == (booking.id, member(ANA).id, NOW)
    assert mails()[-2:] == [
        (LEE, "Cancelled: Follow-up with Ben Okafor, Tue, Mar 2, 10:00"),
        (BEN, "Cancelled: Follow-up with Lee, Tue, Mar 2, 10:00"),
    ]
    assert acts()[-1] == "booking.cancelled"


def test_its_time_can_be_booked_again_at_once(clinic: Clinic) -> None:
    clinic()
    cancel(book_follow_up(BEN).id, WHY, member(ANA), NOW)
    assert book_follow_up(BEN, email="robin@example.com").starts_at == TEN


def test_the_clinic_gives_the_credit_back_however_late_it_is(clinic: Clinic) -> None:
    clinic(practice={"late_cancel_returns_credit": False, "late_cancel_hours": 48})
    booking = book_follow_up(BEN)
    cancel(booking.id, WHY, member(ANA), TEN - timedelta(minutes=5))
    assert left_of(booking) == 3


def test_a_session_that_has_no_credit_gives_none_back(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    cancel(outside_any_package(BEN, TEN), WHY, member(ANA), NOW)
    assert not db.session.scalars(select(CreditEntry)).all()
    text = text_of(db.session.scalars(select(Message)).all()[0])
    assert "back in your package" not in text
    assert "used" not in text


def test_a_session_linked_to_a_package_without_taking_a_credit_gives_none_back(
    clinic: Clinic,
) -> None:
    clinic()
    booking = book_follow_up(BEN)
    own = booking.client_package_id
    linked = outside_any_package(BEN, TEN + timedelta(days=1), client_package_id=own)
    cancel(linked, WHY, member(ANA), NOW)
    assert left_of(booking) == 2


def test_it_is_cancelled_once(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    cancel(booking.id, WHY, member(ANA), NOW)
    told = mails()
    with pytest.raises(Refused, match="cancelled already"):
        cancel(booking.id, WHY, member(ANA), NOW)
    assert left_of(booking) == 3
    assert mails() == told


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 1001])
def test_without_a_reason_nothing_happens(clinic: Clinic, reason: str) -> None:
    clinic()
    booking = book_follow_up(BEN)
    with pytest.raises(WrongField) as refusal:
        cancel(booking.id, reason, member(ANA), NOW)
    assert refusal.value.field == "reason"
    assert booking.status is Status.REQUESTED


def test_what_is_over_stays_as_it_was(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    with pytest.raises(Refused, match="over"):
        cancel(booking.id, WHY, member(ANA), TEN + timedelta(hours=1))
    for fact in ("completed_at", "no_show_at"):
        with transaction() as session:
            session.execute(update(Booking).values(completed_at=None, no_show_at=None))
            session.execute(update(Booking).values({fact: NOW}))
        with pytest.raises(Refused, match="over"):
            cancel(booking.id, WHY, member(ANA), NOW)
    assert left_of(booking) == 2


@pytest.mark.parametrize(
    ("who", "refused"),
    [
        pytest.param(ANA, None, id="the owner"),
        pytest.param(CHO, None, id="whose session it is"),
        pytest.param(DEE, None, id="who sees all clients"),
        pytest.param(BEN, NotFound, id="another practitioner"),
    ],
)
def test_scenario_34_ben_can_not_cancel_chos_booking_and_the_owner_can(
    clinic: Clinic, who: str, refused: type[Exception] | None
) -> None:
    clinic(dee_may=["clients"])
    booking = book_follow_up(CHO)
    if refused is None:
        cancel(booking.id, WHY, member(who), NOW)
        assert booking.status is Status.CANCELLED
        return
    with pytest.raises(refused):
        cancel(booking.id, WHY, member(who), NOW)
    assert booking.status is Status.REQUESTED


def test_seeing_a_client_is_not_enough_to_cancel_a_colleagues_session(clinic: Clinic) -> None:
    clinic()
    chos = book_follow_up(CHO).id
    assign_packages_to(BEN)
    with pytest.raises(Forbidden):
        cancel(chos, WHY, member(BEN), NOW)


def test_a_held_time_is_nobodys_session(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    held = outside_any_package(BEN, TEN, client_id=None, held_until=NOW, confirmed_at=None)
    for who in (ANA, BEN):
        with pytest.raises(NotFound):
            find_booking_for_staff(held, member(who))


def test_a_client_without_an_address_is_not_written_to(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    booking = outside_any_package(BEN, TEN)
    with transaction() as session:
        session.execute(update(Client).values(email=None))
    cancel(booking, WHY, member(ANA), NOW)
    assert [recipient for recipient, _subject in mails()] == [BEN]


def test_a_package_that_has_expired_is_said_to(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    with transaction() as session:
        own = session.get_one(Booking, booking.id).client_package
        assert own
        own.expires_on = NOW.date() - timedelta(days=1)
    cancel(booking.id, WHY, member(ANA), NOW)
    mail = db.session.scalars(select(Message).where(Message.event.contains("cancelled:client")))
    text = text_of(mail.one())
    assert "has expired" in text
    assert "/next" not in text


def seen(*bookings: Booking) -> dict[int, Seen]:
    return {each.id: Seen(each.member_id, each.starts_at) for each in bookings}


def test_several_are_cancelled_for_one_reason_and_each_client_is_told(clinic: Clinic) -> None:
    clinic()
    first, second = book_follow_up(BEN), book_follow_up(BEN, TEN + HOUR, email="kim@example.com")
    other = book_follow_up(CHO)
    before = len(mails())
    assert cancel_several(seen(second, first), f" {WHY} ", member(ANA), NOW) == 2
    assert [(each.status, each.cancel_reason) for each in (first, second)] == [
        (Status.CANCELLED, WHY)
    ] * 2
    assert other.status is Status.REQUESTED
    assert left_of(first) == 3
    assert sorted(to for to, _subject in mails()[before:]) == [BEN, BEN, "kim@example.com", LEE]
    assert acts()[-2:] == ["booking.cancelled"] * 2
    # Sent twice it's done once.
    sent = len(mails())
    assert cancel_several(seen(first, second), WHY, member(ANA), NOW) == 0
    assert len(mails()) == sent


def test_several_are_cancelled_all_or_none(clinic: Clinic) -> None:
    clinic()
    first, second = book_follow_up(BEN, NINE), book_follow_up(BEN, TEN + HOUR)
    as_seen = seen(first) | {second.id: Seen(second.member_id, TEN)}
    with pytest.raises(Changed, match="moved meanwhile"):
        cancel_several(as_seen, WHY, member(ANA), NOW)
    with pytest.raises(WrongField, match="say why"):
        cancel_several(seen(first, second), " ", member(ANA), NOW)
    with pytest.raises(Changed, match="isn’t yours"):
        cancel_several(seen(first, second), WHY, member(CHO), NOW)
    assert {first.status, second.status} == {Status.REQUESTED}
    with pytest.raises(Changed, match="has begun"):
        cancel_several(seen(first, second), WHY, member(BEN), NINE)
    assert {first.status, second.status} == {Status.REQUESTED}
    # One that is over stays as it is, and the others are cancelled all the same.
    assert cancel_several(seen(first, second), WHY, member(BEN), TEN) == 1
    assert (first.status, second.status) == (Status.REQUESTED, Status.CANCELLED)
