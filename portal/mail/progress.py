"""How far a client's package is used, as a mail says it: "2 of 5"."""

from dataclasses import dataclass

from sqlalchemy import case, func, select

from portal.mail.outbox import AnySession
from portal.models import ClientPackage, CreditEntry, CreditKind


@dataclass(frozen=True, slots=True)
class Progress:
    """Sessions of the whole package, and what is left of each of its services by name."""

    used: int
    total: int
    left: tuple[tuple[int, str], ...]


def progress_of(session: AnySession, package: ClientPackage) -> Progress:
    """Add up the ledger: in all is what was granted and adjusted, left is the sum of everything."""
    granted = CreditEntry.kind.in_([CreditKind.GRANT, CreditKind.ADJUST])
    # The act that asks has just added entries of its own.
    session.flush()
    rows = session.execute(
        select(
            CreditEntry.service_id,
            func.sum(case((granted, CreditEntry.amount), else_=0)),
            func.sum(CreditEntry.amount),
        )
        .where(CreditEntry.client_package_id == package.id)
        .group_by(CreditEntry.service_id)
    )
    sums = {service_id: (int(total), int(left)) for service_id, total, left in rows}
    counts = [(*sums.get(item.service_id, (0, 0)), item.service.name) for item in package.items]
    total = sum(count[0] for count in counts)
    unused = sum(count[1] for count in counts)
    return Progress(total - unused, total, tuple((left, name) for _, left, name in counts if left))
