"""Nobody is in two sessions at a time: told of a file before the database's guard has to."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from portal.clinic_file.faults import Faults
from portal.clinic_file.plan import Plan
from portal.models import Status


class Busy(NamedTuple):
    """A time that somebody is busy; `path` is empty where it isn't the file that says so."""

    start: datetime
    end: datetime
    path: str


def check_overlaps(plan: Plan, now: datetime, faults: Faults) -> None:
    """Note each booking during which its practitioner is busy already, buffers included.

    Those that are overbooked may lie over any other.
    """
    busy: defaultdict[str, list[Busy]] = defaultdict(list)
    for visit in plan.visits:
        if visit.entry.status is not Status.CANCELLED and not visit.entry.overbooked:
            time = Busy(visit.busy_start, visit.busy_end, visit.entry.path)
            busy[visit.entry.practitioner].append(time)
    for row in plan.others:
        stale = row.held_until is not None and row.held_until <= now
        if row.cancelled_at is None and row.overbooked_at is None and not stale:
            busy[row.member.email].append(Busy(row.busy_start, row.busy_end, ""))
    for email, times in busy.items():
        _check(email, sorted(times), faults)


def _check(email: str, times: Sequence[Busy], faults: Faults) -> None:
    """Compare each with the one before it that ends last."""
    last: Busy | None = None
    for time in times:
        if last is not None and time.start < last.end:
            later, other = (time, last) if time.path else (last, time)
            faults.of_meaning(
                later.path,
                f"overlaps {other.path or 'a session that is stored already'}: "
                f"{email} is busy then, buffers included",
            )
        if last is None or time.end > last.end:
            last = time
