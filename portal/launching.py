"""The whole installation in one process group: `flask up` starts the site and its worker.

Nothing else is needed on the machine. Ctrl-C, or ending the one process, stops both; if either
ends by itself, the other is stopped too, so that a service manager notices and starts both again.

What watches over them loads the application, and the site's processes and the worker part from it:
what they all have, most of their memory, is there once.
"""

import gc
import importlib
import multiprocessing
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NoReturn

from portal.errors import WrongSetting

ROOT = Path(__file__).resolve().parent.parent
"""As in portal.config, which would bring SQLAlchemy along."""

GRACE_SECONDS = 15
"""How long requests and mail under way may take after Ctrl-C."""

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The environment's name, which prometheus_client reads when it's imported."""

THREADS = 4
"""Threads of each web process: one that waits for the database doesn't stop the others."""


def listen(host: str, port: int) -> socket.socket:
    """The socket that the site answers on. Raises WrongSetting when the address can't be had."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=512)
    except OSError as reason:
        why = os.strerror(reason.errno or 0).lower()
        raise WrongSetting(
            f"HOST={host} PORT={port}: the site can't listen there ({why}). "
            "Choose another port, for instance PORT=8080."
        ) from reason


def become_the_watcher(listener: socket.socket, web_processes: int) -> NoReturn:
    """Make this process the one that starts the site and its worker, and ends when they do.

    Everything else that it has loaded, to bring the database up to date, is gone then.
    """
    listener.set_inheritable(True)
    sys.stdout.flush()
    os.chdir(ROOT)
    asked = [str(listener.fileno()), str(web_processes)]
    # A heap for each thread would be as many with room in them that nobody else can use.
    known = {"MALLOC_ARENA_MAX": "2", **os.environ}
    command = [sys.executable, "-m", "portal.launching", *asked]
    os.execve(sys.executable, command, known)  # noqa: S606


def run_until_stopped(listener: socket.socket, web_processes: int) -> int:
    """Run the site on the socket, and the worker, until told to stop; returns an exit code."""
    made = make_metrics_folder()
    _load()
    _exit_on_signals()
    try:
        with _children(partial(_serve, listener.fileno(), web_processes), _work) as children:
            while all(child.is_alive() for child in children):
                time.sleep(0.2)
            return 1
    finally:
        shutil.rmtree(made, ignore_errors=True)


def make_metrics_folder() -> str:
    """Make the folder in which web processes count requests, so that each can tell the sum of all.

    To be called before the application is loaded, and its folder to be removed in the end. Returns
    an empty text where none is needed, or somebody else makes it.
    """
    if not os.environ.get("METRICS_TOKEN") or os.environ.get(METRICS_FOLDER):
        return ""
    os.environ[METRICS_FOLDER] = tempfile.mkdtemp(prefix="clinic-metrics-")
    return os.environ[METRICS_FOLDER]


def _load() -> None:
    """Load what the processes to come all need: so it's in memory once."""
    app = importlib.import_module("app").app
    importlib.import_module("portal.worker")
    importlib.import_module("portal.web.warming").warm_up(app)
    gc.collect()
    # A collector that goes through it would write to each object, and make each process a copy.
    gc.freeze()


def _serve(listener: int, web_processes: int) -> None:
    """Be gunicorn, with the application that's loaded already."""
    options = ["--no-control-socket", f"--bind=fd://{listener}", "--log-level=warning"]
    options += [f"--workers={web_processes}", f"--threads={THREADS}"]
    sys.argv = ["gunicorn", *options, f"--graceful-timeout={GRACE_SECONDS - 5}", "--preload"]
    sys.argv.append("app:app")
    importlib.import_module("gunicorn.app.wsgiapp").run(prog="gunicorn")


def _work() -> None:
    """Be the worker, as `flask worker` is."""
    app = importlib.import_module("app").app
    importlib.import_module("portal.worker").run(app)


@contextmanager
def _children(*works: Callable[[], None]) -> Iterator[list[BaseProcess]]:
    """Let each be done by a process of this group; end them all when left."""
    forked = multiprocessing.get_context("fork")
    children: list[BaseProcess] = []
    try:
        for work in works:
            children.append(forked.Process(target=_undisturbed, args=(work,)))
            children[-1].start()
        yield children
    finally:
        # A second Ctrl-C must not leave processes behind.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for child in children:
            child.terminate()
        _wait(children)


def _undisturbed(work: Callable[[], None]) -> None:
    """Do it as a process of its own would, with signals as they are when one starts."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    work()


def _wait(children: Sequence[BaseProcess]) -> None:
    deadline = time.monotonic() + GRACE_SECONDS
    for child in children:
        child.join(timeout=max(0.1, deadline - time.monotonic()))
        if child.is_alive():
            child.kill()
            child.join()


def _exit_on_signals() -> None:
    """Both ways of asking to stop, Ctrl-C and SIGTERM, end the waiting with exit code 0."""

    def stop(_number: int, _frame: Any) -> NoReturn:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as handed_on:
        sys.exit(run_until_stopped(handed_on, int(sys.argv[2])))
