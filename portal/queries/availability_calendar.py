"""A month of one member's dates: what each has, and what is booked on it."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from portal.models import Member
from portal.queries.availability import LAST_DATE, hours_of, load_time_off
from portal.queries.availability_conflicts import coming_starts
from portal.scheduling.availability import rows_of
from portal.scheduling.hours import day_start
from portal.scheduling.intervals import Span, joined, overlap


class Off(StrEnum):
    """How much of a date is time off."""

    NONE = "none"
    PART = "part"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Date:
    """One date: its hours in minutes of the wall clock, joined, whatever they serve.

    `own`: they're a date override. `outside`: the date is of the month before or after.
    """

    day: date
    hours: tuple[Span, ...]
    own: bool
    off: Off
    sessions: int
    past: bool
    outside: bool


@dataclass(frozen=True, slots=True)
class Month:
    """Whole weeks, Monday first; `previous` and `following` are None where there's nothing."""

    first: date
    today: date
    weeks: tuple[tuple[Date, ...], ...]
    previous: date | None
    following: date | None


def load_month(member: Member, month: date | None, now: datetime) -> Month:
    """The month of the member's zone with this date: the present one where it's None or over."""
    monday_margin = timedelta(days=8)
    hours = hours_of(member, (now - monday_margin).date())
    today = now.astimezone(hours.zone).date()
    first = min(max(month or today, today), LAST_DATE).replace(day=1)
    following = _next_month(first)
    monday = first - timedelta(days=first.weekday())
    count = -(-(following - monday).days // 7) * 7
    booked = Counter(start.astimezone(hours.zone).date() for start in coming_starts(member, now))
    away = [
        (int(one.start.timestamp()), int(one.end.timestamp())) for one in load_time_off(member, now)
    ]

    def shown(day: date) -> Date:
        span = day_start(hours.zone, day), day_start(hours.zone, day + timedelta(days=1))
        return Date(
            day=day,
            hours=tuple(joined([(row.start, row.end) for row in rows_of(hours, day)])),
            own=day in hours.overrides,
            off=_off(span, away),
            sessions=booked[day],
            past=day < today,
            outside=day.month != first.month,
        )

    dates = [shown(monday + timedelta(days=at)) for at in range(count)]
    return Month(
        first=first,
        today=today,
        weeks=tuple(tuple(dates[at : at + 7]) for at in range(0, count, 7)),
        previous=(first - timedelta(days=1)).replace(day=1) if first > today else None,
        following=following if following < LAST_DATE else None,
    )


def _off(span: Span, away: list[Span]) -> Off:
    if not any(overlap(span, other) for other in away):
        return Off.NONE
    whole = any(start <= span[0] and span[1] <= end for start, end in joined(away))
    return Off.ALL if whole else Off.PART


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
