"""The outbox as staff see it: what waits, what was sent, and what failed and why."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, or_, select

from portal.db import db
from portal.errors import NotFound
from portal.models import Booking, Invite, Member, Message, Practice
from portal.queries.clients import sees_everyone
from portal.queries.paging import matches

PAGE = 25  # messages


class State(StrEnum):
    """How far a message has come."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


CONDITIONS = {
    State.WAITING: Message.sent_at.is_(None) & Message.failed_at.is_(None),
    State.SENT: Message.sent_at.is_not(None),
    State.FAILED: Message.failed_at.is_not(None),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One message in the list, without its text: that holds private links of clients."""

    id: int
    recipient: str
    subject: str
    state: State
    created_at: datetime
    due_at: datetime
    done_at: datetime | None
    attempts: int
    last_error: str


@dataclass(frozen=True, slots=True)
class Outbox:
    """One page of messages in a state, newest first, and how many there are in each state."""

    zone: ZoneInfo
    lines: tuple[Line, ...]
    state: State
    counts: dict[State, int]
    page: int
    pages: int
    words: str


def load_outbox(member: Member, state: State, page: int, words: str = "") -> Outbox:
    """The messages that the member may see, with each of the words in subject or recipient.

    A page past the last one is the last one.
    """
    found_by = matches(words, Message.subject, Message.recipient)
    visible = Message.id.in_(_visible(member)) & found_by
    sums = [func.count().filter(condition) for condition in CONDITIONS.values()]
    found = db.session.execute(select(*sums).select_from(Message).where(visible)).one()
    counts = dict(zip(CONDITIONS, found, strict=True))
    pages = max(1, -(-counts[state] // PAGE))
    page = min(max(page, 1), pages)
    messages = db.session.scalars(
        select(Message)
        .where(visible, CONDITIONS[state])
        .order_by(Message.created_at.desc(), Message.id.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    zone = ZoneInfo(db.session.get_one(Practice, 1).timezone)
    lines = tuple(_line(each, state) for each in messages)
    return Outbox(zone, lines, state, counts, page, pages, words)


def find_visible_message(message_id: int, member: Member) -> Message:
    """The message, if the member may see it. Raises NotFound otherwise."""
    query = select(Message).where(Message.id == message_id, Message.id.in_(_visible(member)))
    message = db.session.scalar(query)
    if message is None:
        raise NotFound("There is no such message.")
    return message


def _visible(member: Member) -> Select[Any]:
    """Whoever sees every client sees all messages, others those of their sessions and invites."""
    query = select(Message.id)
    if sees_everyone(member):
        return query
    bookings = select(Booking.id).where(Booking.member_id == member.id)
    invites = select(Invite.id).where(Invite.sent_by_id == member.id)
    return query.where(or_(Message.booking_id.in_(bookings), Message.invite_id.in_(invites)))


def _line(message: Message, state: State) -> Line:
    return Line(
        id=message.id,
        recipient=message.recipient,
        subject=message.subject,
        state=state,
        created_at=message.created_at,
        due_at=message.due_at,
        done_at=message.sent_at or message.failed_at,
        attempts=message.attempts,
        last_error=message.last_error,
    )
