"""Clients' own packages: one client's as cards, and how each of them stands at present."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from portal.db import db
from portal.errors import NotFound
from portal.ledger import credits_of
from portal.models import (
    Booking,
    Client,
    ClientPackage,
    ClientPackageItem,
    Member,
    Practice,
    Right,
)
from portal.queries.client_package_values import why_not_for
from portal.queries.clients import find_visible_client
from portal.queries.facts import PracticeInfo, practice_info
from portal.queries.paging import Paged, paged
from portal.queries.services_page import TeamBookingWords, team_booking_words
from portal.queries.standing import Standing, standings
from portal.scheduling.eligibility import Plan


class State(StrEnum):
    """What a client's package is at present; a session left of an expired one isn't used up."""

    ACTIVE = "active"
    EXPIRED = "expired"
    USED_UP = "used_up"


@dataclass(frozen=True, slots=True)
class ItemUse:
    """Sessions of one service. `taken` are used or booked; `booked` of these are to come."""

    service: str
    total: int
    taken: int
    booked: int


@dataclass(frozen=True, slots=True)
class OwnCard:
    """A client's package in the list. `team_booking` is None on the solo plan, which hides it."""

    id: int
    package_id: int
    name: str
    archived: bool
    state: State
    standing: Standing
    uses: tuple[ItemUse, ...]
    assigned_to: str
    team_booking: TeamBookingWords | None
    price: Decimal | None
    started_on: date
    expires_on: date | None
    days_left: int | None


@dataclass(frozen=True, slots=True)
class OwnPackages:
    """Everything on the page *Packages* of a client. `may_edit`: the member edits packages.

    `why_not` is why none can be made for the client, None where one can.
    """

    client: Client
    currency: str
    may_edit: bool
    why_not: str | None
    cards: Paged[OwnCard]


def find_client_package(client_id: int, own_id: int, member: Member) -> ClientPackage:
    """The client's package, if the member may see the client. Raises NotFound otherwise."""
    client = find_visible_client(client_id, member)
    own = db.session.scalar(
        select(ClientPackage)
        .where(ClientPackage.id == own_id, ClientPackage.client_id == client.id)
        .options(joinedload(ClientPackage.client), joinedload(ClientPackage.package))
    )
    if own is None:
        raise NotFound(_("There is no such package."))
    return own


def load_client_packages(
    client_id: int, member: Member, now: datetime, page: int = 1
) -> OwnPackages:
    """The client's packages: those in force first, the newest first. Raises NotFound."""
    client = find_visible_client(client_id, member)
    row = db.session.get_one(Practice, 1)
    practice = practice_info(row)
    today = practice.today(now)
    over = func.coalesce(ClientPackage.expires_on < today, False)
    query = (
        select(ClientPackage)
        .where(ClientPackage.client_id == client.id)
        .options(
            joinedload(ClientPackage.package),
            joinedload(ClientPackage.assigned_to),
            selectinload(ClientPackage.items).joinedload(ClientPackageItem.service),
            selectinload(ClientPackage.team_members),
            selectinload(ClientPackage.team_roles),
        )
        .order_by(over, ClientPackage.started_on.desc(), ClientPackage.id.desc())
    )
    found: Paged[ClientPackage] = paged(query, page, lambda own: own)
    cards = _cards(found.shown, practice, now)
    return OwnPackages(
        client=client,
        currency=row.currency,
        may_edit=member.may(Right.OFFERS),
        why_not=why_not_for(client),
        cards=Paged(cards, found.page, found.pages, found.found),
    )


def _cards(
    rows: Sequence[ClientPackage], practice: PracticeInfo, now: datetime
) -> tuple[OwnCard, ...]:
    ids = [own.id for own in rows]
    credits, booked, standing = credits_of(ids), booked_of(ids, now), standings(ids, practice, now)
    cards = []
    for own in rows:
        team = team_booking_words(own) if practice.plan is Plan.TEAM else None
        uses = []
        for item in own.items:
            total, left = credits.get((own.id, item.service_id), (0, 0))
            coming = booked[own.id, item.service_id]
            uses.append(ItemUse(item.service.name, total, total - left, coming))
        cards.append(_card(own, standing[own.id], tuple(uses), team, practice.today(now)))
    return tuple(cards)


def _card(
    own: ClientPackage,
    standing: Standing,
    uses: tuple[ItemUse, ...],
    team: TeamBookingWords | None,
    today: date,
) -> OwnCard:
    return OwnCard(
        id=own.id,
        package_id=own.package_id,
        name=own.package.name,
        archived=own.package.archived_at is not None,
        state=state_of(own, standing.left, today),
        standing=standing,
        uses=uses,
        assigned_to=own.assigned_to.name,
        team_booking=team,
        price=own.price,
        started_on=own.started_on,
        expires_on=own.expires_on,
        days_left=(own.expires_on - today).days if own.expires_on else None,
    )


def state_of(own: ClientPackage, left: int, today: date) -> State:
    """What the package is on the date, with so many sessions left."""
    if left < 1:
        return State.USED_UP
    is_over = own.expires_on is not None and own.expires_on < today
    return State.EXPIRED if is_over else State.ACTIVE


def booked_of(ids: Iterable[int], now: datetime) -> Counter[tuple[int, int]]:
    """How many sessions are booked and to come, by client's package and service."""
    rows = db.session.execute(
        select(Booking.client_package_id, Booking.service_id, func.count(Booking.id))
        .where(
            Booking.client_package_id.in_(list(ids)),
            Booking.cancelled_at.is_(None),
            Booking.held_until.is_(None),
            Booking.starts_at > now,
        )
        .group_by(Booking.client_package_id, Booking.service_id)
    )
    return Counter({(own_id or 0, service_id): count for own_id, service_id, count in rows})
