"""What the calendar is made of: sessions, people's days, and the day or week that is shown."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from portal.models import Status
from portal.scheduling.hours import DAY


class View(StrEnum):
    """How much of the calendar is shown at once."""

    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class Person:
    """A practitioner; `colour`, a number below COLOURS, is theirs wherever the calendar is."""

    id: int
    name: str
    colour: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A session, or a time that's held: then nobody's name is in it.

    `minute` and `minutes` are of the clinic's wall clock. `lane` is 1 for one that begins while
    another one of the same person lasts, which staff did on purpose.
    """

    id: int
    start: datetime
    end: datetime
    minute: int
    minutes: int
    person: Person
    client: str
    service: str
    delivery: str
    status: Status
    overbooked: bool
    lane: int


@dataclass(frozen=True, slots=True)
class Band:
    """When a person works, or is off: minutes of the wall clock, and the instants."""

    minute: int
    minutes: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Column:
    """One person's day. Without a right to see it, there are neither hours nor time off.

    `changeable`: the reader may change the person's sessions.
    """

    person: Person
    day: date
    entries: tuple[Entry, ...]
    works: tuple[Band, ...]
    off: tuple[Band, ...]
    changeable: bool

    def to_come(self, now: datetime) -> list[Entry]:
        """The sessions that are requested or confirmed and not over."""
        live = (Status.REQUESTED, Status.CONFIRMED)
        return [each for each in self.entries if each.status in live and each.end > now]


@dataclass(frozen=True, slots=True)
class Day:
    """One date of the clinic, with everybody's sessions in their order."""

    day: date
    entries: tuple[Entry, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Calendar:
    """What is shown: `who` is the person whose sessions these are, None: everybody's.

    `people` are all whom the calendar can be filtered by; `first_minute` and `last_minute` are
    whole hours of the wall clock, from when to when there is something to show.
    """

    view: View
    day: date
    today: date
    zone: ZoneInfo
    who: Person | None
    people: tuple[Person, ...]
    days: tuple[Day, ...]
    first_minute: int
    last_minute: int

    @property
    def previous(self) -> date:
        """The day to show before this one."""
        return self.day - (DAY if self.view is View.DAY else 7 * DAY)

    @property
    def following(self) -> date:
        """The day to show after this one."""
        return self.day + (DAY if self.view is View.DAY else 7 * DAY)

    @property
    def hours(self) -> range:
        """The full hours that a day shows, in minutes."""
        return range(self.first_minute, self.last_minute, 60)
