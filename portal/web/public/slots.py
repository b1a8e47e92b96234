"""Openings as buttons, day by day. A busy week has hundreds, so each costs a little arithmetic.

A day is a value that follows from its openings alone, and mostly they're the same for the next
visitor: then it's the same object, and what was made of it before is at hand (templating.piece).
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from portal.colours import COLOURS_OF_PEOPLE
from portal.queries.openings import Board
from portal.scheduling.hours import DAY, day_start
from portal.scheduling.openings import Opening
from portal.web.templating import clock_time, in_zone, language, weekday

NOON, EVENING = 12 * 60, 17 * 60  # minutes of the clinic's wall clock
DAY_SECONDS = 86_400
CLOCK = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(24 * 60)]
REMEMBERED = 256  # days, each with its openings: some weeks of a few packages and languages


class Slot(NamedTuple):
    """One button: with whom, the start in UTC seconds, their colour, the time, and the name.

    `own_time` is the time on the visitor's own clock, where that shows another one.
    """

    member_id: int
    start: int
    colour: int
    time: str
    name: str
    own_time: str

    @property
    def value(self) -> str:
        """What the button sends."""
        return f"{self.member_id}@{self.start}"


class Part(NamedTuple):
    """A part of a day, so that a long list can be read."""

    name: str
    slots: list[Slot]


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """One date of the clinic; `colours` are those of the people who have openings on it."""

    date: date
    parts: list[Part]
    colours: list[int]

    @property
    def count(self) -> int:
        """How many openings there are."""
        return sum(len(part.slots) for part in self.parts)


def legend_of(board: Board) -> tuple[tuple[str, int], ...]:
    """Return everybody's name and colour; the assigned practitioner has the first."""
    return tuple((person.name, at % COLOURS_OF_PEOPLE) for at, person in enumerate(board.people))


class SlotMaker:
    """Turns openings into what their buttons say, in the language of this answer."""

    def __init__(self, board: Board, own: ZoneInfo | None) -> None:
        whose = zip(board.people, legend_of(board), strict=True)
        people = tuple((person.id, colour, name) for person, (name, colour) in whose)
        self._zone = board.offer.practice.zone
        self._look = _Look(self._zone, own, people, language())

    def days(self, first: date, days: int, openings: Sequence[Opening]) -> tuple[Day, ...]:
        """Return each of the dates from `first`, with its openings in the order they come in."""
        result, index = [], 0
        for day in (first + timedelta(days=number) for number in range(days)):
            # A start alone comes before every opening that starts then.
            end = bisect_left(openings, (day_start(self._zone, day + DAY),), index)
            result.append(_day(self._look, day, tuple(openings[index:end])))
            index = end
        return tuple(result)

    def slot(self, opening: Opening) -> Slot:
        """Return one opening's button."""
        return self._look.slot(opening, clock_time(opening.start, self._zone))


@dataclass(frozen=True, slots=True)
class _Look:
    """How openings are shown: `people` has everybody's id, colour and name."""

    zone: ZoneInfo
    own: ZoneInfo | None
    people: tuple[tuple[int, int, str], ...]
    language: str

    def slot(self, opening: Opening, text: str) -> Slot:
        """Return one opening's button, which says this time."""
        return self.slots([opening], [text])[0]

    def slots(self, openings: Sequence[Opening], texts: Sequence[str]) -> list[Slot]:
        """Return the openings' buttons, which say these times."""
        whose = {id_: (colour, name) for id_, colour, name in self.people}
        starts = [start for start, __, ___ in openings]
        own = {start: self._own_time(start) for start in starts} if self.own else {}
        # A named tuple's own constructor is Python and takes longer than all else here.
        new = tuple.__new__
        return [
            new(Slot, (who, start, whose[who][0], text, whose[who][1], own.get(start, "")))
            for (start, __, who), text in zip(openings, texts, strict=True)
        ]

    def _own_time(self, start: int) -> str:
        """Return the time on the visitor's clock, with the day where theirs is another one."""
        assert self.own is not None
        here, there = in_zone(start, self.zone), in_zone(start, self.own)
        if here.utcoffset() == there.utcoffset():
            return ""
        text = clock_time(start, self.own)
        return text if there.date() == here.date() else f"{weekday(there)} {text}"


@lru_cache(maxsize=REMEMBERED)
def _day(look: _Look, day: date, openings: tuple[Opening, ...]) -> Day:
    midnight = day_start(look.zone, day)
    if day_start(look.zone, day + DAY) - midnight == DAY_SECONDS:
        minutes = [(start - midnight) // 60 for start, __, ___ in openings]
        texts = [CLOCK[minute] for minute in minutes]
    else:
        local = [in_zone(start, look.zone) for start, __, ___ in openings]
        minutes = [moment.hour * 60 + moment.minute for moment in local]
        texts = [clock_time(moment, look.zone) for moment in local]
    parts = tuple(Part(name, []) for name in (_("Morning"), _("Afternoon"), _("Evening")))
    for minute, slot in zip(minutes, look.slots(openings, texts), strict=True):
        parts[(minute >= NOON) + (minute >= EVENING)].slots.append(slot)
    colours = sorted({slot.colour for part in parts for slot in part.slots})
    return Day(day, [part for part in parts if part.slots], colours)
