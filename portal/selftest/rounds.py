"""The rounds of the self-test, and what's counted after each of them in the copy."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import func, select

from portal.db import db
from portal.models import Booking, CreditEntry, CreditKind, Message
from portal.queries.guard import double_bookings
from portal.selftest import clients
from portal.selftest.processes import Failed, run_at_once
from portal.selftest.scratch import scratch_app
from portal.selftest.stage import STARTS, Stage, remove_guard, set_stage

PRELOAD = ("portal.cli", clients.__name__)
"""What every process needs is imported once, in the one that they are forked from."""

FEWER = 5  # openings, in the rounds that try the guard alone


@dataclass(frozen=True, slots=True)
class Count:
    """One thing that was counted: a sentence, and whether it's what it should be."""

    well: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Round:
    """One round: what it was, how long it took in seconds, and what was counted."""

    title: str
    seconds: float
    counts: list[Count]


@dataclass(frozen=True, slots=True)
class Report:
    """What the self-test came to, on which database, beside how many sessions of the clinic's."""

    database: str
    sessions: int
    rounds: list[Round]

    @property
    def passed(self) -> bool:
        """Everything that was counted is what it should be."""
        return all(count.well for one in self.rounds for count in one.counts)


def run_rounds(url: str, now: datetime, processes: int, openings: int) -> Report:
    """Let that many clients go for that many openings in the copy at `url`; three rounds."""
    app = scratch_app(url)
    with app.app_context():
        dialect, sessions = db.engine.dialect, select(func.count()).select_from(Booking)
        found = db.session.execute(sessions).scalar_one()
        version = ".".join(map(str, dialect.server_version_info or ()))
        stage, before = set_stage(now), double_bookings()
        db.session.rollback()
        few, free = min(FEWER, openings), openings
        as_clients = f"As clients book: {processes} at once for each of {openings} openings"
        rounds = [_round(url, stage, as_clients, processes, range(openings), before)]
        alone = f"The database's guard alone, our own look skipped: {processes} for each of {few}"
        numbers = range(free, free + few)
        rounds.append(_round(url, stage, alone, processes, numbers, before, trusting=True))
        remove_guard()
        without = f"The guard removed, so that this test must fail: {processes} for each of {few}"
        numbers = range(free + few, free + 2 * few)
        rounds.append(_failing_round(url, stage, without, processes, numbers, before))
        db.session.remove()
        db.engine.dispose()
        return Report(f"{dialect.name} {version}", found, rounds)


def _round(
    url: str,
    stage: Stage,
    title: str,
    processes: int,
    openings: range,
    before: int,
    *,
    trusting: bool = False,
) -> Round:
    outcomes, seconds, errors = _let_loose(url, stage, processes, openings, trusting)
    booked, told = sum(one.booked for one in outcomes), sum(one.told for one in outcomes)
    tries, wanted = processes * len(openings), len(openings)
    slowest = max((one.slowest for one in outcomes), default=0.0)
    counts = [
        Count(
            (booked, told, len(errors)) == (wanted, tries - wanted, 0),
            f"of {tries} tries {booked} were booked, {told} told that the time is gone, and "
            f"{len(errors)} were errors; the slowest took {slowest:.2f} s",
        ),
        *(Count(False, error) for error in sorted(set(errors))[:3]),
        _no_overlaps(before),
        *_bookings_and_what_goes_with_them(stage, openings),
    ]
    db.session.rollback()
    return Round(title, seconds, counts)


def _failing_round(
    url: str, stage: Stage, title: str, processes: int, openings: range, before: int
) -> Round:
    outcomes, seconds, errors = _let_loose(url, stage, processes, openings, True)
    booked = sum(one.booked for one in outcomes)
    found = double_bookings() - before
    db.session.rollback()
    counts = [
        Count(
            booked > len(openings) and found > 0,
            f"{booked} were booked at {len(openings)} openings, and {found} sessions that overlap "
            "were found: a missing guard would have been noticed",
        ),
        *(Count(False, error) for error in sorted(set(errors))[:3]),
    ]
    return Round(title, seconds, counts)


def _let_loose(
    url: str, stage: Stage, processes: int, openings: Sequence[int], trusting: bool
) -> tuple[list[clients.Outcome], float, list[str]]:
    works = [
        partial(clients.go, url, stage, openings, number, trusting) for number in range(processes)
    ]
    began = time.perf_counter()
    came = run_at_once(works, PRELOAD)
    seconds = time.perf_counter() - began
    outcomes = [one for one in came if not isinstance(one, Failed)]
    errors = [str(one) for one in came if isinstance(one, Failed)]
    return outcomes, seconds, errors + [error for one in outcomes for error in one.errors]


def _no_overlaps(before: int) -> Count:
    found = double_bookings()
    sentence = f"of all sessions and holds in the copy {found} overlap another one"
    if before:
        sentence += f" ({before} of the clinic's own did before: `flask doctor` says more)"
    return Count(found == before, sentence)


def _bookings_and_what_goes_with_them(stage: Stage, openings: range) -> list[Count]:
    """Rows, credits and mails of a round add up to what the clients were told."""
    ids = db.session.scalars(
        select(Booking.id).where(
            Booking.service_id == stage.service_id,
            Booking.starts_at >= stage.start(openings.start, 0),
            Booking.starts_at <= stage.start(openings.stop - 1, STARTS - 1),
            Booking.client_id.is_not(None),
            Booking.cancelled_at.is_(None),
        )
    ).all()
    own = select(Booking.client_package_id).where(Booking.id.in_(ids))
    kinds = {
        CreditEntry.booking_id.in_(ids): CreditKind.TAKE,
        CreditEntry.client_package_id.in_(own): CreditKind.GRANT,
    }
    taken, granted = (
        db.session.scalar(
            select(func.count()).select_from(CreditEntry).where(which, CreditEntry.kind == kind)
        )
        for which, kind in kinds.items()
    )
    left = db.session.scalar(
        select(func.sum(CreditEntry.amount)).where(CreditEntry.client_package_id.in_(own))
    )
    events = [f"booking:{one}:made:{whom}" for one in ids for whom in ("client", "practitioner")]
    query = select(func.count(), func.count(Message.sent_at), func.sum(Message.attempts))
    written, sent, attempts = db.session.execute(query.where(Message.event.in_(events))).one()
    wanted = len(openings)
    return [
        Count(len(ids) == wanted, f"{len(ids)} sessions are in the copy"),
        Count(
            (taken, granted, left) == (wanted, wanted, 0),
            f"{granted} credits were given and {taken} taken, and {left} are left",
        ),
        Count(
            (written, sent, attempts) == (2 * wanted, 0, 0),
            f"{written} mails were written, two for each session, and {sent} have left",
        ),
    ]
