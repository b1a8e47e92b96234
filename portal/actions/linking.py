"""Making a session part of one of the client's packages, and taking it out again."""

from datetime import datetime

from flask_babel import gettext as _

from portal.actions.activity import record
from portal.actions.cancelling import locked_booking
from portal.actions.credits import give_credit_back, lock_client_packages, take_credit
from portal.errors import NotBookable, NotFound, Refused
from portal.models import Act, Booking, ClientPackage, Member, Status, Why
from portal.queries.linking import why_not_linked
from portal.transaction import transaction


def link(booking_id: int, client_package_id: int, by: Member, now: datetime) -> None:
    """Make a session that is part of no package part of this one; it takes a credit of it.

    Whether the session is over doesn't matter. Raises NotFound or Forbidden for a session that
    isn't theirs to change, NotFound for a package that isn't the client's, Refused for a session
    that's cancelled or linked already, and NotBookable where expiry or credits don't allow it.
    """
    with transaction() as session:
        booking = locked_booking(booking_id, by)
        _require_not_cancelled(booking)
        if booking.client_package_id is not None:
            raise Refused(_("This session is part of a package already."))
        lock_client_packages([client_package_id])
        own = session.get(ClientPackage, client_package_id, populate_existing=True)
        if own is None or own.client_id != booking.client_id:
            raise NotFound(_("This client has no such package."))
        why_not = why_not_linked(booking, own)
        if why_not is not None:
            raise NotBookable(why_not)
        booking.client_package = own
        take_credit(session, booking, Why.LINKED, now, by)
        package = own.package_id
        record(session, Act.BOOKING_LINKED, booking, now, by=by, package=package)


def unlink(booking_id: int, by: Member, now: datetime) -> None:
    """Take a session out of its package; the credit that it took goes back.

    Raises NotFound or Forbidden for a session that isn't theirs to change, and Refused for one
    that's cancelled or part of no package.
    """
    with transaction() as session:
        booking = locked_booking(booking_id, by)
        _require_not_cancelled(booking)
        own = booking.client_package
        if own is None:
            raise Refused(_("This session isn’t part of a package."))
        give_credit_back(session, booking, Why.UNLINKED, now, by)
        # Nor is it any more one of the package at whose page it was booked.
        booking.client_package = booking.package = None
        record(session, Act.BOOKING_UNLINKED, booking, now, by=by, package=own.package_id)


def _require_not_cancelled(booking: Booking) -> None:
    if booking.status is Status.CANCELLED:
        raise Refused(_("This session has been cancelled already."))
