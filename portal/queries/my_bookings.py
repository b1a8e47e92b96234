"""What a client sees of their own: packages with sessions left, sessions to come and past ones."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, not_, select
from sqlalchemy.orm import joinedload, selectinload

from portal.db import db
from portal.errors import NotFound
from portal.ledger import credits_of
from portal.models import Booking, Client, ClientPackage, ClientPackageItem, Ending, Status
from portal.queries.offers import Offer, load_client_offer
from portal.queries.paging import Paged, paged

PAST = 10  # sessions on one page


@dataclass(frozen=True, slots=True)
class OwnItem:
    """A service of a package: how many sessions of it are used, or booked, of how many."""

    service: str
    used: int
    total: int


@dataclass(frozen=True, slots=True)
class OwnPackage:
    """A client's package. `expires` is the last day for a session; None: it doesn't expire."""

    id: int
    name: str
    items: tuple[OwnItem, ...]
    expires: date | None
    expired: bool

    @property
    def left(self) -> int:
        """How many sessions can still be booked, if it hasn't expired."""
        return sum(item.total - item.used for item in self.items)


@dataclass(frozen=True, slots=True)
class OwnSession:
    """A client's session, or request."""

    id: int
    service: str
    practitioner: str
    starts_at: datetime
    ends_at: datetime
    status: Status
    ending: Ending | None
    # it hasn't begun, so it can be moved or cancelled
    to_come: bool


@dataclass(frozen=True, slots=True)
class MyBookings:
    """The client's page. `packages` are in force, those that expire first come first."""

    packages: tuple[OwnPackage, ...]
    expired: tuple[OwnPackage, ...]
    coming: tuple[OwnSession, ...]
    past: Paged[OwnSession]


def load_my_bookings(client: Client, today: date, now: datetime, page: int) -> MyBookings:
    """Everything that the page of this client shows; `page` is that of the past sessions.

    `today` is the clinic's date.
    """
    packages = _packages(client, today)
    own = select(Booking).where(Booking.client_id == client.id, Booking.held_until.is_(None))
    own = own.options(joinedload(Booking.member), joinedload(Booking.service))
    coming = own.where(_is_coming(now)).order_by(Booking.starts_at, Booking.id)
    past = own.where(not_(_is_coming(now))).order_by(Booking.starts_at.desc(), Booking.id.desc())
    return MyBookings(
        packages=tuple(package for package in packages if not package.expired),
        expired=tuple(package for package in reversed(packages) if package.expired),
        coming=tuple(_session(row, now) for row in db.session.scalars(coming)),
        past=paged(past, page, lambda row: _session(row, now), PAST),
    )


def load_own_offer(client_package_id: int, client: Client, now: datetime) -> Offer:
    """The client's own package, to book from. Raises NotFound for somebody else's."""
    offer = load_client_offer(client_package_id, now)
    if offer.client_id != client.id:
        raise NotFound(_("There is no such package."))
    return offer


def find_own_booking(booking_id: int, client: Client) -> Booking:
    """The client's own session. Raises NotFound for somebody else's, and for one that's held."""
    booking = db.session.scalar(
        select(Booking)
        .where(
            Booking.id == booking_id,
            Booking.client_id == client.id,
            Booking.held_until.is_(None),
        )
        .options(
            joinedload(Booking.member),
            joinedload(Booking.service),
            joinedload(Booking.client),
            joinedload(Booking.client_package).joinedload(ClientPackage.package),
        )
        .execution_options(populate_existing=True)
    )
    if booking is None:
        raise NotFound(_("There is no such session."))
    return booking


def _is_coming(now: datetime) -> ColumnElement[bool]:
    return and_(
        Booking.ends_at > now,
        Booking.cancelled_at.is_(None),
        Booking.completed_at.is_(None),
        Booking.no_show_at.is_(None),
    )


def _packages(client: Client, today: date) -> list[OwnPackage]:
    rows = db.session.scalars(
        select(ClientPackage)
        .where(ClientPackage.client_id == client.id)
        .options(
            joinedload(ClientPackage.package),
            selectinload(ClientPackage.items).joinedload(ClientPackageItem.service),
        )
        .order_by(ClientPackage.expires_on.is_(None), ClientPackage.expires_on, ClientPackage.id)
    ).all()
    credits = credits_of([row.id for row in rows])
    return [_package(row, credits, today) for row in rows]


def _package(row: ClientPackage, credits: Any, today: date) -> OwnPackage:
    counts = [
        (item.service.name, *credits.get((row.id, item.service_id), (0, 0))) for item in row.items
    ]
    return OwnPackage(
        id=row.id,
        name=row.package.name,
        items=tuple(OwnItem(name, total - left, total) for name, total, left in counts),
        expires=row.expires_on,
        expired=row.expires_on is not None and row.expires_on < today,
    )


def _session(row: Booking, now: datetime) -> OwnSession:
    return OwnSession(
        id=row.id,
        service=row.service.name,
        practitioner=row.member.name,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        status=row.status,
        ending=row.ending,
        to_come=row.starts_at > now and row.status in (Status.REQUESTED, Status.CONFIRMED),
    )
