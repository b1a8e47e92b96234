"""The mails about a session that went to a colleague: to the client and to both practitioners."""

from datetime import datetime

from flask import current_app

from portal.mail import links
from portal.mail.booking_made import session_facts
from portal.mail.calendar_file import calendar_file
from portal.mail.outbox import AnySession, compose, put_in_outbox
from portal.models import Booking, Client, Member, Practice
from portal.tokens import token_hash


def booking_transferred(
    session: AnySession, booking: Booking, former: Member, by: Member, token: str, now: datetime
) -> None:
    """Tell the client, whoever has the session now, and `former`, who had it before.

    `token` is a private token of the booking, for the client's mail alone.
    """
    session.flush()
    practice = session.get_one(Practice, 1)
    if booking.client and booking.client.email:
        _to_the_client(session, practice, booking, booking.client, former, token, now)
    for reader in (booking.member, former):
        takes = reader is booking.member
        mail = compose(
            "booking_transferred_practitioner",
            practice,
            **session_facts(booking, practice, reader.timezone),
            reader=reader.name,
            takes=takes,
            former=former.name,
            by=by.name,
            own=by is reader,
            # Only whoever has the session has to reach the client.
            email=booking.client.email if booking.client and takes else None,
            note=booking.note.strip() if takes else "",
        )
        event = _event(booking, token, "taken" if takes else "given")
        put_in_outbox(session, event, reader.email, mail, now, booking=booking)


def _to_the_client(
    session: AnySession,
    practice: Practice,
    booking: Booking,
    client: Client,
    former: Member,
    token: str,
    now: datetime,
) -> None:
    mail = compose(
        "booking_transferred",
        practice,
        **session_facts(booking, practice, client.timezone),
        former=former.name,
        see=links.booking(token),
    )
    put_in_outbox(
        session,
        _event(booking, token, "client"),
        client.email or "",
        mail,
        now,
        booking=booking,
        calendar=calendar_file(booking, current_app.config["BASE_URL"], now),
    )


def _event(booking: Booking, token: str, reader: str) -> str:
    # A session may be moved more than once, and back again.
    return f"booking:{booking.id}:transferred:{token_hash(token)[:16]}:{reader}"
