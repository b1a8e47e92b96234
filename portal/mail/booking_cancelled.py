"""The mails about a session that the clinic cancelled: to the client, and to the practitioner."""

from datetime import datetime
from zoneinfo import ZoneInfo

from portal.mail import links
from portal.mail.booking_made import session_facts
from portal.mail.calendar_file import calendar_file
from portal.mail.outbox import AnySession, compose, put_in_outbox
from portal.mail.progress import progress_of
from portal.models import Booking, Client, Member, Practice


def booking_cancelled(
    session: AnySession, booking: Booking, by: Member, token: str, now: datetime
) -> None:
    """Tell both why. `token` is a private token of the booking, for the client's mail alone."""
    session.flush()
    practice = session.get_one(Practice, 1)
    if booking.client and booking.client.email:
        _to_the_client(session, practice, booking, booking.client, token, now)
    mail = compose(
        "booking_cancelled_practitioner",
        practice,
        **session_facts(booking, practice, booking.member.timezone),
        by=by.name,
        own=by.id == booking.member_id,
        reason=booking.cancel_reason,
    )
    event = f"booking:{booking.id}:cancelled:practitioner"
    put_in_outbox(session, event, booking.member.email, mail, now, booking=booking)


def _to_the_client(
    session: AnySession,
    practice: Practice,
    booking: Booking,
    client: Client,
    token: str,
    now: datetime,
) -> None:
    own = booking.client_package
    progress = progress_of(session, own) if own else None
    today = now.astimezone(ZoneInfo(practice.timezone)).date()
    expired = own is not None and own.expires_on is not None and own.expires_on < today
    mail = compose(
        "booking_cancelled",
        practice,
        **session_facts(booking, practice, client.timezone),
        reason=booking.cancel_reason,
        progress=progress,
        expired=expired,
        book_next=links.next_booking(token) if progress and not expired else None,
    )
    put_in_outbox(
        session,
        f"booking:{booking.id}:cancelled:client",
        client.email or "",
        mail,
        now,
        booking=booking,
        calendar=calendar_file(booking, now),
    )
