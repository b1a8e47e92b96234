"""Openings as buttons, day by day. A busy week has hundreds, so each costs a little arithmetic."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from portal.queries.openings import Board
from portal.scheduling.hours import DAY, day_start
from portal.scheduling.openings import Opening
from portal.web.templating import clock_time, in_zone, weekday

COLOURS = 6  # of people, in static/portal.css
NOON, EVENING = 12 * 60, 17 * 60  # minutes of the clinic's wall clock
DAY_SECONDS = 86_400
CLOCK = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(24 * 60)]


class Slot(NamedTuple):
    """One button: what it sends, the time, the name, and the time on the visitor's own clock."""

    value: str
    time: str
    name: str
    colour: int
    own_time: str


class Part(NamedTuple):
    """A part of a day, so that a long list can be read."""

    name: str
    slots: list[Slot]


@dataclass(frozen=True, slots=True)
class Day:
    """One date of the clinic; `colours` are those of the people who have openings on it."""

    date: date
    parts: list[Part]
    colours: list[int]

    @property
    def count(self) -> int:
        """How many openings there are."""
        return sum(len(part.slots) for part in self.parts)


def colours_of(board: Board) -> dict[int, int]:
    """Return each bookable person's colour by member id; the assigned one has the first."""
    return {person.id: index % COLOURS for index, person in enumerate(board.people)}


class SlotMaker:
    """Turns openings into what their buttons say."""

    def __init__(self, board: Board, colours: Mapping[int, int], own: ZoneInfo | None) -> None:
        self._zone, self._own = board.offer.practice.zone, own
        self._colours = colours
        self._names = {person.id: person.name for person in board.people}
        self._own_times: dict[int, str] = {}
        self._parts = (_("Morning"), _("Afternoon"), _("Evening"))

    def days(self, first: date, days: int, openings: Sequence[Opening]) -> Iterator[Day]:
        """Yield each of the dates from `first`, with its openings in the order they come in."""
        index = 0
        for day in (first + timedelta(days=number) for number in range(days)):
            end, until = index, day_start(self._zone, day + DAY)
            while end < len(openings) and openings[end].start < until:
                end += 1
            yield self._day(day, openings[index:end])
            index = end

    def slot(self, opening: Opening) -> Slot:
        """Return one opening's button."""
        return self._slot(opening, clock_time(opening.start, self._zone))

    def _day(self, day: date, openings: Sequence[Opening]) -> Day:
        midnight = day_start(self._zone, day)
        steady = day_start(self._zone, day + DAY) - midnight == DAY_SECONDS
        parts = [Part(name, []) for name in self._parts]
        for opening in openings:
            minute = (opening.start - midnight) // 60
            if steady:
                text = CLOCK[minute]
            else:
                local = in_zone(opening.start, self._zone)
                minute, text = local.hour * 60 + local.minute, clock_time(local, self._zone)
            part = parts[(minute >= NOON) + (minute >= EVENING)]
            part.slots.append(self._slot(opening, text))
        colours = sorted({self._colours[opening.member_id] for opening in openings})
        return Day(day, [part for part in parts if part.slots], colours)

    def _slot(self, opening: Opening, text: str) -> Slot:
        member_id = opening.member_id
        return Slot(
            f"{member_id}@{opening.start}",
            text,
            self._names[member_id],
            self._colours[member_id],
            self._own_time(opening.start) if self._own else "",
        )

    def _own_time(self, start: int) -> str:
        """Return the time on the visitor's clock, with the day where theirs is another one."""
        if start not in self._own_times:
            assert self._own is not None
            here, there = in_zone(start, self._zone), in_zone(start, self._own)
            text = clock_time(start, self._own)
            if there.date() != here.date():
                text = f"{weekday(there)} {text}"
            self._own_times[start] = "" if here.utcoffset() == there.utcoffset() else text
        return self._own_times[start]
