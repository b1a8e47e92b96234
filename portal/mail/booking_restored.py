"""The mails about a cancellation that the client took back: the session takes place after all."""

from datetime import datetime

from portal.mail import links
from portal.mail.outbox import AnySession
from portal.mail.telling import tell_a_practitioner, tell_the_client
from portal.models import Booking


def booking_restored(session: AnySession, booking: Booking, token: str, now: datetime) -> None:
    """Tell the client and the practitioner.

    `token` is a private token of the booking, for the client's mail alone.
    """
    see = links.booking(token)
    tell_the_client(session, booking, "booking_restored", token, now, see=see)
    name = "booking_restored_practitioner"
    tell_a_practitioner(session, booking, booking.member, name, token, now)
