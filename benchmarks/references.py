"""The same openings in the two ways that suggest themselves: a loop, and a library of intervals.

Both are right, also where clocks change, and written as one writes them: with aware datetimes.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import portion

from benchmarks.diary import QUARTER, VISIT, ZONE, Busy, Diary, Person, at, is_shown

Answer = list[tuple[int, int]]
"""Start (UTC seconds) and person, by start, then by name: everybody's openings in one list."""

STEP = timedelta(minutes=QUARTER)
LENGTH = timedelta(minutes=VISIT.minutes)


def day_loop(diary: Diary) -> Answer:
    """Each step of each day's wall clock, looked up among that day's sessions."""
    found = []
    for person in diary.people:
        sessions = by_date(person.busy)
        for day in diary.dates:
            busy, closes = sessions.get(day, []), at(day, person.closes)
            for minute in range(person.opens, person.closes, QUARTER):
                start = at(day, minute)
                end = start + LENGTH
                if end > closes or not is_shown(day, minute):
                    continue
                if not any(start < until and begin < end for begin, until in busy):
                    found.append((start, person.name, person.id))
    return in_order(found)


def day_loop_at_its_best(diary: Diary) -> Answer:
    """The same with one look at the zone for each end of a day, and none for a step."""
    found = []
    for person in diary.people:
        sessions = by_date(person.busy)
        for day in diary.dates:
            busy = sessions.get(day, [])
            start, last = at(day, person.opens), at(day, person.closes) - LENGTH
            while start <= last:
                end = start + LENGTH
                if not any(start < until and begin < end for begin, until in busy):
                    found.append((start, person.name, person.id))
                start += STEP
    return in_order(found)


def with_portion(diary: Diary) -> Answer:
    """Hours and sessions put together with the operators of the library portion, one by one."""
    found = []
    for person in diary.people:
        free = portion.empty()
        for day in diary.dates:
            free |= portion.closedopen(at(day, person.opens), at(day, person.closes))
        for start, end in person.busy:
            free -= portion.closedopen(start, end)
        found += starts_in(free, person)
    return in_order(found)


def with_portion_day_by_day(diary: Diary) -> Answer:
    """The same with each day's hours and sessions apart."""
    found = []
    for person in diary.people:
        sessions = by_date(person.busy)
        for day in diary.dates:
            free = portion.closedopen(at(day, person.opens), at(day, person.closes))
            for start, end in sessions.get(day, []):
                free -= portion.closedopen(start, end)
            found += starts_in(free, person)
    return in_order(found)


def with_portion_at_its_best(diary: Diary) -> Answer:
    """The same with all hours made one interval at once, and all sessions another."""
    found = []
    for person in diary.people:
        hours = [portion.closedopen(at(d, person.opens), at(d, person.closes)) for d in diary.dates]
        busy = [portion.closedopen(start, end) for start, end in person.busy]
        found += starts_in(portion.Interval(*hours) - portion.Interval(*busy), person)
    return in_order(found)


def starts_in(free: portion.Interval, person: Person) -> Iterator[tuple[datetime, str, int]]:
    """The steps of each day, counted from when work begins, at which there's room."""
    for part in free:
        opens = at(part.lower.astimezone(ZONE).date(), person.opens)
        start = opens - (opens - part.lower) // STEP * STEP
        while start + LENGTH <= part.upper:
            yield start, person.name, person.id
            start += STEP


def by_date(busy: Busy) -> dict[date, Busy]:
    """The sessions by the date at the clinic."""
    found: dict[date, Busy] = {}
    for start, end in busy:
        found.setdefault(start.astimezone(ZONE).date(), []).append((start, end))
    return found


def in_order(found: list[tuple[datetime, str, int]]) -> Answer:
    """By start and name, as whole seconds."""
    found.sort()
    return [(int(start.timestamp()), who) for start, _, who in found]
