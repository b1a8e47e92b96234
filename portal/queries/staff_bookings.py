"""Bookings as staff deal with them: which ones they see, and which ones they may change."""

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import joinedload

from portal.db import db
from portal.errors import Forbidden, NotFound
from portal.models import Booking, ClientPackage, Member
from portal.queries.clients import sees_everyone, visible_clients


def may_change(booking: Booking, member: Member) -> bool:
    """Whoever has the session may change it, and whoever sees every client."""
    return may_change_those_of(booking.member_id, member)


def may_change_those_of(member_id: int, member: Member) -> bool:
    """Say whether the member may change this one's sessions: what `may_change` says of each."""
    return member_id == member.id or sees_everyone(member)


def find_whose_sessions(member_id: int, by: Member) -> Member:
    """The member, if `by` may change their sessions. Raises NotFound."""
    member = db.session.get(Member, member_id)
    if member is None or not may_change_those_of(member_id, by):
        raise NotFound(_("There is nobody like that on the team."))
    return member


def seen_by(member: Member) -> ColumnElement[bool]:
    """Say in SQL which bookings the member may see: their own, and those of clients they may see.

    A time that's only held is nobody's session yet: it's left to the query.
    """
    if sees_everyone(member):
        return true()
    return or_(Booking.member_id == member.id, Booking.client_id.in_(visible_clients(member)))


def changed_by(member: Member) -> ColumnElement[bool]:
    """Say in SQL which bookings the member may change: what `may_change` says of one."""
    return true() if sees_everyone(member) else Booking.member_id == member.id


def find_booking_for_staff(booking_id: int, member: Member) -> Booking:
    """The booking, if the member may change it.

    Raises NotFound where they may not know of it (or it's only held), and Forbidden where they see
    it, since its client is one of theirs, but it's somebody else's session.
    """
    booking = find_visible_booking(booking_id, member)
    if not may_change(booking, member):
        raise Forbidden(_("This session is with somebody else, so it isn’t yours to change."))
    return booking


def find_visible_booking(booking_id: int, member: Member) -> Booking:
    """The booking, if the member may see it, read afresh. Raises NotFound."""
    booking = db.session.scalar(
        select(Booking)
        .where(Booking.id == booking_id, Booking.held_until.is_(None), seen_by(member))
        .options(
            joinedload(Booking.member),
            joinedload(Booking.service),
            joinedload(Booking.client),
            joinedload(Booking.client_package).joinedload(ClientPackage.package),
        )
        .execution_options(populate_existing=True)
    )
    if booking is None:
        raise NotFound(_("There is no such session."))
    return booking
