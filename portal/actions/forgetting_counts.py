"""Counts of the rate limits whose time is over: nothing is left of who tried what."""

from datetime import datetime

from sqlalchemy import bindparam, delete, select

from portal.models import RateLimit
from portal.plain_rows import plain_rows
from portal.transaction import transaction

BATCH = 500

# Not those that somebody counts in just now: whoever counts several waits for none of these then.
_OVER = (
    select(RateLimit.key)
    .where(RateLimit.expires <= bindparam("at", type_=RateLimit.expires.type))
    .limit(BATCH)
    .with_for_update(skip_locked=True)
)


def forget_counts_that_are_over(now: datetime) -> int:
    """Delete what was counted in windows that have ended; return how many of a batch it was."""
    with transaction() as session:
        keys = [key for (key,) in plain_rows(_OVER, {"at": int(now.timestamp())})]
        if keys:
            session.execute(delete(RateLimit).where(RateLimit.key.in_(keys)))
        return len(keys)
