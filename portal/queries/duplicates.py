"""Clients who are likely one person twice: the same phone, or the same name whatever its case."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import ColumnElement, func, or_, select

from portal.db import db
from portal.models import Client, Member
from portal.queries.clients import sees
from portal.queries.paging import Paged, in_order

LEAST_DIGITS = 5  # of a number that says anything
PAIRS = 10  # shown at once
NOT_DIGITS = "+()-./ "


@dataclass(frozen=True, slots=True)
class Twin:
    """A client who may be somebody else once more, and what speaks for it."""

    id: int
    name: str
    email: str | None
    phone: str | None
    same_name: bool
    same_phone: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """Two clients who are likely one person."""

    first: Twin
    second: Twin


def digits(phone: str | None) -> str:
    """The digits of a phone number; empty where there are too few to tell people apart by."""
    found = "".join(character for character in phone or "" if character.isdecimal())
    return found if len(found) >= LEAST_DIGITS else ""


def likely_duplicates(client: Client, member: Member) -> tuple[Twin, ...]:
    """Others, of those the member may see, who are likely the same person; by name."""
    conditions = [Client.name_key == client.name_key]
    if number := digits(client.phone):
        conditions.append(_digits_in_sql() == number)
    rows = db.session.scalars(
        select(Client)
        .where(Client.id != client.id, or_(*conditions), sees(member))
        .order_by(Client.name, Client.id)
        .limit(PAIRS)
    )
    return tuple(_twin(row, client) for row in rows)


def load_duplicates(member: Member, page: int) -> Paged[Pair]:
    """Every likely pair among the clients that the member may see, by name."""
    rows = db.session.scalars(select(Client).where(_is_repeated(), sees(member))).all()
    groups: defaultdict[str, list[Client]] = defaultdict(list)
    for row in rows:
        groups[f"name {row.name.lower()}"].append(row)
        if number := digits(row.phone):
            groups[f"phone {number}"].append(row)
    found = {(one.id, other.id): (one, other) for one, other in _neighbours(groups.values())}
    in_turn = sorted(found.values(), key=lambda pair: (pair[0].name.lower(), pair[0].id))
    pairs = [Pair(_twin(one, other), _twin(other, one)) for one, other in in_turn]
    return in_order(pairs, page, PAIRS)


def _neighbours(groups: Iterable[list[Client]]) -> Iterable[tuple[Client, Client]]:
    """Of three who are the same, the first two and the last two: one after the other is merged."""
    for group in groups:
        yield from pairwise(sorted(group, key=lambda client: client.id))


def _is_repeated() -> ColumnElement[bool]:
    """Say in SQL whether there is another client with the same name or number."""
    name, number = Client.name_key, _digits_in_sql()
    names = select(name).group_by(name).having(func.count() > 1)
    long_enough = func.length(number) >= LEAST_DIGITS
    numbers = select(number).where(long_enough).group_by(number).having(func.count() > 1)
    return or_(name.in_(names), number.in_(numbers))


def _digits_in_sql() -> ColumnElement[str]:
    number: ColumnElement[str] = func.coalesce(Client.phone, "")
    for character in NOT_DIGITS:
        number = func.replace(number, character, "")
    return number


def _twin(row: Client, other: Client) -> Twin:
    number = digits(row.phone)
    return Twin(
        id=row.id,
        name=row.name,
        email=row.email,
        phone=row.phone,
        same_name=row.name.lower() == other.name.lower(),
        same_phone=bool(number) and number == digits(other.phone),
    )
