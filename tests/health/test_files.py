"""Files on the machine's disk: what others could read, and what is missing."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from portal import languages
from portal.db import opened
from portal.health import files
from portal.safekeeping.places import sqlite_url
from portal.work_queue import open_queue, queue_file
from tests.clinics import NOW


@pytest.fixture
def database_url(sqlite_database: str) -> str:
    """SQLite's: on PostgreSQL there's no file of ours."""
    return sqlite_database


@pytest.fixture(autouse=True)
def _app(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_database_and_what_lies_beside_it_are_for_their_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "new.db"
    with opened(sqlite_url(file)) as engine, engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE one (id INTEGER)")
        beside = sorted(tmp_path.glob("new.db*"))
        assert [each.name for each in beside] == ["new.db", "new.db-shm", "new.db-wal"]
        assert {mode(each) for each in beside} == {0o600}


def test_the_workers_queue_is_for_its_owner_alone(app: Flask) -> None:
    open_queue(app).storage.close()
    file = queue_file(app)
    assert file is not None
    assert mode(file) == 0o600


def test_a_database_that_others_can_read_is_named(app: Flask) -> None:
    file = Path(app.config["DATABASE_URL"].removeprefix("sqlite:///"))
    file.chmod(0o600)
    assert files.database_is_private(NOW) == []
    file.chmod(0o644)
    (fault,) = files.database_is_private(NOW)
    assert "mode 644" in fault.sentence
    assert f"chmod 600 {file}*" in fault.mend


def test_a_folder_that_takes_no_backups_is_named(app: Flask, tmp_path: Path) -> None:
    app.config["BACKUP_FOLDER"] = str(tmp_path / "to" / "be-made")
    assert files.backups_can_be_written(NOW) == []
    (tmp_path / "to").touch()
    (fault,) = files.backups_can_be_written(NOW)
    assert f"{tmp_path / 'to'} is no folder" in fault.sentence
    assert "BACKUP_FOLDER" in fault.mend


def test_a_language_that_nobody_compiled_is_named(
    app: Flask,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert files.languages_are_compiled(NOW) == []
    monkeypatch.setattr(app, "root_path", str(tmp_path))
    texts = tmp_path / "portal" / "translations" / "fr" / "LC_MESSAGES" / "messages.po"
    texts.parent.mkdir(parents=True)
    texts.touch()
    (fault,) = files.languages_are_compiled(NOW)
    assert "the language fr aren't compiled" in fault.sentence
    assert "make languages" in fault.mend
    languages.init_app(app)
    assert "The language fr isn't compiled: run `make languages`." in caplog.text
    texts.with_suffix(".mo").touch()
    assert files.languages_are_compiled(NOW) == []
