"""How the outbox stands as a whole: for whoever watches over the installation."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from portal.db import db
from portal.models import Message
from portal.queries.outbox import CONDITIONS, State

SEVERAL = 4  # attempts, over a quarter of an hour: no busy moment of the mail server's any more


@dataclass(frozen=True, slots=True)
class Standing:
    """How many messages wait, were sent and failed, and how long the waiting are overdue.

    `overdue_since` is when the first of those that wait was due; None: none is due yet.
    `struggling` are those among them that were tried several times.
    """

    counts: dict[State, int]
    overdue_since: datetime | None
    struggling: int


def outbox_standing(now: datetime) -> Standing:
    """Count all messages by state."""
    sums = [func.count().filter(condition) for condition in CONDITIONS.values()]
    due = CONDITIONS[State.WAITING] & (Message.due_at <= now)
    since = func.min(Message.due_at).filter(due)
    hard = func.count().filter(CONDITIONS[State.WAITING] & (Message.attempts >= SEVERAL))
    query = select(*sums, since, hard).select_from(Message)
    *found, overdue, struggling = db.session.execute(query).one()
    return Standing(dict(zip(CONDITIONS, found, strict=True)), overdue, struggling)


def failed_since(since: datetime) -> int:
    """How many messages were given up from this instant on."""
    query = select(func.count()).select_from(Message).where(Message.failed_at >= since)
    return db.session.scalar(query) or 0
