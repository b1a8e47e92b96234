"""Booking: a held time becomes a client's session, in one transaction."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session, scoped_session

from portal import mail
from portal.actions.activity import record
from portal.actions.client_packages import copy_for_client
from portal.actions.credits import grant_credits, lock_client_packages, take_credit
from portal.actions.guard import (
    guarded,
    let_go_of_stale_holds,
    lock_member_of,
    require_opening,
)
from portal.db import INSERT, db
from portal.errors import NotBookable, NotOnline
from portal.languages import speaking
from portal.mail.composing import readers_language
from portal.mail.practice_facts import practice_facts
from portal.models import (
    Act,
    Actor,
    Booking,
    Client,
    ClientPackage,
    PrivateLink,
    Why,
)
from portal.plain_rows import plain_rows
from portal.queries.bookings import find_by_token, is_held, offer_of
from portal.queries.facts import ServiceInfo
from portal.queries.offers import Offer
from portal.queries.openings import load_board
from portal.tokens import token_hash
from portal.transaction import transaction

LINK_AFTER_SESSION = timedelta(days=180)
"""How long a booking's private link works after the session."""

# Locked, so that they aren't merged into somebody else meanwhile.
_KNOWN = (
    select(Client)
    .where(Client.email == bindparam("email"))
    .with_for_update(read=True, key_share=True)
)
_NEW = {
    engine: insert(Client).on_conflict_do_nothing(index_elements=[Client.email]).returning(Client)
    for engine, insert in INSERT.items()
}
_KEEP = update(PrivateLink).where(PrivateLink.token_hash == bindparam("token"))
_KEEP = _KEEP.values(expires_at=bindparam("until"))


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
        lock_member_of(token)
        booking = find_by_token(token, now)
        if booking.held_until is None:
            return
        let_go_of_stale_holds([booking.member_id], now)
        offer, service = _check_again(booking, now)
        client = _client(session, booking, contact, now)
        booking.staff_note = _booked_as(contact.name, client)
        is_first = booking.client_package is None
        if is_first:
            booking.client_package = _own_copy(session, offer, client, now)
        booking.client = client
        booking.note = contact.note
        booking.held_until = booking.cancelled_at = None
        booking.created_at = now
        booking.confirmed_at = now if service.instant else None
        with guarded():
            if is_first:
                _grant(session, booking, offer, now)
            take_credit(session, booking, Why.BOOKED, now)
        kept = {"token": token_hash(token), "until": booking.ends_at + LINK_AFTER_SESSION}
        plain_rows(_KEEP, kept)
        mail.booking_made(session, booking, token, now)
        act = Act.BOOKING_CONFIRMED if service.instant else Act.BOOKING_REQUESTED
        record(session, act, booking, now, actor=Actor.CLIENT)


def _check_again(booking: Booking, now: datetime) -> tuple[Offer, ServiceInfo]:
    """The rule, asked under the lock. A time that's still held was promised when it was held."""
    # The last credit goes to one of several bookings of this package.
    lock_client_packages([booking.client_package_id])
    asked_at = booking.created_at if is_held(booking, now) else now
    offer = offer_of(booking, now)
    item = offer.item(booking.service_id)
    if item is None:
        raise NotBookable(_("This service isn’t part of the package any more."))
    start, whom = booking.starts_at, booking.member_id
    board = load_board(offer, item.service, asked_at, ignoring=booking.id, around=start, only=whom)
    require_opening(board, whom, start, booking.delivery)
    return offer, item.service


def _client(
    session: scoped_session[Session], booking: Booking, contact: Contact, now: datetime
) -> Client:
    """The client whose own package this is, or the one with this address, or a new one.

    What is known of a client isn't changed by what somebody types into a public form.
    """
    if booking.client_package is not None:
        return booking.client_package.client
    known = {"email": contact.email}
    client: Client | None = session.scalar(_KNOWN, known)
    if client is None:
        told = {"name": contact.name, "phone": contact.phone, "language": contact.language}
        new = session.scalars(_NEW[db.engine.dialect.name], known | told | {"created_at": now})
        # Perhaps somebody with the same address booked another time just now.
        client = new.first() or session.scalar(_KNOWN, known)
    assert client is not None
    if client.deactivated_at is not None:
        raise NotOnline(_("This couldn’t be booked online: please get in touch with the clinic."))
    return client


def _booked_as(name: str, client: Client) -> str:
    """What staff have to know where somebody booked under another name than the client's.

    It may be a new name, somebody of their family, or a stranger who typed their address. Empty
    for the client's own name, and where none was asked for.
    """
    if not name or name.casefold() == client.name.casefold():
        return ""
    with speaking(readers_language(None, practice_facts())):
        return _("Booked as “%(name)s”", name=name)


def _own_copy(
    session: scoped_session[Session], offer: Offer, client: Client, now: datetime
) -> ClientPackage:
    """The client's own copy of the template."""
    started_on, expires_on = offer.practice.today(now), offer.holder.expires
    return copy_for_client(
        session, offer, client, started_on=started_on, expires_on=expires_on, now=now
    )


def _grant(session: scoped_session[Session], booking: Booking, offer: Offer, now: datetime) -> None:
    """Let the package that the booking begins have the template's sessions."""
    own = booking.client_package
    assert own is not None
    counts = {item.service.id: item.sessions for item in offer.items}
    grant_credits(session, own, counts, Why.PACKAGE_BOOKED, now)
