"""What the calendar is made of: sessions, people's days, and the day or week that is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from portal.models import Status
from portal.queries.paging import Paged
from portal.scheduling.hours import DAY, instant

STEP = 30  # minutes: how finely an empty time is clicked


class View(StrEnum):
    """How much of the calendar is shown at once."""

    DAY = "day"
    WEEK = "week"


PEOPLE_AT_ONCE = {View.DAY: 45, View.WEEK: 15}
"""How many people's sessions everybody's calendar shows at once: the others are on other pages.

As many as are made in well under a tenth of a second on a small machine, with a session every half
hour, and as anybody can read. A page of days has the people of three pages of weeks.
"""


@dataclass(frozen=True, slots=True)
class Person:
    """A practitioner; `colour` is theirs wherever the calendar is: see COLOURS_OF_PEOPLE."""

    id: int
    name: str
    colour: int


class Entry(NamedTuple):
    """A session, or a time that's held: then nobody's name is in it.

    `start` and `end` are UTC seconds, `minute` and `minutes` of the clinic's wall clock. `lane` is
    1 for one that begins while another one of the same person lasts, which staff did on purpose.
    """

    id: int
    start: int
    end: int
    minute: int
    minutes: int
    person: Person
    client: str
    service: str
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


class Allowed(NamedTuple):
    """May the reader change sessions with a person, and their hours, and book any with them?"""

    changed: bool
    booked: bool
    scheduled: bool


class Start(NamedTuple):
    """A time at which a session could begin: the minute of the wall clock, and the instant."""

    minute: int
    second: int


@dataclass(frozen=True, slots=True)
class Column:
    """One person's day. Without a right to see it, there are neither hours nor time off.

    `may` is what the reader may do with the person's day.
    """

    person: Person
    day: date
    entries: tuple[Entry, ...]
    works: tuple[Band, ...]
    off: tuple[Band, ...]
    may: Allowed

    def to_cancel(self, now: datetime) -> list[Entry]:
        """The sessions that are requested or confirmed and haven't begun."""
        live, at = (Status.REQUESTED, Status.CONFIRMED), now.timestamp()
        return [each for each in self.entries if each.status in live and each.start > at]

    def first_start(self, starts: Sequence[Start]) -> int | None:
        """Where to begin booking: the first of the starts at which the person works and is free.

        Where there's none, the first of all; None where the day is over.
        """
        taken = [(each.minute, each.minute + each.minutes) for each in self.entries]
        works = [(each.minute, each.minute + each.minutes) for each in self.works]
        for minute, second in starts:
            at_work = any(first <= minute < end for first, end in works)
            if at_work and not any(first <= minute < end for first, end in taken):
                return second
        return starts[0].second if starts else None


@dataclass(frozen=True, slots=True)
class Day:
    """One date of the clinic, with everybody's sessions in their order."""

    day: date
    entries: tuple[Entry, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Calendar:
    """What is shown: `who` is the person whose sessions these are, None: everybody's.

    `people` are all whom the calendar can be filtered by, and `shown` is the page of those whose
    sessions these are; `first_minute` and `last_minute` are
    whole hours of the wall clock, from when to when there is something to show.
    """

    view: View
    day: date
    today: date
    zone: ZoneInfo
    who: Person | None
    people: tuple[Person, ...]
    shown: Paged[Person]
    days: tuple[Day, ...]
    first_minute: int
    last_minute: int

    @property
    def told_apart(self) -> tuple[Person, ...]:
        """Whose colours are explained: everybody's, or in a large clinic those of who is shown."""
        few = len(self.people) <= PEOPLE_AT_ONCE[self.view]
        return self.people if few else self.shown.shown

    @property
    def first_shown(self) -> int:
        """The place of the first person on this page among all who have one, from 1."""
        return (self.shown.page - 1) * PEOPLE_AT_ONCE[self.view] + 1

    @property
    def last_shown(self) -> int:
        """The place of the last person on this page."""
        return self.first_shown + len(self.shown.shown) - 1

    def page_in(self, view: View) -> int:
        """The page on which a day, or a week, shows the first person who is on this one."""
        return (self.first_shown - 1) // PEOPLE_AT_ONCE[view] + 1

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

    def starts(self, day: date, now: datetime) -> list[Start]:
        """The half hours that a day shows and that are still to come: what may be clicked."""
        minutes = range(self.first_minute, self.last_minute, STEP)
        all_of_them = (Start(m, instant(self.zone, day, m, ending=False)) for m in minutes)
        return [start for start in all_of_them if start.second > now.timestamp()]
