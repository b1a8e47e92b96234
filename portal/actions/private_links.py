"""A client's private link to a booking, made anew for a mail: only the hash of the old one is kept.

Links that were sent before keep working, until all of a client's are revoked.
"""

import re
from datetime import datetime, timedelta

from sqlalchemy import select, update

from portal.mail.outbox import AnySession
from portal.models import Booking, PrivateLink
from portal.tokens import PATTERN, new_token, token_hash

LINK_AFTER_SESSION = timedelta(days=180)
"""How long a booking's private link works after the session."""

_IN_A_TEXT = re.compile(rf"/bookings/({PATTERN})(?![A-Za-z0-9_-])")
"""Where a text has such a link: see portal/mail/links.py."""


def revoke_private_links(session: AnySession, client_id: int, now: datetime) -> None:
    """Make every private link to a session of the client's void, whoever has it by now."""
    bookings = select(Booking.id).where(Booking.client_id == client_id)
    session.execute(
        update(PrivateLink)
        .where(PrivateLink.booking_id.in_(bookings), PrivateLink.revoked_at.is_(None))
        .values(revoked_at=now)
    )


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


def with_new_links(session: AnySession, text: str, now: datetime) -> str:
    """The text of a mail with another private link to the same booking in the place of each.

    For mail that nobody has, whose links are void by now. What only looks like a link stays.
    """
    for token in dict.fromkeys(_IN_A_TEXT.findall(text)):
        hashed = PrivateLink.token_hash == token_hash(token)
        booking = session.scalar(
            select(Booking).join(PrivateLink, PrivateLink.booking_id == Booking.id).where(hashed)
        )
        if booking is not None:
            new = new_private_link(session, booking, now)
            text = text.replace(f"/bookings/{token}", f"/bookings/{new}")
    return text
