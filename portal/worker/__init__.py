"""What runs on a schedule, beside the site: the outbox is emptied, clients are reminded, unanswered
requests lapse, files of clients are taken over, old mail and old counts are forgotten, and each
night a backup is made.

Huey runs it. The tasks only say that it's time; what is to be done stands in the database, so that
nothing is lost when a worker is killed, and any number of workers may run.
"""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from huey import Huey
from huey.api import Task
from huey.consumer import Consumer, Scheduler

from portal import clock
from portal.actions.client_imports import take_over_clients
from portal.actions.forgetting_counts import forget_counts_that_are_over
from portal.actions.forgetting_mail import forget_old_mail, give_up_waiting
from portal.actions.reminders import remind_clients
from portal.actions.requests import lapse_requests
from portal.health import heartbeat, readiness
from portal.logs import REFERENCE
from portal.work_queue import open_queue
from portal.worker.nightly import Nightly
from portal.worker.sending import Senders, send_due_mail

__all__ = ["make_huey", "run", "send_due_mail"]

PERIOD = timedelta(seconds=10)
"""How often it's time: the longest that a confirmation, or a lapsed request's credit, waits."""

SELDOM = timedelta(hours=1)
"""How often old mail, and what the rate limits counted, is looked for."""

THREADS = 4
"""More than there are tasks that take long, so that a long one holds up no other."""

STOPPING = timedelta(seconds=40)
"""How long a message that is being sent is waited for when the worker is to stop."""


def run(app: Flask) -> None:
    """Work until the process is told to stop. Needs the process's main thread.

    What's wrong with the installation, if anything is, stands in the log first.
    """
    with app.app_context():
        readiness.log_faults_unless_just_done()
    senders = Senders(app)
    consumer = _Consumer(
        make_huey(app, senders),
        workers=THREADS,
        graceful_signal="TERM",
        shutdown_timeout=STOPPING.total_seconds(),
    )
    try:
        consumer.run()
    finally:
        senders.stop(STOPPING)


def make_huey(app: Flask, senders: Senders | None = None) -> Huey:
    """The queue, with what is to be done regularly."""
    huey = open_queue(app)

    @huey.pre_execute()
    def name_lines(task: Task) -> None:
        REFERENCE.set(task.id)

    _add_tasks(huey, app, senders or Senders(app))
    return huey


def _add_tasks(huey: Huey, app: Flask, senders: Senders) -> None:
    # Speaking to a mail server takes long and is left to the senders; this only starts them.
    _add(huey, app, "send_mail", senders.look)
    nightly = Nightly()
    _add(huey, app, "lapse", lambda: lapse_requests(clock.now()))
    _add(huey, app, "remind", lambda: remind_clients(clock.now()))
    _add(huey, app, "take_over_imports", lambda: _all(lambda: take_over_clients(clock.now())))
    _add(huey, app, "give_up_waiting", lambda: _all(lambda: give_up_waiting(clock.now())))
    _add(huey, app, "back_up", lambda: nightly(clock.now()))
    _add(huey, app, "forget", lambda: _all(lambda: forget_old_mail(clock.now())), SELDOM)
    _add(huey, app, "forget_counts", lambda: _all(_forget_counts), SELDOM)


def _add(
    huey: Huey,
    app: Flask,
    name: str,
    work: Callable[[], object],
    every: timedelta = timedelta(0),
) -> None:
    """Let huey do the work periodically; in this process once at a time, and no more than `every`.

    One that waited behind others is stale: the next one does its work.
    """
    busy, last = threading.Lock(), float("-inf")

    def once_at_a_time() -> None:
        nonlocal last
        if not busy.acquire(blocking=False):
            return
        try:
            if time.monotonic() - last >= every.total_seconds():
                with app.app_context():
                    work()
                last = time.monotonic()
        finally:
            busy.release()

    huey.periodic_task(lambda _now: True, expires=PERIOD, name=name)(once_at_a_time)


def _forget_counts() -> int:
    return forget_counts_that_are_over(clock.now())


def _all(batch: Callable[[], object]) -> None:
    while batch():
        pass


class _Scheduler(Scheduler):
    """Huey's scheduler, which would look at periodic tasks once a minute; it says that it lives."""

    periodic_task_seconds = int(PERIOD.total_seconds())

    def enqueue_periodic_tasks(self, now: Any) -> None:
        heartbeat.beat(self.huey, clock.now())
        super().enqueue_periodic_tasks(now)


class _Consumer(Consumer):
    """Huey's consumer with that scheduler."""

    scheduler_class = _Scheduler
