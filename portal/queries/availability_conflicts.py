"""Sessions that a member's availability doesn't cover: kept, and named for whoever edits it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from portal.db import db
from portal.errors import NotFound
from portal.models import Booking, Client, Member, Service, TimeOff
from portal.queries.availability import Away, hours_of, zone_of
from portal.queries.staff_bookings import seen_by
from portal.scheduling.availability import covers
from portal.scheduling.hours import DAY, day_start
from portal.scheduling.intervals import Span, overlap


@dataclass(frozen=True, slots=True)
class Session:
    """A coming session; `client` is None for a client whom the reader may not see.

    `away`: it lies in time off. `confirmed`: it isn't only requested.
    """

    id: int
    start: datetime
    end: datetime
    service: str
    client: str | None
    confirmed: bool
    away: bool


def sessions_outside(member: Member, by: Member, now: datetime) -> tuple[Session, ...]:
    """The member's coming sessions outside their hours or in their time off, in order.

    Clients couldn't book them like that any more. The names are for `by`.
    """
    hours = hours_of(member, (now - timedelta(days=2)).date())
    away = _time_off(member, now)
    found = []
    for row in _coming(member, by, now):
        span = _span(row.starts_at, row.ends_at)
        off = any(overlap(span, other) for other in away)
        if off or not covers(hours, row.service_id, row.delivery, span):
            found.append(_session(row, off))
    return tuple(found)


def sessions_between(
    member: Member, by: Member, start: datetime, end: datetime, now: datetime
) -> tuple[Session, ...]:
    """The member's coming sessions that overlap the time, in order. The names are for `by`."""
    period = _span(start, end)
    return tuple(
        _session(row, True)
        for row in _coming(member, by, now)
        if overlap(period, _span(row.starts_at, row.ends_at))
    )


def sessions_to_cancel(
    member: Member, by: Member, start: datetime, end: datetime, now: datetime
) -> tuple[Session, ...]:
    """Those of `sessions_between` that can be cancelled together: one that has begun can't."""
    return tuple(each for each in sessions_between(member, by, start, end, now) if each.start > now)


def sessions_on(member: Member, by: Member, day: date, now: datetime) -> tuple[Session, ...]:
    """The member's coming sessions on a date of the member's zone. The names are for `by`."""
    zone = zone_of(member)
    start, end = (datetime.fromtimestamp(day_start(zone, each), UTC) for each in (day, day + DAY))
    found = sessions_between(member, by, start, end, now)
    return tuple(replace(one, away=False) for one in found)


def find_time_off(member: Member, time_off_id: int) -> tuple[datetime, datetime]:
    """From when until when the member is off. Raises NotFound for time off that isn't theirs."""
    row = db.session.get(TimeOff, time_off_id)
    if row is None or row.member_id != member.id:
        raise NotFound(_("There is no such time off."))
    return row.starts_at, row.ends_at


def is_off(member: Member, start: datetime, end: datetime, now: datetime) -> bool:
    """Say whether one time off of the member has all of this time in it."""
    first, until = _span(start, end)
    return any(since <= first and until <= to for since, to in _time_off(member, now))


def to_cancel_in(away: Away, sessions: Iterable[Session], now: datetime) -> int:
    """How many of the sessions overlap the time off and haven't begun."""
    period = _span(away.start, away.end)
    coming = (each for each in sessions if each.start > now)
    return sum(overlap(period, _span(each.start, each.end)) for each in coming)


def coming_starts(member: Member, now: datetime) -> list[datetime]:
    """When the member's sessions start that aren't over yet, in order."""
    query = select(Booking.starts_at).where(*_is_coming(member, now))
    return list(db.session.scalars(query.order_by(Booking.starts_at)))


def _is_coming(member: Member, now: datetime) -> Iterable[Any]:
    # A hold is nobody's session yet: when it's confirmed the openings are asked again.
    return (
        Booking.member_id == member.id,
        Booking.cancelled_at.is_(None),
        Booking.held_until.is_(None),
        Booking.ends_at > now,
    )


def _coming(member: Member, by: Member, now: datetime) -> Sequence[Any]:
    seen = seen_by(by)
    return db.session.execute(
        select(
            Booking.id,
            Booking.starts_at,
            Booking.ends_at,
            Booking.service_id,
            Booking.delivery,
            Booking.confirmed_at,
            Service.name.label("service"),
            Client.name.label("client"),
        )
        .join(Service, Service.id == Booking.service_id)
        .outerjoin(Client, (Client.id == Booking.client_id) & seen)
        .where(*_is_coming(member, now))
        .order_by(Booking.starts_at, Booking.id)
    ).all()


def _time_off(member: Member, now: datetime) -> list[Span]:
    rows = db.session.execute(
        select(TimeOff.starts_at, TimeOff.ends_at).where(
            TimeOff.member_id == member.id, TimeOff.ends_at > now
        )
    )
    return [_span(start, end) for start, end in rows]


def _session(row: Any, away: bool) -> Session:
    return Session(
        id=row.id,
        start=row.starts_at,
        end=row.ends_at,
        service=row.service,
        client=row.client,
        confirmed=row.confirmed_at is not None,
        away=away,
    )


def _span(start: datetime, end: datetime) -> Span:
    return int(start.timestamp()), int(end.timestamp())
