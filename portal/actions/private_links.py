"""A client's private link to a booking, made anew for a mail: only the hash of the old one is kept.

Links that were sent before keep working.
"""

from datetime import datetime

from portal.actions.booking import LINK_AFTER_SESSION
from portal.mail.outbox import AnySession
from portal.models import Booking, PrivateLink
from portal.tokens import new_token, token_hash


def new_private_link(session: AnySession, booking: Booking, now: datetime) -> str:
    """Add another private link to the booking, in the act's own transaction; return its token."""
    token = new_token()
    session.add(
        PrivateLink(
            token_hash=token_hash(token),
            booking_id=booking.id,
            created_at=now,
            expires_at=booking.ends_at + LINK_AFTER_SESSION,
        )
    )
    return token
