"""The credit ledger added up: what clients' packages have in all, and what is left of them."""

from collections.abc import Sequence

from sqlalchemy import case, func, select

from portal.db import db
from portal.models import CreditEntry, CreditKind


def credits_of(client_package_ids: Sequence[int]) -> dict[tuple[int, int], tuple[int, int]]:
    """(sessions in all, sessions left) by client's package and service.

    In all is what was granted and adjusted; left is the sum of every entry.
    """
    granted = CreditEntry.kind.in_([CreditKind.GRANT, CreditKind.ADJUST])
    rows = db.session.execute(
        select(
            CreditEntry.client_package_id,
            CreditEntry.service_id,
            func.sum(case((granted, CreditEntry.amount), else_=0)),
            func.sum(CreditEntry.amount),
        )
        .where(CreditEntry.client_package_id.in_(client_package_ids))
        .group_by(CreditEntry.client_package_id, CreditEntry.service_id)
    )
    return {(own_id, id_): (int(total), int(left)) for own_id, id_, total, left in rows}


def booking_has_credit(booking_id: int) -> bool:
    """Say whether the booking has a credit: one that it took and that wasn't given back."""
    entries = select(func.sum(CreditEntry.amount)).where(CreditEntry.booking_id == booking_id)
    return bool(db.session.scalar(entries))
