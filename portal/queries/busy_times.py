"""When members are taken: bookings, holds and time off, read as far as somebody looks.

Rows are plain numbers, seconds since 1970 UTC as they are stored: no dates are made on this path.
"""

import json
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Text, and_, bindparam, null, or_, select, union_all
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from portal.db import as_stored
from portal.models import Booking, TimeOff
from portal.plain_rows import plain_rows
from portal.scheduling.bounds import Window
from portal.scheduling.intervals import Span, joined
from portal.unchanged import unchanged

A_DATE = 2 * 86_400  # seconds: the rest of a date with a cap, in whatever zone
HOUR = 3_600  # seconds
LONGEST = 3 * 86_400  # seconds: a session and each of its buffers last a day at most


@dataclass(frozen=True, slots=True)
class Times:
    """One member's: busy with bookings and holds, away, and the starts of bookings."""

    busy: list[Span] = field(default_factory=list)
    away: list[Span] = field(default_factory=list)
    booked: list[int] = field(default_factory=list)


class BusyTimes:
    """The times of some members as things are at `now`, by member: `of` has all that was read.

    `ignoring` is the id of a hold or booking that isn't in its own way. `taken` is what the session
    takes, its buffers included, in seconds from its start. Somebody who is `capped` has a limit for
    a date.
    """

    def __init__(
        self,
        ids: Sequence[int],
        now: datetime,
        ignoring: int | None,
        taken: Span,
        capped: bool,
    ) -> None:
        self.of: dict[int, Times] = {id_: Times() for id_ in ids}
        before, after = taken
        self._matters = (min(before, -A_DATE), max(after, A_DATE)) if capped else taken
        self._now = int(now.timestamp())
        self._read: list[Span] = []
        # What was read before, or isn't to be seen at all.
        self._passed: set[int | None] = {ignoring or 0}
        self._ignoring = ignoring or 0
        self._held: list[int] = []

    def read(self, *windows: Window) -> None:
        """See to it that what matters for openings in these windows has been read: in one query."""
        near = joined(self._whole_hours(w) for w in windows if not w.is_empty)
        new = tuple(span for span in near if not self._has(span))
        if not new or not self.of:
            return
        ids = tuple(self.of)
        found = unchanged(_read, ids, new)
        for member_id, times in self.of.items():
            times.away.extend(found.away.get(member_id, ()))
            bookings = found.bookings.get(member_id)
            if bookings is not None:
                self._add(times, bookings)
        for hold in found.holds:
            if hold.held_until > self._now and hold.id not in self._passed:
                self.of[hold.member_id].busy.append((hold.busy_start, hold.busy_end))
                self.of[hold.member_id].booked.append(hold.starts_at)
                self._held.append(hold.id)
        self._passed.update(found.ids)
        self._read = joined([*self._read, *new])

    @property
    def key(self) -> tuple[Hashable, ...]:
        """What, beside the database, decides what `of` has by now."""
        return tuple(self.of), self._ignoring, tuple(self._read), tuple(self._held)

    def _add(self, times: Times, bookings: "_Bookings") -> None:
        """Add a member's bookings, less those that were passed."""
        if self._passed.isdisjoint(bookings.ids):
            times.busy.extend(bookings.busy)
            times.booked.extend(bookings.starts)
            return
        for id_, span, start in zip(*bookings, strict=True):
            if id_ not in self._passed:
                times.busy.append(span)
                times.booked.append(start)

    def _whole_hours(self, window: Window) -> Span:
        """The hours that matter for the window: the same ones for whoever asks soon after."""
        before, after = self._matters
        return (window.first + before) // HOUR * HOUR, -(-(window.until + after) // HOUR) * HOUR

    def _has(self, span: Span) -> bool:
        return any(first <= span[0] and span[1] <= until for first, until in self._read)


class _Bookings(NamedTuple):
    """A member's, beside each other: ids, times with buffers, starts."""

    ids: list[int]
    busy: list[Span]
    starts: list[int]


class _Hold(NamedTuple):
    """A hold, which counts until `held_until`."""

    member_id: int
    id: int
    busy_start: int
    busy_end: int
    starts_at: int
    held_until: int


@dataclass(frozen=True, slots=True)
class _Found:
    """What was read of some members and ranges of time, by member."""

    bookings: dict[int, _Bookings] = field(default_factory=dict)
    away: dict[int, list[Span]] = field(default_factory=dict)
    holds: list[_Hold] = field(default_factory=list)
    ids: set[int] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.ids)


def _read(ids: tuple[int, ...], spans: tuple[Span, ...]) -> _Found:
    """What these members have in these ranges of time, whatever the time is."""
    asked: dict[str, Any] = {"ids": list(ids)}
    asked |= {f"first_{n}": first for n, (first, _) in enumerate(spans)}
    asked |= {f"until_{n}": until for n, (_, until) in enumerate(spans)}
    found = _Found()
    for member_id, ids_of, *times in _decoded(plain_rows(_query(len(spans)), asked)):
        if ids_of is None:
            found.away.setdefault(member_id, []).extend(zip(times[0], times[1], strict=True))
        else:
            _note(found, member_id, ids_of, *times)
    return found


def _decoded(rows: Sequence[Any]) -> Any:
    """The rows with their lists, decoded as one text: that's faster than one after the other."""
    lines = [",".join(["null" if each is None else str(each) for each in row]) for row in rows]
    return json.loads(f"[{','.join([f'[{line}]' for line in lines])}]")


def _note(
    found: _Found, member_id: int, ids: Any, starts: Any, ends: Any, begins: Any, held: Any
) -> None:
    """Add a member's bookings. One that meets two ranges comes twice; few are holds."""
    own = found.bookings.setdefault(member_id, _Bookings([], [], []))
    rows: Any = zip(ids, starts, ends, begins, held, strict=True)
    if not found.ids.isdisjoint(ids) or any(held):
        new = [row for row in rows if row[0] not in found.ids]
        found.holds.extend(_Hold(member_id, *row) for row in new if row[4] is not None)
        sure = [row for row in new if row[4] is None]
        found.ids.update(ids)
        ids, starts, ends, begins, _ = zip(*sure, strict=True) if sure else ((),) * 5
    found.ids.update(ids)
    own.ids.extend(ids)
    own.busy.extend(zip(starts, ends, strict=True))
    own.starts.extend(begins)


def package_starts(client_package_id: int, now: datetime, ignoring: int | None) -> Sequence[int]:
    """The starts of what counts for the limits of a client's package: holds too, cancelled not."""
    asked = {"own": client_package_id, "now": int(now.timestamp()), "ignoring": ignoring or 0}
    return [start for (start,) in plain_rows(_OF_A_PACKAGE, asked)]


def _counts() -> Any:
    held_until = as_stored(Booking.held_until)
    return and_(
        Booking.cancelled_at.is_(None),
        or_(held_until.is_(None), held_until > bindparam("now")),
        Booking.id != bindparam("ignoring"),
    )


_OF_A_PACKAGE = select(as_stored(Booking.starts_at)).where(
    Booking.client_package_id == bindparam("own"), _counts()
)


@cache
def _query(ranges: int) -> Any:
    """Bookings and time off of the members `ids` that meet any of so many ranges of time.

    Each range is a search of its own: two of them joined by OR make SQLite go through all that the
    members ever had. What meets two ranges comes twice.
    """
    return union_all(*(part for n in range(ranges) for part in (_bookings(n), _time_off(n))))


def _bookings(n: int) -> Any:
    first, until = _range(n)
    columns = (Booking.busy_start, Booking.busy_end, Booking.starts_at, Booking.held_until)
    return (
        select(Booking.member_id, _Listed(Booking.id), *(_Listed(as_stored(c)) for c in columns))
        .where(
            Booking.member_id.in_(bindparam("ids", expanding=True)),
            as_stored(Booking.busy_end) > first,
            as_stored(Booking.busy_start) < until,
            # This follows, and spares the index from going through all that is to come.
            as_stored(Booking.busy_end) < until + LONGEST,
            Booking.cancelled_at.is_(None),
        )
        .group_by(Booking.member_id)
    )


def _time_off(n: int) -> Any:
    first, until = _range(n)
    columns = (TimeOff.starts_at, TimeOff.ends_at)
    return (
        select(TimeOff.member_id, null(), *(_Listed(as_stored(c)) for c in columns), null(), null())
        .where(
            TimeOff.member_id.in_(bindparam("ids", expanding=True)),
            as_stored(TimeOff.ends_at) > first,
            as_stored(TimeOff.starts_at) < until,
        )
        .group_by(TimeOff.member_id)
    )


class _Listed(FunctionElement[str]):
    """All values of a column of whole numbers in one text, as JSON.

    A row for each member takes a third of the time that a row for each booking does. The columns
    of one query have theirs in the same order, since they're made of the same rows in one go.
    """

    type = Text()
    inherit_cache = True


@compiles(_Listed, "sqlite")
def _listed_by_sqlite(element: Any, compiler: Any, **how: Any) -> str:
    return f"json_group_array({compiler.process(element.clauses, **how)})"


@compiles(_Listed, "postgresql")
def _listed_by_postgresql(element: Any, compiler: Any, **how: Any) -> str:
    return f"json_agg({compiler.process(element.clauses, **how)})::text"


def _range(n: int) -> tuple[Any, Any]:
    return bindparam(f"first_{n}", type_=BigInteger), bindparam(f"until_{n}", type_=BigInteger)
