"""What stands in the way of a session that isn't one of the openings: what staff may go beyond.

It's the other side of `openings.is_open` and made of the same pieces: a start that is on the grid
of its hours, before the package's expiry, is open where none of these is found.
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from portal.scheduling.bounds import Bounds, Limits, Window, closed_by, full_days
from portal.scheduling.hours import local_date
from portal.scheduling.intervals import Span, overlap
from portal.scheduling.openings import Calendar, Visit, stretches_of


class Obstacle(StrEnum):
    """What staff may go beyond, each for itself. The order is the order of telling them.

    `SETTINGS`: the package or the service doesn't let clients book this person. The pure function
    never finds it, since it's asked about somebody's time and not about the rule.
    """

    SETTINGS = "settings"
    NOTICE = "notice"
    HORIZON = "horizon"
    LIMITS = "limits"
    DAILY_CAP = "daily_cap"
    HOURS = "hours"
    TIME_OFF = "time_off"
    OVERLAP = "overlap"


OF_A_CALENDAR = frozenset({Obstacle.DAILY_CAP, Obstacle.HOURS, Obstacle.TIME_OFF, Obstacle.OVERLAP})
"""Those that are about one person's own time, and not about the clinic's rules or the package."""


def obstacles_at(
    start: int, calendar: Calendar, visit: Visit, within: Bounds, limits: Limits | None
) -> frozenset[Obstacle]:
    """Return what is in the way of the visit at `start` (UTC seconds) in this calendar.

    A start off the grid is none: staff may book any minute. Neither is the expiry, which nobody
    goes beyond.
    """
    moment = Window(start, start + 1)
    zone = calendar.hours.zone
    taken = visit.taken(start)
    found = {
        Obstacle.NOTICE: start < within.notice,
        Obstacle.HORIZON: start >= within.horizon,
        Obstacle.LIMITS: bool(closed_by(limits, moment)),
        Obstacle.DAILY_CAP: bool(full_days(zone, moment, calendar.booked, calendar.daily_cap)),
        Obstacle.HOURS: not _works(calendar, visit, start, local_date(zone, start)),
        Obstacle.TIME_OFF: _meets(taken, calendar.away),
        Obstacle.OVERLAP: _meets(taken, calendar.busy),
    }
    return frozenset(obstacle for obstacle, is_there in found.items() if is_there)


def in_order(found: Iterable[Obstacle]) -> tuple[Obstacle, ...]:
    """Return the obstacles in the order of telling them."""
    asked = frozenset(found)
    return tuple(obstacle for obstacle in Obstacle if obstacle in asked)


def _works(calendar: Calendar, visit: Visit, start: int, day: date) -> bool:
    """Say whether one stretch of the hours has room for the whole session, buffers aside."""
    end = start + visit.minutes * 60
    return any(
        begin <= start and end <= until
        for begin, until in stretches_of(calendar.hours, visit, day, day)
    )


def _meets(taken: Span, spans: Iterable[Span]) -> bool:
    return any(overlap(taken, span) for span in spans)
