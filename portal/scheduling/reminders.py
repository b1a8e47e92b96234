"""When a client is reminded of a session, and when it's too late for that."""

from collections.abc import Iterable
from datetime import datetime, timedelta

MOST = 3
"""How many reminders there may be of one session."""


def due_reminder(
    leads: Iterable[int], starts_at: datetime, told_at: datetime, now: datetime
) -> int | None:
    """Return how many minutes before the start the reminder is that is due now; None: none is.

    Of several whose moment has passed only the last is due, so that after a pause nobody gets two
    at once. `told_at` is when the client was last told of the session: booked, confirmed or moved
    after the moment of a reminder, they need none. One that comes late helps for as long as half
    of its time is left: a day's reminder until twelve hours before, an hour's until half an hour.
    """
    passed = [lead for lead in leads if starts_at - timedelta(minutes=lead) <= now]
    if not passed:
        return None
    lead = min(passed)
    moment, last = (starts_at - timedelta(minutes=part) for part in (lead, lead / 2))
    return lead if told_at < moment and now <= last else None
