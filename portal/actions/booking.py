"""Booking: a held time becomes a client's session, in one transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, scoped_session

from portal import mail
from portal.actions.activity import record
from portal.actions.client_packages import copy_for_client, grant_credits
from portal.actions.credits import lock_client_packages, take_credit
from portal.actions.guard import guarded, let_go_of_stale_holds, lock_members, require_opening
from portal.errors import NotBookable, NotOnline
from portal.models import (
    Act,
    Actor,
    Booking,
    Client,
    ClientPackage,
    Package,
    PrivateLink,
    Why,
)
from portal.queries.bookings import find_by_token, is_held, offer_of
from portal.queries.facts import ServiceInfo
from portal.queries.offers import Offer
from portal.queries.openings import load_board
from portal.tokens import token_hash
from portal.transaction import transaction

LINK_AFTER_SESSION = timedelta(days=180)
"""How long a booking's private link works after the session."""


@dataclass(frozen=True, slots=True)
class Contact:
    """Who books, as they typed it, cleaned. `email` is one address in lower case.

    `language` is the one in which they read the page, None where the portal doesn't have theirs.
    """

    name: str
    email: str
    phone: str | None = None
    note: str = ""
    language: str | None = None


def book(token: str, contact: Contact, *, now: datetime) -> None:
    """Turn the hold that `token` names into a booking.

    One transaction makes the client (prospective if unknown), their package (unless it's held
    from one they have), the booking, the credit entry and the mails. Sending the form twice is
    one booking. A hold that ran out is booked all the same while its time is free. Raises
    NotFound, Taken or NotBookable; then nothing has changed and no credit is used.
    """
    with transaction() as session:
        lock_members([find_by_token(token, now).member_id])
        booking = find_by_token(token, now)
        if booking.held_until is None:
            return
        let_go_of_stale_holds([booking.member_id], now)
        session.refresh(booking)
        offer, service = _check_again(booking, now)
        client = _client(session, booking, contact, now)
        own = booking.client_package or _own_copy(session, offer, client, now)
        booking.client, booking.client_package = client, own
        booking.note = contact.note
        booking.held_until = booking.cancelled_at = None
        booking.created_at = now
        booking.confirmed_at = now if service.instant else None
        with guarded():
            take_credit(session, booking, Why.BOOKED, now)
        _keep_link(session, token, booking)
        act = Act.BOOKING_CONFIRMED if service.instant else Act.BOOKING_REQUESTED
        record(session, act, booking, now, actor=Actor.CLIENT)
        mail.booking_made(session, booking, token, now)


def _check_again(booking: Booking, now: datetime) -> tuple[Offer, ServiceInfo]:
    """The rule, asked under the lock. A time that's still held was promised when it was held."""
    # The last credit goes to one of several bookings of this package.
    lock_client_packages([booking.client_package_id])
    asked_at = booking.created_at if is_held(booking, now) else now
    offer = offer_of(booking, now)
    item = offer.item(booking.service_id)
    if item is None:
        raise NotBookable(_("This service isn’t part of the package any more."))
    board = load_board(offer, item.service, asked_at, ignoring=booking.id, around=booking.starts_at)
    require_opening(board, booking.member_id, booking.starts_at, booking.delivery)
    return offer, item.service


def _client(
    session: scoped_session[Session], booking: Booking, contact: Contact, now: datetime
) -> Client:
    """The client whose own package this is, or the one with this address, or a new one.

    What is known of a client isn't changed by what somebody types into a public form.
    """
    if booking.client_package is not None:
        return booking.client_package.client
    # Locked, so that they aren't merged into somebody else meanwhile.
    known = (
        select(Client)
        .where(Client.email == contact.email)
        .with_for_update(read=True, key_share=True)
    )
    client = session.scalar(known)
    if client is None:
        try:
            with session.begin_nested():
                client = Client(
                    name=contact.name,
                    email=contact.email,
                    phone=contact.phone,
                    language=contact.language,
                    created_at=now,
                )
                session.add(client)
        except IntegrityError:
            # Somebody with the same address booked another time just now.
            client = session.scalar(known)
    assert client is not None
    if client.deactivated_at is not None:
        raise NotOnline(_("This couldn’t be booked online: please get in touch with the clinic."))
    return client


def _own_copy(
    session: scoped_session[Session], offer: Offer, client: Client, now: datetime
) -> ClientPackage:
    """The client's own copy of the template, with its credits granted."""
    package = session.get_one(Package, offer.package_id, populate_existing=True)
    own = copy_for_client(
        session,
        package,
        client,
        started_on=offer.practice.today(now),
        expires_on=offer.holder.expires,
        now=now,
    )
    counts = {item.service_id: item.sessions for item in package.items}
    grant_credits(session, own, counts, Why.PACKAGE_BOOKED, now)
    return own


def _keep_link(session: scoped_session[Session], token: str, booking: Booking) -> None:
    link = session.scalars(
        select(PrivateLink).where(PrivateLink.token_hash == token_hash(token))
    ).one()
    link.expires_at = booking.ends_at + LINK_AFTER_SESSION
