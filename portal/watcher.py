"""The process that `flask up` becomes: gunicorn's master, from which the site's processes part, and
the worker before them.

It loads the application, so that what they all have, most of their memory, is there once. One more
process between them, which would only watch the others, would have its own copy of all that Python
writes to when it runs.
"""

import importlib
import os
import select
import shutil
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from gunicorn.app.wsgiapp import WSGIApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer

from portal.launching import GRACE_SECONDS, THREADS, make_metrics_folder


class Child:
    """A process that does something else than the one that it parts from."""

    def __init__(self, work: Callable[[], None]) -> None:
        # Only the child can write to the pipe, so it's closed when the child ends, however that
        # comes and whoever hears of it: gunicorn asks the kernel for all children that have ended.
        self._lives, theirs = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            os.close(self._lives)
            _do(work)
        os.close(theirs)

    def has_ended(self, within_seconds: float = 0) -> bool:
        """Whether it has ended, or does so within this time."""
        return bool(select.select([self._lives], [], [], within_seconds)[0])

    def tell(self, number: signal.Signals) -> None:
        """Send it a signal, if it's still there."""
        if not self.has_ended():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def end(self, within_seconds: float) -> None:
        """Wait for it to end, as it was told to; after this time it's made to."""
        if not self.has_ended(max(0.1, within_seconds)):
            self.tell(signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


def _do(work: Callable[[], None]) -> None:
    """Do it as a process of its own would, and end."""
    code = 1
    try:
        for number in (*Arbiter.SIGNALS, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        work()
        code = 0
    except (SystemExit, KeyboardInterrupt):
        pass
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # Nothing of what the other process would do at its end.
        os._exit(code)


class _Master(Arbiter):
    """gunicorn's master, with the worker as one more process; if that ends, so does the site."""

    _worker: Child | None = None

    def start(self) -> None:
        # When signals are heard already: whoever ends this process ends the worker too.
        super().start()
        self._worker = Child(_work)

    def manage_workers(self) -> None:
        if self._worker and self._worker.has_ended():
            raise HaltServer("The worker has ended.", 1)
        super().manage_workers()

    def stop(self, graceful: bool = True) -> None:
        """Stop both at the same time; what is under way may take GRACE_SECONDS."""
        deadline = time.monotonic() + GRACE_SECONDS
        if self._worker:
            self._worker.tell(signal.SIGTERM)
        super().stop(graceful)
        if self._worker:
            self._worker.end(deadline - time.monotonic())

    # Ctrl-C, or a terminal that is closed, stops as anything else does: with what is under way
    # finished. A second Ctrl-C makes gunicorn's processes hurry.
    handle_int = handle_hup = Arbiter.handle_term

    def handle_usr2(self) -> None:
        """Don't start anew beside oneself, as a gunicorn without a worker would."""


class _Site(WSGIApplication):
    """gunicorn with that master, and the application loaded in it."""

    def load(self) -> Any:
        app = super().load()
        importlib.import_module("portal.worker")
        importlib.import_module("portal.web.warming").warm_up(app)
        return app

    def run(self) -> None:
        _Master(self).run()


def run_until_stopped(listener: socket.socket, web_processes: int) -> None:
    """Run the site on the socket, and the worker, until told to stop; exits with a code.

    That's 0 when it was told to, and another when the worker or all of the site ended by itself.
    """
    made, watcher = make_metrics_folder(), os.getpid()
    options = ["--no-control-socket", f"--bind=fd://{listener.fileno()}", "--log-level=warning"]
    options += [f"--workers={web_processes}", f"--threads={THREADS}"]
    sys.argv = ["gunicorn", *options, f"--graceful-timeout={GRACE_SECONDS - 5}", "--preload"]
    sys.argv.append("app:app")
    try:
        _Site(prog="gunicorn").run()
    finally:
        # Processes that have parted from this one end here, too.
        if os.getpid() == watcher:
            shutil.rmtree(made, ignore_errors=True)


def _work() -> None:
    """Be the worker, as `flask worker` is."""
    app = importlib.import_module("app").app
    importlib.import_module("portal.worker").run(app)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as handed_on:
        run_until_stopped(handed_on, int(sys.argv[2]))
