"""What random clinics are drawn from: above all zones, and when their clocks are changed."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

# Changes by half an hour and by two hours, at midnight, over midnight, at once in all of Europe,
# in Ramadan; zones without any; offsets that are no whole hours; the ends of the world.
ZONES = (
    "America/New_York",
    "Europe/Berlin",
    "UTC",
    "Australia/Lord_Howe",
    "America/Havana",
    "Atlantic/Azores",
    "Asia/Beirut",
    "Africa/Casablanca",
    "Africa/Cairo",
    "America/Santiago",
    "America/Nuuk",
    "Antarctica/Troll",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
)
METHODS = ["in_person", "video", "phone"]
FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)

# More of them where clocks are changed, and a few that are round.
TIMES = tuple(
    f"{hour:02}:{minute:02}"
    for hour, minutes in {
        0: (0, 1, 15, 30, 45),
        1: (0, 10, 30, 45, 59),
        2: (0, 15, 30, 50),
        3: (0, 15, 30, 45),
        4: (0,),
        9: (0, 20),
        12: (0, 30),
        13: (37,),
        17: (0,),
        22: (0, 30),
        23: (0, 15, 30, 59),
        24: (0,),
    }.items()
    for minute in minutes
)


@lru_cache
def changes_of(zone: str) -> tuple[datetime, ...]:
    """Every instant at which the zone's clock is changed from 2026 to 2030, to the half hour."""
    clock = ZoneInfo(zone)
    days = (FIRST + 24 * HOUR * number for number in range((LAST - FIRST).days))
    return tuple(
        at + HOUR / 2
        for day in days
        if day.astimezone(clock).utcoffset() != (day + 24 * HOUR).astimezone(clock).utcoffset()
        for at in (day + HOUR / 2 * half for half in range(48))
        if at.astimezone(clock).utcoffset() != (at + HOUR / 2).astimezone(clock).utcoffset()
    )


def rarely() -> st.SearchStrategy[bool]:
    """True about once in ten times."""
    # In the middle, because the first and the last choice are drawn more often than the others.
    return st.sampled_from((*[False] * 6, True, *[False] * 4))


def sometimes() -> st.SearchStrategy[bool]:
    """True about once in three times."""
    return st.sampled_from((False, True, False))


def some(entries: list[Any], least: int = 0) -> st.SearchStrategy[list[Any]]:
    """Some of these, each once."""
    numbers = st.lists(st.integers(0, len(entries) - 1), min_size=least, unique=True)
    return numbers.map(lambda chosen: [entries[number] for number in chosen])


@st.composite
def moments(draw: st.DrawFn, zones: list[str]) -> datetime:
    """The instant around which an example happens: mostly a change of one of the zones' clocks."""
    changes = [at for zone in zones for at in changes_of(zone)]
    if changes and draw(st.integers(0, 9)) < 9:
        return draw(st.sampled_from(changes))
    return FIRST + draw(st.integers(0, 5 * 365 * 24)) * HOUR


def date_near(moment: datetime, zone: str, days: int) -> date:
    """The date that many days after that of the moment in the zone."""
    return moment.astimezone(ZoneInfo(zone)).date() + timedelta(days=days)


def written(at: datetime, zone: str) -> str:
    """An instant as a file has it, with the offset of the zone."""
    return at.astimezone(ZoneInfo(zone)).isoformat()


def stretches(moment: datetime, zone: str) -> st.SearchStrategy[list[str]]:
    """A beginning and an end on one day's clock, often close to what it shows at the moment."""
    # A second before a change, because from there the clock would show what it skips or repeats.
    shown = (moment - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    near = [shown + timedelta(seconds=1) + quarter * HOUR / 4 for quarter in range(-5, 6)]
    times = (*TIMES, *("00:00", "09:00", "24:00") * 5, *[f"{time:%H:%M}" for time in near] * 5)
    return st.lists(st.sampled_from(times), min_size=2, max_size=2, unique=True).map(sorted)
