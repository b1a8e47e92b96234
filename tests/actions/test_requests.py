"""Answering requests: accepted, declined, or lapsed because nobody answered."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.actions.cancelling import cancel
from portal.actions.client_cancelling import cancel_by_client
from portal.actions.requests import accept, decline, lapse_requests
from portal.db import db
from portal.errors import Forbidden, NotFound, Refused, WrongField
from portal.ledger import booking_has_credit
from portal.models import Booking, Client, CreditEntry, Ending, Member, Status, Why
from portal.transaction import transaction
from tests.actions.sessions import (
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
HOUR = timedelta(hours=1)


def test_scenario_22_accepting_takes_no_second_credit(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    assert (booking.status, left_of(booking)) == (Status.REQUESTED, 2)
    accept(booking.id, member(BEN), NOW + HOUR)

    assert (booking.status, booking.confirmed_at) == (Status.CONFIRMED, NOW + HOUR)
    assert left_of(booking) == 2
    assert mails()[-1] == (LEE, "Confirmed: Follow-up with Ben Okafor, Tue, Mar 2, 10:00")
    assert "booking.accepted" in acts()


def test_scenario_22_declining_gives_the_credit_back_and_frees_the_time(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    decline(booking.id, " No room. ", member(ANA), NOW + HOUR)

    assert (booking.status, booking.ending) == (Status.CANCELLED, Ending.DECLINED)
    assert (booking.cancelled_at, booking.cancel_reason) == (NOW + HOUR, "No room.")
    assert booking.cancelled_by_id == member(ANA).id
    assert left_of(booking) == 3
    last = db.session.scalars(select(CreditEntry).order_by(CreditEntry.id.desc())).first()
    assert last
    assert (last.why, last.by_id) == (Why.DECLINED.value, member(ANA).id)
    assert [recipient for recipient, _ in mails()[-2:]] == [LEE, BEN]
    assert acts()[-1] == "booking.declined"
    assert book_follow_up(BEN, email="robin@example.com").starts_at == TEN


def test_a_new_client_is_accepted_with_their_first_request(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    client = booking.client
    assert client
    assert client.accepted_at is None
    accept(booking.id, member(BEN), NOW + HOUR)
    assert client.accepted_at == NOW + HOUR
    assert acts()[-1] == "client.accepted"
    again = book_follow_up(BEN, TEN + timedelta(days=1), own=booking.client_package_id)
    accept(again.id, member(BEN), NOW + 2 * HOUR)
    assert client.accepted_at == NOW + HOUR


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        pytest.param(lambda b: accept(b.id, member(BEN), NOW), "accepted already", id="accepted"),
        pytest.param(
            lambda b: decline(b.id, "", member(BEN), NOW), "declined already", id="declined"
        ),
        pytest.param(
            lambda b: cancel(b.id, "Ill.", member(BEN), NOW), "cancelled already", id="cancelled"
        ),
        pytest.param(
            lambda b: cancel_by_client(b.id, "Ill.", NOW), "taken this request back", id="by client"
        ),
        pytest.param(lambda b: lapse_requests(b.starts_at), "has lapsed", id="lapsed"),
    ],
)
def test_a_request_is_answered_once(
    clinic: Clinic, ends: Callable[[Booking], object], words: str
) -> None:
    clinic()
    booking = book_follow_up(BEN)
    ends(booking)
    told, left = mails(), left_of(booking)
    for answer in (
        lambda: accept(booking.id, member(ANA), NOW),
        lambda: decline(booking.id, "", member(ANA), NOW),
    ):
        with pytest.raises(Refused, match=words):
            answer()
    assert (mails(), left_of(booking)) == (told, left)


def test_from_its_start_on_nobody_can_answer_it_any_more(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    for answer in (
        lambda: accept(booking.id, member(BEN), TEN),
        lambda: decline(booking.id, "", member(BEN), TEN),
    ):
        with pytest.raises(Refused, match="has lapsed"):
            answer()
    accept(booking.id, member(BEN), TEN - timedelta(seconds=1))
    assert booking.status is Status.CONFIRMED


def test_an_unanswered_request_lapses_at_its_start_however_late_that_is_noticed(
    clinic: Clinic,
) -> None:
    clinic()
    booking = book_follow_up(BEN)
    later = book_follow_up(CHO, TEN + HOUR, own=booking.client_package_id)
    assert lapse_requests(TEN - timedelta(seconds=1)) == 0
    assert lapse_requests(TEN + timedelta(minutes=5)) == 1

    assert (booking.status, booking.ending) == (Status.CANCELLED, Ending.LAPSED)
    assert booking.cancelled_at == TEN
    assert (later.status, left_of(booking)) == (Status.REQUESTED, 2)
    assert mails()[-1][0] == LEE
    assert acts()[-1] == "booking.lapsed"
    assert lapse_requests(TEN + timedelta(minutes=5)) == 0


def test_what_isnt_an_open_request_never_lapses(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    confirmed = outside_any_package(ANA, TEN)
    done = outside_any_package(BEN, TEN, confirmed_at=None, completed_at=NOW)
    missed = outside_any_package(CHO, TEN, confirmed_at=None, no_show_at=NOW)
    held = outside_any_package(
        ANA, TEN + HOUR, client_id=None, held_until=TEN + HOUR, confirmed_at=None
    )
    assert lapse_requests(TEN + 2 * HOUR) == 0
    for booking_id in (confirmed, done, missed, held):
        assert db.session.get_one(Booking, booking_id).cancelled_at is None


def test_a_request_of_a_deactivated_client_can_only_be_declined(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    with transaction() as session:
        session.execute(update(Client).values(deactivated_at=NOW))
    with pytest.raises(Refused, match="deactivated"):
        accept(booking.id, member(BEN), NOW)
    decline(booking.id, "", member(BEN), NOW)
    assert not booking_has_credit(booking.id)


def test_a_request_to_somebody_who_left_has_to_be_moved_first(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    with transaction() as session:
        left = update(Member).where(Member.email == BEN).values(deactivated_at=NOW)
        session.execute(left)
    with pytest.raises(Refused, match="Ben Okafor can’t be booked"):
        accept(booking.id, member(ANA), NOW)


def test_a_reason_that_is_too_long_is_said_at_its_field(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    with pytest.raises(WrongField) as refusal:
        decline(booking.id, "x" * 1001, member(BEN), NOW)
    assert refusal.value.field == "reason"
    assert booking.status is Status.REQUESTED


@pytest.mark.parametrize(
    ("who", "refused"),
    [
        pytest.param(ANA, None, id="the owner"),
        pytest.param(CHO, None, id="whose session it is"),
        pytest.param(DEE, None, id="who sees all clients"),
        pytest.param(BEN, NotFound, id="another practitioner"),
    ],
)
def test_who_may_answer_a_request(
    clinic: Clinic, who: str, refused: type[Exception] | None
) -> None:
    clinic(dee_may=["clients"])
    booking = book_follow_up(CHO)
    if refused is None:
        accept(booking.id, member(who), NOW)
        assert booking.status is Status.CONFIRMED
        return
    for answer in (
        lambda: accept(booking.id, member(who), NOW),
        lambda: decline(booking.id, "", member(who), NOW),
    ):
        with pytest.raises(refused):
            answer()
    assert booking.status is Status.REQUESTED


def test_seeing_a_client_is_not_enough_to_answer_a_colleagues_request(clinic: Clinic) -> None:
    clinic()
    chos = book_follow_up(CHO).id
    assign_packages_to(BEN)
    with pytest.raises(Forbidden):
        accept(chos, member(BEN), NOW)
