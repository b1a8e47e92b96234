"""The mails about a session that the clinic cancelled: to the client, and to the practitioner."""

from datetime import datetime

from portal.mail.outbox import AnySession
from portal.mail.practice_facts import practice_facts
from portal.mail.progress import package_again
from portal.mail.telling import tell_a_practitioner, tell_the_assigned, tell_the_client
from portal.models import Booking, Member


def booking_cancelled(
    session: AnySession, booking: Booking, by: Member, token: str, now: datetime
) -> None:
    """Tell both why. `token` is a private token of the booking, for the client's mail alone."""
    practice = practice_facts()
    session.flush()
    reason = booking.cancel_reason
    tell_the_client(
        session,
        practice,
        booking,
        "booking_cancelled",
        token,
        now,
        event=f"booking:{booking.id}:cancelled:client",
        reason=reason,
        kept=False,
        **package_again(practice, booking, token, now),
    )
    tell_a_practitioner(
        session,
        practice,
        booking,
        booking.member,
        "booking_cancelled_practitioner",
        token,
        now,
        event=f"booking:{booking.id}:cancelled:practitioner",
        by=by.name,
        own=by.id == booking.member_id,
        reason=reason,
    )
    tell_the_assigned(session, practice, booking, "cancelled", token, now, actor=by, reason=reason)
