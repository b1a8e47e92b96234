"""A booking as its own client changes it: under the same locks as staff, found by its number.

Whoever calls has found it by a private link or by the client who is signed in.
"""

from flask_babel import gettext as _
from sqlalchemy import select

from portal.actions.credits import lock_client_packages
from portal.actions.guard import lock_members
from portal.db import db
from portal.errors import NotFound, Refused
from portal.models import Booking


def locked_for_client(booking_id: int, *others: int) -> Booking:
    """The session as it is under the locks of its practitioner and `others`, and of its package.

    Raises NotFound for what is only held, and Refused where it went to somebody else just now.
    """
    member_id = db.session.scalar(
        select(Booking.member_id).where(Booking.id == booking_id, Booking.held_until.is_(None))
    )
    if member_id is None:
        raise NotFound(_("There is no such session."))
    locked = {member_id, *others}
    lock_members(locked)
    booking = db.session.get_one(Booking, booking_id, populate_existing=True)
    lock_client_packages([booking.client_package_id])
    if booking.member_id not in locked:
        raise Refused(_("The clinic just moved this session. Please look at it again."))
    return booking
