"""What stands in the way of booking is named, with how to mend it."""

import time
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import event, text

from portal.db import db
from portal.health import readiness
from tests.databases import at_an_old_schema, without_guard


@pytest.fixture
def app(fresh_app: Flask) -> Iterator[Flask]:
    """One whose SQLite is set as clinics have it: the tests' own doesn't wait for the disk."""
    with fresh_app.app_context():
        yield fresh_app


def names() -> list[str]:
    return [fault.name for fault in readiness.faults_now()]


def test_an_installation_as_it_should_be_has_no_fault(app: Flask) -> None:
    assert readiness.faults_now() == []


def test_a_schema_that_is_behind_is_named_with_both_revisions(app: Flask) -> None:
    at_an_old_schema()
    (fault,) = readiness.faults_now()
    assert "at before" in fault.sentence
    assert "flask db upgrade" in fault.mend


def test_a_guard_that_is_gone_is_named(app: Flask) -> None:
    without_guard()
    (fault,) = readiness.faults_now()
    assert fault.name == "guard"
    assert "two overlapping sessions" in fault.sentence


def test_an_empty_database_has_a_schema_that_is_behind_and_no_guard_to_try(app: Flask) -> None:
    with db.engine.begin() as connection:
        connection.execute(text("DROP TABLE credit_entry"))
        connection.execute(text("DELETE FROM alembic_version"))
        connection.execute(text("ALTER TABLE booking RENAME TO was_booking"))
    assert names() == ["schema", "guard_untried"]


def test_a_database_that_is_away_is_the_one_fault(app: Flask) -> None:
    def away(*_: object) -> None:
        raise db.engine.dialect.loaded_dbapi.OperationalError("no connection")

    event.listen(db.engine, "do_connect", away)
    db.session.remove()
    db.engine.dispose()
    (fault,) = readiness.faults_now()
    assert fault.name == "database"
    assert "no connection" in fault.sentence


class TestOnSqlite:
    """Settings that only SQLite has."""

    @pytest.fixture
    def database_url(self, sqlite_database: str) -> str:
        return sqlite_database

    @pytest.mark.parametrize(
        ("setting", "name"),
        [
            ("foreign_keys=OFF", "foreign_keys"),
            ("synchronous=NORMAL", "synchronous"),
            ("journal_mode=DELETE", "journal_mode"),
            ("secure_delete=OFF", "secure_delete"),
        ],
    )
    def test_each_wrong_setting_is_named(self, app: Flask, setting: str, name: str) -> None:
        event.listen(db.engine, "connect", lambda one, _: one.execute(f"PRAGMA {setting}"))
        db.session.remove()
        db.engine.dispose()
        assert names() == [name]

    @pytest.mark.parametrize(
        ("version", "wrong"),
        [
            ((3, 6, 23), False),
            ((3, 7, 0), True),
            ((3, 40, 1), True),
            ((3, 44, 5), True),
            ((3, 44, 6), False),
            ((3, 50, 6), True),
            ((3, 50, 7), False),
            ((3, 51, 2), True),
            ((3, 51, 3), False),
            ((4, 0, 0), False),
        ],
    )
    def test_versions_with_the_bug_are_known(self, version: tuple[int, ...], wrong: bool) -> None:
        assert readiness.has_wal_bug(version) is wrong

    def test_a_version_with_the_bug_is_named(
        self, app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(db.engine.dialect.dbapi, "sqlite_version_info", (3, 40, 1))
        (fault,) = readiness.faults_now()
        assert fault.name == "sqlite_version"
        assert "3.40.1" in fault.sentence

    def test_flask_up_opens_no_clinic_whose_guard_is_gone(self, app: Flask) -> None:
        without_guard()
        app.config["PORT"] = 0
        runner: FlaskCliRunner = app.test_cli_runner()
        result = runner.invoke(args=["up"])
        assert result.exit_code == 1
        assert "accepts two overlapping sessions" in result.stderr
        assert "site is at" not in result.stdout

    def test_a_process_that_starts_writes_down_what_is_wrong(
        self, app: Flask, caplog: pytest.LogCaptureFixture
    ) -> None:
        without_guard()
        readiness.log_faults()
        assert "Not ready: The database accepts two overlapping sessions" in caplog.text

    def test_one_that_parts_from_it_does_not_say_it_again_unless_it_is_long_ago(
        self, app: Flask, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        without_guard()
        readiness.log_faults()
        readiness.log_faults_unless_just_done()
        assert caplog.text.count("Not ready") == 1
        later = time.monotonic() + readiness.JUST_DONE.total_seconds() + 1
        monkeypatch.setattr(readiness.time, "monotonic", lambda: later)
        readiness.log_faults_unless_just_done()
        assert caplog.text.count("Not ready") == 2

    def test_one_that_starts_by_itself_says_it(
        self, app: Flask, caplog: pytest.LogCaptureFixture
    ) -> None:
        without_guard()
        readiness.log_faults_unless_just_done()
        assert caplog.text.count("Not ready") == 1
