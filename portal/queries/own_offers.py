"""A client at a package's public page: what they book from is their own copy, if they have one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from portal.db import db
from portal.ledger import credits_of
from portal.models import Client, ClientPackage, Package
from portal.queries.offers import Item, Offer, load_client_offer, most_suitable


def load_own_offer_of(slug: str, client: Client, service: str, now: datetime) -> Offer | None:
    """The client's own copy of the package that a booking of the service would use, or None.

    The earliest expiry first, of those in force with a session of the service left. Each line says
    what the copy has that this line would be booked from. `service` is a slug; one that isn't
    theirs stands for the first with a session left. Where nothing is left, what comes nearest.
    """
    owned = [load_client_offer(own_id, now) for own_id in _copies(slug, client)]
    if not owned:
        return None
    lines = _lines(owned, now)
    left = [line for line in lines if line.left > 0]
    named = next((line for line in lines if line.service.slug == service), None)
    chosen = named or next(iter(left or lines), None)
    nearest = most_suitable(owned, chosen.service.slug if chosen else "", now)
    assert nearest is not None
    return replace(nearest, items=tuple(lines))


def is_usable(offer: Offer, now: datetime) -> bool:
    """Say whether a session is left that could still be booked from this copy."""
    return _in_force(offer, now) and any(item.left > 0 for item in offer.items)


def used_of(client_package_id: int) -> tuple[int, int]:
    """(sessions used or booked, sessions in all) of a client's package, all services together."""
    counts = credits_of([client_package_id]).values()
    total = sum(count[0] for count in counts)
    return total - sum(count[1] for count in counts), total


def _copies(slug: str, client: Client) -> Sequence[int]:
    """The client's copies of the package by id, the earliest expiry first."""
    return db.session.scalars(
        select(ClientPackage.id)
        .join(Package, Package.id == ClientPackage.package_id)
        .where(Package.slug == slug, ClientPackage.client_id == client.id)
        .order_by(ClientPackage.expires_on.is_(None), ClientPackage.expires_on, ClientPackage.id)
    ).all()


def _lines(owned: Sequence[Offer], now: datetime) -> list[Item]:
    """Each service of the copies once, as the copy has it that would be used for it."""
    in_force = [offer for offer in owned if _in_force(offer, now)]
    lines: dict[str, Item] = {}
    for offer in in_force or owned:
        for item in offer.items:
            known = lines.get(item.service.slug)
            if known is None or (known.left < 1 <= item.left):
                lines[item.service.slug] = item
    return list(lines.values())


def _in_force(offer: Offer, now: datetime) -> bool:
    expires = offer.holder.expires
    return expires is None or offer.practice.today(now) <= expires
