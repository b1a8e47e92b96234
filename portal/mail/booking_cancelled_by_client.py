"""The mails about a session that its client cancelled: to the client, and to the practitioner."""

from datetime import datetime

from portal.mail import links
from portal.mail.outbox import AnySession
from portal.mail.practice_facts import practice_facts
from portal.mail.progress import package_again
from portal.mail.telling import tell_a_practitioner, tell_the_assigned, tell_the_client
from portal.models import Booking


def booking_cancelled_by_client(
    session: AnySession, booking: Booking, kept: bool, token: str, now: datetime
) -> None:
    """Tell both. `kept`: it was late, so its credit isn't given back.

    `token` is a private token of the booking, for the client's mail alone: there it can be taken
    back for a while.
    """
    practice = practice_facts()
    again = package_again(practice, booking, token, now)
    tell_the_client(
        session,
        practice,
        booking,
        "booking_cancelled_by_client",
        token,
        now,
        kept=kept,
        reason=booking.cancel_reason,
        see=links.booking(token),
        **again,
    )
    tell_a_practitioner(
        session,
        practice,
        booking,
        booking.member,
        "booking_cancelled_by_client_practitioner",
        token,
        now,
        kept=kept,
        reason=booking.cancel_reason,
    )
    reason = booking.cancel_reason
    tell_the_assigned(
        session, practice, booking, "cancelled", token, now, actor=None, reason=reason
    )
