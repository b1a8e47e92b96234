"""How a process of the site shares what it's asked among its threads: they take turns.

Threads of one process never compute at the same time. Those that try take the interpreter from each
other at every statement of the database, and come to a quarter fewer bookings a second than one
thread that answers one request after the other. Where what they wait for is a server, two are best.
But nobody has to wait for a visitor who sends slowly: where one answer takes longer than PATIENCE,
another thread goes on with the next.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from time import monotonic
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

PATIENCE = 0.05
"""For how many seconds others wait for one answer; most take less than a fifth of that."""

AT_ONCE = {"sqlite": 1, "postgresql": 2}
"""How many answer at the same time, by what they have to wait for."""


class Turns(ThreadPoolExecutor):
    """Threads of which `at_once` work, and another one where none has come on for `patience`.

    Whoever owns it calls `relieve` from time to time, and as often as that while it `is_behind`.
    """

    def __init__(self, threads: int, patience: float = PATIENCE) -> None:
        super().__init__(threads)
        self.at_once = 1
        self._most, self._patience = threads, patience
        self._lock = Lock()
        self._waiting: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        # When each of the threads that work began with what it's doing, by a key of its own.
        self._began: dict[object, float] = {}

    def submit(self, work: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        """Let it be done in its turn."""
        future = Future[Any]()
        with self._lock:
            self._waiting.append((future, lambda: work(*args, **named)))
            is_free = not self._are_enough()
        if is_free:
            self._start_another()
        return future

    def is_behind(self) -> bool:
        """Say whether something waits for its turn."""
        return bool(self._waiting)

    def relieve(self) -> None:
        """Let another thread work where all that do have been at the same thing for too long."""
        with self._lock:
            if not self._waiting or len(self._began) == self._most or not self._is_stuck():
                return
        self._start_another()

    def _are_enough(self) -> bool:
        return len(self._began) >= self.at_once

    def _is_stuck(self) -> bool:
        """Say whether all that work have been at the same thing for too long."""
        return monotonic() - max(self._began.values(), default=0) >= self._patience

    def _start_another(self) -> None:
        me = object()
        with self._lock:
            self._began[me] = monotonic()
        super().submit(self._work, me)

    def _work(self, me: object) -> None:
        """Do what waits, until nothing does or another thread has taken over."""
        while True:
            with self._lock:
                del self._began[me]
                if not self._waiting or (self._are_enough() and not self._is_stuck()):
                    return
                future, work = self._waiting.popleft()
                self._began[me] = monotonic()
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(work())
                except BaseException as error:
                    future.set_exception(error)
                # What it answered isn't kept until the next one comes.
                del future, work


class Worker(ThreadWorker):
    """gunicorn's process with threads, which take turns."""

    def get_thread_pool(self) -> Turns:
        """The threads that answer; gunicorn asks for them when the process starts."""
        return Turns(self.cfg.threads)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wait for what visitors send, and for who has to be relieved."""
        seconds = min(timeout, PATIENCE) if self.tpool.is_behind() else timeout
        super().wait_for_and_dispatch_events(seconds)
        self.tpool.relieve()
