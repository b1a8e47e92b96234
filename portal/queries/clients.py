"""Which clients a member may see, and so whom they may invite, and whose notes they read."""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, exists, func, select, true
from sqlalchemy.orm import aliased

from portal.db import db
from portal.errors import NotFound
from portal.models import Booking, Client, ClientPackage, Member, Right
from portal.queries.paging import has_words

SHOWN = 20  # clients at once: a longer list is searched

# Names of their own, so that a query that has the same tables doesn't mean its own rows by them.
_Own, _Visit = aliased(ClientPackage), aliased(Booking)
_PACKAGE = select(_Own.id).where(_Own.client_id == Client.id)
# A time that's only held is nobody's session yet: its row names no client.
_SESSION = select(_Visit.id).where(_Visit.client_id == Client.id)


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
    return select(Client.id).where(sees(member))


def sees(member: Member) -> ColumnElement[bool]:
    """Say in SQL whether the member may see the client: what `visible_clients` says of all."""
    return true() if sees_everyone(member) else _is_theirs(member) | Client.is_new


def listed(member: Member, words: str, kind: ColumnElement[bool] | None = None) -> Select[Any]:
    """The clients of one kind that the member may see, with each of the words, in no order yet.

    Who they are is found out before anything else: either database would rather follow the order
    in which they're shown, which takes many times as long where it passes most of them by. Only
    all of them are just followed.
    """
    conditions = _conditions(member, words, kind)
    if not conditions:
        return select(Client)
    who = select(Client.id).where(*conditions).cte("who").prefix_with("MATERIALIZED")
    return select(Client).where(Client.id.in_(select(who.c.id)))


def count_listed(member: Member, words: str, kind: ColumnElement[bool] | None = None) -> int:
    """How many clients that is."""
    query = select(func.count(Client.id)).where(*_conditions(member, words, kind))
    return db.session.scalar(query) or 0


def _conditions(
    member: Member, words: str, kind: ColumnElement[bool] | None
) -> list[ColumnElement[bool]]:
    conditions = [] if sees_everyone(member) else [sees(member)]
    if kind is not None:
        conditions.append(kind)
    if words.strip():
        conditions.append(has_words(words, Client.found_by))
    return conditions


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
    # Both sets are read once, out of an index; only of whom they name is more asked one by one.
    assigned = select(_Own.client_id).where(_Own.assigned_to_id == member.id)
    had = select(_Visit.client_id).where(
        _Visit.member_id == member.id, _Visit.client_id.is_not(None)
    )
    with_others = _SESSION.where(_Visit.member_id != member.id)
    only_theirs = Client.id.in_(had) & ~exists(_PACKAGE) & ~exists(with_others)
    return Client.id.in_(assigned) | only_theirs


def find_visible_client(client_id: int, member: Member) -> Client:
    """The client, if the member may see them. Raises NotFound otherwise."""
    query = select(Client).where(Client.id == client_id, sees(member))
    client = db.session.scalar(query)
    if client is None:
        raise NotFound(_("There is no such client."))
    return client


def search_clients(member: Member, words: str, picked: int | None = None) -> Choices:
    """The visible clients with each of the words in name, address or phone, by name.

    The one who is picked stays in the list, on top, whatever is searched for.
    """
    query = listed(member, words)
    found = count_listed(member, words)
    rows = list(db.session.scalars(query.order_by(Client.name_key, Client.id).limit(SHOWN)))
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
