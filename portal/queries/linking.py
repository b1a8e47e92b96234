"""Which of a client's packages a session outside any could be part of, and what that changes."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.db import db
from portal.ledger import booking_has_credit, credits_of
from portal.models import Booking, ClientPackage, ClientPackageItem, Practice


@dataclass(frozen=True, slots=True)
class PackageToLink:
    """A package of the client that has the service, with its sessions used, "2 of 5".

    `used_after` is what's used after linking. `why_not` is a sentence where it can't be linked,
    and then nothing would change.
    """

    id: int
    name: str
    expires_on: date | None
    total: int
    used: int
    used_after: int
    why_not: str | None


@dataclass(frozen=True, slots=True)
class Unlinking:
    """The package that the session is part of, and its sessions used, now and afterwards.

    `of_service` is (sessions in all, sessions used) of the session's own service.
    """

    id: int
    name: str
    total: int
    used: int
    used_after: int
    of_service: tuple[int, int]


def packages_to_link(booking: Booking, now: datetime) -> tuple[PackageToLink, ...]:
    """The client's packages that have the session's service, those that can be linked first.

    Among them the earliest expiry comes first. Empty for a session that is part of one already.
    """
    if booking.client_package_id is not None or booking.client_id is None:
        return ()
    rows = db.session.scalars(
        select(ClientPackage)
        .join(ClientPackageItem)
        .where(
            ClientPackage.client_id == booking.client_id,
            ClientPackageItem.service_id == booking.service_id,
        )
        .options(joinedload(ClientPackage.package))
        .order_by(ClientPackage.expires_on.is_(None), ClientPackage.expires_on, ClientPackage.id)
    ).all()
    found = [_as_it_would_be(booking, own) for own in rows]
    return tuple(sorted(found, key=lambda each: each.why_not is not None))


def unlinking(booking: Booking) -> Unlinking | None:
    """What unlinking the session would change; None for one that is part of no package."""
    own = booking.client_package
    if own is None:
        return None
    total, used = _counts(own.id)
    after = used - 1 if booking_has_credit(booking.id) else used
    granted, left = credits_of([own.id]).get((own.id, booking.service_id), (0, 0))
    of_service = (granted, granted - left)
    return Unlinking(own.id, own.package.name, total, used, after, of_service)


def why_not_linked(booking: Booking, own: ClientPackage) -> str | None:
    """The first reason why the session can't be part of the package, as a sentence; None: it can.

    The session has to be of the same client and of a service that the package has, with a credit
    left, and start on or before the day of expiry, clinic time. Limits aren't asked.
    """
    service = booking.service_id
    if own.client_id != booking.client_id:
        return _("This package is another client’s.")
    if service not in [item.service_id for item in own.items]:
        return _("This package doesn’t have the service of this session.")
    zone = ZoneInfo(db.session.get_one(Practice, 1).timezone)
    if own.expires_on is not None and booking.starts_at.astimezone(zone).date() > own.expires_on:
        return _("This package expires before the session.")
    if credits_of([own.id]).get((own.id, service), (0, 0))[1] < 1:
        return _("No session of this service is left in the package.")
    return None


def _as_it_would_be(booking: Booking, own: ClientPackage) -> PackageToLink:
    total, used = _counts(own.id)
    why_not = why_not_linked(booking, own)
    after = used if why_not else used + 1
    return PackageToLink(own.id, own.package.name, own.expires_on, total, used, after, why_not)


def _counts(own_id: int) -> tuple[int, int]:
    """(sessions in all, sessions used) of the whole package."""
    sums = credits_of([own_id]).values()
    total = sum(granted for granted, _left in sums)
    return total, total - sum(left for _granted, left in sums)
