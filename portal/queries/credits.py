"""Credits: what a client's packages have in all, and what is left, from the ledger."""

from collections.abc import Sequence

from sqlalchemy import case, func, select

from portal.db import db
from portal.models import CreditEntry, CreditKind


def credits_of(client_package_ids: Sequence[int]) -> dict[tuple[int, int], tuple[int, int]]:
    """(sessions in all, sessions left) by client's package and service, from the ledger."""
    in_all = case(
        (CreditEntry.kind.in_([CreditKind.GRANT, CreditKind.ADJUST]), CreditEntry.amount), else_=0
    )
    rows = db.session.execute(
        select(
            CreditEntry.client_package_id,
            CreditEntry.service_id,
            func.sum(in_all),
            func.sum(CreditEntry.amount),
        )
        .where(CreditEntry.client_package_id.in_(client_package_ids))
        .group_by(CreditEntry.client_package_id, CreditEntry.service_id)
    )
    return {
        (own_id, service_id): (int(total), int(left)) for own_id, service_id, total, left in rows
    }
