"""Many real processes that do something at the same moment, such as to go for the same time."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from multiprocessing.synchronize import Barrier

from sqlalchemy import text
from sqlalchemy.orm import configure_mappers

# Named here although create_app imports them: the processes are forked from one that has them.
from portal import cli, create_app, mail, web
from portal.actions import booking as booking_act
from portal.actions import holding as holding_act
from portal.db import db
from portal.errors import Taken
from portal.queries.offers import load_offer
from portal.queries.openings import load_board
from portal.selftest.processes import PATIENCE_SECONDS, run_at_once

PARTS = (cli, mail, web)
configure_mappers()

SECRET_KEY = "a key for races, long enough to sign with"
OVERLAPS = text(
    "SELECT count(*) FROM booking a JOIN booking b ON a.member_id = b.member_id AND a.id < b.id "
    "AND a.busy_start < b.busy_end AND b.busy_start < a.busy_end "
    "WHERE a.cancelled_at IS NULL AND b.cancelled_at IS NULL"
)


@dataclass(frozen=True)
class Contender:
    """Somebody who wants `start` with the member, and how they go about it.

    One who checks early looks whether the time is free before everybody sets off, and not again:
    then only the database's own guard is left to keep two of them apart.
    """

    number: int
    member_id: int
    start: datetime
    now: datetime
    checks_early: bool


def race(
    database_url: str,
    member_id: int,
    starts: Sequence[datetime],
    now: datetime,
    *,
    checks_early: bool = False,
) -> list[tuple[datetime, str]]:
    """Let a process for each of `starts` hold and book it at once.

    Returns each start with "booked", "taken", or the error's own words.
    """
    contenders = [
        Contender(number, member_id, start, now, checks_early)
        for number, start in enumerate(starts)
    ]
    works = [partial(_try_to_book, contender) for contender in contenders]
    return list(zip(starts, at_once(database_url, works), strict=True))


def at_once(database_url: str, works: Sequence[Callable[[Barrier], str]]) -> list[str]:
    """Do each of the works in a process of its own; return what came of each, in their order.

    A work gets ready, waits at the barrier for the others, and returns its outcome. One that fails
    has the error's own words for it. It's a function of this module or of racing_acts.
    """
    outcomes = run_at_once(
        [partial(_in_an_app, database_url, work) for work in works],
        preload=[__name__, "tests.racing_acts"],
    )
    return [str(outcome) for outcome in outcomes]


def overlaps() -> int:
    """How many pairs of live bookings or holds of one practitioner overlap, buffers included."""
    return db.session.execute(OVERLAPS).scalar_one()


def tally(outcomes: list[tuple[datetime, str]]) -> Counter[str]:
    """How often each outcome came about."""
    return Counter(outcome for _, outcome in outcomes)


def _in_an_app(database_url: str, work: Callable[[Barrier], str], barrier: Barrier) -> str:
    app = create_app({"TESTING": True, "SECRET_KEY": SECRET_KEY, "DATABASE_URL": database_url})
    with app.app_context():
        outcome = work(barrier)
        db.session.remove()
        db.engine.dispose()
    return outcome


def _try_to_book(contender: Contender, barrier: Barrier) -> str:
    now, start, who = contender.now, contender.start, contender.member_id
    offer = load_offer("reset", now)
    item = offer.item("follow-up")
    assert item
    if contender.checks_early:
        assert load_board(offer, item.service, now).is_open(who, start, "in_person")
        holding_act.require_opening = booking_act.require_opening = lambda *_: None
    db.session.rollback()
    barrier.wait(PATIENCE_SECONDS)
    address = f"client{contender.number}@example.com"
    try:
        token = holding_act.hold(
            offer,
            service_id=item.service.id,
            method="in_person",
            member_id=who,
            start=start,
            now=now,
        )
        booking_act.book(token, booking_act.Contact("Client", address), now=now)
    except Taken:
        return "taken"
    return "booked"
