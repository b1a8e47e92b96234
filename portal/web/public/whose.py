"""Which booking an address means: by its private link, or as one of the signed-in client's own."""

from flask_babel import gettext as _

from portal.errors import NotFound
from portal.models import Booking
from portal.queries.bookings import find_by_token
from portal.queries.my_bookings import find_own_booking
from portal.web.client_here import this_client
from portal.web.request_time import now

MINE = "my-"
LONGEST = 12  # characters of such a reference; a token is longer


def my_ref(booking_id: int) -> str:
    """Return how addresses call the signed-in client's own booking with this number."""
    return f"{MINE}{booking_id}"


def find_booking(ref: str) -> Booking:
    """Return the booking, or hold, that an address means.

    Raises NotFound for an unknown token and for another client's booking; whoever isn't signed in
    is led to where they can.
    """
    if ref.startswith(MINE) and len(ref) <= LONGEST:
        return find_own_booking(int(ref.removeprefix(MINE)), this_client())
    return find_by_token(ref, now())


def find_made(ref: str) -> Booking:
    """Return the booking that an address means. Raises NotFound while it's only held."""
    booking = find_booking(ref)
    if booking.held_until is not None:
        raise NotFound(_("There is no booking yet."))
    return booking
