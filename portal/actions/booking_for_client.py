"""Booking for a client, by staff: by the same rule as on the booking page, confirmed at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import select

from portal import mail
from portal.actions.activity import record
from portal.actions.credits import lock_client_packages, take_credit
from portal.actions.guard import guarded, let_go_of_stale_holds, lock_members
from portal.actions.moving import gone_beyond, overbooked_at, practitioner, require_confirmed
from portal.actions.private_links import new_private_link
from portal.errors import Refused
from portal.mail.outbox import AnySession
from portal.models import Act, Booking, Client, Member, Status, Why
from portal.queries.booking_offers import offer_for_client
from portal.queries.clients import find_visible_client
from portal.queries.facts import ServiceInfo
from portal.queries.obstacles import InTheWay, obstacles_to
from portal.scheduling.obstacles import Obstacle
from portal.transaction import transaction


@dataclass(frozen=True, slots=True)
class Wanted:
    """What staff book for a client; `start` in UTC. Without a package: one session of its own.

    `note` is for staff alone.
    """

    client_id: int
    client_package_id: int | None
    service_id: int
    member_id: int
    start: datetime
    method: str
    note: str = ""


def book_for_client(
    wanted: Wanted, confirmed: frozenset[Obstacle], by: Member, now: datetime
) -> int:
    """Book it, confirmed at once, and return the booking's id; its credit is taken, all are told.

    Any minute will do, but none in the past. What it goes beyond has to be `confirmed`, each for
    itself. A prospective client is accepted with it. The same session again is the one that's there
    already. Raises NotFound for a client or package that `by` may not know of, Refused where the
    client has requested it themself, NotBookable where the rule says no, Unconfirmed, and Taken
    where the time went just now.
    """
    with transaction() as session:
        lock_members([wanted.member_id])
        lock_client_packages([wanted.client_package_id])
        client = _locked_client(session, wanted.client_id, by)
        if (there := _there_already(session, wanted)) is not None:
            return there
        let_go_of_stale_holds([wanted.member_id], now)
        offer, service = offer_for_client(client, wanted.client_package_id, wanted.service_id, now)
        asked = (wanted.member_id, wanted.start, wanted.method, now)
        way = obstacles_to(offer, service, *asked)
        require_confirmed(way, confirmed, practitioner(session, wanted.member_id), by)
        booking = _new(wanted, service, way, now)
        with guarded():
            session.add(booking)
            take_credit(session, booking, Why.BOOKED, now, by)
        details = {"member": wanted.member_id, **gone_beyond(way)}
        record(session, Act.BOOKING_CONFIRMED, booking, now, by=by, **details)
        if client.accepted_at is None:
            client.accepted_at = now
            record(session, Act.CLIENT_ACCEPTED, client, now, by=by)
        token = new_private_link(session, booking, now)
        mail.booking_made(session, booking, token, now, by=by)
        return booking.id


def _locked_client(session: AnySession, client_id: int, by: Member) -> Client:
    """The client, if `by` may see them. Whoever deactivates them waits, or was first."""
    client = find_visible_client(client_id, by)
    locked: Client = session.get_one(
        Client, client.id, with_for_update={"key_share": True}, populate_existing=True
    )
    return locked


def _there_already(session: AnySession, wanted: Wanted) -> int | None:
    """The id of this very session, where the form was sent twice. Raises Refused for a request."""
    booking = session.scalar(
        select(Booking).where(
            Booking.client_id == wanted.client_id,
            Booking.client_package_id == wanted.client_package_id,
            Booking.member_id == wanted.member_id,
            Booking.service_id == wanted.service_id,
            Booking.starts_at == wanted.start,
            Booking.cancelled_at.is_(None),
        )
    )
    if booking is not None and booking.status is Status.REQUESTED:
        raise Refused(_("The client has requested this session already: please accept it."))
    return booking.id if booking else None


def _new(wanted: Wanted, service: ServiceInfo, way: InTheWay, now: datetime) -> Booking:
    end = wanted.start + timedelta(minutes=service.minutes)
    return Booking(
        client_id=wanted.client_id,
        client_package_id=wanted.client_package_id,
        member_id=wanted.member_id,
        service_id=service.id,
        delivery=wanted.method,
        starts_at=wanted.start,
        ends_at=end,
        busy_start=wanted.start - timedelta(minutes=service.buffer_before),
        busy_end=end + timedelta(minutes=service.buffer_after),
        staff_note=wanted.note.strip(),
        created_at=now,
        confirmed_at=now,
        overbooked_at=overbooked_at(way, now),
    )
