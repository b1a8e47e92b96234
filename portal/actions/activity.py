"""Writing the activity log: one row for each act, in the act's own transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert

from portal.db import Base
from portal.mail.outbox import AnySession
from portal.mail.plain_booking import PlainBooking
from portal.models import Act, Activity, Actor, Member
from portal.plain_rows import plain_insert

_LINE = insert(Activity)


def record(
    session: AnySession,
    act: Act,
    subject: Base | PlainBooking,
    now: datetime,
    *,
    by: Member | None = None,
    actor: Actor | None = None,
    **details: Any,
) -> None:
    """Add that `act` was done to the row `subject`, by a member unless `actor` says otherwise.

    `details` are JSON values that help to understand it and belong to nobody: ids, dates, the names
    of fields that changed. A client's name, address or note has no place here, because a row of the
    log can't be changed or removed.
    """
    row: Any = subject  # every model has an id
    if row.id is None:
        # What was just made has its number then.
        session.flush()
    line = {
        "at": now,
        "actor": actor or (Actor.MEMBER if by else Actor.OPERATOR),
        "by_id": by.id if by else None,
        "act": act.value,
        "subject": row.__tablename__,
        "subject_id": row.id,
        "details": details,
    }
    plain_insert(_LINE, line)
