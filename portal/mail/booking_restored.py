"""The mails about a cancellation that the client took back: the session takes place after all."""

from datetime import datetime
from typing import Any

from portal.mail import links
from portal.mail.outbox import AnySession
from portal.mail.practice_facts import practice_facts
from portal.mail.progress import progress_of
from portal.mail.telling import tell_a_practitioner, tell_the_assigned, tell_the_client
from portal.models import Booking


def booking_restored(session: AnySession, booking: Booking, token: str, now: datetime) -> None:
    """Tell the client and the practitioner.

    `token` is a private token of the booking, for the client's mail alone.
    """
    practice = practice_facts()
    own = booking.client_package
    facts: dict[str, Any] = {"progress": progress_of(own) if own else None}
    see = links.booking(token)
    tell_the_client(session, practice, booking, "booking_restored", token, now, see=see, **facts)
    name = "booking_restored_practitioner"
    tell_a_practitioner(session, practice, booking, booking.member, name, token, now)
    tell_the_assigned(session, practice, booking, "restored", token, now, actor=None)
