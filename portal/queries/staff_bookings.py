"""Bookings as staff deal with them: which ones they may change, and who could take one over."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from portal.db import db
from portal.errors import Forbidden, NotFound
from portal.models import Booking, ClientPackage, Member, Practice, TimeOff
from portal.queries.booking_offers import alone, offer_for_moving
from portal.queries.clients import sees_everyone, visible_clients
from portal.queries.hours import load_hours
from portal.queries.openings import MARGIN, load_board
from portal.scheduling.eligibility import Kind, MemberFacts
from portal.scheduling.hours import Hours, day_start, local_date, stretches


class Outside(StrEnum):
    """Why a colleague who has the time isn't one whom the client could have chosen."""

    SETTINGS = "settings"
    HOURS = "hours"
    DAILY_CAP = "daily_cap"


@dataclass(frozen=True, slots=True)
class Colleague:
    """A practitioner who is free when the booking is; `outside` is None for one within the rule."""

    id: int
    name: str
    outside: Outside | None


def may_change(booking: Booking, member: Member) -> bool:
    """Whoever has the session may change it, and whoever sees every client."""
    return booking.member_id == member.id or sees_everyone(member)


def find_booking_for_staff(booking_id: int, member: Member) -> Booking:
    """The booking, if the member may change it.

    Raises NotFound where they may not know of it (or it's only held), and Forbidden where they see
    it, since its client is one of theirs, but it's somebody else's session.
    """
    booking = db.session.scalar(
        select(Booking)
        .where(
            Booking.id == booking_id,
            Booking.held_until.is_(None),
            or_(Booking.member_id == member.id, Booking.client_id.in_(visible_clients(member))),
        )
        .options(
            joinedload(Booking.member),
            joinedload(Booking.service),
            joinedload(Booking.client),
            joinedload(Booking.client_package).joinedload(ClientPackage.package),
        )
        .execution_options(populate_existing=True)
    )
    if booking is None:
        raise NotFound("There is no such session.")
    if not may_change(booking, member):
        raise Forbidden(_("This session is with somebody else, so it isn’t yours to change."))
    return booking


def colleagues_for(booking: Booking, now: datetime) -> tuple[Colleague, ...]:
    """Every other practitioner who is free at the booking's time, buffers included.

    First those whom the rule lets the client book, who work then; then the others, for staff to
    choose deliberately. It asks the same function as the booking page who is bookable. Notice and
    horizon don't matter for a session that is booked already.
    """
    members = _others_who_are_free(booking, now)
    allowed = _allowed(booking, now)
    zones = {member.id: _zone(member) for member in members}
    hours = load_hours(zones, (booking.starts_at - MARGIN).date())
    found = [
        Colleague(member.id, member.name, _outside(booking, member, hours[member.id], allowed))
        for member in members
    ]
    found.sort(key=lambda person: (person.outside is not None, person.name, person.id))
    return tuple(found)


def is_free(member_id: int, booking: Booking, now: datetime) -> bool:
    """Has the member nothing else at the booking's time, buffers included: sessions or time off?"""
    return member_id not in _busy_then(booking, now)


def _others_who_are_free(booking: Booking, now: datetime) -> list[Member]:
    query = select(Member).where(
        Member.kind == Kind.PRACTITIONER,
        Member.deactivated_at.is_(None),
        Member.id != booking.member_id,
        Member.id.not_in(_busy_then(booking, now)),
    )
    return list(db.session.scalars(query))


def _busy_then(booking: Booking, now: datetime) -> set[int]:
    sessions = select(Booking.member_id).where(
        Booking.id != booking.id,
        Booking.cancelled_at.is_(None),
        or_(Booking.held_until.is_(None), Booking.held_until > now),
        Booking.busy_start < booking.busy_end,
        Booking.busy_end > booking.busy_start,
    )
    time_off = select(TimeOff.member_id).where(
        TimeOff.starts_at < booking.busy_end, TimeOff.ends_at > booking.busy_start
    )
    return set(db.session.scalars(sessions.union(time_off)))


def _allowed(booking: Booking, now: datetime) -> set[int]:
    """Whom the rule allows: by the client's package, or by sharing alone outside of any."""
    offer = offer_for_moving(booking, now)
    if booking.client_package_id is None:
        offer = alone(booking.service, booking.client)
    item = offer.item(booking.service_id)
    if item is None:
        return set()
    around = booking.starts_at
    board = load_board(offer, item.service, now, ignoring=booking.id, around=around)
    return {person.id for person in board.people}


def facts_of(member: Member) -> MemberFacts:
    """The member as the rule of who can be booked sees them."""
    return MemberFacts(member.id, member.name, member.kind, member.active, member.role_id)


def _zone(member: Member) -> ZoneInfo:
    return ZoneInfo(member.timezone or db.session.get_one(Practice, 1).timezone)


def _outside(booking: Booking, member: Member, hours: Hours, allowed: set[int]) -> Outside | None:
    if member.id not in allowed:
        return Outside.SETTINGS
    start, end = (int(each.timestamp()) for each in (booking.starts_at, booking.ends_at))
    first, last = local_date(hours.zone, start), local_date(hours.zone, end - 1)
    works = stretches(hours, booking.service_id, booking.delivery, first, last)
    if not any(begin <= start and end <= until for begin, until in works):
        return Outside.HOURS
    return Outside.DAILY_CAP if _is_full(member, hours.zone, start) else None


def _is_full(member: Member, zone: ZoneInfo, start: int) -> bool:
    if member.daily_cap is None:
        return False
    day = local_date(zone, start)
    begin, end = day_start(zone, day), day_start(zone, day.fromordinal(day.toordinal() + 1))
    booked = db.session.scalar(
        select(func.count(Booking.id)).where(
            Booking.member_id == member.id,
            Booking.cancelled_at.is_(None),
            Booking.starts_at >= datetime.fromtimestamp(begin, zone),
            Booking.starts_at < datetime.fromtimestamp(end, zone),
        )
    )
    return (booked or 0) >= member.daily_cap
