"""A client cancels their own session, and takes that back while it's fresh."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from portal import mail
from portal.actions.activity import record
from portal.actions.cancelling import read_reason
from portal.actions.client_bookings import locked_for_client
from portal.actions.credits import give_credit_back, take_credit
from portal.actions.guard import guarded, let_go_of_stale_holds
from portal.actions.private_links import new_private_link
from portal.actions.sequences import count_change
from portal.errors import NotBookable, Refused, Taken
from portal.ledger import booking_has_credit
from portal.mail.outbox import AnySession
from portal.models import Act, Actor, Booking, Ending, Status, Why
from portal.queries.booking_offers import as_booked, offer_for_moving
from portal.queries.cancellation import UNDO, cancellation_terms
from portal.queries.obstacles import obstacles_to
from portal.scheduling.obstacles import Obstacle
from portal.transaction import transaction

__all__ = ["UNDO", "cancel_by_client", "take_back_cancellation"]

ROOM = frozenset({Obstacle.OVERLAP, Obstacle.TIME_OFF, Obstacle.DAILY_CAP, Obstacle.LIMITS})
"""What may have filled the room for a session since it was cancelled."""


def cancel_by_client(booking_id: int, reason: str, now: datetime) -> None:
    """Cancel a session, or take back a request, before it begins; both are told why.

    The credit goes back, unless it's late and the practice keeps it then. Raises NotFound,
    WrongField without a reason, and Refused for a session that its client can't cancel (any more).
    """
    reason = read_reason(reason, _("Please say why: your practitioner will read it."))
    with transaction() as session:
        booking = locked_for_client(booking_id)
        terms = cancellation_terms(booking, now)
        if terms.why_not is not None:
            raise Refused(terms.why_not)
        booking.cancelled_at, booking.cancelled_by_id = now, None
        booking.cancel_reason = reason
        booking.ending = Ending.BY_CLIENT
        count_change(booking)
        if terms.returns_credit:
            give_credit_back(session, booking, Why.CANCELLED_BY_CLIENT, now)
        details: dict[str, Any] = {"member": booking.member_id, "late": terms.late}
        record(session, Act.BOOKING_CANCELLED, booking, now, actor=Actor.CLIENT, **details)
        token = new_private_link(session, booking, now)
        kept = terms.has_credit and not terms.returns_credit
        mail.booking_cancelled_by_client(session, booking, kept, token, now)


def take_back_cancellation(booking_id: int, now: datetime) -> bool:
    """Make a session that its client cancelled a moment ago what it was before.

    Time and credit are asked for again: somebody may have taken either. What isn't cancelled is
    left alone. Return whether it was. Raises NotFound, Refused for a cancellation that isn't the
    client's or is older than UNDO, Taken or NotBookable.
    """
    with transaction() as session:
        booking = locked_for_client(booking_id)
        if booking.status is not Status.CANCELLED:
            return False
        if booking.ending is not Ending.BY_CLIENT:
            raise Refused(_("The clinic ended this session, so that can’t be taken back here."))
        if cancellation_terms(booking, now).undo_until is None:
            raise Refused(_("It’s too late to take this back. Please book another time."))
        let_go_of_stale_holds([booking.member_id], now)
        _ask_again(booking, now)
        booking.cancelled_at, booking.cancel_reason = None, ""
        booking.ending = booking.overbooked_at = None
        count_change(booking)
        with guarded():
            _take_credit_again(session, booking, now)
        who = booking.member_id
        record(session, Act.BOOKING_RESTORED, booking, now, actor=Actor.CLIENT, member=who)
        mail.booking_restored(session, booking, new_private_link(session, booking, now), now)
    return True


def _ask_again(booking: Booking, now: datetime) -> None:
    """Ask for the time and the person again, as they were agreed on.

    Notice, horizon and hours were in order, or confirmed by staff, when the session was booked;
    what may have changed since is whether there's room for it. Raises Taken or NotBookable.
    """
    offer = offer_for_moving(booking, now)
    item = offer.item(booking.service_id)
    if item is None:
        raise NotBookable(_("This service isn’t part of the package any more."))
    if booking_has_credit(booking.id):
        # Kept, so nothing is asked of the package again.
        offer = replace(offer, holder=replace(offer.holder, expires=None))
    service = as_booked(item.service, booking)
    asked = (booking.member_id, booking.starts_at, booking.delivery, now, booking.id)
    way = obstacles_to(offer, service, *asked)
    if way.refused is not None:
        raise NotBookable(
            _("This can’t be taken back any more. Please get in touch with the clinic.")
        )
    if ROOM.intersection(way.obstacles):
        raise Taken(_("Meanwhile this time isn’t free any more. Please book another one."))


def _take_credit_again(session: AnySession, booking: Booking, now: datetime) -> None:
    try:
        take_credit(session, booking, Why.RESTORED, now)
    except NotBookable:
        sentence = _("Meanwhile this session of your package was used for another time.")
        raise NotBookable(sentence) from None
