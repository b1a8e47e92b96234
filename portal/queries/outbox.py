"""The outbox: what waits, what was sent, what failed or was dropped, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import object_session

from portal.db import db
from portal.errors import NotFound
from portal.mail.client_messages import CLIENT_MESSAGES
from portal.mail.reminder import KIND as REMINDER
from portal.mail.verdict import FURTHEST, About, Due
from portal.models import Booking, Client, Invite, Member, Message, Practice, Status
from portal.queries.clients import sees, sees_everyone
from portal.queries.paging import matches

PAGE = 25  # messages
DAY = timedelta(days=1)


class State(StrEnum):
    """How far a message has come."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


CONDITIONS = {
    State.WAITING: and_(
        Message.sent_at.is_(None), Message.failed_at.is_(None), Message.dropped_at.is_(None)
    ),
    State.SENT: Message.sent_at.is_not(None),
    State.FAILED: Message.failed_at.is_not(None),
    State.DROPPED: Message.dropped_at.is_not(None),
}

CAN_BE_MENDED = and_(CONDITIONS[State.FAILED], Message.facts != "")
"""Of a message that failed: its text is there still, so that it can be sent again."""

BEING_SENT = and_(Message.attempts > 0, Message.last_error == "")
"""Of a message that waits: a worker has it, and hasn't said yet how it went."""

LONG = timedelta(hours=1)
"""How long mail may wait before whoever can mend it is told."""

IN_A_ROW = 3
"""How many messages in a row fail before they're told: one may just have a wrong address."""


@dataclass(frozen=True, slots=True)
class Line:
    """One message in the list, without its text: that holds private links of clients."""

    id: int
    kind: str
    recipient: str
    subject: str
    state: State
    created_at: datetime
    due_at: datetime
    done_at: datetime | None
    attempts: int
    last_error: str
    being_sent: bool
    can_go_again: bool
    client_id: int | None


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


@dataclass(frozen=True, slots=True)
class Trouble:
    """Mail doesn't go: since when, why the last attempt failed, and how many messages wait.

    `why` is empty where nothing was tried.
    """

    since: datetime
    why: str
    waiting: int
    zone: ZoneInfo


def load_outbox(member: Member, state: State | None, page: int, words: str = "") -> Outbox:
    """The messages that the member may see, with each of the words in subject or recipient.

    Without a state, it's the one to look at first. A page past the last one is the last one.
    """
    found_by = matches(words, Message.subject, Message.recipient)
    visible = Message.id.in_(visible_messages(member)) & found_by
    sums = [func.count().filter(condition) for condition in CONDITIONS.values()]
    sums.append(func.count().filter(CAN_BE_MENDED))
    found = db.session.execute(select(*sums).select_from(Message).where(visible)).one()
    counts = dict(zip(CONDITIONS, found[:-1], strict=True))
    state = state or _first_to_look_at(counts, found[-1], searching=words != "")
    pages = max(1, -(-counts[state] // PAGE))
    page = min(max(page, 1), pages)
    messages = db.session.scalars(
        select(Message)
        .where(visible, CONDITIONS[state])
        .order_by(Message.created_at.desc(), Message.id.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    clients = _clients_of(messages, member)
    zone = ZoneInfo(db.session.get_one(Practice, 1).timezone)
    lines = tuple(_line(each, state, clients.get(each.recipient)) for each in messages)
    return Outbox(zone, lines, state, counts, page, pages, words)


def count_to_mend(member: Member, recipient: str) -> int:
    """How many messages to an address failed that the member may see, and send again."""
    query = select(func.count()).where(
        Message.recipient == recipient, CAN_BE_MENDED, Message.id.in_(visible_messages(member))
    )
    return db.session.scalar(query) or 0


def find_visible_message(message_id: int, member: Member) -> Message:
    """The message, if the member may see it. Raises NotFound otherwise."""
    query = select(Message).where(
        Message.id == message_id, Message.id.in_(visible_messages(member))
    )
    message = db.session.scalar(query)
    if message is None:
        raise NotFound(_("There is no such message."))
    return message


def visible_messages(member: Member) -> Select[Any]:
    """The ids of the messages that the member may see, as a query.

    Whoever sees every client sees all messages, others those of their sessions and invites.
    """
    query = select(Message.id)
    if sees_everyone(member):
        return query
    bookings = select(Booking.id).where(Booking.member_id == member.id)
    invites = select(Invite.id).where(Invite.sent_by_id == member.id)
    return query.where(or_(Message.booking_id.in_(bookings), Message.invite_id.in_(invites)))


def is_due(now: datetime) -> ColumnElement[bool]:
    """The condition that a message that waits is to be tried now.

    One that is further ahead than any pause is long was written when the clock was wrong.
    """
    return or_(Message.due_at <= now, Message.due_at > now + FURTHEST)


def load_leased() -> set[tuple[int, int]]:
    """Which messages are being sent, or were when a worker died: pairs of id and attempt."""
    rows = db.session.execute(
        select(Message.id, Message.attempts).where(CONDITIONS[State.WAITING], BEING_SENT)
    ).all()
    db.session.rollback()
    return {(row.id, row.attempts) for row in rows}


def count_due(now: datetime, most: int) -> int:
    """How many messages are due, counted up to `most`."""
    due = CONDITIONS[State.WAITING] & is_due(now)
    found = len(db.session.scalars(select(Message.id).where(due).limit(most)).all())
    db.session.rollback()
    return found


def load_trouble(now: datetime) -> Trouble | None:
    """What keeps mail from going; None where it goes, or hasn't waited for long.

    It doesn't go when something has waited for LONG, or when the last messages failed, IN_A_ROW
    and all within a day.
    """
    waits = CONDITIONS[State.WAITING]
    waiting, oldest = db.session.execute(
        select(func.count(Message.id), func.min(Message.created_at)).where(waits)
    ).one()
    last = db.session.execute(
        select(Message.failed_at, Message.last_error)
        .where(or_(CONDITIONS[State.SENT], CONDITIONS[State.FAILED]))
        .order_by(Message.id.desc())
        .limit(IN_A_ROW)
    ).all()
    failed = [row.failed_at for row in last if row.failed_at and row.failed_at > now - DAY]
    zone = ZoneInfo(db.session.get_one(Practice, 1).timezone)
    if oldest is not None and oldest <= now - LONG:
        tried = select(Message.last_error).where(waits, Message.last_error != "")
        why = db.session.scalar(tried.order_by(Message.due_at.desc()).limit(1))
        return Trouble(oldest, why or "", waiting, zone)
    if len(failed) == IN_A_ROW:
        return Trouble(min(failed), last[0].last_error, waiting, zone)
    return None


def is_being_sent(message: Message) -> bool:
    """Say whether a worker has the message, and hasn't said yet how it went."""
    ended = message.sent_at or message.failed_at or message.dropped_at
    return not ended and message.attempts > 0 and message.last_error == ""


def as_due(message: Message) -> Due:
    """The message as the rule of portal/mail/verdict.py looks at it."""
    booking = message.booking
    return Due(
        reminder=message.kind == REMINDER,
        created_at=message.created_at,
        expires_at=message.expires_at,
        attempts=message.attempts,
        about=_about(message, booking) if booking else None,
    )


def _about(message: Message, booking: Booking) -> About:
    told = booking.sequence if message.booking_sequence is None else message.booking_sequence
    client = booking.client
    return About(
        starts_at=booking.starts_at,
        confirmed=booking.status is Status.CONFIRMED,
        client_active=client is not None and client.deactivated_at is None,
        changes=booking.sequence - told,
        told_since=booking.sequence > told and _is_told_since(message),
    )


def _is_told_since(message: Message) -> bool:
    session = object_session(message)
    later = exists().where(
        Message.booking_id == message.booking_id,
        Message.recipient == message.recipient,
        Message.booking_sequence > message.booking_sequence,
        Message.failed_at.is_(None),
        Message.dropped_at.is_(None),
    )
    return bool(session and session.scalar(select(later)))


def _first_to_look_at(counts: Mapping[State, int], to_mend: int, *, searching: bool) -> State:
    """What somebody has to mend, then what waits; whoever searches is shown where it's found."""
    states = tuple(State) if searching else (State.WAITING,)
    found = next((state for state in states if counts[state]), State.WAITING)
    return State.FAILED if to_mend else found


def _clients_of(messages: Sequence[Message], member: Member) -> dict[str, int]:
    """The clients to whom the messages are, as far as the member may see them, by address."""
    addresses = {each.recipient for each in messages if each.kind in CLIENT_MESSAGES}
    rows = db.session.execute(
        select(Client.email, Client.id).where(Client.email.in_(addresses), sees(member))
    )
    return {row.email: row.id for row in rows}


def _line(message: Message, state: State, client_id: int | None) -> Line:
    return Line(
        id=message.id,
        kind=message.kind,
        recipient=message.recipient,
        subject=message.subject,
        state=state,
        created_at=message.created_at,
        due_at=message.due_at,
        done_at=message.sent_at or message.failed_at or message.dropped_at,
        attempts=message.attempts,
        last_error=message.last_error,
        being_sent=is_being_sent(message),
        can_go_again=bool(message.last_error and message.facts),
        client_id=client_id,
    )
