"""A client cancels a session of theirs, and takes that back while it's fresh."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from portal.actions.cancelling import cancel
from portal.actions.client_cancelling import UNDO, cancel_by_client, take_back_cancellation
from portal.actions.outcomes import complete
from portal.actions.requests import accept, decline, lapse_requests
from portal.db import db
from portal.errors import NotBookable, NotFound, Refused, Taken, WrongField
from portal.models import (
    Activity,
    Actor,
    Booking,
    Client,
    ClientPackage,
    CreditEntry,
    Ending,
    Status,
    TimeOff,
    Why,
)
from portal.queries.cancellation import cancellation_terms
from portal.transaction import transaction
from tests.actions.sessions import (
    TEN,
    acts,
    book_follow_up,
    left_of,
    mails,
    member,
    outside_any_package,
)
from tests.clinics import ANA, BEN, CHO, LEE, NOW, lee

Clinic = Callable[..., None]
WHY = "I’m ill."
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LAST_IN_TIME = TEN - DAY
ONE_FOLLOW_UP = {"items": [{"service": "follow-up", "sessions": 1}]}


def cancelled() -> Booking:
    """Lee's request to Ben for ten on Tuesday, cancelled by Lee a moment later."""
    booking = book_follow_up(BEN)
    cancel_by_client(booking.id, WHY, NOW)
    return booking


def test_scenario_23_the_reason_is_told_and_the_credit_goes_back(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    accept(booking.id, member(BEN), NOW)
    cancel_by_client(booking.id, f"  {WHY} ", NOW)

    assert (booking.status, booking.ending) == (Status.CANCELLED, Ending.BY_CLIENT)
    assert (booking.cancelled_at, booking.cancel_reason) == (NOW, WHY)
    assert booking.cancelled_by_id is None
    assert left_of(booking) == 3
    last = db.session.scalars(select(CreditEntry).order_by(CreditEntry.id.desc())).first()
    assert last
    assert (last.why, last.by_id) == (Why.CANCELLED_BY_CLIENT.value, None)
    assert mails()[-2:] == [
        (LEE, "Cancelled: Follow-up with Ben Okafor, Tue, Mar 2, 10:00"),
        (BEN, "Cancelled: Follow-up with Lee, Tue, Mar 2, 10:00"),
    ]
    activity = db.session.scalars(select(Activity).order_by(Activity.id.desc())).first()
    assert activity
    assert (activity.act, activity.actor) == ("booking.cancelled", Actor.CLIENT)
    assert book_follow_up(BEN, email="robin@example.com").starts_at == TEN


@pytest.mark.parametrize(
    ("at", "setting", "left"),
    [
        pytest.param(LAST_IN_TIME, False, 3, id="in time"),
        pytest.param(LAST_IN_TIME + timedelta(seconds=1), False, 2, id="late, kept"),
        pytest.param(TEN - timedelta(seconds=1), True, 3, id="late, given back"),
    ],
)
def test_a_late_cancellation_follows_the_practices_setting_and_that_is_said_before(
    clinic: Clinic, at: datetime, setting: bool, left: int
) -> None:
    clinic(practice={"late_cancel_returns_credit": setting})
    booking = book_follow_up(BEN)
    terms = cancellation_terms(booking, at)
    assert (terms.late, terms.late_from) == (at > LAST_IN_TIME, LAST_IN_TIME)
    assert (terms.has_credit, terms.returns_credit) == (True, left == 3)
    assert (terms.forbidden, terms.credit_expired, terms.undo_until) == (False, False, None)
    cancel_by_client(booking.id, WHY, at)
    assert left_of(booking) == left


@pytest.mark.parametrize(("hours", "words"), [(24, "last 24 hours"), (1, "last hour")])
def test_inside_the_window_it_is_refused_where_the_practice_forbids_it(
    clinic: Clinic, hours: int, words: str
) -> None:
    clinic(practice={"late_cancel_forbidden": True, "late_cancel_hours": hours})
    booking = book_follow_up(BEN)
    last = booking.starts_at - timedelta(hours=hours)
    late = last + timedelta(seconds=1)
    assert not cancellation_terms(booking, last).forbidden
    assert cancellation_terms(booking, late).forbidden
    with pytest.raises(Refused, match=f"{words} before a session"):
        cancel_by_client(booking.id, WHY, late)
    assert (booking.status, left_of(booking)) == (Status.REQUESTED, 2)
    cancel_by_client(booking.id, WHY, last)
    assert booking.status is Status.CANCELLED


def test_before_confirming_the_client_is_told_that_the_package_has_expired(clinic: Clinic) -> None:
    clinic()
    booking = book_follow_up(BEN)
    with transaction() as session:
        session.execute(update(ClientPackage).values(expires_on=NOW.date() - DAY))
    assert cancellation_terms(booking, NOW).credit_expired
    with transaction() as session:
        session.execute(update(ClientPackage).values(expires_on=NOW.date()))
    assert not cancellation_terms(booking, NOW).credit_expired


def test_a_session_outside_any_package_has_no_credit_to_lose(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    booking = db.session.get_one(Booking, outside_any_package(BEN, TEN))
    terms = cancellation_terms(booking, NOW)
    assert (terms.has_credit, terms.returns_credit, terms.credit_expired) == (False,) * 3
    cancel_by_client(booking.id, WHY, NOW)
    take_back_cancellation(booking.id, NOW)
    assert booking.status is Status.CONFIRMED
    assert not db.session.scalars(select(CreditEntry)).all()


@pytest.mark.parametrize("reason", ["", "  \n ", "x" * 1001])
def test_without_a_reason_nothing_happens(clinic: Clinic, reason: str) -> None:
    clinic()
    booking = book_follow_up(BEN)
    with pytest.raises(WrongField) as refusal:
        cancel_by_client(booking.id, reason, NOW)
    assert refusal.value.field == "reason"
    assert booking.status is Status.REQUESTED


@pytest.mark.parametrize(
    ("before", "at", "words"),
    [
        pytest.param(lambda _: None, TEN, "has begun", id="begun"),
        pytest.param(lambda _: None, TEN + HOUR, "is over", id="over"),
        pytest.param(lambda b: cancel(b.id, "Ill.", member(BEN), NOW), NOW, "clinic has cancelled"),
        pytest.param(lambda b: decline(b.id, "", member(BEN), NOW), NOW, "clinic has declined"),
        pytest.param(lambda b: cancel_by_client(b.id, WHY, NOW), NOW, "You have cancelled"),
        pytest.param(lambda _: lapse_requests(TEN), TEN, "has lapsed", id="lapsed"),
    ],
)
def test_what_has_ended_can_not_be_cancelled(
    clinic: Clinic, before: Callable[[Booking], object], at: datetime, words: str
) -> None:
    clinic()
    booking = book_follow_up(BEN)
    before(booking)
    told, left = mails(), left_of(booking)
    assert cancellation_terms(booking, at).forbidden
    with pytest.raises(Refused, match=words):
        cancel_by_client(booking.id, WHY, at)
    assert (mails(), left_of(booking)) == (told, left)


def test_a_session_that_took_place_can_not_be_cancelled(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    booking = outside_any_package(BEN, TEN)
    complete(booking, member(BEN), TEN)
    with pytest.raises(Refused, match="is over"):
        cancel_by_client(booking, WHY, TEN)


def test_a_held_time_is_nobodys_to_cancel(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    held = outside_any_package(BEN, TEN, client_id=None, held_until=TEN, confirmed_at=None)
    for act in (lambda: cancel_by_client(held, WHY, NOW), lambda: take_back_cancellation(999, NOW)):
        with pytest.raises(NotFound):
            act()


# Taking it back


@pytest.mark.parametrize("accepted", [True, False])
def test_taken_back_it_is_what_it_was_with_its_credit(clinic: Clinic, accepted: bool) -> None:
    clinic()
    booking = book_follow_up(BEN)
    if accepted:
        accept(booking.id, member(BEN), NOW)
    was = booking.status
    cancel_by_client(booking.id, WHY, NOW)
    assert cancellation_terms(booking, NOW).undo_until == NOW + UNDO
    take_back_cancellation(booking.id, NOW + UNDO)

    assert (booking.status, booking.ending, booking.cancel_reason) == (was, None, "")
    assert left_of(booking) == 2
    assert [recipient for recipient, _ in mails()[-2:]] == [LEE, BEN]
    assert acts()[-1] == "booking.restored"
    told = mails()
    take_back_cancellation(booking.id, NOW + UNDO)
    assert (mails(), left_of(booking)) == (told, 2)


def test_after_ten_minutes_or_from_its_start_on_it_is_too_late(clinic: Clinic) -> None:
    clinic()
    booking = cancelled()
    too_late = NOW + UNDO + timedelta(seconds=1)
    assert cancellation_terms(booking, too_late).undo_until is None
    with pytest.raises(Refused, match="too late"):
        take_back_cancellation(booking.id, too_late)
    shortly = book_follow_up(CHO, own=booking.client_package_id)
    cancel_by_client(shortly.id, WHY, TEN - timedelta(minutes=1))
    assert cancellation_terms(shortly, TEN - timedelta(seconds=1)).undo_until == TEN
    with pytest.raises(Refused, match="too late"):
        take_back_cancellation(shortly.id, TEN)


@pytest.mark.parametrize(
    "end",
    [
        lambda b: cancel(b.id, "Ill.", member(BEN), NOW),
        lambda b: decline(b.id, "", member(BEN), NOW),
        lambda _: lapse_requests(TEN),
    ],
)
def test_what_the_clinic_ended_is_not_the_clients_to_take_back(
    clinic: Clinic, end: Callable[[Booking], object]
) -> None:
    clinic()
    booking = book_follow_up(BEN)
    end(booking)
    with pytest.raises(Refused, match="The clinic ended"):
        take_back_cancellation(booking.id, NOW)
    assert left_of(booking) == 3


def test_the_time_may_have_gone_meanwhile(clinic: Clinic) -> None:
    clinic()
    booking = cancelled()
    book_follow_up(BEN, TEN + timedelta(minutes=30), email="robin@example.com")
    with pytest.raises(Taken, match="isn’t free any more"):
        take_back_cancellation(booking.id, NOW)
    assert (booking.status, left_of(booking)) == (Status.CANCELLED, 3)


def test_or_the_practitioner_has_taken_it_off(clinic: Clinic) -> None:
    clinic()
    booking = cancelled()
    with transaction() as session:
        off = TimeOff(member_id=booking.member_id, starts_at=TEN, ends_at=TEN + DAY)
        session.add(off)
    with pytest.raises(Taken):
        take_back_cancellation(booking.id, NOW)


def test_or_the_credit_was_used_for_another_time(clinic: Clinic) -> None:
    clinic(package=ONE_FOLLOW_UP)
    booking = cancelled()
    book_follow_up(CHO, TEN + DAY, own=booking.client_package_id)
    with pytest.raises(NotBookable, match="used for another time"):
        take_back_cancellation(booking.id, NOW)
    assert (booking.status, left_of(booking)) == (Status.CANCELLED, 0)


def test_or_the_week_is_full(clinic: Clinic) -> None:
    clinic(package={"weekly_limit": 1})
    booking = cancelled()
    book_follow_up(CHO, TEN + DAY, own=booking.client_package_id)
    with pytest.raises(Taken):
        take_back_cancellation(booking.id, NOW)


def test_or_the_client_was_deactivated(clinic: Clinic) -> None:
    clinic()
    booking = cancelled()
    with transaction() as session:
        session.execute(update(Client).values(deactivated_at=NOW))
    with pytest.raises(NotBookable, match="get in touch"):
        take_back_cancellation(booking.id, NOW)


def test_what_was_in_order_when_it_was_booked_is_not_asked_again(clinic: Clinic) -> None:
    clinic(practice={"min_notice_minutes": 60}, follow_up={"minutes": 60})
    booking = book_follow_up(BEN)
    with transaction() as session:
        # Staff moved it to the evening: outside Ben's hours, and kept short.
        session.execute(
            update(Booking).values(
                starts_at=TEN + 9 * HOUR,
                ends_at=TEN + 9 * HOUR + timedelta(minutes=30),
                busy_start=TEN + 9 * HOUR,
                busy_end=TEN + 9 * HOUR + timedelta(minutes=30),
            )
        )
    # Right after it there's something else, which a session of the usual length would meet.
    outside_any_package(BEN, TEN + 9 * HOUR + timedelta(minutes=30))
    shortly = TEN + 9 * HOUR - timedelta(minutes=30)
    cancel_by_client(booking.id, WHY, shortly)
    take_back_cancellation(booking.id, shortly)
    assert (booking.status, left_of(booking)) == (Status.REQUESTED, 2)


def test_a_late_one_whose_credit_was_kept_takes_no_second_one(clinic: Clinic) -> None:
    clinic(practice={"late_cancel_returns_credit": False}, package=ONE_FOLLOW_UP)
    booking = book_follow_up(BEN)
    cancel_by_client(booking.id, WHY, TEN - HOUR)
    with transaction() as session:
        # Nor does it matter that nothing more can be booked from the package.
        session.execute(update(ClientPackage).values(expires_on=NOW.date() - DAY))
    take_back_cancellation(booking.id, TEN - HOUR)
    assert (booking.status, left_of(booking)) == (Status.REQUESTED, 0)


def test_one_that_was_put_over_another_on_purpose_comes_back_under_the_guard(
    clinic: Clinic,
) -> None:
    clinic(clients=[lee()])
    over = outside_any_package(BEN, TEN, overbooked_at=NOW)
    under = outside_any_package(BEN, TEN)
    cancel_by_client(over, WHY, NOW)
    with pytest.raises(Taken):
        take_back_cancellation(over, NOW)
    cancel(under, "Ill.", member(ANA), NOW)
    take_back_cancellation(over, NOW)
    assert db.session.get_one(Booking, over).overbooked_at is None
