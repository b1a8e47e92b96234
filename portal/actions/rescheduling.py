"""Rescheduling: a client moves their own session to another opening; the same row, same credit."""

from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _

from portal import mail
from portal.actions.activity import record
from portal.actions.client_bookings import locked_for_client
from portal.actions.guard import guarded, let_go_of_stale_holds, require_opening
from portal.actions.private_links import new_private_link
from portal.actions.sequences import count_change
from portal.errors import NotBookable, Refused
from portal.mail.booking_moved import Before
from portal.models import Act, Actor, Booking, Member
from portal.queries.booking_offers import offer_for_moving
from portal.queries.cancellation import why_not_changed_by_client
from portal.queries.facts import ServiceInfo
from portal.queries.openings import load_board
from portal.transaction import transaction


def reschedule(
    booking_id: int, *, member_id: int, start: datetime, method: str, now: datetime
) -> bool:
    """Move a session, or a request, to an opening of the same person or of another bookable one.

    A request stays one. A confirmed session stays confirmed, unless it goes to another person and
    its service isn't confirmed at once: then it's a request to them. Length and buffers are the
    service's present ones. Return whether it was moved: to where it is already changes nothing.
    Raises NotFound, Refused for a session that its client can't change (any more), NotBookable for
    a person or a delivery method that can't be booked, Taken for a time that isn't open.
    """
    with transaction() as session:
        booking = locked_for_client(booking_id, member_id)
        why_not = why_not_changed_by_client(booking, now)
        if why_not is not None:
            raise Refused(why_not)
        if (booking.member_id, booking.starts_at, booking.delivery) == (member_id, start, method):
            return False
        let_go_of_stale_holds([member_id], now)
        service = _require_opening(booking, member_id, start, method, now)
        before = Before(booking.member, booking.starts_at)
        with guarded():
            _put_at(booking, session.get_one(Member, member_id), service, start, method)
        if service.instant:
            booking.confirmed_at = booking.confirmed_at or now
        elif booking.member is not before.member:
            booking.confirmed_at = None
        count_change(booking)
        details = told_of_the_move(booking, before)
        record(session, Act.BOOKING_RESCHEDULED, booking, now, actor=Actor.CLIENT, **details)
        token = new_private_link(session, booking, now)
        mail.booking_moved(session, booking, before, None, token, now)
    return True


def _put_at(
    booking: Booking, member: Member, service: ServiceInfo, start: datetime, method: str
) -> None:
    """Give the booking this person, time and delivery method, with the service's present length.

    It's under the guard again, whatever it was before. Whoever calls has asked the rule.
    """
    end = start + timedelta(minutes=service.minutes)
    booking.member, booking.delivery = member, method
    booking.starts_at, booking.ends_at = start, end
    booking.busy_start = start - timedelta(minutes=service.buffer_before)
    booking.busy_end = end + timedelta(minutes=service.buffer_after)
    booking.overbooked_at = None


def told_of_the_move(booking: Booking, before: Before) -> dict[str, Any]:
    """What the activity log says of a move: the times, and the people where they differ."""
    people: dict[str, Any] = {"from": before.member.id, "to": booking.member.id}
    times: dict[str, Any] = {
        "time_before": before.starts_at.isoformat(),
        "time": booking.starts_at.isoformat(),
    }
    moved = booking.starts_at != before.starts_at
    return (times if moved else {}) | (people if booking.member is not before.member else {})


def _require_opening(
    booking: Booking, member_id: int, start: datetime, method: str, now: datetime
) -> ServiceInfo:
    """Ask the rule under the lock, the booking's own time and credit not being in its way."""
    offer = offer_for_moving(booking, now)
    item = offer.item(booking.service_id)
    if item is None:
        raise NotBookable(_("This service isn’t part of the package any more."))
    if method not in item.service.delivery:
        raise NotBookable(_("This service isn’t offered in this way any more."))
    board = load_board(offer, item.service, now, ignoring=booking.id, around=start, only=member_id)
    require_opening(board, member_id, start, method)
    return item.service
