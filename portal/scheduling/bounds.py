"""When a session may start at all, whoever has it: notice, horizon, expiry, and what is full.

All instants are UTC seconds since 1970.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from portal.scheduling.hours import day_start, local_date, seconds_since_epoch
from portal.scheduling.intervals import Span


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the rules leave of time itself, as instants.

    `notice` is the first one that is late enough after now, `horizon` the first one too far ahead,
    and `expiry` the first one after the package's last day; None where it has none.
    """

    notice: int
    horizon: int
    expiry: int | None


@dataclass(frozen=True, slots=True)
class Window:
    """The instants at which an opening may start: `first` is the earliest, `until` is not in it."""

    first: int
    until: int

    @property
    def is_empty(self) -> bool:
        """Say whether no opening can start in it."""
        return self.first >= self.until


@dataclass(frozen=True, slots=True)
class Limits:
    """A package's limits a week (from Monday) and a month, by date in the practice's zone.

    `booked` has the starts of the package's bookings that aren't cancelled, with anybody. None is
    no limit.
    """

    zone: ZoneInfo
    weekly: int | None
    monthly: int | None
    booked: Sequence[int]


def bounds(
    *,
    now: datetime,
    min_notice_minutes: int,
    horizon_days: int,
    zone: ZoneInfo,
    expires: date | None,
) -> Bounds:
    """Return what the rules leave: from now and the notice to now and the horizon, and no longer.

    The horizon's days have 24 hours; the date `expires`, in the practice's `zone`, is the last one.
    Raises ValueError for a `now` without a zone.
    """
    whole_now = seconds_since_epoch(now)
    expiry = None if expires is None else _start_of_date(zone, expires.toordinal() + 1)
    return Bounds(whole_now + min_notice_minutes * 60, whole_now + horizon_days * 86_400, expiry)


def window(
    *,
    now: datetime,
    min_notice_minutes: int,
    horizon_days: int,
    zone: ZoneInfo,
    first_day: date,
    days: int,
    expires: date | None,
) -> Window:
    """Return when openings may start: the days asked for, less what the bounds take away.

    That's on one of the `days` dates from `first_day` in the practice's `zone`. Raises ValueError
    for a `now` without a zone.
    """
    within = bounds(
        now=now,
        min_notice_minutes=min_notice_minutes,
        horizon_days=horizon_days,
        zone=zone,
        expires=expires,
    )
    ends = [within.horizon, _start_of_date(zone, first_day.toordinal() + days)]
    if within.expiry is not None:
        ends.append(within.expiry)
    return Window(max(within.notice, day_start(zone, first_day)), min(ends))


def whole_days(zone: ZoneInfo, part: Window) -> Window:
    """Return the window of all dates of the zone that a window meets, from beginning to end."""
    if part.is_empty:
        return part
    last = local_date(zone, part.until - 1).toordinal()
    return Window(day_start(zone, local_date(zone, part.first)), _start_of_date(zone, last + 1))


def closed_by(limits: Limits | None, window: Window) -> list[Span]:
    """Return the weeks and months of the window in which the package has no session left."""
    if limits is None or window.is_empty:
        return []
    return [
        *_full(limits.zone, window, limits.booked, limits.weekly, _week_of),
        *_full(limits.zone, window, limits.booked, limits.monthly, _month_of),
    ]


def full_days(zone: ZoneInfo, window: Window, booked: Iterable[int], cap: int | None) -> list[Span]:
    """Return the dates of the zone that the window meets on which `cap` or more bookings start."""
    return _full(zone, window, booked, cap, _day_of)


def _full(
    zone: ZoneInfo,
    window: Window,
    booked: Iterable[int],
    limit: int | None,
    period_of: Callable[[date], tuple[date, date]],
) -> list[Span]:
    """Return the periods that the window meets in which `limit` or more bookings start."""
    if limit is None:
        return []
    starts = sorted(booked)
    result: list[Span] = []
    first_day, next_day = period_of(local_date(zone, window.first))
    while (begin := day_start(zone, first_day)) < window.until:
        end = day_start(zone, next_day)
        if bisect_left(starts, end) - bisect_left(starts, begin) >= limit:
            result.append((begin, end))
        first_day, next_day = period_of(next_day)
    return result


def _day_of(day: date) -> tuple[date, date]:
    return day, day + timedelta(days=1)


def _week_of(day: date) -> tuple[date, date]:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=7)


def _month_of(day: date) -> tuple[date, date]:
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1)


def _start_of_date(zone: ZoneInfo, ordinal: int) -> int:
    """Return the first instant of the date with this ordinal, as near as the calendar has it."""
    return day_start(zone, date.fromordinal(max(1, min(ordinal, date.max.toordinal()))))
