"""The worker's sign of life, kept in its queue, where every process of every host can see it.

The scheduler's thread gives it each time it looks what is to be done, so a slow mail server doesn't
silence it: whether the work gets done too is told by how long messages wait in the outbox.
"""

import logging
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta

from flask import Flask, current_app

from portal.health.faults import Fault
from portal.work_queue import Huey, open_queue, queue_file

LATE = timedelta(minutes=1)
"""How old a sign of life may be. One is given every ten seconds."""

KEY = "heartbeat"

log = logging.getLogger(__name__)


def beat(queue: Huey, now: datetime) -> None:
    """Give a sign of life. What goes wrong is logged: the scheduler must go on."""
    try:
        queue.storage.put_data(KEY, str(int(now.timestamp())).encode())
    except Exception as error:  # whatever kind of database it is
        log.warning("The worker couldn't give its sign of life: %s", type(error).__name__)


def last_beat(app: Flask) -> datetime | None:
    """When a worker last gave a sign of life; None: never. Raises OSError or the driver's error."""
    file = queue_file(app)
    if file is not None and not file.exists():
        # Asking would make it, and it would be the asker's own file.
        return None
    with closing(open_queue(app).storage) as storage:
        given = storage.peek_data(KEY)
    return datetime.fromtimestamp(int(given), UTC) if isinstance(given, bytes) else None


def worker_is_running(now: datetime) -> Sequence[Fault]:
    """A worker gave a sign of life within the last minute."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    mend = "Start one: `flask worker`, or `flask up`, which starts the site and a worker."
    try:
        last = last_beat(app)
    except Exception as error:  # whatever kind of database it is
        return [Fault("worker", f"The worker's queue can't be read: {error}", mend)]
    if last is None:
        return [Fault("worker", "No worker has run yet, so no mail is sent.", mend)]
    if now - last <= LATE:
        return []
    sentence = f"No worker has given a sign of life since {last:%Y-%m-%d %H:%M:%S} UTC."
    return [Fault("worker", sentence, mend)]
