"""What the tests of staff's acts have in common: members by address, and sessions of Lee's."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from portal.actions.booking import Contact, book
from portal.actions.holding import hold
from portal.db import db
from portal.ledger import credits_of
from portal.models import Activity, Booking, Client, ClientPackage, Member, Message
from portal.queries.bookings import find_by_token
from portal.queries.offers import load_client_offer, load_offer
from portal.transaction import transaction
from tests.clinics import BEN, LEE, NOW

NINE = datetime(2027, 3, 2, 14, 0, tzinfo=UTC)
"""Nine o'clock on Tuesday at the clinic in New York."""

TEN = NINE + timedelta(hours=1)


def member(email: str) -> Member:
    """The member with this address."""
    return db.session.scalars(select(Member).where(Member.email == email)).one()


def book_follow_up(
    who: str = BEN, start: datetime = TEN, *, email: str = LEE, own: int | None = None
) -> Booking:
    """Somebody books a Follow-up of Reset: a newcomer, or from the client's package `own`."""
    offer = load_client_offer(own, NOW) if own else load_offer("reset", NOW)
    item = offer.item("follow-up")
    assert item
    token = hold(
        offer,
        service_id=item.service.id,
        method="in_person",
        member_id=member(who).id,
        start=start,
        now=NOW,
    )
    book(token, Contact(email.split("@")[0].title(), email), now=NOW)
    return find_by_token(token, NOW)


def outside_any_package(who: str, start: datetime, **values: Any) -> int:
    """A session that is part of no package; returns its number."""
    with transaction() as session:
        client = session.scalar(select(Client.id).where(Client.email == LEE))
        until = start + timedelta(hours=1)
        booking = Booking(
            member_id=member(who).id,
            service_id=2,
            delivery="in_person",
            starts_at=start,
            ends_at=until,
            busy_start=start,
            busy_end=until,
            client_id=client,
            created_at=NOW,
            confirmed_at=NOW,
        )
        for name, value in values.items():
            setattr(booking, name, value)
        session.add(booking)
        session.flush()
        return booking.id


def assign_packages_to(who: str) -> None:
    """Clients' packages are this member's from now on, who therefore sees the clients."""
    member_id = member(who).id
    with transaction() as session:
        session.execute(update(ClientPackage).values(assigned_to_id=member_id))


def left_of(booking: Booking) -> int:
    """The credits that the booking's package has left of its service."""
    assert booking.client_package_id
    found = credits_of([booking.client_package_id])
    return found[booking.client_package_id, booking.service_id][1]


def acts() -> list[str]:
    """The activity log, oldest first."""
    return list(db.session.scalars(select(Activity.act).order_by(Activity.id)))


def mails() -> list[tuple[str, str]]:
    """Recipient and subject of every message, oldest first."""
    rows = db.session.execute(select(Message.recipient, Message.subject).order_by(Message.id))
    return [(row.recipient, row.subject) for row in rows]
