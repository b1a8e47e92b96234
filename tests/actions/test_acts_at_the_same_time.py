"""Real processes that act on the same request, session or package at once, on both databases."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from multiprocessing.synchronize import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.actions.requests import accept
from portal.db import db
from portal.models import Activity, Booking, CreditEntry, Message, Status
from tests.actions.sessions import TEN, book_follow_up, left_of, member
from tests.clinics import ANA, BEN, CHO, LEE, NOW
from tests.racing import at_once, overlaps
from tests.racing_acts import accepts, books_from, ledger_of, reschedules, transfers

PROCESSES = 50
FEWER = 20
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MOVES = ("booking.rescheduled", "booking.transferred")
ALL_DAY = {who: [("08:00", "20:00")] for who in (ANA, BEN, CHO)}

Clinic = Callable[..., None]

pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("processes")]


def raced(database_url: str, works: Sequence[Callable[[Barrier], str]]) -> list[str]:
    """What came of each of the works; what's read before and after it are two transactions."""
    db.session.rollback()
    outcomes = at_once(database_url, works)
    db.session.rollback()
    return outcomes


def recorded(*acts: str) -> int:
    """How many of these acts the activity log has."""
    return db.session.scalar(select(func.count()).where(Activity.act.in_(acts))) or 0


def test_of_several_who_accept_the_same_request_one_does_and_the_client_is_told_once(
    app: Flask, database_url: str, clinic: Clinic
) -> None:
    clinic()
    booking = book_follow_up(BEN)
    staff = [member(ANA).id, member(BEN).id] * 2
    outcomes = raced(database_url, [partial(accepts, booking.id, by, NOW) for by in staff])
    assert Counter(outcomes) == {"done": 1, "refused": len(staff) - 1}
    assert booking.status is Status.CONFIRMED
    assert recorded("booking.accepted") == 1
    subject = Message.subject.startswith("Confirmed")
    assert db.session.scalar(select(func.count()).where(Message.recipient == LEE, subject)) == 1
    assert left_of(booking) == 2


def test_a_client_reschedules_while_staff_transfer_and_nothing_is_lost_or_doubled(
    app: Flask, database_url: str, clinic: Clinic
) -> None:
    clinic(hours=ALL_DAY)
    booking = book_follow_up(BEN)
    accept(booking.id, member(BEN), NOW)
    ana, ben, cho = (member(who).id for who in (ANA, BEN, CHO))
    own = booking.client_package_id
    for who in (CHO, ANA):
        book_follow_up(who, TEN + HOUR, own=own)
    by_staff = ((cho, ana), (ana, ben), (ben, ana))
    by_lee = ((cho, TEN), (ana, TEN + 2 * HOUR), (ben, TEN + 3 * HOUR))
    works = [partial(transfers, booking.id, to, by, NOW) for to, by in by_staff]
    works += [partial(reschedules, booking.id, to, start, NOW) for to, start in by_lee]
    outcomes = raced(database_url, works)
    assert set(outcomes) <= {"done", "refused"}
    assert "done" in outcomes
    assert recorded(*MOVES) <= outcomes.count("done")
    assert overlaps() == 0
    assert ledger_of(booking.id) == [-1]
    # Each change set out from where the one before had left it.
    who, when = ben, TEN.isoformat()
    moves = select(Activity).where(Activity.act.in_(MOVES)).order_by(Activity.id)
    for move in db.session.scalars(moves):
        said = move.details
        assert (said.get("from", who), said.get("time_before", when)) == (who, when)
        who, when = said.get("to", who), said.get("time", when)
    assert (booking.member_id, booking.starts_at.isoformat()) == (who, when)


@pytest.mark.parametrize(
    ("processes", "checks"),
    [
        pytest.param(PROCESSES, True, id="as it is"),
        pytest.param(FEWER, False, id="with the database alone"),
    ],
)
def test_the_last_credit_of_a_package_is_used_once_whoever_and_whenever_it_is(
    app: Flask, database_url: str, clinic: Clinic, processes: int, checks: bool
) -> None:
    clinic(hours=ALL_DAY, package={"items": [{"service": "follow-up", "sessions": 2}]})
    own = book_follow_up(BEN).client_package_id
    people = [member(who).id for who in (ANA, BEN, CHO)]
    works = [
        # another time for each, with each of the people in turn
        partial(books_from, own, people[number % 3], _start(number // 3), NOW, checks)
        for number in range(processes)
    ]
    outcomes = Counter(raced(database_url, works))
    assert outcomes.pop("booked") == 1
    assert set(outcomes) == ({"NotBookable"} if checks else {"overspent"})
    assert db.session.scalar(select(func.sum(CreditEntry.amount))) == 0
    sessions = select(func.count(Booking.id)).where(Booking.held_until.is_(None))
    assert db.session.scalar(sessions) == 2


def _start(number: int) -> datetime:
    """Six starts on each of Wednesday, Thursday and Friday."""
    return TEN + DAY + number // 6 * DAY + number % 6 * HOUR
