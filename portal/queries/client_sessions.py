"""All sessions of one client: those to come, and page by page those that were."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.db import db
from portal.models import Booking, Client, ClientPackage, Ending, Practice, Status
from portal.queries.paging import Paged, paged


@dataclass(frozen=True, slots=True)
class Line:
    """One session; `package` is None for one outside any package."""

    id: int
    start: datetime
    end: datetime
    service: str
    practitioner: str
    package: str | None
    status: Status
    ending: Ending | None


@dataclass(frozen=True, slots=True)
class ClientSessions:
    """Sessions to come by start, and past ones, which are over or cancelled, newest first."""

    coming: tuple[Line, ...]
    past: Paged[Line]
    zone: ZoneInfo


def load_client_sessions(client: Client, page: int, now: datetime) -> ClientSessions:
    """The client's sessions, whoever they are with."""
    of_client = (
        select(Booking)
        .where(Booking.client_id == client.id, Booking.held_until.is_(None))
        .options(
            joinedload(Booking.member),
            joinedload(Booking.service),
            joinedload(Booking.client_package).joinedload(ClientPackage.package),
        )
    )
    to_come = Booking.cancelled_at.is_(None) & (Booking.ends_at > now)
    coming = of_client.where(to_come).order_by(Booking.starts_at, Booking.id)
    past = of_client.where(~to_come)
    return ClientSessions(
        coming=tuple(_line(row) for row in db.session.scalars(coming)),
        past=paged(past.order_by(Booking.starts_at.desc(), Booking.id.desc()), page, _line),
        zone=ZoneInfo(db.session.get_one(Practice, 1).timezone),
    )


def _line(row: Booking) -> Line:
    own = row.client_package
    return Line(
        id=row.id,
        start=row.starts_at,
        end=row.ends_at,
        service=row.service.name,
        practitioner=row.member.name,
        package=own.package.name if own else None,
        status=row.status,
        ending=row.ending,
    )
