"""Erasing a client on request: what is personal goes, and what the books need is nobody's any more.

Sessions, packages and credits stay as numbers: when, with whom of the team, how many. Everything
that says whose they were, or was written by or about that person, goes: from the database and, on
SQLite, from its file. The activity log has nothing of it to begin with: see actions/activity.py.
"""

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, delete, func, or_, select, update

from portal.actions.activity import record
from portal.actions.clients import locked_client
from portal.actions.credits import lock_client_packages
from portal.actions.guard import lock_members
from portal.db import rewrite_file
from portal.errors import Refused, Unsettled
from portal.mail.outbox import AnySession
from portal.models import (
    Act,
    Booking,
    CalendarFeed,
    Client,
    ClientImport,
    ClientLink,
    ClientPackage,
    ClientSignIn,
    CreditEntry,
    Invite,
    Member,
    Message,
    PrivateLink,
    Why,
)
from portal.queries.client_imports import Kind, Read
from portal.queries.clients import find_visible_client
from portal.queries.clients_page import sessions_to_come
from portal.transaction import transaction


def erase_client(client_id: int, by: Member, now: datetime) -> None:
    """Erase what is personal about a client. It can't be undone.

    Mails that haven't gone yet don't go. Raises NotFound; Unsettled while they have sessions to
    come, of which a cancellation has to tell them first; Refused for one who is erased already.
    """
    with transaction() as session:
        find_visible_client(client_id, by)
        lock_members(session.scalars(select(Booking.member_id).where(_theirs(Booking, client_id))))
        lock_client_packages(
            session.scalars(select(ClientPackage.id).where(_theirs(ClientPackage, client_id)))
        )
        client = locked_client(session, client_id, by)
        if client.erased_at is not None:
            raise Refused(_("This client is erased already."))
        if sessions_to_come(client, now):
            raise Unsettled(_("Please cancel each session to come first, which tells the client."))
        mails = _delete_mails(session, client)
        _delete_keys(session, client.id)
        _empty_words(session, client.id)
        _empty_imports(session, client)
        _make_nobody(client, now)
        record(session, Act.CLIENT_ERASED, client, now, by=by, mails=mails)
    rewrite_file()


def _theirs(table: Any, client_id: int) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = table.client_id == client_id
    return condition


def _delete_mails(session: AnySession, client: Client) -> int:
    """Delete what was written to or about them, sent or not; return how much it was."""
    bookings = select(Booking.id).where(_theirs(Booking, client.id))
    invites = select(Invite.id).where(_theirs(Invite, client.id))
    links = session.scalars(select(ClientLink.id).where(_theirs(ClientLink, client.id)))
    packages = session.scalars(select(ClientPackage.id).where(_theirs(ClientPackage, client.id)))
    about = [
        Message.booking_id.in_(bookings),
        Message.invite_id.in_(invites),
        Message.event.in_([f"client_link:{link}:sent" for link in links]),
        *(Message.event.startswith(f"client_package:{own}:", autoescape=True) for own in packages),
        # Also those that went to an address which they had before.
        Message.event.startswith(f"client:{client.id}:", autoescape=True),
    ]
    if client.email is not None:
        about.append(func.lower(Message.facts).contains(client.email, autoescape=True))
        # Whoever is on the team too keeps what concerns their account.
        if session.scalar(select(Member.id).where(Member.email == client.email)) is None:
            about.append(Message.recipient == client.email)
    deleted = session.scalars(delete(Message).where(or_(*about)).returning(Message.id))
    return len(deleted.all())


def _delete_keys(session: AnySession, client_id: int) -> None:
    """Delete whatever opens something of theirs."""
    packages = select(ClientPackage.id).where(_theirs(ClientPackage, client_id))
    bookings = select(Booking.id).where(
        or_(_theirs(Booking, client_id), Booking.client_package_id.in_(packages))
    )
    session.execute(delete(PrivateLink).where(PrivateLink.booking_id.in_(bookings)))
    for table in (ClientLink, ClientSignIn, CalendarFeed):
        session.execute(delete(table).where(_theirs(table, client_id)))


def _empty_words(session: AnySession, client_id: int) -> None:
    """Empty what people wrote: notes, reasons, lines of invites."""
    session.execute(
        update(Booking)
        .where(_theirs(Booking, client_id))
        .values(note="", staff_note="", cancel_reason="")
    )
    session.execute(update(Invite).where(_theirs(Invite, client_id)).values(line=""))
    packages = select(ClientPackage.id).where(_theirs(ClientPackage, client_id))
    session.execute(
        update(CreditEntry)
        .where(
            CreditEntry.client_package_id.in_(packages),
            # The portal's own reasons say nothing about anybody, and the books need them.
            CreditEntry.why.not_in([why.value for why in Why]),
            CreditEntry.why != "",
        )
        .values(why="")
    )


def _empty_imports(session: AnySession, client: Client) -> None:
    """Take them out of files that are looked at or taken over just now, or they'd come back."""
    rows = session.scalars(
        select(ClientImport)
        .where(ClientImport.finished_at.is_(None))
        .with_for_update(of=ClientImport)
        .execution_options(populate_existing=True)
    )
    for row in rows:
        # A new list: a change inside of the old one wouldn't be stored.
        row.lines = [
            {"was": Kind.KNOWN.value} if _is_about(line, client) else line for line in row.lines
        ]


def _is_about(line: Read, client: Client) -> bool:
    if line.get("email"):
        return bool(line["email"].lower() == client.email)
    return bool((line.get("name") or "").lower() == client.name.lower())


def _make_nobody(client: Client, now: datetime) -> None:
    client.name = _("Erased client %(number)d", number=client.id)
    client.email = client.phone = client.timezone = client.language = None
    client.notes = ""
    client.deactivated_at = client.deactivated_at or now
    client.erased_at = now
    client.version += 1
