"""How often one visitor may take time: nobody empties a clinic's calendar from outside.

A visitor is a network address, as in portal/web/limits.py. Whoever holds one time after another
with the same cookies keeps only the last; these limits are for those who throw cookies away.
"""

from flask import current_app

from portal.tokens import token_hash
from portal.web.limits import limiter, setting


# Shared, because there are several pages on which times are held, booked and changed.
@limiter.shared_limit(setting("HOLDS"), scope="holds")
def count_hold() -> None:
    """Count a time that is about to be held. Raises RateLimitExceeded for one too many."""


@limiter.shared_limit(setting("BOOKINGS"), scope="bookings")
def count_booking() -> None:
    """Count a session that is about to be booked. Raises RateLimitExceeded for one too many."""


def count_booking_of(address: str) -> None:
    """Count a session that anybody could book with this address, from wherever they come.

    Each writes to whoever has it. Every address counts, also one of nobody who is a client.
    Raises RateLimitExceeded for one too many.
    """
    rate = current_app.config["ADDRESS_BOOKINGS"]
    with limiter.limit(rate, key_func=lambda: f"bookings of {token_hash(address)}"):
        pass


@limiter.shared_limit(setting("CHANGES"), scope="changes")
def count_change() -> None:
    """Count a session about to be moved, cancelled or restored: each writes to two people.

    Raises RateLimitExceeded for one too many.
    """
