"""What a clinic was promised, asked of the database after everything is over.

Each check returns sentences about what was broken; none is what it should be.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select, text

from portal.db import db
from portal.models import (
    Act,
    Activity,
    Actor,
    Booking,
    Client,
    CreditEntry,
    Message,
    PrivateLink,
)
from portal.models.message import WAITING
from portal.tokens import token_hash
from tests.racing import overlaps


@dataclass(frozen=True)
class Shown:
    """A session as a client last read it on their screen, behind its private link."""

    token: str
    email: str
    start: datetime
    member_id: int
    cancelled: bool = False


def doubles() -> Iterator[str]:
    """Pairs of live bookings or holds of one practitioner that overlap, buffers included."""
    if count := overlaps():
        yield f"{count} pairs of sessions overlap"


def halves() -> Iterator[str]:
    """Bookings that lack a part of what is written with them: credit, log, mails to both."""
    made = "SELECT id FROM booking WHERE held_until IS NULL AND client_id IS NOT NULL"
    for lacking, table, condition in (
        ("a credit that was taken", "credit_entry", "x.booking_id = b.id AND x.kind = 'take'"),
        (
            "an entry in the activity log",
            "activity",
            "x.subject = 'booking' AND x.subject_id = b.id "
            "AND x.act IN ('booking.requested', 'booking.confirmed')",
        ),
        ("a mail to anybody", "message", "x.booking_id = b.id"),
    ):
        found = db.session.scalar(
            text(
                f"SELECT count(*) FROM ({made}) b "  # noqa: S608  # names written above
                f"WHERE NOT EXISTS (SELECT 1 FROM {table} x WHERE {condition})"
            )
        )
        if found:
            yield f"{found} bookings lack {lacking}"
    if spent := db.session.scalar(
        text(
            "SELECT count(*) FROM (SELECT 1 FROM credit_entry "
            "GROUP BY client_package_id, service_id HAVING sum(amount) < 0) overspent"
        )
    ):
        yield f"{spent} packages have less than nothing left"


def wrong_credits() -> Iterator[str]:
    """Bookings whose entries don't add up to what they are: one taken, or given back."""
    balance = func.sum(CreditEntry.amount)
    rows = db.session.execute(
        select(Booking.id, Booking.cancelled_at, balance)
        .join(CreditEntry, CreditEntry.booking_id == Booking.id)
        .group_by(Booking.id, Booking.cancelled_at)
    )
    for number, cancelled, taken in rows:
        # A session cancelled late may keep its credit.
        if int(taken) not in ((-1, 0) if cancelled else (-1,)):
            yield f"booking {number} has taken {-int(taken)} credits"


def lost(shown: Iterable[Shown]) -> Iterator[str]:
    """Sessions that aren't as their client saw them, although nobody else changed them."""
    for one in shown:
        booking = _behind(one.token)
        if booking is None or booking.email != one.email:
            yield f"{one.email}'s session at {one.start} isn't there"
            continue
        found = (booking.member_id, booking.starts_at, booking.cancelled_at is not None)
        if found != (one.member_id, one.start, one.cancelled) and not _changed_by_others(
            booking.id
        ):
            yield f"{one.email} was shown {one}, and it's {booking}"


def doubled(shown: Iterable[Shown]) -> Iterator[str]:
    """Clients with more bookings than they made."""
    made = Counter(one.email for one in shown)
    have = select(Client.email, func.count(Booking.id)).join(Booking).group_by(Client.email)
    for email, count in db.session.execute(have):
        if email in made and count > made[email]:
            yield f"{email} made {made[email]} bookings and has {count}"


def waiting_mails() -> int:
    """How many messages are still to be sent."""
    query = select(func.count()).select_from(Message).where(text(WAITING))
    return db.session.scalar(query) or 0


def unsent() -> Iterator[str]:
    """Messages that wait or failed although there's a worker and a mail server."""
    if count := waiting_mails():
        yield f"{count} mails wait in the outbox"
    if count := db.session.scalar(select(func.count()).where(Message.failed_at.isnot(None))):
        yield f"{count} mails failed"


def not_received(message_ids: Iterable[str]) -> Iterator[str]:
    """Messages that are sent according to the outbox and that the mail server didn't get."""
    sent = set(db.session.scalars(select(Message.message_id).where(Message.sent_at.isnot(None))))
    if missing := sent - set(message_ids):
        yield f"{len(missing)} mails were sent and never received"


def counts() -> dict[str, int]:
    """How many rows there are of what was done."""
    tables = {"bookings": Booking, "credit entries": CreditEntry, "mails": Message}
    tables["entries in the log"] = Activity
    return {
        name: db.session.scalar(select(func.count()).select_from(table)) or 0
        for name, table in tables.items()
    }


def _behind(token: str) -> Any:
    return db.session.execute(
        select(Booking.id, Client.email, Booking.member_id, Booking.starts_at, Booking.cancelled_at)
        .join(Booking, Booking.client_id == Client.id)
        .join(PrivateLink, PrivateLink.booking_id == Booking.id)
        .where(PrivateLink.token_hash == token_hash(token))
    ).first()


def _changed_by_others(booking_id: int) -> bool:
    """Whether staff changed the session, or nobody answered the request until it lapsed."""
    acts = select(Activity.id).where(
        Activity.subject == "booking",
        Activity.subject_id == booking_id,
        or_(
            and_(Activity.actor == Actor.MEMBER, Activity.act != Act.BOOKING_ACCEPTED.value),
            Activity.act == Act.BOOKING_LAPSED.value,
        ),
    )
    return db.session.scalar(acts.limit(1)) is not None
