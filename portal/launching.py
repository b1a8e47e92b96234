"""The whole installation in one process group: `flask up` starts the site and its worker.

Nothing else is needed on the machine. Ctrl-C, or ending the one process, stops both; if either
ends by itself, the other is stopped too, so that a service manager notices and starts both again.

What watches over them is a process that has loaded neither the application nor any library.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from portal.errors import WrongSetting

ROOT = Path(__file__).resolve().parent.parent
"""As in portal.config, which would bring SQLAlchemy along."""

GRACE_SECONDS = 15
"""How long requests and mail under way may take after Ctrl-C."""

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
    os.execv(sys.executable, [sys.executable, "-m", "portal.launching", *asked])  # noqa: S606


def run_until_stopped(listener: socket.socket, web_processes: int) -> int:
    """Run the site on the socket, and the worker, until told to stop; returns an exit code."""
    web = ["gunicorn", "--no-control-socket", f"--bind=fd://{listener.fileno()}"]
    web += [f"--workers={web_processes}", f"--threads={THREADS}", "--log-level=warning"]
    # Loaded once, before the processes part, the application is in memory once.
    web += [f"--graceful-timeout={GRACE_SECONDS - 5}", "--preload", "app:app"]
    worker = ["flask", "--app", "app", "worker"]
    _exit_on_signals()
    with _children([web, worker], listener) as children:
        while all(child.poll() is None for child in children):
            time.sleep(0.2)
        return 1


@contextmanager
def _children(
    commands: Sequence[Sequence[str]], listener: socket.socket
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start Python modules as processes of this group; end them all when left."""
    children: list[subprocess.Popen[bytes]] = []
    try:
        for command in commands:
            children.append(
                subprocess.Popen(  # noqa: S603  # our own programs
                    [sys.executable, "-m", *command], cwd=ROOT, pass_fds=[listener.fileno()]
                )
            )
        yield children
    finally:
        # A second Ctrl-C must not leave processes behind.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for child in children:
            child.terminate()
        _wait(children)


def _wait(children: Sequence[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + GRACE_SECONDS
    for child in children:
        try:
            child.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _exit_on_signals() -> None:
    """Both ways of asking to stop, Ctrl-C and SIGTERM, end the waiting with exit code 0."""

    def stop(_number: int, _frame: Any) -> NoReturn:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as handed_on:
        sys.exit(run_until_stopped(handed_on, int(sys.argv[2])))
