"""Messages for tests: an invite to Lee, and bookings of Lee's."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from portal import mail
from portal.actions.inviting import invite_to_book
from portal.db import db
from portal.models import (
    Booking,
    Client,
    ClientPackage,
    ClientPackageItem,
    CreditEntry,
    CreditKind,
    Member,
    Message,
    Package,
    Service,
)
from portal.transaction import transaction
from tests.clinics import ANA, CHO, LEE, NOW

TOKEN = "tokenoftwentytwochars_"
TEN = datetime(2027, 3, 2, 15, 0, tzinfo=UTC)
"""Ten o'clock on Tuesday at the clinic in New York."""


def one(model: type, **values: Any) -> Any:
    """The one row with these values."""
    return db.session.scalars(select(model).filter_by(**values)).one()


def messages() -> list[Message]:
    """The outbox, in the order in which it was written."""
    return list(db.session.scalars(select(Message).order_by(Message.id)))


def latest() -> Message:
    """The message that was written last."""
    return messages()[-1]


def invite_lee(token: str = TOKEN, line: str = "", now: datetime = NOW) -> Message:
    """Ana invites Lee to book Reset; returns the mail."""
    client, package = one(Client, email=LEE).id, one(Package, slug="reset").id
    invite = invite_to_book(package, client, line, token, one(Member, email=ANA), now)
    return one(Message, invite_id=invite.id)


def lee_books(
    *, instant: bool = False, used: int = 1, email: str = LEE, **values: Any
) -> tuple[Message, Message]:
    """Lee books a Follow-up with Cho from Reset, the last of `used`; returns both mails."""
    with transaction() as session:
        client, package = one(Client, email=email), one(Package, slug="reset")
        own = ClientPackage(
            client=client,
            package=package,
            assigned_to_id=package.assigned_to_id,
            started_on=NOW.date(),
            created_at=NOW,
            items=[ClientPackageItem(service_id=item.service_id) for item in package.items],
        )
        follow_up = one(Service, slug="follow-up")
        session.add(own)
        session.flush()
        for item in package.items:
            grant = {"kind": CreditKind.GRANT, "amount": item.sessions, "at": NOW}
            session.add(CreditEntry(client_package_id=own.id, service_id=item.service_id, **grant))
        for number in range(used):
            # earlier sessions lie in the weeks before
            begins = TEN - timedelta(weeks=used - 1 - number)
            booking = Booking(
                member=one(Member, email=CHO),
                service=follow_up,
                delivery="in_person",
                starts_at=begins,
                ends_at=begins + timedelta(minutes=60),
                busy_start=begins,
                busy_end=begins + timedelta(minutes=60),
                client=client,
                client_package=own,
                created_at=NOW,
                confirmed_at=NOW if instant else None,
            )
            for name, value in values.items():
                setattr(booking, name, value)
            session.add(booking)
            session.flush()
            take = {"kind": CreditKind.TAKE, "amount": -1, "at": NOW, "booking_id": booking.id}
            session.add(CreditEntry(client_package_id=own.id, service_id=follow_up.id, **take))
        mail.booking_made(session, booking, TOKEN, NOW)
    client_mail, practitioner_mail = messages()[-2:]
    return client_mail, practitioner_mail
