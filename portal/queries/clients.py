"""Which clients a member may see, and so whom they may invite, and whose notes they read."""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, exists, func, select

from portal.db import db
from portal.errors import NotFound
from portal.models import Booking, Client, ClientPackage, Member, Right
from portal.queries.paging import matches

SHOWN = 20  # clients at once: a longer list is searched

_PACKAGE = select(ClientPackage.id).where(ClientPackage.client_id == Client.id)
# A time that's only held is nobody's session yet: its row names no client.
_SESSION = select(Booking.id).where(Booking.client_id == Client.id)


@dataclass(frozen=True, slots=True)
class Choice:
    """A client in a list to pick from. One who can't be written to can't be picked."""

    id: int
    name: str
    email: str | None
    prospective: bool
    deactivated: bool

    @property
    def pickable(self) -> bool:
        """Say whether a mail to this client makes sense."""
        return self.email is not None and not self.deactivated


@dataclass(frozen=True, slots=True)
class Choices:
    """The clients that a search finds, as far as they're shown, and how many it finds in all."""

    shown: tuple[Choice, ...]
    found: int


def sees_everyone(member: Member) -> bool:
    """The owner of the practice sees every client, and so does whoever's role says so."""
    return member.may(Right.CLIENTS)


def visible_clients(member: Member) -> Select[Any]:
    """The ids of the clients that the member may see, as a query.

    The owner, and roles with that right, see all of them. Others see whoever has a package assigned
    to them; of those without any package, whoever has sessions with nobody but them; and new
    people, who have neither session nor package. One session makes no client a member's own whose
    other sessions are with colleagues: with another address, they'd take these over.
    """
    query = select(Client.id)
    if sees_everyone(member):
        return query
    return query.where(_is_theirs(member) | (~exists(_PACKAGE) & ~exists(_SESSION)))


def may_read_notes(client: Client, member: Member) -> bool:
    """Say whether the member may read and change the notes about a client.

    They may where they see everyone, or where the client is theirs. New people are nobody's, so
    that seeing them isn't enough: notes come with imported clients too.
    """
    if sees_everyone(member):
        return True
    theirs = select(Client.id).where(Client.id == client.id, _is_theirs(member))
    return db.session.scalar(theirs) is not None


def _is_theirs(member: Member) -> ColumnElement[bool]:
    """Has a package assigned to the member; or no package, and sessions, all of them with them."""
    with_others = _SESSION.where(Booking.member_id != member.id)
    only_theirs = ~exists(_PACKAGE) & exists(_SESSION) & ~exists(with_others)
    return exists(_PACKAGE.where(ClientPackage.assigned_to_id == member.id)) | only_theirs


def find_visible_client(client_id: int, member: Member) -> Client:
    """The client, if the member may see them. Raises NotFound otherwise."""
    query = select(Client).where(Client.id == client_id, Client.id.in_(visible_clients(member)))
    client = db.session.scalar(query)
    if client is None:
        raise NotFound(_("There is no such client."))
    return client


def search_clients(member: Member, words: str, picked: int | None = None) -> Choices:
    """The visible clients with each of the words in their name or address, by name.

    The one who is picked stays in the list, on top, whatever is searched for.
    """
    visible = Client.id.in_(visible_clients(member))
    query = select(Client).where(visible, matches(words, Client.name, Client.email))
    found = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = list(db.session.scalars(query.order_by(Client.name, Client.id).limit(SHOWN)))
    if picked is not None and picked not in [row.id for row in rows]:
        rows = _if_visible(picked, member) + rows
    return Choices(tuple(_choice(row) for row in rows), found)


def _if_visible(client_id: int, member: Member) -> list[Client]:
    try:
        return [find_visible_client(client_id, member)]
    except NotFound:
        return []


def _choice(client: Client) -> Choice:
    return Choice(
        id=client.id,
        name=client.name,
        email=client.email,
        prospective=client.accepted_at is None,
        deactivated=client.deactivated_at is not None,
    )
