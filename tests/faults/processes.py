"""A whole installation as processes, some of which are killed while it serves."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil
from aiosmtpd.controller import Controller

from tests.conftest import ROOT, SECRET_KEY, LiveSite
from tests.faults.browsers import Browser, NoAnswer
from tests.mail.mail_server import MailServer, free_port

MEGABYTE = 1024 * 1024


class Worker:
    """`flask worker`, started again when it was killed, as a service manager does."""

    def __init__(self, log: Path, settings: dict[str, str]) -> None:
        self.log, self.settings = log, settings
        self.start()

    def start(self) -> None:
        """Start the process."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "flask", "--app", "app", "worker"],
                cwd=ROOT,
                env={**os.environ, "SECRET_KEY": SECRET_KEY, **self.settings},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        """End it as a machine that fails does, with no time for anything."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Ask it to stop."""
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=20)
        self.kill()


class Installation:
    """A site with web processes, a worker and a mail server, on one database."""

    def __init__(self, site: LiveSite, worker: Worker, mail: MailServer) -> None:
        self.site, self.worker, self.mail = site, worker, mail

    def web_processes(self) -> list[psutil.Process]:
        """The processes that answer, the oldest first."""
        with suppress(psutil.NoSuchProcess):
            found = psutil.Process(self.site.process.pid).children()
            return sorted(found, key=lambda one: one.create_time())
        return []

    def kill_a_web_process(self) -> None:
        """End the youngest with no time for anything. The oldest stays: its memory is watched."""
        if len(found := self.web_processes()) > 1:
            os.kill(found[-1].pid, signal.SIGKILL)

    def megabytes(self) -> dict[str, float]:
        """What the oldest web process and the worker have in memory."""
        processes = {"web": self.web_processes()[:1], "worker": []}
        with suppress(psutil.NoSuchProcess):
            processes["worker"] = [psutil.Process(self.worker.process.pid)]
        found = {}
        for name, each in processes.items():
            with suppress(psutil.NoSuchProcess, IndexError):
                found[name] = each[0].memory_info().rss / MEGABYTE
        return found


class Mail(MailServer):
    """A mail server with the settings that lead to it."""

    def settings(self) -> dict[str, str]:
        """What a site is told about it."""
        where = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(self.port)}
        return {**where, "MAIL_USE_TLS": "no"}


@contextmanager
def mail_server() -> Iterator[Mail]:
    """A real SMTP server on this machine, which takes everything."""
    server = Mail(port=free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    yield server
    controller.stop()


@contextmanager
def installed(folder: Path, database_url: str, **settings: str) -> Iterator[Installation]:
    """Start everything on a database with a clinic; end it all when left."""
    with ExitStack() as stack:
        mail = stack.enter_context(mail_server())
        settings = {"DATABASE_URL": database_url, **mail.settings(), **settings}
        site = LiveSite(folder / "site.log", 2, settings)
        stack.callback(site.stop)
        site.wait_until_healthy()
        worker = Worker(folder / "worker.log", {**settings, "BASE_URL": site.url})
        stack.callback(worker.stop)
        yield Installation(site, worker, mail)


@contextmanager
def running_up(log: Path, **settings: str) -> Iterator[tuple[subprocess.Popen[bytes], str, int]]:
    """Run `flask up`: its process, the site's address and its port. Nothing is left of it after."""
    port = free_port()
    site = f"http://localhost:{port}"
    settings = {"PORT": str(port), "BASE_URL": site, "SECRET_KEY": SECRET_KEY, **settings}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "up"],
            cwd=ROOT,
            env={**os.environ, **settings},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        assert wait_until(lambda: process.poll() is not None or _answers(site), 60)
        assert process.poll() is None, log.read_text()
        yield process, site, port
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _answers(site: str) -> bool:
    with suppress(NoAnswer):
        return Browser(site).get("/healthz").status_code == 200
    return False


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Ask again and again until it's so; say whether it came to that in time."""
    deadline = time.monotonic() + seconds
    while not (so := condition()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return so


def is_free(port: int) -> bool:
    """Whether nobody listens on the port any more."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
