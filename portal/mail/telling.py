"""What the mails about a change of a session have in common: who reads it, and once."""

from datetime import datetime
from typing import Any

from portal.mail.booking_made import session_facts
from portal.mail.calendar_file import calendar_file
from portal.mail.outbox import AnySession, compose, put_in_outbox
from portal.models import Booking, Member, Practice
from portal.tokens import token_hash


def tell_the_client(
    session: AnySession, booking: Booking, message: str, token: str, now: datetime, **facts: Any
) -> None:
    """Put the message into the outbox for the booking's client, if they have an address.

    Its calendar file changes the entry in the client's calendar, or takes it away. `token` is the
    private token that was made for this change.
    """
    session.flush()
    practice, client = session.get_one(Practice, 1), booking.client
    if client is None or client.email is None:
        return
    mail = compose(message, practice, **session_facts(booking, practice, client.timezone), **facts)
    put_in_outbox(
        session,
        _event(booking, message, token),
        client.email,
        mail,
        now,
        booking=booking,
        calendar=calendar_file(booking, now),
    )


def tell_a_practitioner(
    session: AnySession,
    booking: Booking,
    reader: Member,
    message: str,
    token: str,
    now: datetime,
    **facts: Any,
) -> None:
    """Put the message into the outbox for somebody on the team. It has no private link in it."""
    session.flush()
    practice = session.get_one(Practice, 1)
    about = session_facts(booking, practice, reader.timezone)
    mail = compose(message, practice, **about, reader=reader.name, **facts)
    event = f"{_event(booking, message, token)}:{reader.id}"
    put_in_outbox(session, event, reader.email, mail, now, booking=booking)


def _event(booking: Booking, message: str, token: str) -> str:
    # A session may change more than once, and within a second: each change has its own token.
    return f"booking:{booking.id}:{message}:{token_hash(token)[:16]}"
