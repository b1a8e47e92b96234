"""How far a client's package is used, as a mail says it: "2 of 5"."""

from dataclasses import dataclass

from portal.ledger import credits_of
from portal.mail.outbox import AnySession
from portal.models import ClientPackage


@dataclass(frozen=True, slots=True)
class Progress:
    """Sessions of the whole package, and what is left of each of its services by name."""

    used: int
    total: int
    left: tuple[tuple[int, str], ...]


def progress_of(session: AnySession, package: ClientPackage) -> Progress:
    """What the ledger says of the package, entries that were just added included."""
    session.flush()
    sums = credits_of([package.id])
    counts = [
        (*sums.get((package.id, item.service_id), (0, 0)), item.service.name)
        for item in package.items
    ]
    total = sum(count[0] for count in counts)
    unused = sum(count[1] for count in counts)
    return Progress(total - unused, total, tuple((left, name) for _, left, name in counts if left))
