"""Wall-clock hours in a zone, turned into instants. Clock changes live here and nowhere else.

Hours say what the clock on the wall shows, so nine stays nine when the clock changes. Instants are
UTC seconds since 1970. On the two odd days of a year a wall time can come twice or not at all;
`instant` holds the rule for both.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from portal.scheduling.intervals import Span, joined

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
MINUTES_OF_A_DAY = 24 * 60

FIRST_YEAR, LAST_YEAR = 1971, 2998
"""Whole years that every zone can show and both databases can store."""

REMEMBERED_DAYS = 8_192  # of all zones together: half a year of forty zones
REMEMBERED_RANGES = 256  # of dates and zones: every page of a clinic asks for the same few weeks


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """The zones of the tz database; `localtime` is only this machine's."""
    return frozenset(available_timezones() - {"localtime", "Factory"})


@dataclass(frozen=True, slots=True)
class HoursRow:
    """One line of hours: from `start` to `end` in minutes of the wall clock, 0 to 1440.

    `services` and `delivery` name what the row serves; None serves all of them. A row that ends
    where it starts, or before, gives nothing.
    """

    start: int
    end: int
    services: frozenset[int] | None
    delivery: frozenset[str] | None

    def fits(self, service_id: int, method: str) -> bool:
        """Say whether this row serves the service by this delivery method."""
        return (self.services is None or service_id in self.services) and (
            self.delivery is None or method in self.delivery
        )


@dataclass(frozen=True, slots=True)
class Hours:
    """When one member works, on the clock of the member's zone.

    `weekly` has the rows of each weekday (0 is Monday). Where `overrides` has a date, its rows
    stand in for the weekly ones, whatever they serve; no rows close that date.
    """

    zone: ZoneInfo
    weekly: Mapping[int, Sequence[HoursRow]]
    overrides: Mapping[date, Sequence[HoursRow]]


def seconds_since_epoch(moment: datetime) -> int:
    """Return the first whole second that is not before the moment.

    Raises ValueError for a moment without a zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment needs a zone")
    return -((EPOCH - moment) // SECOND)


@lru_cache(maxsize=REMEMBERED_RANGES)
def local_date(zone: ZoneInfo, at: int) -> date:
    """Return the date that the zone's calendars show at the instant (UTC seconds)."""
    return datetime.fromtimestamp(at, zone).date()


@lru_cache(maxsize=REMEMBERED_DAYS)
def day_start(zone: ZoneInfo, day: date) -> int:
    """Return the first instant (UTC seconds) of the date in the zone."""
    return instant(zone, day, 0, ending=False)


@lru_cache(maxsize=REMEMBERED_DAYS)
def instant(zone: ZoneInfo, day: date, minute: int, *, ending: bool) -> int:
    """Return the instant (UTC seconds) at which the zone's clock shows `minute` of `day`.

    A time that comes twice is its first coming for a beginning and its second for an end, so that
    hours lose nothing. A time that the clock skips is the instant of the change. Minute 1440 is
    the day's end, the first instant of the next date: where midnight comes twice (Havana) the
    first one, where eleven to midnight comes twice (Beirut) after both.
    """
    if minute == MINUTES_OF_A_DAY:
        return day_start(zone, day + DAY)
    wall = datetime.combine(day, time(minute // 60, minute % 60))
    clock = (wall.replace(tzinfo=UTC) - EPOCH) // SECOND
    before = _offset(wall.replace(tzinfo=zone))
    after = _offset(wall.replace(tzinfo=zone, fold=1))
    if before < after:
        return _change(zone, clock - after, clock - before)
    return clock - (after if ending else before)


def wall_minutes(zone: ZoneInfo, day: date, span: Span) -> list[tuple[int, int]]:
    """Return from when to when the span is on the wall clock, in minutes since midnight of `day`.

    It's split where the clock changes: what the clock skips is in none of the parts, and what
    comes twice is in two. The span is UTC seconds; a time before or after the day is below 0 or
    above 1440.
    """
    start, end = span
    if start >= end:
        return []
    midnight = (day.toordinal() - EPOCH.toordinal()) * 86_400
    first, last = (_offset(datetime.fromtimestamp(at, zone)) for at in (start, end - 1))
    if first == last:
        return [((start + first - midnight) // 60, -((midnight - end - first) // 60))]
    change = _change(zone, start, end - 1)
    return [*wall_minutes(zone, day, (start, change)), *wall_minutes(zone, day, (change, end))]


def stretches(hours: Hours, service_id: int, method: str, first: date, last: date) -> list[Span]:
    """Return when the hours serve the service by the method, on the dates from first to last.

    Dates are those of the member's zone, both included. The rows of one date that overlap or
    touch on the wall clock are one stretch; nothing is joined over midnight. Ordered by start. On
    a date whose clock goes back, two stretches can overlap.
    """
    days, overrides = _days(hours.zone, first, last), hours.overrides
    usual: dict[int, list[Span]] = {
        weekday: _on_the_wall(hours.weekly.get(weekday, ()), service_id, method)
        for weekday in {weekday for _, weekday, _ in days}
    }
    result: list[Span] = []
    for day, weekday, midnight in days:
        if day in overrides:
            walls = _on_the_wall(overrides[day], service_id, method)
        else:
            walls = usual[weekday]
        if midnight is None:
            result.extend(_over_a_change(hours.zone, day, walls))
        else:
            for start, end in walls:
                result.append((midnight + start, midnight + end))
    return result


def methods_apart(hours: Hours, methods: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the methods whose stretches have to be asked for.

    Mostly no row names a delivery method, so that one stands for all.
    """
    if len(methods) < 2:
        return methods
    for days in (hours.weekly, hours.overrides):
        for rows in days.values():
            if any(row.delivery is not None for row in rows):
                return methods
    return methods[:1]


def any_hours(hours: Hours, service_id: int, methods: Iterable[str], today: date) -> bool:
    """Say whether any weekly row, or override row of today or later, serves the service.

    It is enough that a row fits one of the methods. `today` is the practice's date.
    """
    rows = [row for day in hours.weekly.values() for row in day]
    rows += [row for day, own in hours.overrides.items() if day >= today for row in own]
    return any(row.fits(service_id, method) for method in methods for row in rows)


def _on_the_wall(rows: Iterable[HoursRow], service_id: int, method: str) -> list[Span]:
    """Return the rows that fit, joined, in seconds of the wall clock since midnight."""
    return joined([(row.start * 60, row.end * 60) for row in rows if row.fits(service_id, method)])


def _over_a_change(zone: ZoneInfo, day: date, walls: Iterable[Span]) -> list[Span]:
    """Turn wall-clock spans of a day into instants, leaving out what the clock skips."""
    spans = [
        (instant(zone, day, start // 60, ending=False), instant(zone, day, end // 60, ending=True))
        for start, end in walls
    ]
    return [(start, end) for start, end in spans if start < end]


@lru_cache(maxsize=REMEMBERED_RANGES)
def _days(zone: ZoneInfo, first: date, last: date) -> tuple[tuple[date, int, int | None], ...]:
    """Return each date from first to last, its weekday (0 is Monday), and its steady midnight.

    That is the instant from which the day's wall clock counts evenly, None where it changes within
    the day; a change at the very end leaves the day even. Asking the zone costs more than
    everything else here, and one answer serves every member of that zone.
    """
    result: list[tuple[date, int, int | None]] = []
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        offset = _offset_at_midnight(zone, day)
        steady = offset == _offset_at_midnight(zone, day + DAY)
        midnight = (ordinal - EPOCH.toordinal()) * 86_400 - offset
        result.append((day, day.weekday(), midnight if steady else None))
    return tuple(result)


@lru_cache(maxsize=REMEMBERED_DAYS)
def _offset_at_midnight(zone: ZoneInfo, day: date) -> int:
    """Return the offset at the day's first 00:00, or just before it where 00:00 is skipped."""
    return _offset(datetime.combine(day, time(), zone))


def _offset(moment: datetime) -> int:
    """Return how many seconds the moment's zone is ahead of UTC.

    Raises ValueError for a moment without a zone.
    """
    ahead = moment.utcoffset()
    if ahead is None:
        raise ValueError("a moment needs a zone")
    return ahead // SECOND


def _change(zone: ZoneInfo, low: int, high: int) -> int:
    """Return the instant of the one change of the zone's clock after `low`, up to `high`."""
    old = _offset(datetime.fromtimestamp(low, zone))
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(datetime.fromtimestamp(middle, zone)) == old:
            low = middle
        else:
            high = middle
    return high
