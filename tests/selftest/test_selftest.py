"""`flask selftest` finds what it should, can fail, and leaves the clinic's own database alone."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import make_url

from portal import clinic_file
from portal.db import db
from portal.errors import Refused
from portal.selftest.scratch import PREFIX, scratch_copy
from tests.clinics import NOW, lee, reset_clinic
from tests.databases import rows_of_every_table, without_guard
from tests.postgresql import connected, execute

pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("processes")]

CLIENTS, OPENINGS = 3, 2


@pytest.fixture(autouse=True)
def _clinic(app: Flask) -> Iterator[None]:
    booked = {
        "client": "lee@example.com",
        "practitioner": "ana@example.com",
        "service": "follow-up",
        "delivery": "in_person",
        "start": "2027-03-15T09:00:00-04:00",
        "status": "confirmed",
        "package": None,
    }
    with app.app_context():
        clinic_file.load(reset_clinic(clients=[lee()], bookings=[booked]), NOW)
        yield


@pytest.fixture
def selftest(app: Flask) -> Callable[..., Any]:
    """The command with few clients, as JSON."""
    args = ["selftest", f"--clients={CLIENTS}", f"--openings={OPENINGS}"]

    def run(*more: str) -> Any:
        return app.test_cli_runner().invoke(args=[*args, *more])

    return run


def bytes_of(app: Flask) -> bytes:
    """The SQLite file, with all that was written; nothing on PostgreSQL."""
    url = make_url(app.config["DATABASE_URL"])
    if url.get_backend_name() != "sqlite":
        return b""
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    db.session.remove()
    db.engine.dispose()
    return Path(url.database or "").read_bytes()


def databases_left(app: Flask) -> list[str]:
    """Copies on the PostgreSQL server that nobody removed."""
    if not app.config["DATABASE_URL"].startswith("postgresql"):
        return []
    with connected(app.config["DATABASE_URL"]) as connection:
        query = "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
        return [name for (name,) in connection.execute(query, [PREFIX])]


def test_it_passes_counts_everything_and_changes_nothing(
    app: Flask, selftest: Callable[..., Any]
) -> None:
    rows, file = rows_of_every_table(), bytes_of(app)
    result = selftest("--json")
    assert (result.exit_code, result.stderr) == (0, "")
    report = json.loads(result.stdout)
    assert report["passed"]
    assert report["sessions"] == 1
    as_clients, guard_alone, no_guard = (
        [count["sentence"] for count in one["counts"]] for one in report["rounds"]
    )
    for sentences in (as_clients, guard_alone):
        assert sentences[0].startswith("of 6 tries 2 were booked, 4 told that the time is gone")
        assert sentences[1:] == [
            "of all sessions and holds in the copy 0 overlap another one",
            "2 sessions are in the copy",
            "2 credits were given and 2 taken, and 0 are left",
            "4 mails were written, two for each session, and 0 have left",
        ]
    assert no_guard[0].startswith("6 were booked at 2 openings, and 4 sessions that overlap")
    assert bytes_of(app) == file
    assert rows_of_every_table() == rows
    assert databases_left(app) == []


class TestOnSqlite:
    """What a copy of the file shows."""

    @pytest.fixture
    def database_url(self, sqlite_database: str) -> str:
        return sqlite_database

    def test_it_fails_where_the_clinics_database_has_no_guard(
        self, selftest: Callable[..., Any]
    ) -> None:
        without_guard()
        result = selftest()
        assert result.exit_code == 1
        assert "   WRONG  of 6 tries 6 were booked" in result.stdout
        assert "FAILED: see what is WRONG above." in result.stdout


class TestOnPostgresql:
    """What a scratch database needs."""

    @pytest.fixture
    def database_url(self, postgresql_database: str) -> str:
        return postgresql_database

    def test_a_guard_that_is_not_the_codes_own_is_refused(
        self, app: Flask, selftest: Callable[..., Any]
    ) -> None:
        without_guard()
        result = selftest()
        assert result.exit_code == 1
        assert "isn't the one that this code makes" in result.stderr
        assert databases_left(app) == []

    def test_a_role_that_may_make_no_database_is_told_how(self, app: Flask) -> None:
        url = app.config["DATABASE_URL"]
        execute(url, "DROP ROLE IF EXISTS selftester", "CREATE ROLE selftester LOGIN PASSWORD 'x'")
        as_tester = make_url(url).set(username="selftester", password="x")
        with (
            pytest.raises(Refused, match="ALTER ROLE selftester CREATEDB"),
            scratch_copy(as_tester.render_as_string(hide_password=False)),
        ):
            pass
        execute(url, "DROP ROLE selftester")
