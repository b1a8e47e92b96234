"""What happens to a message in the outbox: it's taken by a worker, then sent or put off."""

import random
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from portal.errors import Refused
from portal.mail.smtp import Letter
from portal.models import Member, Message, Practice
from portal.queries.outbox import find_visible_message
from portal.transaction import transaction

LEASE = timedelta(minutes=10)
"""How long a worker has a message to itself: more than a mail server is ever waited for."""

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
ATTEMPTS = 16
"""With the pauses above that is two days, after which a booking's mail helps nobody."""


def take_next(now: datetime) -> tuple[int, int, Letter] | None:
    """Take the message that is due longest; return its id, the attempt's number and the letter.

    Taking it moves `due_at` on, so no other worker has it, and one that dies gives it back when
    the lease is over. Returns None when nothing is due.
    """
    with transaction() as session:
        message = session.scalars(
            select(Message)
            .where(Message.sent_at.is_(None), Message.failed_at.is_(None), Message.due_at <= now)
            .order_by(Message.due_at, Message.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if message is None:
            return None
        message.due_at = now + LEASE
        message.attempts += 1
        letter = Letter(
            sender_name=session.get_one(Practice, 1).name,
            recipient=message.recipient,
            subject=message.subject,
            text=message.text_body,
            html=message.html_body,
            calendar=message.calendar,
            message_id=message.message_id,
        )
        return message.id, message.attempts, letter


def record_sent(message_id: int, attempt: int, now: datetime) -> None:
    """Note that the mail server took it. The text goes: private links are kept as hashes alone."""
    with transaction() as session:
        if (message := _leased(session, message_id, attempt)) is not None:
            message.sent_at = now
            message.last_error = ""
            message.text_body = message.html_body = ""
            message.calendar = None


def record_not_sent(
    message_id: int, attempt: int, why: str, now: datetime, *, permanent: bool
) -> None:
    """Put the message off for a while that grows with each attempt, or give it up."""
    with transaction() as session:
        if (message := _leased(session, message_id, attempt)) is not None:
            message.last_error = why
            if permanent or attempt >= ATTEMPTS:
                message.failed_at = now
            else:
                message.due_at = now + pause_after(attempt)


def send_again(message_id: int, by: Member, now: datetime) -> None:
    """Make a message that failed, or that waits for its next attempt, due at once.

    Raises NotFound for a message that `by` may not see, Refused for one that was sent.
    """
    with transaction() as session:
        message = find_visible_message(message_id, by)
        session.refresh(message, with_for_update=True)
        if message.sent_at is not None:
            raise Refused(_("This message was sent already."))
        message.failed_at = None
        message.due_at = now
        message.attempts = 0


def pause_after(attempt: int) -> timedelta:
    """How long to wait after the attempt with this number, counted from 1.

    It doubles each time, and varies by a quarter so that many that failed together don't all
    come back together.
    """
    doubled = FIRST_PAUSE * 2 ** min(attempt - 1, 20)
    return min(doubled, LONGEST_PAUSE) * random.uniform(0.75, 1.25)  # noqa: S311


def _leased(
    session: Session | scoped_session[Session], message_id: int, attempt: int
) -> Message | None:
    """The message, unless the lease ran out and another worker has taken it since."""
    message = session.get(Message, message_id, with_for_update=True)
    return message if message and message.attempts == attempt and not message.sent_at else None
