"""When members are taken: bookings, holds and time off, read as far as somebody looks.

Rows are plain numbers, seconds since 1970 UTC as they are stored: no dates are made on this path.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, and_, bindparam, null, or_, select, type_coerce, union_all

from portal.db import plain_rows
from portal.models import Booking, TimeOff
from portal.scheduling.bounds import Window
from portal.scheduling.intervals import Span, joined

MARGIN = 2 * 86_400  # seconds: a session with its buffers, and the rest of a date with a cap
LONGEST = 3 * 86_400  # seconds: a session and each of its buffers last a day at most


@dataclass(frozen=True, slots=True)
class Times:
    """One member's: busy with bookings and holds, away, and the starts of bookings."""

    busy: list[Span] = field(default_factory=list)
    away: list[Span] = field(default_factory=list)
    booked: list[int] = field(default_factory=list)


class BusyTimes:
    """The times of some members as things are at `now`, by member: `of` has all that was read.

    `ignoring` is the id of a hold or booking that isn't in its own way.
    """

    def __init__(self, ids: Sequence[int], now: datetime, ignoring: int | None) -> None:
        self.of: dict[int, Times] = {id_: Times() for id_ in ids}
        self._asked = {"ids": list(ids), "now": int(now.timestamp()), "ignoring": ignoring or 0}
        self._read: list[Span] = []
        self._seen: set[int] = set()

    def read(self, *windows: Window) -> None:
        """See to it that what matters for openings in these windows has been read: in one query."""
        near = joined((w.first - MARGIN, w.until + MARGIN) for w in windows if not w.is_empty)
        new = [span for span in near if not self._has(span)]
        if not new or not self.of:
            return
        ends = {f"first_{n}": first for n, (first, _) in enumerate(new)}
        ends |= {f"until_{n}": until for n, (_, until) in enumerate(new)}
        for row in plain_rows(_query(len(new)), self._asked | ends):
            member_id, booking_id, start, end, starts_at = row
            if booking_id is None:
                self.of[member_id].away.append((start, end))
            elif booking_id not in self._seen:
                self._seen.add(booking_id)
                times = self.of[member_id]
                times.busy.append((start, end))
                times.booked.append(starts_at)
        self._read = joined([*self._read, *new])

    def _has(self, span: Span) -> bool:
        return any(first <= span[0] and span[1] <= until for first, until in self._read)


def package_starts(client_package_id: int, now: datetime, ignoring: int | None) -> Sequence[int]:
    """The starts of what counts for the limits of a client's package: holds too, cancelled not."""
    asked = {"own": client_package_id, "now": int(now.timestamp()), "ignoring": ignoring or 0}
    return [start for (start,) in plain_rows(_OF_A_PACKAGE, asked)]


def _seconds(column: Any) -> Any:
    """The column as it's stored."""
    return type_coerce(column, BigInteger)


def _counts() -> Any:
    held_until = _seconds(Booking.held_until)
    return and_(
        Booking.cancelled_at.is_(None),
        or_(held_until.is_(None), held_until > bindparam("now")),
        Booking.id != bindparam("ignoring"),
    )


_OF_A_PACKAGE = select(_seconds(Booking.starts_at)).where(
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
    return select(
        Booking.member_id,
        Booking.id,
        _seconds(Booking.busy_start),
        _seconds(Booking.busy_end),
        _seconds(Booking.starts_at),
    ).where(
        Booking.member_id.in_(bindparam("ids", expanding=True)),
        _seconds(Booking.busy_end) > first,
        _seconds(Booking.busy_start) < until,
        # This follows, and spares the index from going through all that is to come.
        _seconds(Booking.busy_end) < until + LONGEST,
        _counts(),
    )


def _time_off(n: int) -> Any:
    first, until = _range(n)
    return select(
        TimeOff.member_id,
        null(),
        _seconds(TimeOff.starts_at),
        _seconds(TimeOff.ends_at),
        null(),
    ).where(
        TimeOff.member_id.in_(bindparam("ids", expanding=True)),
        _seconds(TimeOff.ends_at) > first,
        _seconds(TimeOff.starts_at) < until,
    )


def _range(n: int) -> tuple[Any, Any]:
    return bindparam(f"first_{n}", type_=BigInteger), bindparam(f"until_{n}", type_=BigInteger)
