"""Old mail: what nobody can use any more is given up, its text deleted, and in the end the row.

In small batches, each in a transaction of its own, so that nobody who books waits for long.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update

from portal.actions.outbox import settle
from portal.mail.verdict import LONGEST_WAIT, verdict
from portal.models import Message
from portal.queries.outbox import BEING_SENT, CONDITIONS, State, as_due
from portal.transaction import transaction

TEXT_KEPT = timedelta(days=7)
"""How long a message that failed can be sent again. Its text has a private link in it."""

KEPT = timedelta(days=365)
"""How long the outbox lists a message."""

BATCH = 200


def give_up_waiting(now: datetime) -> int:
    """Drop or give up what waits and is too late or too old; return how many of a batch it was.

    A worker that sends does so too when a message's turn comes. This is for those whose turn comes
    after their session has begun, and for clinics without a mail server.
    """
    with transaction() as session:
        waiting = session.scalars(
            select(Message)
            .where(
                CONDITIONS[State.WAITING],
                ~BEING_SENT,
                or_(Message.expires_at <= now, Message.created_at <= now - LONGEST_WAIT),
            )
            .limit(BATCH)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        ).all()
        for message in waiting:
            decided = verdict(as_due(message), now)
            if not decided.goes:
                settle(message, decided, now)
        return len(waiting)


def forget_old_mail(now: datetime) -> int:
    """Delete the texts of what failed long ago, and the oldest rows; return how many of a batch.

    What was sent or dropped has lost its text already.
    """
    with transaction() as session:
        failed = (
            select(Message.id)
            .where(Message.failed_at <= now - TEXT_KEPT, Message.facts != "")
            .limit(BATCH)
        )
        texts = session.execute(
            update(Message)
            .where(Message.id.in_(failed.scalar_subquery()))
            .values(facts="")
            .returning(Message.id)
            .execution_options(synchronize_session=False)
        ).all()
        # Ids rise with time, so that the first ones are the oldest.
        first = select(Message.id).order_by(Message.id).limit(BATCH)
        rows = session.execute(
            delete(Message)
            .where(
                Message.id.in_(first.scalar_subquery()),
                Message.created_at <= now - KEPT,
                ~CONDITIONS[State.WAITING],
            )
            .returning(Message.id)
            .execution_options(synchronize_session=False)
        ).all()
        return len(texts) + len(rows)
