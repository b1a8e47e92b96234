"""Time as the oracle counts it: a minute at a time, asking the zone what its clock shows.

Instants are seconds since 1970, times of day are minutes since midnight.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MINUTE, DAY = 60, 86_400
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def seconds(written: str) -> int:
    """An instant of the file."""
    return int(datetime.fromisoformat(written).timestamp())


def wall(written: str) -> int:
    """A time of day of the file."""
    hour, minute = written.split(":")
    return int(hour) * 60 + int(minute)


def iso(at: int, zone: str) -> str:
    """An instant as the zone's clock shows it."""
    return datetime.fromtimestamp(at, ZoneInfo(zone)).isoformat()


def date_at(at: float, zone: str) -> date:
    """The date in the zone at an instant."""
    return datetime.fromtimestamp(at, ZoneInfo(zone)).date()


def monday(day: date) -> date:
    """The Monday of the date's week."""
    return day - timedelta(days=day.weekday())


@lru_cache(maxsize=256)
def minutes_of_utc_day(zone: str, day: date) -> list[tuple[int, datetime]]:
    """Each minute of a day of UTC, and what the zone's clock shows then."""
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    clock = ZoneInfo(zone)
    return [
        (at, datetime.fromtimestamp(at, clock)) for at in range(midnight, midnight + DAY, MINUTE)
    ]


@lru_cache(maxsize=256)
def minutes_of_date(zone: str, day: date) -> list[tuple[int, int]]:
    """Each minute of a date of the zone: the instant, and the time of day that its clock shows."""
    around = [day + timedelta(days=ahead) for ahead in (-1, 0, 1)]
    return [
        (at, shown.hour * 60 + shown.minute)
        for utc_day in around
        for at, shown in minutes_of_utc_day(zone, utc_day)
        if shown.date() == day
    ]


def instant(zone: str, day: date, time: int, *, is_end: bool = False) -> int:
    """When the zone's clock shows a time of day on a date.

    Of a time that comes twice, the first for a beginning and the second for an end; a time that
    the clock skips is the instant of the change; the day's end is where the next date begins.
    """
    minutes = minutes_of_date(zone, day)
    shown = [at for at, shows in minutes if shows == time]
    if shown:
        return shown[-1] if is_end else shown[0]
    later = [at for at, shows in minutes if shows > time]
    return later[0] if later else minutes_of_date(zone, day + timedelta(days=1))[0][0]
