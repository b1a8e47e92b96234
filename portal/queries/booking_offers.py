"""What a booking that exists already is booked from: for rescheduling, moving and accepting it.

It's the same offer that the booking page shows, with the booking's own credit counted as left and
the person whom it's with kept. A session outside any package is an offer of its one service.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from portal.db import db
from portal.models import Booking, Client, Practice, Service
from portal.models.service import service_shared_member, service_shared_role
from portal.queries.facts import ServiceInfo, practice_info, service_info
from portal.queries.offers import Item, Offer, load_client_offer
from portal.scheduling.eligibility import Allow, Holder, TeamBooking


def offer_for_moving(booking: Booking, now: datetime) -> Offer:
    """What the booking can be moved within, as its client may: it takes no second credit.

    Raises NotFound where the package has the service no longer.
    """
    if booking.client_package_id is None:
        return alone(booking.service, booking.client, booking.member_id)
    offer = load_client_offer(booking.client_package_id, now)
    items = tuple(
        replace(item, left=item.left + 1) if item.service.id == booking.service_id else item
        for item in offer.items
    )
    if offer.item(booking.service_id) is None:
        # A line that was taken out since: what is booked of it stays booked, and can be moved.
        items = (*items, Item(load_service(booking.service), 1, 1))
    credits = {item.service.id: item.left for item in items}
    holder = replace(offer.holder, credits=credits, keeps=booking.member_id)
    return replace(offer, items=items, holder=holder)


def alone(service: Service, client: Client | None, with_: int | None = None) -> Offer:
    """One session of the service outside any package, for `client`.

    With the one practitioner `with_`, or with whoever owns the service or is shared it.
    """
    practice = practice_info(db.session.get_one(Practice, 1))
    item = Item(load_service(service), 1, 1)
    holder = Holder(
        assigned_to=with_ or service.owner_id,
        team_booking=TeamBooking(enabled=with_ is None, allow=Allow.ANY),
        active=True,
        expires=None,
        credits={service.id: 1},
        client_active=client is None or client.deactivated_at is None,
    )
    return Offer(
        practice=practice,
        package_id=0,
        slug="",
        name=service.name,
        description=service.description,
        terms="",
        price=service.price,
        valid_days=None,
        archived=False,
        items=(item,),
        holder=holder,
        weekly_limit=None,
        monthly_limit=None,
        client_id=client.id if client else None,
    )


def load_service(service: Service) -> ServiceInfo:
    """The service's settings and sharing as plain values."""
    return service_info(
        service,
        db.session.get_one(Practice, 1).confirm,
        _named(service_shared_member, service.id),
        _named(service_shared_role, service.id),
    )


def _named(table: object, service_id: int) -> frozenset[int]:
    columns = table.c  # type: ignore[attr-defined]
    return frozenset(db.session.scalars(select(columns[1]).where(columns[0] == service_id)))
