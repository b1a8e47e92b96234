"""The mails about a session that was moved, by its client or by staff: to all it concerns."""

from dataclasses import dataclass
from datetime import datetime

from portal.mail import links
from portal.mail.outbox import AnySession
from portal.mail.telling import tell_a_practitioner, tell_the_client
from portal.models import Booking, Member


@dataclass(frozen=True, slots=True)
class Before:
    """With whom a session was, and when it started (UTC), before it was moved."""

    member: Member
    starts_at: datetime


def booking_moved(
    session: AnySession,
    booking: Booking,
    before: Before,
    by: Member | None,
    token: str,
    now: datetime,
) -> None:
    """Tell the client, whoever has the session now, and whoever had it before.

    `by` is None where the client moved it. `token` is a private token of the booking, for the
    client's mail alone.
    """
    changed = {
        "former": before.member.name,
        "same_person": booking.member is before.member,
        "before": before.starts_at,
        "by": by.name if by else None,
    }
    see = links.booking(token)
    tell_the_client(session, booking, "booking_moved", token, now, see=see, **changed)
    for reader in dict.fromkeys((booking.member, before.member)):
        has_it = reader is booking.member
        tell_a_practitioner(
            session,
            booking,
            reader,
            "booking_moved_practitioner",
            token,
            now,
            has_it=has_it,
            own=by is reader,
            # Only whoever has the session has to reach the client.
            email=booking.client.email if booking.client and has_it else None,
            note=booking.note.strip() if has_it else "",
            staff_note=booking.staff_note.strip() if has_it else "",
            **changed,
        )
