"""Clients as staff keep them: adding, changing, accepting, deactivating and reactivating them."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal import mail
from portal.actions.activity import record
from portal.actions.calendar_feeds import end_feeds
from portal.actions.credits import lock_client_packages
from portal.actions.outbox import follow_address
from portal.actions.private_links import revoke_private_links
from portal.actions.slugs import one_at_a_time
from portal.actions.versions import require_version
from portal.errors import Refused, Unsettled, WrongField
from portal.mail.outbox import AnySession
from portal.models import (
    Act,
    CalendarFeed,
    Client,
    ClientLink,
    ClientPackage,
    ClientSignIn,
    Member,
)
from portal.queries.clients import find_visible_client, may_read_notes, visible_clients
from portal.queries.clients_page import Exported, clients_to_export, sessions_to_come
from portal.transaction import transaction

DOUBLE_CLICK = timedelta(minutes=1)
"""Within which the same client without an address is added once."""


@dataclass(frozen=True, slots=True)
class About:
    """What there is to say about a client. The address is in lower case; notes are for staff."""

    name: str
    email: str | None
    phone: str | None
    timezone: str | None
    notes: str = ""
    language: str | None = None


class KnownAddress(WrongField):
    """Another client has the address: `client_id` is their number, for whoever may see them."""

    def __init__(self, client_id: int | None) -> None:
        super().__init__("email", _("There is a client with this address already."))
        self.client_id = client_id


def add_client(about: About, by: Member, now: datetime) -> Client:
    """Add a client, accepted at once. Raises KnownAddress.

    Without an address to tell them apart, the very same details sent again within a minute (a
    double click) are the client who was made then.
    """
    with transaction() as session:
        if about.email is None:
            # Both clicks get here at once; the second waits until the first is done.
            one_at_a_time(session)
            if (same := _just_added(session, about, by, now)) is not None:
                return same
        _require_unknown_address(session, about.email, by)
        client = Client(created_at=now, accepted_at=now)
        _write(client, about)
        session.add(client)
        _flush(session)
        record(session, Act.CLIENT_ADDED, client, now, by=by)
    return client


def change_client(client_id: int, about: About, seen: int, by: Member, now: datetime) -> None:
    """Store what is said about a client. `seen` is the version that the editor showed.

    A new address ends what the former one could open: sign-ins, links that sign in, links to
    sessions and calendar feeds; the former one is told, and what couldn't be sent to it goes to
    the new one, with new links, when it's sent again. Notes that `by` may not read stay as they
    are. Raises NotFound, Changed, KnownAddress, or Refused for one who is erased.
    """
    with transaction() as session:
        client = locked_client(session, client_id, by)
        _require_not_erased(client)
        if not may_read_notes(client, by):
            about = replace(about, notes=client.notes)
        fields = [name for name in About.__slots__ if getattr(client, name) != getattr(about, name)]
        if not fields:
            return
        require_version(client, seen)
        if "email" in fields:
            _require_unknown_address(session, about.email, by)
            end_client_sign_ins(session, client.id, now)
            revoke_private_links(session, client.id, now)
            mail.client_address_changed(session, client, now)
        former = client.email
        _write(client, about)
        _flush(session)
        if "email" in fields and former and client.email:
            follow_address(session, former, client, now)
        record(session, Act.CLIENT_CHANGED, client, now, by=by, fields=fields)


def accept_client(client_id: int, by: Member, now: datetime) -> None:
    """Make a prospective client one of the clinic's. Nothing for one who is. Raises NotFound."""
    with transaction() as session:
        client = locked_client(session, client_id, by)
        if client.accepted_at is None:
            client.accepted_at = now
            record(session, Act.CLIENT_ACCEPTED, client, now, by=by)


def deactivate_client(client_id: int, keep: Collection[int], by: Member, now: datetime) -> None:
    """Keep a client from booking and from being invited.

    `keep` are the numbers of those of their sessions to come that take place all the same. Raises
    NotFound, or Unsettled while there is another one: none is cancelled in silence.
    """
    with transaction() as session:
        find_visible_client(client_id, by)
        # Whoever books from one of their packages has done so, or will see that they can't.
        lock_client_packages(
            session.scalars(select(ClientPackage.id).where(ClientPackage.client_id == client_id))
        )
        client = locked_client(session, client_id, by)
        if client.deactivated_at is not None:
            return
        coming = [booking.id for booking in sessions_to_come(client, now)]
        if not set(coming) <= set(keep):
            raise Unsettled(
                _("Please settle each session to come first: cancel it, or tick that it stays.")
            )
        client.deactivated_at = now
        end_client_sign_ins(session, client.id, now)
        record(session, Act.CLIENT_DEACTIVATED, client, now, by=by, kept=coming)


def reactivate_client(client_id: int, by: Member, now: datetime) -> None:
    """Let a client book again. Raises NotFound, or Refused for one who is erased."""
    with transaction() as session:
        client = locked_client(session, client_id, by)
        _require_not_erased(client)
        if client.deactivated_at is not None:
            client.deactivated_at = None
            record(session, Act.CLIENT_REACTIVATED, client, now, by=by)


def end_access(client_id: int, by: Member, now: datetime) -> None:
    """Sign the client out everywhere, and make every link void that a mail to them had.

    For when somebody else has got at their mails or their phone. With a new link, from *My
    bookings*, they get at their sessions again. Raises NotFound.
    """
    with transaction() as session:
        client = locked_client(session, client_id, by)
        end_client_sign_ins(session, client.id, now)
        revoke_private_links(session, client.id, now)
        record(session, Act.CLIENT_ACCESS_ENDED, client, now, by=by)


def export_clients(by: Member, now: datetime) -> list[Exported]:
    """Return the clients that `by` may see, by name, and record that they were taken out."""
    with transaction() as session:
        found = clients_to_export(by)
        record(session, Act.CLIENTS_EXPORTED, by, now, by=by, clients=len(found))
    return found


def locked_client(session: AnySession, client_id: int, by: Member) -> Client:
    """The client as they are under their lock. Raises NotFound for one `by` may not see."""
    client = find_visible_client(client_id, by)
    session.refresh(client, with_for_update={"of": Client})
    return client


def _require_not_erased(client: Client) -> None:
    if client.erased_at is not None:
        raise Refused(_("This client is erased, and nobody’s any more."))


def end_client_sign_ins(session: AnySession, client_id: int, now: datetime) -> None:
    """End the client's sign-ins, the links in their mails that could make one, and their feeds."""
    end_feeds(session, CalendarFeed.client_id == client_id, now)
    session.execute(
        update(ClientSignIn)
        .where(ClientSignIn.client_id == client_id, ClientSignIn.ended_at.is_(None))
        .values(ended_at=now)
    )
    session.execute(
        update(ClientLink)
        .where(
            ClientLink.client_id == client_id,
            ClientLink.used_at.is_(None),
            ClientLink.expires_at > now,
        )
        .values(expires_at=now)
    )


def _just_added(session: AnySession, about: About, by: Member, now: datetime) -> Client | None:
    same = [getattr(Client, name) == getattr(about, name) for name in About.__slots__]
    recent = Client.created_at > now - DOUBLE_CLICK
    return session.scalar(
        select(Client).where(*same, recent, Client.id.in_(visible_clients(by))).limit(1)
    )


def _write(client: Client, about: About) -> None:
    for name in About.__slots__:
        setattr(client, name, getattr(about, name))


def _require_unknown_address(session: AnySession, email: str | None, by: Member) -> None:
    known = None if email is None else session.scalar(select(Client).where(Client.email == email))
    if known is None:
        return
    visible = session.scalar(visible_clients(by).where(Client.id == known.id))
    raise KnownAddress(visible)


def _flush(session: AnySession) -> None:
    try:
        session.flush()
    except IntegrityError:
        # Somebody else took the address just now.
        raise KnownAddress(None) from None
