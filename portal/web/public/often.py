"""How often one visitor may take time: nobody empties a clinic's calendar from outside.

A visitor is a network address, as in portal/web/limits.py. Whoever holds one time after another
with the same cookies keeps only the last; these limits are for those who throw cookies away.
"""

from portal.tokens import token_hash
from portal.web.limits import Counted, count, visitor

OF_ADDRESS = "ADDRESS_BOOKINGS"


def count_hold() -> None:
    """Count a time that is about to be held. Raises TooOften for one too many."""
    count(Counted("HOLDS", visitor(), "holds"))


def count_booking(address: str | None) -> None:
    """Count a session that is about to be booked, for the visitor and for an address if there is.

    The address is one that anybody could book with, from wherever they come: each session writes to
    whoever has it. Every address counts, also one of nobody who is a client.
    Raises TooOften for one too many: its `rate` is OF_ADDRESS where it's that of the address.
    """
    counted = [Counted("BOOKINGS", visitor(), "bookings")]
    if address is not None:
        counted.append(Counted(OF_ADDRESS, token_hash(address), "bookings of"))
    count(*counted)


def count_change() -> None:
    """Count a session about to be moved, cancelled or restored: each writes to two people.

    Raises TooOften for one too many.
    """
    count(Counted("CHANGES", visitor(), "changes"))
