"""Bookings and holds, found by the private link that the client has."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import bindparam, exists, func, or_, select
from sqlalchemy.orm import joinedload

from portal.as_set_up import MARK, note_mark
from portal.db import db
from portal.errors import NotFound
from portal.mail.plain_booking import PlainMember, PlainPackage, PlainService
from portal.models import Booking, Member, Package, PrivateLink, Service
from portal.models.client_package import ClientPackage
from portal.plain_rows import plain_rows
from portal.queries.offers import Offer, load_client_offer, load_offer
from portal.tokens import token_hash

_OPENS = (
    PrivateLink.token_hash == bindparam("token"),
    PrivateLink.revoked_at.is_(None),
    or_(PrivateLink.expires_at.is_(None), PrivateLink.expires_at > bindparam("now")),
)
_BY_TOKEN = (
    select(Booking)
    .join(PrivateLink, PrivateLink.booking_id == Booking.id)
    .where(*_OPENS)
    .options(
        joinedload(Booking.member),
        joinedload(Booking.service),
        joinedload(Booking.client),
        joinedload(Booking.package),
        joinedload(Booking.client_package).joinedload(ClientPackage.package),
    )
    .execution_options(populate_existing=True)
)
_FACTS_BY_TOKEN = (
    select(
        Booking.id,
        Booking.uid,
        Booking.sequence,
        Booking.member_id,
        Booking.service_id,
        Booking.delivery,
        Booking.starts_at,
        Booking.ends_at,
        Booking.created_at,
        Booking.held_until,
        Booking.cancelled_at,
        Booking.client_package_id,
        PrivateLink.expires_at,
        Member.id,
        Member.name,
        Member.email,
        Member.timezone,
        Member.language,
        Service.slug,
        Service.name,
        Service.place,
        Service.video_link,
        Package.slug,
        Package.name,
        Package.archived_at,
        MARK,
    )
    .join(PrivateLink, PrivateLink.booking_id == Booking.id)
    .join(Member, Member.id == Booking.member_id)
    .join(Service, Service.id == Booking.service_id)
    .outerjoin(ClientPackage, ClientPackage.id == Booking.client_package_id)
    .outerjoin(Package, Package.id == func.coalesce(ClientPackage.package_id, Booking.package_id))
    .where(*_OPENS)
)


@dataclass(frozen=True, slots=True)
class BookingFacts:
    """What whoever decides about a booking, or hold, goes by.

    That is its row, until when its private link works, and what mails say of the rows that it
    names. `package` is the template of the client's package, or that at whose page a newcomer holds
    it. Others wait meanwhile, and an object of a model takes several times as long.
    """

    id: int
    uid: str
    sequence: int
    member_id: int
    service_id: int
    delivery: str
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    held_until: datetime | None
    cancelled_at: datetime | None
    client_package_id: int | None
    link_expires_at: datetime | None
    member: PlainMember
    service: PlainService
    package: PlainPackage | None


def find_by_token(token: str, now: datetime) -> Booking:
    """The booking, or hold, whose private link has this token.

    Raises NotFound for a token that's unknown, revoked or expired: they look the same.
    """
    booking: Booking | None = db.session.scalar(_BY_TOKEN, _asked(token, now))
    if booking is None:
        raise _leads_nowhere()
    return booking


def find_facts_by_token(token: str, now: datetime) -> BookingFacts:
    """The same, as plain values."""
    for row in plain_rows(_FACTS_BY_TOKEN, _asked(token, now)):
        # What it's of is asked for next.
        note_mark(row[25])
        template = PlainPackage(*row[22:25]) if row[22] is not None else None
        named = [PlainMember(*row[13:18]), PlainService(*row[18:22]), template]
        return BookingFacts(*row[:13], *named)
    raise _leads_nowhere()


def _asked(token: str, now: datetime) -> dict[str, object]:
    return {"token": token_hash(token), "now": now}


def _leads_nowhere() -> NotFound:
    return NotFound(_("This link leads nowhere any more."))


def find_hold(token: str | None, now: datetime) -> Booking | None:
    """The hold that the token names, run out or not; None if there's none or it is a booking."""
    try:
        booking = find_by_token(token, now) if token else None
    except NotFound:
        return None
    return booking if booking and booking.held_until is not None else None


def is_held(booking: Booking | BookingFacts, now: datetime) -> bool:
    """Is it a hold that still keeps its time?"""
    held_until = booking.held_until
    return held_until is not None and held_until > now and booking.cancelled_at is None


def has_bookings(client_package_id: int) -> bool:
    """Has anything been booked from the client's package, whatever became of it? Not only held."""
    of_it = Booking.client_package_id == client_package_id
    return bool(db.session.scalar(select(exists().where(of_it, Booking.held_until.is_(None)))))


def offer_of(booking: Booking | BookingFacts, now: datetime) -> Offer:
    """What the booking, or hold, is of: the client's own package, or else the template.

    Raises NotFound for a session outside any package.
    """
    if booking.client_package_id is not None:
        return load_client_offer(booking.client_package_id, now)
    if booking.package is None:
        raise NotFound(_("This session isn’t part of a package."))
    return load_offer(booking.package.slug, now)
