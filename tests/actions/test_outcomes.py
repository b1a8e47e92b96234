"""What became of a session: it took place, or was missed; and credits that staff return."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from portal.actions.cancelling import cancel
from portal.actions.client_cancelling import cancel_by_client
from portal.actions.outcomes import complete, mark_missed, return_credit
from portal.actions.requests import accept
from portal.errors import Forbidden, NotBookable, NotFound, Refused
from portal.models import Booking, Member, Status
from tests.actions.sessions import (
    TEN,
    acts,
    assign_packages_to,
    book_follow_up,
    left_of,
    member,
    outside_any_package,
)
from tests.clinics import ANA, BEN, CHO, DEE, NOW, lee

Clinic = Callable[..., None]
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
AFTER = TEN + HOUR

Outcome = Callable[..., None]
BOTH = pytest.mark.parametrize("outcome", [complete, mark_missed])


def confirmed(who: str = BEN) -> Booking:
    """Lee's session with somebody at ten on Tuesday."""
    booking = book_follow_up(who)
    accept(booking.id, member(who), NOW)
    return booking


def test_a_session_that_took_place_keeps_its_credit(clinic: Clinic) -> None:
    clinic()
    booking = confirmed()
    complete(booking.id, member(BEN), AFTER)
    assert (booking.status, booking.completed_at) == (Status.COMPLETED, AFTER)
    assert left_of(booking) == 2
    assert acts()[-1] == "booking.completed"


def test_a_missed_session_keeps_its_credit_until_staff_return_it(clinic: Clinic) -> None:
    clinic()
    booking = confirmed()
    mark_missed(booking.id, member(BEN), TEN)
    assert (booking.status, left_of(booking)) == (Status.NO_SHOW, 2)
    assert acts()[-1] == "booking.missed"
    return_credit(booking.id, member(BEN), AFTER)
    assert (booking.status, left_of(booking)) == (Status.NO_SHOW, 3)
    assert acts()[-1] == "booking.credit_returned"
    with pytest.raises(Refused, match="no credit to return"):
        return_credit(booking.id, member(BEN), AFTER)
    assert left_of(booking) == 3


def test_one_outcome_can_be_put_right_by_the_other(clinic: Clinic) -> None:
    clinic()
    booking = confirmed()
    complete(booking.id, member(BEN), AFTER)
    mark_missed(booking.id, member(BEN), AFTER)
    assert (booking.status, booking.completed_at, left_of(booking)) == (Status.NO_SHOW, None, 2)
    complete(booking.id, member(BEN), AFTER)
    assert (booking.status, booking.no_show_at, left_of(booking)) == (Status.COMPLETED, None, 2)


def test_one_that_took_place_after_all_takes_its_returned_credit_again(clinic: Clinic) -> None:
    clinic()
    booking = confirmed()
    mark_missed(booking.id, member(BEN), AFTER)
    return_credit(booking.id, member(BEN), AFTER)
    complete(booking.id, member(BEN), AFTER)
    assert (booking.status, left_of(booking)) == (Status.COMPLETED, 2)


def test_but_not_one_that_was_used_meanwhile(clinic: Clinic) -> None:
    clinic(package={"items": [{"service": "follow-up", "sessions": 1}]})
    booking = confirmed()
    mark_missed(booking.id, member(BEN), TEN)
    return_credit(booking.id, member(BEN), TEN)
    book_follow_up(CHO, TEN + DAY, own=booking.client_package_id)
    with pytest.raises(NotBookable, match="raise the package’s count"):
        complete(booking.id, member(BEN), AFTER)
    assert (booking.status, left_of(booking)) == (Status.NO_SHOW, 0)


@BOTH
def test_doing_it_twice_is_doing_it_once(clinic: Clinic, outcome: Outcome) -> None:
    clinic()
    booking = confirmed()
    outcome(booking.id, member(BEN), TEN)
    done = acts()
    outcome(booking.id, member(ANA), AFTER)
    assert acts() == done
    assert TEN in (booking.completed_at, booking.no_show_at)


@BOTH
def test_nothing_is_known_of_a_session_before_it_has_begun(
    clinic: Clinic, outcome: Outcome
) -> None:
    clinic()
    booking = confirmed()
    with pytest.raises(Refused, match="hasn’t begun"):
        outcome(booking.id, member(BEN), TEN - timedelta(seconds=1))
    outcome(booking.id, member(BEN), TEN)
    assert booking.status in (Status.COMPLETED, Status.NO_SHOW)


@BOTH
def test_what_was_never_accepted_or_is_cancelled_has_no_outcome(
    clinic: Clinic, outcome: Outcome
) -> None:
    clinic()
    booking = book_follow_up(BEN)
    with pytest.raises(Refused, match="never accepted"):
        outcome(booking.id, member(BEN), AFTER)
    cancel(booking.id, "Ill.", member(BEN), NOW)
    with pytest.raises(Refused, match="cancelled already"):
        outcome(booking.id, member(BEN), AFTER)


def test_a_session_outside_any_package_has_no_credit_to_return(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    booking = outside_any_package(BEN, TEN)
    mark_missed(booking, member(BEN), AFTER)
    with pytest.raises(Refused, match="no credit to return"):
        return_credit(booking, member(BEN), AFTER)
    complete(booking, member(BEN), AFTER)


def test_the_credit_that_a_late_cancellation_kept_can_be_returned(clinic: Clinic) -> None:
    clinic(practice={"late_cancel_returns_credit": False})
    booking = confirmed()
    cancel_by_client(booking.id, "Ill.", TEN - HOUR)
    assert left_of(booking) == 2
    return_credit(booking.id, member(BEN), TEN)
    assert left_of(booking) == 3


def test_the_credit_of_a_session_to_come_or_done_is_not_returned_by_hand(clinic: Clinic) -> None:
    clinic()
    booking = confirmed()
    with pytest.raises(Refused, match="missed or a cancelled"):
        return_credit(booking.id, member(BEN), NOW)
    complete(booking.id, member(BEN), AFTER)
    with pytest.raises(Refused, match="missed or a cancelled"):
        return_credit(booking.id, member(BEN), AFTER)
    assert left_of(booking) == 2


@pytest.mark.parametrize("act", [complete, mark_missed, return_credit])
def test_only_who_may_change_a_session_says_what_became_of_it(
    clinic: Clinic, act: Callable[[int, Member, object], None]
) -> None:
    clinic(dee_may=["clients"], practice={"late_cancel_returns_credit": False})
    booking = confirmed(CHO)
    with pytest.raises(NotFound):
        act(booking.id, member(BEN), AFTER)
    # Ben sees the client from now on, and still it's Cho's session.
    assign_packages_to(BEN)
    with pytest.raises(Forbidden):
        act(booking.id, member(BEN), AFTER)
    if act is return_credit:
        mark_missed(booking.id, member(DEE), AFTER)
    act(booking.id, member(DEE), AFTER)
