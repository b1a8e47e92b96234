"""What runs on a schedule, beside the site: the outbox is emptied, unanswered requests
lapse, and files of clients are taken over.

Huey runs it. The tasks only say that it's time; what is to be done stands in the database, so that
nothing is lost when a worker is killed, and any number of workers may run.
"""

import logging
import time
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask
from huey import Huey, PostgresHuey, SqliteHuey
from huey.consumer import Consumer, Scheduler
from sqlalchemy import make_url

from portal import clock
from portal.actions.client_imports import take_over_clients
from portal.actions.outbox import record_not_sent, record_sent, take_next
from portal.actions.requests import lapse_requests
from portal.mail import smtp

NAME = "clinic"
PERIOD = timedelta(seconds=10)
"""How often it's time: the longest that a confirmation, or a lapsed request's credit, waits."""

STOPPING = timedelta(seconds=40)
"""How long a message that is being sent is waited for when the worker is to stop."""

log = logging.getLogger(__name__)


def run(app: Flask) -> None:
    """Work until the process is told to stop. Needs the process's main thread."""
    # Asked to stop, it finishes the message that it's sending: or that one would go twice.
    consumer = _Consumer(
        make_huey(app), graceful_signal="TERM", shutdown_timeout=STOPPING.total_seconds()
    )
    consumer.run()


def make_huey(app: Flask) -> Huey:
    """The queue: in a file beside the SQLite database, or in tables in the PostgreSQL one."""
    url = make_url(app.config["DATABASE_URL"])
    if url.get_backend_name() == "postgresql":
        dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
        huey = PostgresHuey(NAME, dsn=dsn, results=False)
    else:
        folder = Path(url.database).parent if url.database else Path(app.instance_path)
        # Not in WAL mode: Huey uses Python's own SQLite, which has a bug there (see portal/db.py).
        file = folder / "worker.db"
        huey = SqliteHuey(NAME, filename=str(file), journal_mode="truncate", results=False)

    # One that waited behind a slow mail server is stale: the next one does its work.
    @huey.periodic_task(lambda _now: True, expires=PERIOD)
    def lapse() -> None:
        with app.app_context():
            lapse_requests(clock.now())

    @huey.periodic_task(lambda _now: True, expires=PERIOD)
    def take_over_imports() -> None:
        with app.app_context():
            while take_over_clients(clock.now()):
                pass

    @huey.periodic_task(lambda _now: True, expires=PERIOD)
    def send_mail() -> None:
        with app.app_context():
            send_due_mail(clock.now())

    return huey


def send_due_mail(now: datetime) -> int:
    """Send every message that is due, one after the other; return how many were sent.

    No transaction is open while a mail server is spoken to. Without a mail server nothing is
    tried, and messages wait.
    """
    if not smtp.is_configured():
        return 0
    started, sent = time.monotonic(), 0

    def present() -> datetime:
        return now + timedelta(seconds=int(time.monotonic() - started))

    while taken := take_next(present()):
        message_id, attempt, letter = taken
        try:
            smtp.send(letter)
        except smtp.NotSent as reason:
            log.warning("message %s, attempt %s: %s", message_id, attempt, reason)
            record_not_sent(message_id, attempt, str(reason), present(), permanent=reason.permanent)
        else:
            record_sent(message_id, attempt, present())
            sent += 1
    return sent


class _Scheduler(Scheduler):
    """Huey's scheduler, which would look at periodic tasks once a minute."""

    periodic_task_seconds = int(PERIOD.total_seconds())


class _Consumer(Consumer):
    """Huey's consumer with that scheduler."""

    scheduler_class = _Scheduler
