"""How clients' packages stand: what is left, and which of them somebody should look at.

Whether one has expired is a fact that follows from its dates and today's, so nothing has to run for
it to become true. All three signs are of packages in force, of clients who aren't deactivated.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, not_, or_, select

from portal.db import db
from portal.models import Booking, Client, ClientPackage, CreditEntry, CreditKind, Member, Package
from portal.queries.clients import sees
from portal.queries.facts import PracticeInfo
from portal.queries.paging import Paged, matches, paged

SOON = timedelta(days=14)
"""A package with sessions left that expires within this time is about to expire."""

LOW = 1
"""Sessions left, or fewer, that are a low balance."""

UNUSED = timedelta(days=30)
"""A package with sessions left of which nothing was booked for so long isn't used."""


class Sign(StrEnum):
    """Why somebody should look at a client's package."""

    EXPIRING = "expiring"
    LOW = "low"
    UNUSED = "unused"


@dataclass(frozen=True, slots=True)
class Standing:
    """Sessions in all and left, the date of the latest one (None: never booked), and the signs."""

    total: int
    left: int
    latest: date | None
    signs: frozenset[Sign]


@dataclass(frozen=True, slots=True)
class Noticed:
    """A client's package that somebody should look at."""

    id: int
    client_id: int
    client: str
    package: str
    assigned_to: str
    expires_on: date | None
    days_left: int | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class Attention:
    """A page of what is noticed, and how many packages have each sign, or any."""

    found: Paged[Noticed]
    counts: dict[Sign, int]
    noticed: int


def standings(ids: Iterable[int], practice: PracticeInfo, now: datetime) -> dict[int, Standing]:
    """How each of these clients' packages stands."""
    facts = _Facts(practice.today(now), now)
    query = facts.joined(
        select(ClientPackage.id, facts.total, facts.left, facts.latest, *facts.signs.values())
    ).where(ClientPackage.id.in_(list(ids)))
    found = {}
    for id_, total, left, latest, *signs in db.session.execute(query):
        shown = frozenset(sign for sign, is_so in zip(Sign, signs, strict=True) if is_so)
        day = practice.today(latest) if latest else None
        found[id_] = Standing(total, left, day, shown)
    return found


def load_attention(
    member: Member, practice: PracticeInfo, sign: Sign | None, words: str, page: int, now: datetime
) -> Attention:
    """What the member should look at, of the clients they may see: what expires first, first.

    Of one sign or of any; `words` are looked for in the client's name and address, and the
    package's name. The counts are of everything, whatever is searched for.
    """
    today = practice.today(now)
    facts = _Facts(today, now)
    query = (
        facts.joined(select(ClientPackage).join(ClientPackage.package))
        .where(
            facts.signs[sign] if sign else facts.any,
            sees(member),
            matches(words, Client.name, Client.email, Package.name),
        )
        .order_by(
            ClientPackage.expires_on.is_(None),
            ClientPackage.expires_on,
            Client.name,
            ClientPackage.id,
        )
    )
    found: Paged[ClientPackage] = paged(query, page, lambda own: own)
    standing = standings([own.id for own in found.shown], practice, now)
    rows = tuple(_noticed(own, standing[own.id], today) for own in found.shown)
    counts = _counts(facts, member)
    return Attention(
        found=Paged(rows, found.page, found.pages, found.found),
        counts=dict(zip(Sign, counts, strict=False)),
        noticed=counts[-1],
    )


def count_noticed(member: Member, practice: PracticeInfo, now: datetime) -> int:
    """How many packages of clients whom the member may see have any of the signs."""
    return _counts(_Facts(practice.today(now), now), member)[-1]


def _counts(facts: "_Facts", member: Member) -> list[int]:
    columns = [
        func.coalesce(func.sum(case((sign, 1), else_=0)), 0)
        for sign in (*facts.signs.values(), facts.any)
    ]
    query = facts.joined(select(*columns).select_from(ClientPackage))
    return [int(n) for n in db.session.execute(query.where(sees(member))).one()]


def _noticed(own: ClientPackage, standing: Standing, today: date) -> Noticed:
    return Noticed(
        id=own.id,
        client_id=own.client_id,
        client=own.client.name,
        package=own.package.name,
        assigned_to=own.assigned_to.name,
        expires_on=own.expires_on,
        days_left=(own.expires_on - today).days if own.expires_on else None,
        standing=standing,
    )


class _Facts:
    """The standing of clients' packages in SQL: the rules are here and nowhere else."""

    def __init__(self, today: date, now: datetime) -> None:
        granted = CreditEntry.kind.in_([CreditKind.GRANT, CreditKind.ADJUST])
        self._credits = (
            select(
                CreditEntry.client_package_id.label("own_id"),
                func.sum(case((granted, CreditEntry.amount), else_=0)).label("total"),
                func.sum(CreditEntry.amount).label("left"),
            )
            .group_by(CreditEntry.client_package_id)
            .subquery()
        )
        self._booked = (
            select(
                Booking.client_package_id.label("own_id"),
                func.max(Booking.starts_at).label("latest"),
                func.max(Booking.created_at).label("made"),
            )
            .where(
                Booking.client_package_id.is_not(None),
                Booking.cancelled_at.is_(None),
                Booking.held_until.is_(None),
            )
            .group_by(Booking.client_package_id)
            .subquery()
        )
        self.total = func.coalesce(self._credits.c.total, 0)
        self.left = func.coalesce(self._credits.c.left, 0)
        self.latest = self._booked.c.latest
        self.signs = self._signs(today, now)
        self.any: ColumnElement[bool] = or_(*self.signs.values())

    def joined(self, query: Select[Any]) -> Select[Any]:
        """The query of clients' packages, with what the signs need."""
        return (
            query.join(Client, Client.id == ClientPackage.client_id)
            .outerjoin(self._credits, self._credits.c.own_id == ClientPackage.id)
            .outerjoin(self._booked, self._booked.c.own_id == ClientPackage.id)
        )

    def _signs(self, today: date, now: datetime) -> dict[Sign, ColumnElement[bool]]:
        expires, booked = ClientPackage.expires_on, self._booked.c
        in_force = and_(Client.deactivated_at.is_(None), or_(expires.is_(None), expires >= today))
        since = now - UNUSED
        # What is booked and to come is in use, too.
        in_use = and_(booked.latest.is_not(None), or_(booked.latest >= since, booked.made >= since))
        return {
            Sign.EXPIRING: and_(
                in_force, self.left > 0, expires.is_not(None), expires <= today + SOON
            ),
            # One that was used up long ago is nothing to act on.
            Sign.LOW: and_(in_force, self.left <= LOW, or_(self.left > 0, in_use)),
            Sign.UNUSED: and_(in_force, self.left > 0, not_(in_use)),
        }
