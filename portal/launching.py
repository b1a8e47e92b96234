"""The whole installation in one process group: `flask up` starts the site and its worker.

Nothing else is needed on the machine. Ctrl-C, or ending the one process, stops both; if either
ends by itself, the other is stopped too, so that a service manager notices and starts both again.

What watches over them is in portal/watcher.py, and is a program of its own.
"""

import os
import socket
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

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
    os.execv(sys.executable, [sys.executable, "-m", "portal.watcher", *asked])  # noqa: S606


def make_metrics_folder() -> str:
    """Make the folder in which web processes count requests, so that each can tell the sum of all.

    To be called before the application is loaded, and its folder to be removed in the end. Returns
    an empty text where none is needed, or somebody else makes it.
    """
    if not os.environ.get("METRICS_TOKEN") or os.environ.get(METRICS_FOLDER):
        return ""
    os.environ[METRICS_FOLDER] = tempfile.mkdtemp(prefix="clinic-metrics-")
    return os.environ[METRICS_FOLDER]
