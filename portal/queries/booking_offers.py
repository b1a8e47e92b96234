"""What a booking that exists already is booked from: for rescheduling, moving and accepting it.

It's the same offer that the booking page shows, with the booking's own credit counted as left and
the person whom it's with kept. A session outside any package is an offer of its one service.
"""

from dataclasses import replace
from datetime import datetime

from flask_babel import gettext as _

from portal.db import db
from portal.errors import NotFound
from portal.models import Booking, Client, Practice, Service
from portal.queries.facts import ServiceInfo, load_service, practice_info
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
        items = (*items, Item(_read_afresh(booking.service), 1, 1))
    credits = {item.service.id: item.left for item in items}
    holder = replace(offer.holder, credits=credits, keeps=booking.member_id)
    return replace(offer, items=items, holder=holder)


def offer_for_client(
    client: Client, client_package_id: int | None, service_id: int, now: datetime
) -> tuple[Offer, ServiceInfo]:
    """What staff book for a client, and the service: of a package of theirs, or outside any.

    Raises NotFound for a package that isn't the client's, or a service that isn't in it.
    """
    if client_package_id is None:
        service = db.session.get(Service, service_id)
        if service is None or service.archived_at is not None:
            raise NotFound(_("There is no such service."))
        offer = alone(service, client)
    else:
        offer = load_client_offer(client_package_id, now)
    item = offer.item(service_id)
    if offer.client_id != client.id or item is None:
        raise NotFound(_("The client’s package has no such service."))
    return offer, item.service


def alone(service: Service, client: Client | None, with_: int | None = None) -> Offer:
    """One session of the service outside any package, for `client`.

    With the one practitioner `with_`, or with whoever owns the service or is shared it.
    """
    practice = practice_info(db.session.get_one(Practice, 1))
    item = Item(_read_afresh(service), 1, 1)
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


def as_booked(service: ServiceInfo, booking: Booking) -> ServiceInfo:
    """The service with the length, the buffers and the method that were agreed on for the booking.

    Whatever its settings say by now.
    """
    return replace(
        service,
        minutes=_minutes(booking.starts_at, booking.ends_at),
        buffer_before=_minutes(booking.busy_start, booking.starts_at),
        buffer_after=_minutes(booking.ends_at, booking.busy_end),
        delivery=tuple(dict.fromkeys((*service.delivery, booking.delivery))),
    )


def _minutes(start: datetime, end: datetime) -> int:
    return int((end - start).total_seconds()) // 60


def _read_afresh(service: Service) -> ServiceInfo:
    # Inside an act it may have been loaded before the act's lock.
    db.session.refresh(service)
    return load_service(service, db.session.get_one(Practice, 1).confirm)
