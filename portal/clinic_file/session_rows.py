"""Stored client's packages and bookings, and what the ledger of credits says of them."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select

from portal import models
from portal.clinic_file.entries import Booking
from portal.clinic_file.rows import all_of
from portal.db import db
from portal.models import CreditEntry, CreditKind

LONGEST = timedelta(days=3)
"""No session of a file, with its buffers, is longer than that."""

Line = tuple[int, int]
"""The ids of a client's package and a service: a line of the ledger."""


@dataclass
class SessionRows:
    """What is stored of sessions.

    `totals`: by client's package and service (their ids), how many sessions there are in all;
    `used`: how many of each line are used or booked; `taken`: by booking, what it uses of each
    line (1 or 0). `uids`: the ids of all bookings, at any time, where a file has some to compare.
    """

    own: Sequence[models.ClientPackage] = ()
    bookings: Sequence[models.Booking] = ()
    totals: defaultdict[int, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    used: Counter[Line] = field(default_factory=Counter)
    taken: dict[int, Counter[Line]] = field(default_factory=dict)
    uids: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, *conditions: ColumnElement[bool]) -> "SessionRows":
        """All client's packages, and the bookings that meet the conditions."""
        own = models.ClientPackage
        rows = cls(own=all_of(own, own.items, own.team_members, own.team_roles))
        for own_id, service_id, kind, amount in _sums(CreditEntry.kind):
            if kind in (CreditKind.GRANT, CreditKind.ADJUST):
                rows.totals[own_id][service_id] += int(amount)
            else:
                rows.used[own_id, service_id] -= int(amount)
        rows.bookings = db.session.scalars(
            select(models.Booking)
            .where(*conditions)
            .order_by(models.Booking.id)
            .execution_options(populate_existing=True)
        ).all()
        of_bookings = CreditEntry.booking_id == models.Booking.id
        for *line, booking_id, n in _sums(CreditEntry.booking_id, of_bookings, *conditions):
            rows.taken.setdefault(booking_id, Counter())[line[0], line[1]] -= int(n)
        return rows

    def takes(self, booking_id: int, own_id: int, service_id: int) -> bool:
        """Does the booking use a session of this client's package and service?"""
        return self.taken.get(booking_id, Counter())[own_id, service_id] > 0

    @classmethod
    def around(cls, entries: Sequence[Booking], member_ids: Sequence[int]) -> "SessionRows":
        """Those that bookings of a file may be, or may be in the way of."""
        if not entries or not member_ids:
            return cls.read(models.Booking.id.is_(None))
        starts: list[datetime] = sorted(entry.start for entry in entries)
        rows = cls.read(
            models.Booking.member_id.in_(member_ids),
            models.Booking.busy_end > starts[0] - LONGEST,
            models.Booking.busy_start < starts[-1] + LONGEST,
        )
        if any(entry.uid for entry in entries):
            stored = db.session.execute(select(models.Booking.uid, models.Booking.id))
            rows.uids = {row.uid: row.id for row in stored}
        return rows


def lock_own_packages() -> None:
    """Make bookings that use some client's package wait: the last session goes to one of them."""
    own = select(models.ClientPackage.id).order_by(models.ClientPackage.id)
    db.session.execute(own.with_for_update()).all()


@contextmanager
def all_at_one_instant() -> Iterator[None]:
    """Read inside what is true at one instant, while others go on booking."""
    db.session.rollback()
    if db.engine.dialect.name == "postgresql":
        # SQLite does so anyway.
        db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    try:
        yield
    finally:
        db.session.rollback()


def _sums(by: Any, *conditions: ColumnElement[bool]) -> Sequence[Any]:
    """Rows of (client's package, service, `by`, sum of the amounts) of the ledger."""
    line = (CreditEntry.client_package_id, CreditEntry.service_id, by)
    statement = select(*line, func.sum(CreditEntry.amount)).group_by(*line)
    return db.session.execute(statement.where(*conditions)).all()
