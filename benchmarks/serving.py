"""A site as processes of its own, under gunicorn on this machine, and visitors who go there."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from urllib.parse import urlencode, urlsplit

from benchmarks.databases import SECRET_KEY
from portal.config import ROOT

WORKERS, THREADS = 2, 4
BROWSER = {"Accept-Language": "en-US,en;q=0.9", "User-Agent": "benchmarks", "Accept": "text/html"}
TOKEN = re.compile(r'name="csrf_token" value="([^"]*)"')


def family(pid: int) -> list[int]:
    """The process and all that it started."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += family(int(child))
    return found


@dataclass(frozen=True)
class Site:
    """Where it is, and the first of its processes."""

    port: int
    pid: int

    def processor_seconds(self) -> float:
        """How long its processes have computed so far, whatever else the machine did."""
        ticks = 0
        for pid in family(self.pid):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def settle(self) -> None:
        """Wait until its processes have nothing to do: all that start, and not just the first."""
        before = -1.0
        while (now := self.processor_seconds()) != before:
            before = now
            time.sleep(0.5)


@contextmanager
def site(app: str = "app:app", **settings: str) -> Iterator[Site]:
    """Serve an application by its name as `gunicorn` takes it.

    Another one than the portal does without what gunicorn does for the portal.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        port = listener.getsockname()[1]
        command = ["gunicorn", "--no-control-socket", f"--bind=fd://{listener.fileno()}"]
        command += [
            f"--workers={WORKERS}",
            f"--threads={THREADS}",
            "--log-level=error",
            "--preload",
        ]
        command += [app] if app == "app:app" else ["--config=/dev/null", app]
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            pass_fds=[listener.fileno()],
            env={**os.environ, "SECRET_KEY": SECRET_KEY, **settings},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            with Visitor(port) as visitor:
                visitor.get("/healthz")
            running = Site(port, process.pid)
            running.settle()
            yield running
        finally:
            process.terminate()
            process.wait(timeout=30)


@dataclass(frozen=True)
class Answer:
    """What came back: the body is as it was sent, compressed or not."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def token(self) -> str:
        """The token of the forms on the page."""
        return TOKEN.search(self.body.decode())[1]  # type: ignore[index]


@dataclass
class Visitor:
    """A browser's connection that is kept open, with the one cookie that the site has.

    Does as little as it can: it takes its time from the same two cores.
    """

    port: int
    cookie: str = ""
    _socket: socket.socket | None = field(default=None, repr=False)

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def get(self, url: str, **headers: str) -> Answer:
        """Ask for a page."""
        return self._ask("GET", url, headers, b"")

    def post(self, url: str, **values: str) -> Answer:
        """Send a form."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", url, kind, urlencode(values).encode())

    def _ask(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Answer:
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        lines = [f"{method} {target} HTTP/1.1", f"Host: localhost:{self.port}"]
        lines += [f"{name.replace('_', '-')}: {text}" for name, text in (BROWSER | headers).items()]
        if self.cookie:
            lines.append(f"Cookie: {self.cookie}")
        if body:
            lines.append(f"Content-Length: {len(body)}")
        request = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
        for attempt in range(3):
            try:
                return self._read(self._send(request))
            except ConnectionError:
                # The server closes a connection that was quiet for two seconds.
                self._close()
                if attempt == 2:
                    raise
        raise AssertionError

    def _send(self, request: bytes) -> socket.socket:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        return self._socket

    def _read(self, connection: socket.socket) -> Answer:
        got = b""
        while (end := got.find(b"\r\n\r\n")) < 0:
            more = connection.recv(65_536)
            if not more:
                raise ConnectionResetError
            got += more
        first, *lines = got[:end].decode().split("\r\n")
        headers = {}
        for line in lines:
            name, _, text = line.partition(": ")
            headers[name.lower()] = text
        body, size = got[end + 4 :], int(headers.get("content-length", "0"))
        while len(body) < size:
            body += connection.recv(65_536)
        if cookie := headers.get("set-cookie"):
            self.cookie = cookie.partition(";")[0]
        if headers.get("connection", "").lower() == "close":
            self._close()
        return Answer(int(first.split()[1]), headers, body)

    def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def at_once(port: int, visitors: int, act: Callable[[Visitor, int], None]) -> float:
    """Let so many visitors act at the same time; returns the seconds until the last was done."""
    failed: list[BaseException] = []

    def run(number: int) -> None:
        try:
            with Visitor(port) as visitor:
                act(visitor, number)
        except BaseException as error:  # told by the thread that waits
            failed.append(error)

    threads = [Thread(target=run, args=(number,)) for number in range(visitors)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return time.perf_counter() - started
