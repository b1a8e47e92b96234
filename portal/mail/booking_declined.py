"""The mails about a request that was declined: its time is free and its credit is back."""

from datetime import datetime
from typing import Any

from portal.mail.outbox import AnySession
from portal.mail.practice_facts import practice_facts
from portal.mail.progress import package_again
from portal.mail.telling import tell_a_practitioner, tell_the_assigned, tell_the_client
from portal.models import Booking, Member


def booking_declined(
    session: AnySession, booking: Booking, by: Member, token: str, now: datetime
) -> None:
    """Tell the client, with the reason where there's one, and the practitioner if it wasn't them.

    `token` is a private token of the booking, for the client's mail alone.
    """
    practice = practice_facts()
    reason = booking.cancel_reason
    again = package_again(practice, booking, token, now)
    known = {"reason": reason, "kept": False, **again}
    tell_the_client(session, practice, booking, "booking_declined", token, now, **known)
    if by.id != booking.member_id:
        name = "booking_answered_practitioner"
        facts: dict[str, Any] = {"by": by.name, "accepted": False, "reason": reason}
        tell_a_practitioner(session, practice, booking, booking.member, name, token, now, **facts)
    tell_the_assigned(session, practice, booking, "declined", token, now, actor=by, reason=reason)
