"""What staff can book for a client from: the client's packages in force, or no package at all."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from portal.db import db
from portal.errors import NotBookable, NotFound
from portal.ledger import credits_of
from portal.models import Booking, Client, ClientPackage, Confirm, Member, Practice, Service
from portal.queries.booking_offers import alone, offer_for_moving
from portal.queries.facts import practice_info, service_info
from portal.queries.offers import Item, Offer, load_client_offer
from portal.queries.openings import load_board
from portal.scheduling.eligibility import Kind, Reason

ALONE = 0  # instead of a package's id: a session outside any package


@dataclass(frozen=True, slots=True)
class Source:
    """A package of the client's that is in force, or, with the id ALONE, none."""

    id: int
    name: str
    expires_on: date | None
    left: int
    total: int


def sources_for(client: Client, now: datetime) -> tuple[Source, ...]:
    """The client's packages in force, those with sessions left first, by expiry; ALONE is last."""
    today = practice_info(db.session.get_one(Practice, 1)).today(now)
    rows = db.session.scalars(
        select(ClientPackage)
        .where(
            ClientPackage.client_id == client.id,
            or_(ClientPackage.expires_on.is_(None), ClientPackage.expires_on >= today),
        )
        .options(joinedload(ClientPackage.package))
        .order_by(ClientPackage.expires_on.is_(None), ClientPackage.expires_on, ClientPackage.id)
    ).all()
    sums: dict[int, tuple[int, int]] = {}
    for (own_id, _service), (total, left) in credits_of([row.id for row in rows]).items():
        before = sums.get(own_id, (0, 0))
        sums[own_id] = (before[0] + total, before[1] + left)
    found = [_source(row, *sums.get(row.id, (0, 0))) for row in rows]
    found.sort(key=lambda each: each.left < 1)
    return (*found, Source(ALONE, "", None, 0, 0))


def offer_from(client: Client, source: int, service: str, now: datetime) -> Offer:
    """What is booked from: the client's package, or any one service outside of packages.

    `service` is the slug of the service that is chosen, which matters outside of packages only.
    Raises NotFound for a package that isn't the client's.
    """
    if source != ALONE:
        offer = load_client_offer(source, now)
        if offer.client_id != client.id:
            raise NotFound(_("This client has no such package."))
        return offer
    rows = db.session.scalars(
        select(Service).where(Service.archived_at.is_(None)).order_by(Service.name, Service.id)
    ).all()
    if not rows:
        raise NotFound(_("There is no service to book yet."))
    chosen = next((row for row in rows if row.slug == service), rows[0])
    offer = alone(chosen, client)
    confirm = offer.practice.confirm
    lines = {item.service.id: item for item in offer.items}
    return replace(offer, items=tuple(lines.get(row.id) or _to_show(row, confirm) for row in rows))


def service_with(client: Client, source: int, member_id: int, now: datetime) -> str | None:
    """The slug of the first service of a source that the member can be booked for, if any."""
    offer = offer_from(client, source, "", now)
    for item in offer.items:
        slug = item.service.slug
        whole = offer_from(client, source, slug, now) if source == ALONE else offer
        if member_id in dict(allowed_practitioners(whole, item.service.id, now)):
            return slug
    return None


def service_chosen(offer: Offer, slug: str) -> int:
    """The number of the offer's service with this slug. Raises NotBookable where it has none."""
    item = offer.item(slug)
    if item is None:
        raise NotBookable(_("This service can’t be booked from here any more."))
    return item.service.id


def offer_to_move(booking: Booking, now: datetime) -> Offer:
    """What the booking's client could move it to: its own service is the only line."""
    offer = offer_for_moving(booking, now)
    item = offer.item(booking.service_id)
    return replace(offer, items=(item,) if item else ())


def practitioners() -> tuple[tuple[int, str], ...]:
    """Everybody to whom a session can be moved, whatever the package says: number and name."""
    rows = db.session.execute(
        select(Member.id, Member.name)
        .where(Member.kind == Kind.PRACTITIONER, Member.deactivated_at.is_(None))
        .order_by(Member.name, Member.id)
    )
    return tuple((row.id, row.name) for row in rows)


def allowed_practitioners(
    offer: Offer, service_id: int, now: datetime
) -> tuple[tuple[int, str], ...]:
    """Whom the rule allows for a new session: number and name, the assigned one first.

    Also somebody without hours: staff may go beyond those.
    """
    item = offer.item(service_id)
    if item is None:
        return ()
    board = load_board(offer, item.service, now, around=now)
    allowed = (None, Reason.NO_AVAILABILITY)
    return tuple((who.id, who.name) for who, reason in board.verdicts if reason in allowed)


def _source(row: ClientPackage, total: int, left: int) -> Source:
    return Source(row.id, row.package.name, row.expires_on, left, total)


def _to_show(row: Service, confirm: Confirm) -> Item:
    """A service that isn't the one chosen: its name is shown, and whom it's shared with isn't."""
    return Item(service_info(row, confirm, frozenset(), frozenset()), 1, 1)
