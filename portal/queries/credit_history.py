"""The ledger of a client's package as people read it: what became of each session, and why."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from portal.db import db
from portal.ledger import credits_of
from portal.models import Booking, ClientPackage, CreditEntry, CreditKind, Member, Service
from portal.queries.facts import PracticeInfo
from portal.queries.paging import Paged, in_order


class LineKind(StrEnum):
    """What happened to sessions. A request holds one, a session that is confirmed uses it."""

    GRANT = "grant"
    HOLD = "hold"
    USE = "use"
    RETURN = "return"
    EXPIRE = "expire"
    ADJUST = "adjust"


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One change of the sessions of one service, and what was left of it after that.

    `at` is None where only the date is known: sessions expire at the end of `day`. `by` is the
    member who did it, if it was one. `session` is when the session takes place that it's about,
    `accepted` when a request for it was accepted. `late`: given back when the package had expired.
    """

    at: datetime | None
    day: date
    kind: LineKind
    service: str
    change: int
    left: int
    by: str | None
    why: str
    session: datetime | None = None
    accepted: datetime | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Balance:
    """What there is of one service of the package. What is left of an expired one is no use."""

    service_id: int
    service: str
    total: int
    left: int


@dataclass(frozen=True, slots=True)
class History:
    """The page of the ledger, the newest line first, and what is left. `expired`: by now."""

    lines: Paged[HistoryLine]
    balances: tuple[Balance, ...]
    expired: bool


def load_history(own: ClientPackage, practice: PracticeInfo, now: datetime, page: int) -> History:
    """What became of the sessions of a client's package, until now."""
    credits = credits_of([own.id])
    balances = tuple(
        Balance(item.service_id, item.service.name, *credits.get((own.id, item.service_id), (0, 0)))
        for item in own.items
    )
    lines = list(_lines(own, practice, now))
    lines.reverse()
    expired = own.expires_on is not None and own.expires_on < practice.today(now)
    return History(in_order(lines, page), balances, expired)


def _lines(own: ClientPackage, practice: PracticeInfo, now: datetime) -> Iterator[HistoryLine]:
    """The lines, oldest first, with the ones that nobody wrote: what was left at the expiry."""
    end = _end_of(own, practice)
    left: defaultdict[str, int] = defaultdict(int)
    is_over = False
    for line, at in _entries(own, practice):
        if end is not None and not is_over and at >= end:
            is_over = True
            yield from _expire(own, left)
        # Below nothing only on paper: a count that was lowered after the rest had expired.
        left[line.service] = max(0, left[line.service] + line.change)
        late = is_over and line.kind is LineKind.RETURN
        yield replace(line, left=left[line.service], late=late)
    if end is not None and not is_over and now >= end:
        yield from _expire(own, left)


def _end_of(own: ClientPackage, practice: PracticeInfo) -> datetime | None:
    """The instant at which the package expires: the midnight after its last day."""
    if own.expires_on is None:
        return None
    return datetime.combine(own.expires_on + timedelta(days=1), time(), practice.zone)


def _expire(own: ClientPackage, left: defaultdict[str, int]) -> Iterator[HistoryLine]:
    for service in sorted(name for name, sessions in left.items() if sessions > 0):
        change, left[service] = -left[service], 0
        assert own.expires_on is not None
        yield HistoryLine(None, own.expires_on, LineKind.EXPIRE, service, change, 0, None, "")


def _entries(own: ClientPackage, practice: PracticeInfo) -> Iterator[tuple[HistoryLine, datetime]]:
    for entry, service, member, booking in _rows(own):
        line = HistoryLine(
            at=entry.at,
            day=practice.today(entry.at),
            kind=_kind(entry, booking),
            service=service,
            change=entry.amount,
            left=0,
            by=member,
            why=entry.why,
            session=booking.starts_at if booking else None,
            accepted=_accepted(entry, booking),
        )
        yield line, entry.at


def _rows(own: ClientPackage) -> Sequence[Any]:
    return db.session.execute(
        select(CreditEntry, Service.name, Member.name, Booking)
        .join(Service, Service.id == CreditEntry.service_id)
        .outerjoin(Member, Member.id == CreditEntry.by_id)
        .outerjoin(Booking, Booking.id == CreditEntry.booking_id)
        .where(CreditEntry.client_package_id == own.id)
        .order_by(CreditEntry.at, CreditEntry.id)
    ).all()


def _kind(entry: CreditEntry, booking: Booking | None) -> LineKind:
    if entry.kind is CreditKind.TAKE and booking is not None:
        return LineKind.HOLD if booking.confirmed_at is None else LineKind.USE
    return LineKind(entry.kind.value)


def _accepted(entry: CreditEntry, booking: Booking | None) -> datetime | None:
    if entry.kind is not CreditKind.TAKE or booking is None or booking.confirmed_at is None:
        return None
    return booking.confirmed_at if booking.confirmed_at > entry.at else None
