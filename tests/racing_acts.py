"""What processes do at once in tests of acts: see racing.at_once."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from multiprocessing.synchronize import Barrier

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.actions import booking as booking_act
from portal.actions import holding as holding_act
from portal.actions.moving import transfer
from portal.actions.requests import accept
from portal.actions.rescheduling import reschedule
from portal.db import db
from portal.errors import NotBookable, NotFound, Refused, Taken
from portal.models import Booking, CreditEntry, CreditKind, Member, Why
from portal.queries.offers import load_client_offer, load_offer
from portal.selftest.processes import PATIENCE_SECONDS
from tests.clinics import ANA, BEN, CHO, NOW

PRACTITIONERS = (ANA, BEN, CHO)


def accepts(booking_id: int, by_id: int, now: datetime, barrier: Barrier) -> str:
    """Somebody on the team accepts the request."""
    by = db.session.get_one(Member, by_id)
    assert by.role
    barrier.wait(PATIENCE_SECONDS)
    try:
        accept(booking_id, by, now)
    except Refused:
        return "refused"
    return "done"


def transfers(booking_id: int, to_id: int, by_id: int, now: datetime, barrier: Barrier) -> str:
    """Somebody on the team gives the session to a colleague."""
    by = db.session.get_one(Member, by_id)
    assert by.role
    barrier.wait(PATIENCE_SECONDS)
    try:
        transfer(booking_id, to_id, by, now, confirmed_outside=True)
    except (Refused, NotFound):  # it may not be theirs any more
        return "refused"
    return "done"


def reschedules(
    booking_id: int, to_id: int, start: datetime, now: datetime, barrier: Barrier
) -> str:
    """The client moves the session."""
    db.session.rollback()
    barrier.wait(PATIENCE_SECONDS)
    try:
        reschedule(booking_id, member_id=to_id, start=start, method="in_person", now=now)
    except Refused:
        return "refused"
    return "done"


def books_from(
    own_id: int, member_id: int, start: datetime, now: datetime, checks: bool, barrier: Barrier
) -> str:
    """The client of the package books a Follow-up of it.

    Without `checks` nothing asks for the credit but the database itself.
    """
    offer = load_client_offer(own_id, now)
    item = offer.item("follow-up")
    assert item
    if not checks:
        booking_act.require_opening = holding_act.require_opening = lambda *_: None
        booking_act.lock_client_packages = lambda *_: None
        booking_act.take_credit = _take_unasked
    db.session.rollback()
    barrier.wait(PATIENCE_SECONDS)
    try:
        token = holding_act.hold(
            offer,
            service_id=item.service.id,
            method="in_person",
            member_id=member_id,
            start=start,
            now=now,
        )
        booking_act.book(token, booking_act.Contact("Lee", "lee@example.com"), now=now)
    except IntegrityError as error:
        return "overspent" if "credit_overspent" in str(error) else str(error)
    except (NotBookable, Taken) as refusal:
        return type(refusal).__name__
    return "booked"


def _take_unasked(session: object, booking: Booking, why: Why, now: datetime) -> None:
    db.session.flush()
    db.session.add(
        CreditEntry(
            client_package_id=booking.client_package_id,
            service_id=booking.service_id,
            booking_id=booking.id,
            kind=CreditKind.TAKE,
            amount=-1,
            at=now,
            why=why.value,
        )
    )


def ledger_of(booking_id: int) -> list[int]:
    """The amounts of the booking's entries, oldest first."""
    entries = select(CreditEntry.amount).where(CreditEntry.booking_id == booking_id)
    return list(db.session.scalars(entries.order_by(CreditEntry.id)))


def books_all_it_can(number: int, starts: Sequence[datetime], barrier: Barrier) -> str:
    """A stranger books a Follow-up with everybody at each of the times; returns how many it got."""
    members = list(db.session.scalars(select(Member.id).where(Member.email.in_(PRACTITIONERS))))
    db.session.rollback()
    barrier.wait(PATIENCE_SECONDS)
    got = 0
    for start in starts:
        for member_id in members:
            with suppress(Taken):
                book_as_stranger(member_id, start, NOW, f"client{number}-{got}@example.com")
                got += 1
    return str(got)


def book_as_stranger(member_id: int, start: datetime, now: datetime, address: str) -> None:
    """Hold the time for a Follow-up of Reset, and book it. Raises Taken where it isn't free."""
    offer = load_offer("reset", now)
    item = offer.item("follow-up")
    assert item
    token = holding_act.hold(
        offer,
        service_id=item.service.id,
        method="in_person",
        member_id=member_id,
        start=start,
        now=now,
    )
    booking_act.book(token, booking_act.Contact("Client", address), now=now)
