"""B9: the memory of the whole embedded installation, as the kernel counts it.

What processes share is counted once: it's their proportional set sizes, added up.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from benchmarks.databases import SECRET_KEY, new_database
from benchmarks.serving import Visitor, family
from benchmarks.table import Line
from portal.config import ROOT
from portal.demo import PACKAGE

TARGET = 150  # MB
VISITS = 100


def measure(where: dict[str, str]) -> Iterator[Line]:
    """B9: `flask up` with the demo clinic, after some visits of its booking page."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {"DATABASE_URL": new_database(where, "sqlite"), "SECRET_KEY": SECRET_KEY}
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "up", "--demo"],
        cwd=ROOT,
        env={**os.environ, **settings, "PORT": str(port), "LOG_FORMAT": "text"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        with Visitor(port) as visitor:
            for _ in range(VISITS):
                assert visitor.get(f"/book/{PACKAGE}").status == 200
        taken = megabytes(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=60)
    yield Line(
        "B9",
        "memory of flask up with two web processes and the worker, serving",
        f"{taken:.0f} MB",
        "",
        f"at most {TARGET} MB",
        taken <= TARGET,
    )


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with suppress(OSError, ConnectionError), Visitor(port) as visitor:
            visitor.get("/healthz")
            return
        time.sleep(0.2)
    raise AssertionError("the site doesn't answer")


def megabytes(pid: int) -> float:
    """What the process and all that it started take: proportional set size, in MB."""
    return sum(_kilobytes(each) for each in family(pid)) / 1024


def _kilobytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0
