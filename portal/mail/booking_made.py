"""The mails about a booking that was made: to the client, and to the practitioner booked."""

from datetime import datetime

from portal.mail import links
from portal.mail.outbox import AnySession, together
from portal.mail.plain_booking import AnyBooking
from portal.mail.practice_facts import practice_facts
from portal.mail.progress import progress_of
from portal.mail.running_out import running_out
from portal.mail.telling import tell_a_practitioner, tell_the_assigned, tell_the_client
from portal.models import Member, Status


def booking_made(
    session: AnySession,
    booking: AnyBooking,
    token: str,
    now: datetime,
    *,
    by: Member | None = None,
) -> None:
    """Tell the client and the practitioner; a request is told as one. `by` is who booked, if staff.

    `token` is the booking's private token: the client's mail carries it, the other one doesn't.
    """
    practice = practice_facts()
    requested = booking.status is Status.REQUESTED
    own = booking.client_package
    progress = progress_of(own) if own else None
    with together():
        tell_the_client(
            session,
            practice,
            booking,
            "booking_requested" if requested else "booking_made",
            token,
            now,
            event=f"booking:{booking.id}:made:client",
            progress=progress,
            see=links.booking(token),
            book_next=links.next_booking(token) if progress and progress.left else None,
        )
        tell_a_practitioner(
            session,
            practice,
            booking,
            booking.member,
            "booking_made_practitioner",
            token,
            now,
            event=f"booking:{booking.id}:made:practitioner",
            email=booking.client.email if booking.client else None,
            note=booking.note,
            staff_note=booking.staff_note,
        )
        what = "requested" if requested else "booked"
        tell_the_assigned(session, practice, booking, what, token, now, actor=by)
        running_out(session, practice, booking, progress, token, now)
