"""Somebody reads from the SQLite file for a long time, such as a report or a copy that's slow."""

import time
from pathlib import Path

import pysqlite3
import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import create_app
from portal.db import WAL_LIMIT_BYTES, db
from portal.models import Client
from portal.transaction import transaction
from tests.clinics import NOW
from tests.conftest import SECRET_KEY, dispose

MEGABYTE = 1024 * 1024
WRITES = WAL_LIMIT_BYTES // MEGABYTE + 4


@pytest.fixture
def app(sqlite_database: str) -> Flask:
    """The application as it runs, on a file."""
    return create_app({"TESTING": True, "SECRET_KEY": SECRET_KEY, "DATABASE_URL": sqlite_database})


def write(number: int) -> float:
    """Write a megabyte; return how long it took, in seconds."""
    began = time.monotonic()
    with transaction() as session:
        session.add(Client(name=f"Client {number}", notes="x" * MEGABYTE, created_at=NOW))
    return time.monotonic() - began


def test_writers_go_on_and_what_they_wrote_meanwhile_takes_no_room_for_ever(
    app: Flask, sqlite_database: str
) -> None:
    file = Path(sqlite_database.removeprefix("sqlite:///"))
    log = Path(f"{file}-wal")
    count = "SELECT count(*) FROM client"
    with app.app_context():
        write(0)
        reader = pysqlite3.connect(file, isolation_level=None)
        reader.execute("BEGIN")
        assert reader.execute(count).fetchone() == (1,)
        slowest = max(write(number) for number in range(WRITES))
        assert slowest < 5
        # The reader sees what was there, everybody else what is; that's what the log is kept for.
        assert reader.execute(count).fetchone() == (1,)
        assert db.session.scalar(select(func.count()).select_from(Client)) == WRITES + 1
        db.session.rollback()
        assert log.stat().st_size > WAL_LIMIT_BYTES
        reader.close()
        # One write takes the log over into the file, the next begins it anew.
        write(-1)
        write(-2)
        assert log.stat().st_size <= WAL_LIMIT_BYTES
        db.session.rollback()
    dispose(app)
