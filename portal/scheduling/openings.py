"""Every opening of one member, and everybody's in one list for Any practitioner.

All instants are UTC seconds since 1970. One pass over sorted whole numbers, stretches of hours
beside busy times, finds a member's openings; no date is made per opening.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import NamedTuple

from portal.scheduling.bounds import Limits, Window, closed_by, full_days
from portal.scheduling.hours import Hours, local_date, methods_apart, stretches
from portal.scheduling.intervals import Span

FIRST_LOOK = 86_400  # seconds: how far `earliest` looks before it looks twice as far


class Place(NamedTuple):
    """Where a session is now: with whom, its start, and its delivery method."""

    member_id: int
    start: int
    method: str


@dataclass(frozen=True, slots=True)
class Visit:
    """What is booked: a service by any of some delivery methods. All times are in minutes.

    With `moved_from` it's a session that is there already: staying where it is isn't an opening.
    Raises ValueError where the minutes or the step aren't positive or a buffer is negative.
    """

    service_id: int
    methods: tuple[str, ...]
    minutes: int
    buffer_before: int
    buffer_after: int
    step: int
    moved_from: Place | None = None

    def __post_init__(self) -> None:
        if min(self.minutes, self.step) < 1 or min(self.buffer_before, self.buffer_after) < 0:
            raise ValueError("a visit takes time, and its buffers aren't negative")

    def taken(self, start: int) -> Span:
        """Return the time that it takes from `start`, its buffers included."""
        end = start + (self.minutes + self.buffer_after) * 60
        return start - self.buffer_before * 60, end

    def stays_at(self, member_id: int) -> list[Span]:
        """Return the start at which nothing would change for this member, as a span; or none."""
        here = self.moved_from
        if here is None or here.member_id != member_id or self.methods != (here.method,):
            return []
        return [(here.start, here.start + 1)]


@dataclass(frozen=True, slots=True)
class Calendar:
    """One bookable member's time.

    `busy` has bookings and holds, each widened by its own service's buffers, and `away` time off,
    in any order. `booked` has the starts of the member's bookings that aren't cancelled, for the
    cap: a date of the member's zone that has `daily_cap` of them has no openings. None is no cap.
    """

    member_id: int
    name: str
    hours: Hours
    busy: Sequence[Span]
    booked: Sequence[int]
    daily_cap: int | None
    away: Sequence[Span] = ()


class Opening(NamedTuple):
    """A session that can be booked now: its start, its end, with whom."""

    start: int
    end: int
    member_id: int


def openings_of(calendar: Calendar, visit: Visit, window: Window) -> list[int]:
    """Return the starts of one member's openings, in order, by any of the visit's methods."""
    return _starts(calendar, visit, window, [])


def combined(
    calendars: Iterable[Calendar],
    visit: Visit,
    window: Window,
    limits: Limits | None,
    assigned_to: int,
) -> list[Opening]:
    """Return everybody's openings by start, then the assigned practitioner, then name, then id.

    Two people free at ten are two openings: the one chosen decides who is booked.
    """
    closed = closed_by(limits, window)
    people = sorted(calendars, key=lambda c: (c.member_id != assigned_to, c.name, c.member_id))
    length = visit.minutes * 60
    # Who is free at each start, in the order of people: sorting all openings would take longer.
    free: dict[int, list[int]] = {}
    at = free.setdefault
    for calendar in people:
        who = calendar.member_id
        for start in _starts(calendar, visit, window, closed):
            at(start, []).append(who)
    # A named tuple's own constructor is Python and takes longer than the sweep beneath it.
    new = tuple.__new__
    return [
        new(Opening, (start, end, who))
        for start in sorted(free)
        for end in (start + length,)
        for who in free[start]
    ]


def earliest(
    calendars: Sequence[Calendar],
    visit: Visit,
    window: Window,
    limits: Limits | None,
    assigned_to: int,
) -> Opening | None:
    """Return the first of the combined openings, None if there is none.

    Looks at a day, then at the two after it, and so on: mostly the first look finds one, and a
    clinic with nobody free costs about as much as the whole list.
    """
    first, width = window.first, FIRST_LOOK
    while first < window.until:
        look = Window(first, min(first + width, window.until))
        found = combined(calendars, visit, look, limits, assigned_to)
        if found:
            return found[0]
        first, width = look.until, width * 2
    return None


def is_open(
    calendar: Calendar, visit: Visit, window: Window, limits: Limits | None, start: int
) -> bool:
    """Say whether `start` is one of the member's openings, for the check before a write.

    It asks the same function for the window of this one second, so it can't disagree with what
    was offered.
    """
    if not window.first <= start < window.until:
        return False
    moment = Window(start, start + 1)
    return bool(_starts(calendar, visit, moment, closed_by(limits, moment)))


def _starts(calendar: Calendar, visit: Visit, window: Window, closed: Iterable[Span]) -> list[int]:
    """Return the member's starts in the window that lie in none of the closed spans, in order."""
    if window.is_empty:
        return []
    zone = calendar.hours.zone
    first, last = local_date(zone, window.first), local_date(zone, window.until - 1)
    taken = chain(calendar.busy, calendar.away)
    starts = _sweep(stretches_of(calendar.hours, visit, first, last), taken, visit)
    del starts[bisect_left(starts, window.until) :]
    del starts[: bisect_left(starts, window.first)]
    full = full_days(zone, window, calendar.booked, calendar.daily_cap)
    for begin, end in [*closed, *full, *visit.stays_at(calendar.member_id)]:
        del starts[bisect_left(starts, begin) : bisect_left(starts, end)]
    return starts


def stretches_of(hours: Hours, visit: Visit, first: date, last: date) -> list[Span]:
    """Return the stretches on these dates of the member, by any of the visit's methods, in order.

    Methods are not joined with each other: each has its own stretches, with its own first start.
    """
    methods = methods_apart(hours, visit.methods)
    if len(methods) == 1:
        return stretches(hours, visit.service_id, methods[0], first, last)
    spans: set[Span] = set()
    for method in methods:
        spans.update(stretches(hours, visit.service_id, method, first, last))
    return sorted(spans)


def _sweep(spans: Iterable[Span], busy: Iterable[Span], visit: Visit) -> list[int]:
    """Return each step of each span, from its beginning, at which the visit fits, in order.

    A busy span leaves the session, buffers and all, to end by its start or to start from its end.
    So it takes the starts after `start - minutes - buffer_after` and before `end + buffer_before`.
    """
    step, length = visit.step * 60, visit.minutes * 60
    after, before = length + visit.buffer_after * 60 - 1, visit.buffer_before * 60
    taken = sorted(busy)
    result: list[int] = []
    at = passed = looked_at = reached = 0
    in_order = True
    for begin, end in spans:
        in_order, reached = in_order and begin >= reached, end
        # Nothing that was looked at ends later than `at`: what lies behind it isn't seen again.
        if at <= begin:
            passed = looked_at
        at, until = begin, end - length + 1
        looked_at = bisect_left(taken, (until + after, 0), passed)
        for busy_from, busy_until in taken[passed:looked_at]:
            if busy_from >= busy_until:
                continue
            if busy_from - after > at:
                result += range(at, busy_from - after, step)
            if busy_until + before > at:
                at = busy_until + before + (begin - busy_until - before) % step
        if at < until:
            result += range(at, until, step)
    # Stretches overlap where a clock goes back between two of them, and where methods differ.
    return result if in_order else sorted(set(result))
