"""Sending what is due: several messages at the same time, and each by one worker alone."""

import logging
import threading
import time
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from uuid import uuid4

from flask import Flask

from portal import clock
from portal.actions.outbox import LEASE, record_not_sent, record_sent, take_next
from portal.logs import REFERENCE
from portal.mail.smtp import NotSent, Post, is_configured
from portal.queries.outbox import count_due, load_leased

SENDERS = 4
"""How many messages a process sends at the same time: a server that takes a minute to answer holds
up that many, and the others go meanwhile where it answers them."""

log = logging.getLogger(__name__)


class Watch:
    """Finds messages that a worker died over, without going by the clock, which may be wrong.

    A message that is being sent says which attempt it is. One that has said the same for as long as
    a lease, by this process's own stopwatch, has nobody any more.
    """

    def __init__(self, stopwatch: Callable[[], float] = time.monotonic) -> None:
        self._stopwatch = stopwatch
        self._seen: dict[tuple[int, int], float] = {}
        self._lock = threading.Lock()

    def abandoned(self, leased: Collection[tuple[int, int]]) -> set[tuple[int, int]]:
        """Of these pairs of a message's id and its attempt, those that have nobody any more."""
        present = self._stopwatch()
        with self._lock:
            self._seen = {each: self._seen.get(each, present) for each in leased}
            long_ago = present - LEASE.total_seconds()
            return {each for each, since in self._seen.items() if since <= long_ago}


class Senders:
    """The threads of this process that send, as many as there's mail for and SENDERS at most."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._watch = Watch()

    def start_for(self, due: int) -> None:
        """Let so many senders more begin, as far as they're allowed; return at once."""
        with self._lock:
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            for _number in range(min(due, SENDERS - len(self._threads))):
                if not self._stopping.is_set():
                    # A daemon, so that a server that says nothing can't keep the process from
                    # ending: `stop` waits for as long as that makes sense.
                    thread = threading.Thread(target=self._send, name="sender", daemon=True)
                    self._threads.append(thread)
                    thread.start()

    def look(self) -> None:
        """Begin sending what is due, if there's a mail server."""
        if is_configured():
            due = count_due(clock.now(), SENDERS) + len(self._watch.abandoned(load_leased()))
            self.start_for(due)

    def stop(self, patience: timedelta) -> None:
        """Let each sender finish the message that it's sending: or that one would go twice."""
        self._stopping.set()
        deadline = time.monotonic() + patience.total_seconds()
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _send(self) -> None:
        REFERENCE.set(str(uuid4()))
        with self._app.app_context():
            try:
                send_due_mail(clock.now(), self._watch, self._stopping.is_set)
            except Exception:
                # The next one that begins goes on; what this one had is free after its lease.
                log.exception("a sender stopped")


def send_due_mail(
    now: datetime, watch: Watch | None = None, stopping: Callable[[], bool] = lambda: False
) -> int:
    """Send every message that is due, one after the other; return how many were sent.

    No transaction is open while a mail server is spoken to. Without a mail server nothing is
    tried, and messages wait. Time goes on from `now` by a stopwatch, however the clock is set.
    """
    if not is_configured():
        return 0
    started, sent = time.monotonic(), 0

    def present() -> datetime:
        return now + timedelta(seconds=int(time.monotonic() - started))

    abandoned = watch.abandoned(load_leased()) if watch else set()
    with Post() as post:
        while not stopping() and (taken := take_next(present(), abandoned)):
            try:
                post.send(taken.letter)
            except NotSent as reason:
                log.warning("message %s, attempt %s: %s", taken.message_id, taken.attempt, reason)
                record_not_sent(
                    taken.message_id,
                    taken.attempt,
                    str(reason),
                    present(),
                    permanent=reason.permanent,
                )
            else:
                record_sent(taken.message_id, taken.attempt, present())
                sent += 1
    return sent
