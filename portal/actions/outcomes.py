"""What became of a session once it had begun: it took place, or the client didn't come."""

from datetime import datetime

from flask_babel import gettext as _

from portal.actions.activity import record
from portal.actions.cancelling import locked_booking
from portal.actions.credits import give_credit_back, holds_credit, take_credit
from portal.errors import NotBookable, Refused
from portal.models import Act, Booking, Member, Status, Why
from portal.transaction import transaction


def complete(booking_id: int, by: Member, now: datetime) -> None:
    """Say that the session took place; one that was marked as missed can be put right.

    Where a missed session's credit was returned, it's taken again. Doing it twice is doing it once.
    Raises NotFound or Forbidden for a session that isn't theirs to change, Refused for one that
    isn't confirmed or hasn't begun, NotBookable where the package has no credit left to take.
    """
    with transaction() as session:
        booking = locked_booking(booking_id, by)
        _require_begun(booking, now)
        if booking.status is Status.COMPLETED:
            return
        if booking.status is Status.NO_SHOW:
            try:
                take_credit(session, booking, Why.COMPLETED, now, by)
            except NotBookable:
                sentence = _(
                    "The credit of this session was returned and used since. Please raise the "
                    "package’s count first, or unlink this session from it."
                )
                raise NotBookable(sentence) from None
        booking.completed_at, booking.no_show_at = now, None
        record(session, Act.BOOKING_COMPLETED, booking, now, by=by, member=booking.member_id)


def mark_missed(booking_id: int, by: Member, now: datetime) -> None:
    """Say that the client didn't come. The session keeps its credit until staff return it.

    Doing it twice is doing it once. Raises NotFound or Forbidden for a session that isn't theirs to
    change, and Refused for one that isn't confirmed or hasn't begun.
    """
    with transaction() as session:
        booking = locked_booking(booking_id, by)
        _require_begun(booking, now)
        if booking.status is Status.NO_SHOW:
            return
        booking.completed_at, booking.no_show_at = None, now
        record(session, Act.BOOKING_MISSED, booking, now, by=by, member=booking.member_id)


def return_credit(booking_id: int, by: Member, now: datetime) -> None:
    """Give back the credit of a missed session, or of a late cancellation that kept it.

    Raises NotFound or Forbidden for a session that isn't theirs to change, and Refused for another
    one, or where there's no credit to return.
    """
    with transaction() as session:
        booking = locked_booking(booking_id, by)
        if booking.status not in (Status.NO_SHOW, Status.CANCELLED):
            raise Refused(
                _("Only the credit of a missed or a cancelled session can be returned by hand.")
            )
        if not holds_credit(session, booking):
            raise Refused(_("This session has no credit to return."))
        give_credit_back(session, booking, Why.RETURNED, now, by)
        record(session, Act.CREDIT_RETURNED, booking, now, by=by, member=booking.member_id)


def _require_begun(booking: Booking, now: datetime) -> None:
    if booking.status is Status.CANCELLED:
        raise Refused(_("This session has been cancelled already."))
    if booking.status is Status.REQUESTED:
        raise Refused(_("This session was requested and never accepted."))
    if now < booking.starts_at:
        raise Refused(_("This session hasn’t begun yet."))
