"""Which clients a member may see, and so whom they may invite: one place says it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, exists, func, or_, select

from portal.db import db
from portal.errors import NotFound
from portal.models import Booking, Client, ClientPackage, Member, Right
from portal.queries.paging import matches

SHOWN = 20  # clients at once: a longer list is searched


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
    to them; of those without any package, whoever has a session with them; and new people, who have
    neither session nor package. A session with a colleague makes no client that colleague's.
    """
    query = select(Client.id)
    if sees_everyone(member):
        return query
    session = select(Booking.id).where(Booking.client_id == Client.id)
    package = select(ClientPackage.id).where(ClientPackage.client_id == Client.id)
    theirs = session.where(Booking.member_id == member.id)
    return query.where(
        or_(
            exists(package.where(ClientPackage.assigned_to_id == member.id)),
            ~exists(package) & (exists(theirs) | ~exists(session)),
        )
    )


def find_visible_client(client_id: int, member: Member) -> Client:
    """The client, if the member may see them. Raises NotFound otherwise."""
    query = select(Client).where(Client.id == client_id, Client.id.in_(visible_clients(member)))
    client = db.session.scalar(query)
    if client is None:
        raise NotFound("There is no such client.")
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
