"""How often one visitor may take time: nobody empties a clinic's calendar from outside.

A visitor is a network address, as in portal/web/limits.py. Whoever holds one time after another
with the same cookies keeps only the last; these limits are for those who throw cookies away.
"""

from typing import cast

from flask import current_app

from portal.web.limits import limiter


def _holds() -> str:
    return cast("str", current_app.config["HOLDS"])


def _bookings() -> str:
    return cast("str", current_app.config["BOOKINGS"])


# As a check of the address, for the reason that portal/web/accounts/checks.py gives.
@limiter.limit(_holds, methods=["POST"])
def anyone_not_too_often() -> None:
    """Everybody, some times in ten minutes: a time that is held is nobody else's."""


@limiter.limit(_bookings)
def count_booking() -> None:
    """Count a session that is about to be booked. Raises RateLimitExceeded for one too many."""
