"""The clinic of the scenarios with much room, and things that go wrong."""

import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from flask import Flask
from psycopg import OperationalError

from portal import clinic_file
from tests.clinics import ANA, BEN, CHO, NOW, reset_clinic
from tests.conftest import dispose, server_of_our_own
from tests.mail.conftest import mail_server
from tests.postgresql import execute
from tests.web.conftest import load_reset_clinic, time, visitor
from tests.web.practice.conftest import clinic, sign_in

__all__ = ["clinic", "load_reset_clinic", "mail_server", "sign_in", "time", "visitor"]


@pytest.fixture
def open_clinic(app: Flask) -> Flask:
    """The application with a clinic in which everybody works all day."""
    load_open_clinic(app)
    return app


def load_open_clinic(app: Flask) -> None:
    hours = {email: [("08:00", "20:00")] for email in (ANA, BEN, CHO)}
    # A page with every quarter of an hour takes its reader longer than the site.
    practice = {"slot_step_minutes": 60, "horizon_days": 365}
    with app.app_context():
        clinic_file.load(reset_clinic(hours=hours, practice=practice), NOW)
    dispose(app)


@dataclass
class OwnServer:
    """A PostgreSQL server that a test may kill."""

    server: Any
    folder: Path

    @property
    def url(self) -> str:
        return self.server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)

    def is_up(self) -> bool:
        """True when it answers."""
        try:
            execute(self.url, "SELECT 1")
        except OperationalError:
            return False
        return True

    def kill(self) -> None:
        """End the server's first process at once; the others notice and end too."""
        os.kill(int((self.folder / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)

    def start_again(self) -> None:
        """Start it on the same files; it repairs them first."""
        # The number of a process that nobody has waited for yet would be taken for a server's.
        (self.folder / "postmaster.pid").unlink(missing_ok=True)
        for chance in range(5):
            try:
                self.server.ensure_postgres_running()
            except subprocess.SubprocessError:  # the processes of the killed one are still ending
                if chance == 4:
                    raise
                sleep(0.5)
            else:
                return


@pytest.fixture
def own_server() -> Iterator[OwnServer]:
    """A PostgreSQL server of the test's own: see postgresql_url."""
    with server_of_our_own() as (server, folder):
        own = OwnServer(server, folder)
        yield own
        if not own.is_up():
            own.start_again()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of three megabytes, where we may have one; otherwise just a folder."""
    folder = tmp_path / "disk"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)]
    mounted = subprocess.run(["mount", *options], capture_output=True).returncode == 0
    yield folder
    if mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
