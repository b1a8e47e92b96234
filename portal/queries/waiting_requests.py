"""Requests that wait for an answer, for whoever may give it: the oldest first."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from portal.db import db
from portal.models import Booking, ClientPackage, Member, Practice
from portal.queries.staff_bookings import changed_by

SHOWN = 50  # requests: whoever has more answers some of them first


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `newcomer`: the client isn't accepted yet, and is with the request."""

    id: int
    start: datetime
    end: datetime
    service: str
    delivery: str
    member_id: int
    practitioner: str
    client: str
    newcomer: bool
    package: str | None
    note: str
    staff_note: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """The oldest of the requests, and how many there are in all."""

    shown: tuple[Request, ...]
    found: int
    zone: ZoneInfo


def load_waiting(member: Member, now: datetime) -> Waiting:
    """The requests that the member may answer now. One whose time has come has lapsed."""
    query = select(Booking).where(
        Booking.held_until.is_(None),
        Booking.confirmed_at.is_(None),
        Booking.cancelled_at.is_(None),
        Booking.completed_at.is_(None),
        Booking.no_show_at.is_(None),
        Booking.starts_at > now,
        changed_by(member),
    )
    rows = db.session.scalars(
        query.options(
            joinedload(Booking.member),
            joinedload(Booking.service),
            joinedload(Booking.client),
            joinedload(Booking.client_package).joinedload(ClientPackage.package),
        )
        .order_by(Booking.created_at, Booking.starts_at, Booking.id)
        .limit(SHOWN)
    ).all()
    found = db.session.scalar(query.with_only_columns(func.count())) or 0
    zone = ZoneInfo(db.session.get_one(Practice, 1).timezone)
    return Waiting(tuple(_request(row) for row in rows), found, zone)


def _request(row: Booking) -> Request:
    assert row.client is not None, "a request is somebody's"
    return Request(
        id=row.id,
        start=row.starts_at,
        end=row.ends_at,
        service=row.service.name,
        delivery=row.delivery,
        member_id=row.member_id,
        practitioner=row.member.name,
        client=row.client.name,
        newcomer=row.client.accepted_at is None,
        package=row.client_package.package.name if row.client_package else None,
        note=row.note,
        staff_note=row.staff_note,
        asked_at=row.created_at,
    )
