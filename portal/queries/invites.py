"""Invites: who is invited by a token, the mail before it goes, and a package's invites."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import case, func, select

from portal.db import db
from portal.errors import NotFound
from portal.mail.invite_to_book import composed_invite
from portal.mail.outbox import Composed
from portal.mail.practice_facts import practice_facts
from portal.models import Booking, Client, Invite, Member, Message, Package, Practice
from portal.queries.clients import find_visible_client, visible_clients
from portal.queries.paging import PAGE
from portal.tokens import token_hash


@dataclass(frozen=True, slots=True)
class InvitedClient:
    """Whose name and address the booking page fills in. A token grants nothing else."""

    name: str
    email: str
    invite_id: int


@dataclass(frozen=True, slots=True)
class InviteLine:
    """One invite in the list, with what became of it."""

    id: int
    client: str
    sent_by: str
    created_at: datetime
    sent_at: datetime | None
    failed: str | None
    opened_at: datetime | None
    booked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Invites:
    """A page of the invites to a package, newest first, and the clinic's zone for their times."""

    zone: ZoneInfo
    lines: tuple[InviteLine, ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Preview:
    """The mail as it would go now; without a mail, the reason why none can, or nobody is picked."""

    recipient: str | None = None
    mail: Composed | None = None
    refused: str | None = None


def invited_client(token: str) -> InvitedClient | None:
    """The client whom the invite with this token was sent to; None if it isn't of use."""
    row = db.session.execute(
        select(Client.name, Client.email, Invite.id)
        .join(Invite, Invite.client_id == Client.id)
        .where(Invite.token_hash == token_hash(token), Client.deactivated_at.is_(None))
    ).first()
    if row is None or row.email is None:
        return None
    return InvitedClient(row.name, row.email, row.id)


def why_not_invited(package: Package, client: Client) -> str | None:
    """The reason why the client can't be asked to book the package; None if they can."""
    if package.archived_at is not None:
        return _("This package is archived, so nobody can be invited to book it.")
    if client.deactivated_at is not None:
        return _("%(name)s is deactivated.", name=client.name)
    if client.email is None:
        return _("%(name)s has no email address.", name=client.name)
    return None


def preview_invite(
    package: Package, client_id: int | None, line: str, token: str, member: Member
) -> Preview:
    """What the client would get from the member: the same mail, made by the same template."""
    try:
        client = find_visible_client(client_id or 0, member)
    except NotFound:
        return Preview()
    if reason := why_not_invited(package, client):
        return Preview(refused=reason)
    mail = composed_invite(practice_facts(), package, client, member, line, token)
    return Preview(client.email, mail)


def load_invites(package_id: int, member: Member, page: int = 1) -> Invites:
    """The invites to the package, of clients whom the member may see; the newest come first.

    An invite is opened once a time was held by its link, for a mail scanner fetches links too but
    holds nothing; and booked once a booking came of it, whatever became of that one.
    """
    booked = Booking.client_id.is_not(None)
    first = (
        select(
            Booking.invite_id,
            func.min(Booking.created_at).label("held_at"),
            func.min(case((booked, Booking.created_at))).label("booked_at"),
        )
        .where(Booking.invite_id.is_not(None))
        .group_by(Booking.invite_id)
        .subquery()
    )
    wanted = (Invite.package_id == package_id) & Invite.client_id.in_(visible_clients(member))
    found = db.session.scalar(select(func.count(Invite.id)).where(wanted)) or 0
    pages = max(1, -(-found // PAGE))
    page = min(max(page, 1), pages)
    rows = db.session.execute(
        select(Invite, Client.name, Member.name, Message, first.c.held_at, first.c.booked_at)
        .join(Client, Client.id == Invite.client_id)
        .join(Member, Member.id == Invite.sent_by_id)
        .outerjoin(Message, Message.invite_id == Invite.id)
        .outerjoin(first, first.c.invite_id == Invite.id)
        .where(wanted)
        .order_by(Invite.created_at.desc(), Invite.id.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    lines = tuple(_line(*row) for row in rows)
    return Invites(ZoneInfo(db.session.get_one(Practice, 1).timezone), lines, page, pages)


def _line(
    invite: Invite,
    client: str,
    sender: str,
    message: Message | None,
    held_at: datetime | None,
    booked_at: datetime | None,
) -> InviteLine:
    return InviteLine(
        id=invite.id,
        client=client,
        sent_by=sender,
        created_at=invite.created_at,
        sent_at=message.sent_at if message else None,
        failed=message.last_error if message and message.failed_at else None,
        opened_at=invite.opened_at or held_at,
        booked_at=booked_at,
    )
