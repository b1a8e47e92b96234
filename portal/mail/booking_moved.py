"""The mails about a session that was moved, by its client or by staff: to all it concerns."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.mail import links
from portal.mail.outbox import AnySession
from portal.mail.practice_facts import practice_facts
from portal.mail.progress import progress_of
from portal.mail.telling import tell_a_practitioner, tell_the_assigned, tell_the_client
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
    practice = practice_facts()
    changed: dict[str, Any] = {
        "former": before.member.name,
        "same_person": booking.member is before.member,
        "before": before.starts_at,
        "by": by.name if by else None,
    }
    own = booking.client_package
    tell_the_client(
        session,
        practice,
        booking,
        "booking_moved" if by else "booking_moved_by_client",
        token,
        now,
        see=links.booking(token),
        progress=progress_of(own) if own else None,
        **changed,
    )
    told = tuple(dict.fromkeys((booking.member, before.member)))
    for reader in told:
        has_it = reader is booking.member
        tell_a_practitioner(
            session,
            practice,
            booking,
            reader,
            "booking_moved_practitioner",
            token,
            now,
            has_it=has_it,
            own=by is reader,
            # Only whoever has the session has to reach the client.
            email=booking.client.email if booking.client and has_it else None,
            note=booking.note if has_it else "",
            staff_note=booking.staff_note if has_it else "",
            **changed,
        )
    tell_the_assigned(
        session, practice, booking, "moved", token, now, actor=by, besides=told, **changed
    )
