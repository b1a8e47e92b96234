"""The diary that everything is measured on: the same people and sessions for the same seed.

Everybody works eight hours on every day of the week, on the wall clock of New York, and has six
sessions a day. The days begin three days before the clocks go forward there. Every fifth person
works at night, when they do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from portal.scheduling.hours import Hours, HoursRow
from portal.scheduling.openings import Calendar, Visit

SEED = 20_270_314
ZONE = ZoneInfo("America/New_York")
DAY = timedelta(days=1)
QUARTER = 15  # minutes: the grid on which sessions begin, and the step of openings
HOURS = 8 * 60  # minutes of work a day
SESSIONS = 6  # a day and person
SERVICE = 1
VISIT = Visit(SERVICE, ("in_person",), minutes=30, buffer_before=0, buffer_after=0, step=QUARTER)

Busy = list[tuple[datetime, datetime]]


@dataclass(frozen=True)
class Person:
    """Somebody with hours and sessions; `opens` is in minutes of the wall clock."""

    id: int
    name: str
    opens: int
    busy: Busy

    @property
    def closes(self) -> int:
        """When the work ends, in minutes of the wall clock."""
        return self.opens + HOURS


@dataclass(frozen=True)
class Diary:
    """All people of a clinic, and the dates that are looked at. Instants are in UTC."""

    people: list[Person]
    first: date
    days: int

    @property
    def dates(self) -> list[date]:
        """The dates that are looked at."""
        return [self.first + number * DAY for number in range(self.days)]

    @property
    def midnight(self) -> datetime:
        """The beginning of the first of them: the instant at which openings are asked for."""
        return at(self.first, 0)

    def calendars(self) -> list[Calendar]:
        """The same, as values of portal.scheduling."""
        return [
            Calendar(
                member_id=person.id,
                name=person.name,
                hours=Hours(ZONE, _every_day(person), {}),
                busy=[(int(start.timestamp()), int(end.timestamp())) for start, end in person.busy],
                booked=[int(start.timestamp()) for start, _ in person.busy],
                daily_cap=None,
            )
            for person in self.people
        ]


def diary(people: int, days: int, first: date | None = None) -> Diary:
    """A clinic of so many people and days, from `first`: by default just before a clock change."""
    random = Random(SEED)  # noqa: S311  (no secret)
    first = first or next_change(datetime.now(UTC).date()) - 3 * DAY
    dates = [first + number * DAY for number in range(days)]
    made = []
    for number in range(1, people + 1):
        opens = 0 if number % 5 == 0 else 9 * 60
        busy = [span for day in dates for span in _sessions(random, day, opens)]
        made.append(Person(number, f"Person {number:03}", opens, busy))
    return Diary(made, first, days)


def next_change(today: date) -> date:
    """The next date, a month from `today` or later, on which clocks go forward in New York."""
    return next(
        day
        for day in (today + number * DAY for number in range(30, 800))
        if at(day + DAY, 0) - at(day, 0) < DAY
    )


def at(day: date, minute: int) -> datetime:
    """The instant at which the wall clock shows this minute of the day; it must be shown."""
    wall = datetime.combine(day, time(minute // 60 % 24, minute % 60), ZONE)
    return (wall + minute // 1440 * DAY).astimezone(UTC)


def is_shown(day: date, minute: int) -> bool:
    """Does the wall clock show this minute of the day at all?"""
    wall = datetime.combine(day, time(minute // 60, minute % 60), ZONE)
    return wall.astimezone(UTC).astimezone(ZONE).replace(tzinfo=None) == wall.replace(tzinfo=None)


def _every_day(person: Person) -> dict[int, list[HoursRow]]:
    row = HoursRow(person.opens, person.closes, None, None)
    return {weekday: [row] for weekday in range(7)}


def _sessions(random: Random, day: date, opens: int) -> Iterator[tuple[datetime, datetime]]:
    """Six sessions of half an hour to an hour, with what is left of the day between them."""
    lengths = [random.choice((2, 3, 4)) for _ in range(SESSIONS)]
    free = HOURS // QUARTER - sum(lengths)
    cuts = sorted(random.randint(0, free) for _ in range(SESSIONS))
    for number, length in enumerate(lengths):
        start = opens + (cuts[number] + sum(lengths[:number])) * QUARTER
        if all(is_shown(day, start + part * QUARTER) for part in range(length)):
            yield at(day, start), at(day, start + length * QUARTER)
