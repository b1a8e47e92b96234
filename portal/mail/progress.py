"""How far a client's package is used, as a mail says it: "2 of 5"."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from portal.ledger import lines_of
from portal.mail import links
from portal.mail.plain_booking import AnyClientPackage
from portal.mail.practice_facts import PracticeFacts
from portal.models import Booking


@dataclass(frozen=True, slots=True)
class Progress:
    """Sessions of the whole package, and what is left of each of its services by name."""

    used: int
    total: int
    left: tuple[tuple[int, str], ...]


def progress_of(package: AnyClientPackage) -> Progress:
    """What the ledger says of the package, entries that were just added included."""
    lines = lines_of(package.id)
    total = sum(line[1] for line in lines)
    unused = sum(line[2] for line in lines)
    return Progress(total - unused, total, tuple((left, name) for name, _, left in lines if left))


def package_again(
    practice: PracticeFacts, booking: Booking, token: str, now: datetime
) -> dict[str, Any]:
    """What a mail says of the package of a session that doesn't take place.

    How far it's used, whether it has expired, and the link to book another time, where that makes
    sense. `token` is a private token of the booking.
    """
    own = booking.client_package
    if own is None:
        return {"progress": None, "expired": False, "book_next": None}
    zone = ZoneInfo(practice.timezone)
    expired = own.expires_on is not None and own.expires_on < now.astimezone(zone).date()
    progress = progress_of(own)
    book_next = links.next_booking(token) if progress.left and not expired else None
    return {"progress": progress, "expired": expired, "book_next": book_next}
