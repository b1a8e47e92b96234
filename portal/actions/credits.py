"""Credits change hands: entries are added to the ledger, none is changed.

Whoever takes one has locked the client's package first, and has asked the rule after that; the
database refuses what would overspend all the same (see migrations/).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import bindparam, insert, select

from portal.errors import NotBookable, NotFound
from portal.ledger import booking_has_credit, credit_and_left
from portal.mail.outbox import AnySession
from portal.mail.plain_booking import AnyBooking, PlainBooking
from portal.models import Booking, ClientPackage, CreditEntry, CreditKind, Member, Why
from portal.plain_rows import plain_inserts, plain_rows
from portal.transaction import one_act_at_a_time

_ENTRY = insert(CreditEntry)
_LOCKED = (
    select(ClientPackage.id)
    .where(ClientPackage.id.in_(bindparam("ids", expanding=True)))
    .order_by(ClientPackage.id)
    .with_for_update()
)


def lock_client_packages(ids: Iterable[int | None]) -> None:
    """Make acts that concern the credits of one of these packages wait for each other.

    After the practitioners (see guard.lock_members), and ids ascending, so that no two acts wait
    for one another in a circle.
    """
    wanted = sorted({id_ for id_ in ids if id_ is not None})
    if wanted and not one_act_at_a_time():
        plain_rows(_LOCKED, {"ids": wanted})


def locked_client_package(session: AnySession, own_id: int) -> ClientPackage:
    """The client's package, which nobody else changes or takes from until the act is over.

    Raises NotFound.
    """
    lock_client_packages([own_id])
    own = session.get(ClientPackage, own_id, populate_existing=True)
    if own is None:
        raise NotFound(_("There is no such package."))
    return own


def holds_credit(session: AnySession, booking: Booking) -> bool:
    """Say whether the booking has a credit: one that it took and that wasn't given back."""
    session.flush()
    return booking_has_credit(booking.id)


def take_credit(
    session: AnySession, booking: AnyBooking, why: Why, now: datetime, by: Member | None = None
) -> None:
    """Take a credit of the booking's package for its service.

    Does nothing for a session outside any package, or one that has its credit. Raises NotBookable
    where none is left.
    """
    session.flush()
    if booking.client_package_id is None:
        return
    taken, left = credit_and_left(booking.id, booking.client_package_id, booking.service_id)
    if not taken:
        plain_inserts(_ENTRY, [_taking(booking, left, why, now, by)])


def _taking(
    booking: AnyBooking, left: int, why: Why, now: datetime, by: Member | None
) -> dict[str, Any]:
    """The entry that takes one of so many that are left. Raises NotBookable where none is."""
    if left < 1:
        raise NotBookable(_("No session of this service is left in the package."))
    return _entry_for(booking, CreditKind.TAKE, -1, why, now, by)


def give_credit_back(
    session: AnySession, booking: Booking, why: Why, now: datetime, by: Member | None = None
) -> bool:
    """Give the booking's credit back, if it has one; return whether it had."""
    if booking.client_package_id is None or not holds_credit(session, booking):
        return False
    plain_inserts(_ENTRY, [_entry_for(booking, CreditKind.RETURN, 1, why, now, by)])
    return True


def grant_credits(
    session: AnySession,
    own_id: int,
    counts: dict[int, int],
    why: Why,
    now: datetime,
    by: Member | None = None,
) -> None:
    """Enter the sessions that the client's package begins with, by service id."""
    session.flush()
    plain_inserts(_ENTRY, _granting(own_id, counts, why, now, by))


def grant_and_take(booking: PlainBooking, counts: dict[int, int], now: datetime) -> None:
    """Enter the sessions that the package of a client's first booking begins with, and take its.

    The package was made in the same act, so nobody else has taken any: nothing has to be added up.
    Raises NotBookable where none is of the booking's service.
    """
    granted = _granting(booking.client_package_id, counts, Why.PACKAGE_BOOKED, now, None)
    taken = _taking(booking, counts.get(booking.service_id, 0), Why.BOOKED, now, None)
    plain_inserts(_ENTRY, [*granted, taken])


def _granting(
    own_id: int, counts: dict[int, int], why: Why, now: datetime, by: Member | None
) -> list[dict[str, Any]]:
    return [
        _entry(own_id, service_id, None, CreditKind.GRANT, sessions, why, now, by)
        for service_id, sessions in counts.items()
    ]


def _entry(
    own_id: int | None,
    service_id: int,
    booking_id: int | None,
    kind: CreditKind,
    amount: int,
    why: Why,
    now: datetime,
    by: Member | None,
) -> dict[str, Any]:
    return {
        "client_package_id": own_id,
        "service_id": service_id,
        "booking_id": booking_id,
        "kind": kind,
        "amount": amount,
        "at": now,
        "by_id": by.id if by else None,
        "why": why.value,
    }


def _entry_for(
    booking: AnyBooking, kind: CreditKind, amount: int, why: Why, now: datetime, by: Member | None
) -> dict[str, Any]:
    of = booking.client_package_id, booking.service_id, booking.id
    return _entry(*of, kind, amount, why, now, by)
