"""The mail that reminds a client of a session to come."""

from datetime import datetime

from portal.mail import links
from portal.mail.composing import compose
from portal.mail.outbox import AnySession, Composed, put_in_outbox
from portal.mail.practice_facts import practice_facts
from portal.mail.progress import progress_of
from portal.mail.session_facts import session_facts
from portal.models import Booking

KIND = "reminder"


def reminder(
    session: AnySession, booking: Booking, minutes_before: int, token: str, now: datetime
) -> None:
    """Put the reminder of so many minutes before the session into the outbox.

    Nobody gets one without a client who has an address. `token` is a private token of the
    booking. A session that moves is another one to be reminded of, so its start is part of the
    event.
    """
    client = booking.client
    if client is None or client.email is None:
        return
    mail = composed_reminder(session, booking, token)
    event = reminder_event(booking.id, minutes_before, booking.starts_at)
    put_in_outbox(session, event, client.email, mail, now, booking=booking)


def composed_reminder(session: AnySession, booking: Booking, token: str) -> Composed:
    """The mail as the client will read it, from what the booking says now."""
    session.flush()
    practice, client = practice_facts(), booking.client
    own = booking.client_package
    about = session_facts(booking, practice, client.timezone if client else None)
    progress = progress_of(own) if own else None
    book_next = links.next_booking(token) if progress and progress.left else None
    about |= {"progress": progress, "see": links.booking(token), "book_next": book_next}
    return compose(KIND, practice, client, **about)


def reminder_event(booking_id: int, minutes_before: int, starts_at: datetime) -> str:
    """The event of that reminder, by which it's known whether it was written already."""
    return f"booking:{booking_id}:reminder:{minutes_before}:{int(starts_at.timestamp())}"
