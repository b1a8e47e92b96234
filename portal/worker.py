"""What runs on a schedule, beside the site: the outbox is emptied, unanswered requests
lapse, files of clients are taken over, and each night a backup is made.

Huey runs it. The tasks only say that it's time; what is to be done stands in the database, so that
nothing is lost when a worker is killed, and any number of workers may run.
"""

import logging
import time
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from huey import Huey
from huey.api import Task
from huey.consumer import Consumer, Scheduler
from sqlalchemy.exc import DBAPIError

from portal import clock
from portal.actions.client_imports import take_over_clients
from portal.actions.outbox import record_not_sent, record_sent, take_next
from portal.actions.requests import lapse_requests
from portal.errors import PortalError
from portal.health import heartbeat
from portal.logs import REFERENCE
from portal.mail import smtp
from portal.safekeeping.keeping import back_up_if_due
from portal.work_queue import open_queue

PERIOD = timedelta(seconds=10)
"""How often it's time: the longest that a confirmation, or a lapsed request's credit, waits."""

TRY_AGAIN = timedelta(hours=1)
"""How long after a backup that failed the next one is tried."""

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
    """The queue, with what is to be done regularly."""
    huey = open_queue(app)

    @huey.pre_execute()
    def name_lines(task: Task) -> None:
        REFERENCE.set(task.id)

    nightly = Nightly()

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

    @huey.periodic_task(lambda _now: True, expires=PERIOD)
    def back_up() -> None:
        with app.app_context():
            nightly(clock.now())

    return huey


class Nightly:
    """The night's backup, tried again after a while when it fails."""

    def __init__(self) -> None:
        self.not_before: datetime | None = None

    def __call__(self, now: datetime) -> None:
        """Back up if it's time. What goes wrong is logged: the worker has other things to do."""
        if self.not_before is not None and now < self.not_before:
            return
        try:
            back_up_if_due(now)
        except (PortalError, OSError, DBAPIError) as error:
            log.error("the backup failed, and is tried again in an hour: %s", error)
            self.not_before = now + TRY_AGAIN


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
    """Huey's scheduler, which would look at periodic tasks once a minute; it says that it lives."""

    periodic_task_seconds = int(PERIOD.total_seconds())

    def enqueue_periodic_tasks(self, now: Any) -> None:
        heartbeat.beat(self.huey, clock.now())
        super().enqueue_periodic_tasks(now)


class _Consumer(Consumer):
    """Huey's consumer with that scheduler."""

    scheduler_class = _Scheduler
