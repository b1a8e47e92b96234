"""The mails about a request that was accepted: the client's session is confirmed."""

from datetime import datetime
from typing import Any

from portal.mail import links
from portal.mail.outbox import AnySession
from portal.mail.practice_facts import practice_facts
from portal.mail.progress import progress_of
from portal.mail.telling import tell_a_practitioner, tell_the_assigned, tell_the_client
from portal.models import Booking, Member


def booking_accepted(
    session: AnySession, booking: Booking, by: Member, token: str, now: datetime
) -> None:
    """Tell the client, and the practitioner where somebody else accepted for them.

    `token` is a private token of the booking, for the client's mail alone.
    """
    practice = practice_facts()
    own = booking.client_package
    progress = progress_of(own) if own else None
    tell_the_client(
        session,
        practice,
        booking,
        "booking_accepted",
        token,
        now,
        progress=progress,
        see=links.booking(token),
        book_next=links.next_booking(token) if progress and progress.left else None,
    )
    if by.id != booking.member_id:
        name = "booking_answered_practitioner"
        facts: dict[str, Any] = {"by": by.name, "accepted": True, "reason": ""}
        tell_a_practitioner(session, practice, booking, booking.member, name, token, now, **facts)
    tell_the_assigned(session, practice, booking, "accepted", token, now, actor=by)
