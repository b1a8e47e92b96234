"""The credit ledger added up: what clients' packages have in all, and what is left of them."""

from collections.abc import Sequence

from sqlalchemy import and_, bindparam, case, func, select

from portal.models import ClientPackageItem, CreditEntry, CreditKind, Service
from portal.plain_rows import plain_rows

# Made once: every act on a session asks them.
_IN_ALL = func.sum(
    case(
        (CreditEntry.kind.in_([CreditKind.GRANT, CreditKind.ADJUST]), CreditEntry.amount),
        else_=0,
    )
)
_LEFT = func.sum(CreditEntry.amount)
_SUMS = (
    select(CreditEntry.client_package_id, CreditEntry.service_id, _IN_ALL, _LEFT)
    .where(CreditEntry.client_package_id.in_(bindparam("owns", expanding=True)))
    .group_by(CreditEntry.client_package_id, CreditEntry.service_id)
)
_LINES = (
    select(Service.name, func.coalesce(_IN_ALL, 0), func.coalesce(_LEFT, 0))
    .join_from(ClientPackageItem, Service, Service.id == ClientPackageItem.service_id)
    .outerjoin(
        CreditEntry,
        and_(
            CreditEntry.client_package_id == ClientPackageItem.client_package_id,
            CreditEntry.service_id == ClientPackageItem.service_id,
        ),
    )
    .where(ClientPackageItem.client_package_id == bindparam("own"))
    .group_by(ClientPackageItem.id, Service.id)
    .order_by(ClientPackageItem.position, ClientPackageItem.id)
)
_OF_BOOKING = select(func.coalesce(func.sum(CreditEntry.amount), 0)).where(
    CreditEntry.booking_id == bindparam("booking")
)
_OF_SERVICE = select(func.coalesce(func.sum(CreditEntry.amount), 0)).where(
    CreditEntry.client_package_id == bindparam("own"),
    CreditEntry.service_id == bindparam("service"),
)
_BOTH = select(_OF_BOOKING.scalar_subquery(), _OF_SERVICE.scalar_subquery())


def credits_of(client_package_ids: Sequence[int]) -> dict[tuple[int, int], tuple[int, int]]:
    """(sessions in all, sessions left) by client's package and service.

    In all is what was granted and adjusted; left is the sum of every entry.
    """
    rows = plain_rows(_SUMS, {"owns": list(client_package_ids)})
    return {(own_id, id_): (int(total), int(left)) for own_id, id_, total, left in rows}


def lines_of(client_package_id: int) -> list[tuple[str, int, int]]:
    """(service's name, sessions in all, sessions left) of each line of the client's package."""
    rows = plain_rows(_LINES, {"own": client_package_id})
    return [(name, int(total), int(left)) for name, total, left in rows]


def booking_has_credit(booking_id: int) -> bool:
    """Say whether the booking has a credit: one that it took and that wasn't given back."""
    ((entries,),) = plain_rows(_OF_BOOKING, {"booking": booking_id})
    return bool(entries)


def credit_and_left(booking_id: int, client_package_id: int, service_id: int) -> tuple[bool, int]:
    """Whether the booking has a credit, and what is left of the service in the client's package."""
    asked = {"booking": booking_id, "own": client_package_id, "service": service_id}
    ((taken, left),) = plain_rows(_BOTH, asked)
    return bool(taken), int(left)
