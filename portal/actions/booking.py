"""Booking: a held time becomes a client's session, in one transaction."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import bindparam, null, select, update

from portal import mail
from portal.actions.activity import record
from portal.actions.client_packages import copy_for_client
from portal.actions.credits import grant_and_take, lock_client_packages, take_credit
from portal.actions.guard import (
    guarded,
    let_go_of_stale_holds,
    lock_member_of,
    require_opening,
)
from portal.actions.private_links import LINK_AFTER_SESSION
from portal.db import INSERT, db
from portal.errors import NotBookable, NotOnline
from portal.languages import speaking
from portal.mail.composing import readers_language
from portal.mail.plain_booking import PlainBooking, PlainClient, PlainClientPackage
from portal.mail.practice_facts import practice_facts
from portal.models import (
    Act,
    Actor,
    Booking,
    Client,
    ClientPackage,
    PrivateLink,
    Status,
    Why,
)
from portal.plain_rows import plain_insert, plain_rows
from portal.queries.bookings import (
    BookingFacts,
    find_facts_by_token,
    is_held,
    offer_of,
)
from portal.queries.facts import ServiceInfo
from portal.queries.offers import Offer
from portal.queries.openings import load_board
from portal.tokens import token_hash
from portal.transaction import transaction

_CLIENT = (Client.id, Client.name, Client.email, Client.phone, Client.timezone, Client.language)
_OWNER = (
    select(*_CLIENT)
    .join(ClientPackage, ClientPackage.client_id == Client.id)
    .where(ClientPackage.id == bindparam("own"))
)
# Locked, so that they aren't merged into somebody else meanwhile.
_KNOWN = (
    select(*_CLIENT, Client.deactivated_at)
    .where(Client.email == bindparam("email"))
    .with_for_update(read=True, key_share=True)
)
_NEW = {
    engine: new(Client).on_conflict_do_nothing(index_elements=[Client.email]).returning(Client.id)
    for engine, new in INSERT.items()
}
_CONFIRM = (
    update(Booking)
    .where(Booking.id == bindparam("booking"))
    .values(
        client_id=bindparam("client"),
        client_package_id=bindparam("own"),
        note=bindparam("said"),
        staff_note=bindparam("for_staff"),
        created_at=bindparam("now"),
        confirmed_at=bindparam("confirmed"),
        held_until=null(),
        cancelled_at=null(),
    )
)
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
    with transaction(leaves_set_up=True) as session:
        lock_member_of(token)
        held = find_facts_by_token(token, now)
        if held.held_until is None:
            return
        if held.cancelled_at is not None:
            # Others may have held its time since. While the guard saw it, nobody could.
            let_go_of_stale_holds([held.member_id], now)
        offer, service = _check_again(held, now)
        client = _client(held, contact, now)
        own_id = held.client_package_id or _own_copy(offer, client, now)
        booking = _booking(held, contact, client, _own(own_id, held, offer), service)
        with guarded():
            _confirm(booking, now)
        if held.link_expires_at is None:
            # Held by a version whose links got their end here only.
            until = held.ends_at + LINK_AFTER_SESSION
            plain_rows(_KEEP, {"token": token_hash(token), "until": until})
        if held.client_package_id is None:
            counts = {item.service.id: item.sessions for item in offer.items}
            grant_and_take(booking, counts, now)
        else:
            take_credit(session, booking, Why.BOOKED, now)
        mail.booking_made(session, booking, token, now)
        act = Act.BOOKING_CONFIRMED if service.instant else Act.BOOKING_REQUESTED
        record(session, act, booking, now, actor=Actor.CLIENT)


def _check_again(held: BookingFacts, now: datetime) -> tuple[Offer, ServiceInfo]:
    """The rule, asked under the lock. A time that's still held was promised when it was held."""
    # The last credit goes to one of several bookings of this package.
    lock_client_packages([held.client_package_id])
    asked_at = held.created_at if is_held(held, now) else now
    offer = offer_of(held, now)
    item = offer.item(held.service_id)
    if item is None:
        raise NotBookable(_("This service isn’t part of the package any more."))
    start, whom = held.starts_at, held.member_id
    board = load_board(
        offer, item.service, asked_at, ignoring=held.id, around=start, only=whom, held_at=now
    )
    require_opening(board, whom, start, held.delivery)
    return offer, item.service


def _client(held: BookingFacts, contact: Contact, now: datetime) -> PlainClient:
    """The client whose own package this is, or the one with this address, or a new one.

    What is known of a client isn't changed by what somebody types into a public form.
    """
    if held.client_package_id is not None:
        return PlainClient(*plain_rows(_OWNER, {"own": held.client_package_id})[0])
    known = {"email": contact.email}
    found = plain_rows(_KNOWN, known)
    if not found:
        told = {"name": contact.name, "phone": contact.phone, "language": contact.language}
        new = plain_insert(_NEW[db.engine.dialect.name], {**known, **told, "created_at": now})
        if new is not None:
            typed = (contact.name, contact.email, contact.phone)
            return PlainClient(new, *typed, None, contact.language)
        # Somebody with the same address booked another time just now.
        found = plain_rows(_KNOWN, known)
    ((*client, deactivated_at),) = found
    if deactivated_at is not None:
        raise NotOnline(_("This couldn’t be booked online: please get in touch with the clinic."))
    return PlainClient(*client)


def _booked_as(name: str, client: PlainClient) -> str:
    """What staff have to know where somebody booked under another name than the client's.

    It may be a new name, somebody of their family, or a stranger who typed their address. Empty
    for the client's own name, and where none was asked for.
    """
    if not name or name.casefold() == client.name.casefold():
        return ""
    with speaking(readers_language(None, practice_facts())):
        return _("Booked as “%(name)s”", name=name)


def _own_copy(offer: Offer, client: PlainClient, now: datetime) -> int:
    """The number of the client's own copy of the template."""
    started_on, expires_on = offer.practice.today(now), offer.holder.expires
    return copy_for_client(offer, client.id, started_on=started_on, expires_on=expires_on, now=now)


def _own(own_id: int, held: BookingFacts, offer: Offer) -> PlainClientPackage:
    """The client's package, as it is or was just copied."""
    assert held.package is not None, "what is of no package has no offer either"
    return PlainClientPackage(own_id, offer.holder.assigned_to, offer.holder.expires, held.package)


def _booking(
    held: BookingFacts,
    contact: Contact,
    client: PlainClient,
    own: PlainClientPackage,
    service: ServiceInfo,
) -> PlainBooking:
    """What the hold is from now on."""
    return PlainBooking(
        id=held.id,
        uid=held.uid,
        sequence=held.sequence,
        status=Status.CONFIRMED if service.instant else Status.REQUESTED,
        delivery=held.delivery,
        starts_at=held.starts_at,
        ends_at=held.ends_at,
        note=contact.note,
        staff_note=_booked_as(contact.name, client),
        service_id=held.service_id,
        client_package_id=own.id,
        member=held.member,
        service=held.service,
        client=client,
        client_package=own,
    )


def _confirm(booking: PlainBooking, now: datetime) -> None:
    """Make the hold a booking of the client's."""
    plain_rows(
        _CONFIRM,
        {
            "booking": booking.id,
            "client": booking.client.id,
            "own": booking.client_package.id,
            "said": booking.note,
            "for_staff": booking.staff_note,
            "now": now,
            "confirmed": now if booking.status is Status.CONFIRMED else None,
        },
    )
