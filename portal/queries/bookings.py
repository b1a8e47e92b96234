"""Bookings and holds, found by the private link that the client has."""

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import bindparam, exists, or_, select
from sqlalchemy.orm import joinedload

from portal.db import db
from portal.errors import NotFound
from portal.models import Booking, PrivateLink
from portal.models.client_package import ClientPackage
from portal.plain_rows import plain_rows
from portal.queries.offers import Offer, load_client_offer, load_offer
from portal.tokens import token_hash

_BY_TOKEN = (
    select(Booking)
    .join(PrivateLink, PrivateLink.booking_id == Booking.id)
    .where(
        PrivateLink.token_hash == bindparam("token"),
        PrivateLink.revoked_at.is_(None),
        or_(PrivateLink.expires_at.is_(None), PrivateLink.expires_at > bindparam("now")),
    )
    .options(
        joinedload(Booking.member),
        joinedload(Booking.service),
        joinedload(Booking.client),
        joinedload(Booking.package),
        joinedload(Booking.client_package).joinedload(ClientPackage.package),
    )
    .execution_options(populate_existing=True)
)
_LINK = select(PrivateLink.id).where(PrivateLink.token_hash == bindparam("token"))


def find_by_token(token: str, now: datetime) -> Booking:
    """The booking, or hold, whose private link has this token.

    Raises NotFound for a token that's unknown, revoked or expired: they look the same.
    """
    asked = {"token": token_hash(token), "now": now}
    booking: Booking | None = db.session.scalar(_BY_TOKEN, asked)
    if booking is None:
        raise NotFound(_("This link leads nowhere any more."))
    return booking


def find_hold(token: str | None, now: datetime) -> Booking | None:
    """The hold that the token names, run out or not; None if there's none or it is a booking."""
    try:
        booking = find_by_token(token, now) if token else None
    except NotFound:
        return None
    return booking if booking and booking.held_until is not None else None


def is_known(token: str) -> bool:
    """Did anybody ever have a private link with this token?"""
    return bool(plain_rows(_LINK, {"token": token_hash(token)}))


def is_held(booking: Booking, now: datetime) -> bool:
    """Is it a hold that still keeps its time?"""
    held_until = booking.held_until
    return held_until is not None and held_until > now and booking.cancelled_at is None


def has_bookings(client_package_id: int) -> bool:
    """Has anything been booked from the client's package, whatever became of it? Not only held."""
    of_it = Booking.client_package_id == client_package_id
    return bool(db.session.scalar(select(exists().where(of_it, Booking.held_until.is_(None)))))


def offer_of(booking: Booking, now: datetime) -> Offer:
    """What the booking, or hold, is of: the client's own package, or else the template.

    Raises NotFound for a session outside any package.
    """
    if booking.client_package_id is not None:
        return load_client_offer(booking.client_package_id, now)
    if booking.package is None:
        raise NotFound(_("This session isn’t part of a package."))
    return load_offer(booking.package.slug, now)
