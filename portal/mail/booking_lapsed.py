"""The mail about a request that nobody answered before its start."""

from datetime import datetime

from portal.mail.outbox import AnySession
from portal.mail.practice_facts import practice_facts
from portal.mail.progress import package_again
from portal.mail.telling import tell_the_assigned, tell_the_client
from portal.models import Booking


def booking_lapsed(session: AnySession, booking: Booking, token: str, now: datetime) -> None:
    """Tell the client that the session doesn't take place and that its credit is back.

    `token` is a private token of the booking.
    """
    practice = practice_facts()
    again = package_again(practice, booking, token, now)
    tell_the_client(session, practice, booking, "booking_lapsed", token, now, kept=False, **again)
    tell_the_assigned(session, practice, booking, "lapsed", token, now, actor=None)
