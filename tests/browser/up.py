"""`flask up`, the command behind `make run` and `make serve`, as whoever installs it sees it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def flask_up(folder: Path, *options: str, prints: str, **settings: str) -> Iterator[str]:
    """Start it on a database that isn't there yet; gives what the pattern `prints` finds.

    Ends it with Ctrl-C, which has to leave nothing behind and no error.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    settings = {
        "DATABASE_URL": f"sqlite:///{folder / 'clinic.db'}",
        "BASE_URL": f"http://localhost:{port}",
        "PORT": port,
        "SECRET_KEY": "a key for tests, long enough to sign with",
        "PYTHONUNBUFFERED": "1",
        **settings,
    }
    log = folder / "up.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "up", *options],
            cwd=ROOT,
            env=os.environ | settings,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        found = _printed(process, log, prints)
        _wait_for(int(port))
        yield found
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _printed(process: subprocess.Popen[bytes], log: Path, pattern: str) -> str:
    """Wait until the process has printed what is looked for; the pattern has one group."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(pattern, log.read_text(), re.S):
            return found[1]
        time.sleep(0.1)
    raise AssertionError(f"{pattern} wasn't printed:\n{log.read_text()}")


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise AssertionError("the site doesn't answer")
