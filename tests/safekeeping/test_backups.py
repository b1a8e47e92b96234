"""A backup of either database: all of it, looked through, and for its owner's eyes."""

import errno
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, text

from portal.db import opened
from portal.errors import NotFound, Refused, WrongBackup
from portal.queries.backups import last_backup
from portal.safekeeping import backups, places
from portal.safekeeping.backups import back_up, remember, usual_path
from portal.safekeeping.rows import digests_of
from portal.safekeeping.sealing import plain_text
from tests.cli.conftest import application
from tests.clinics import NOW
from tests.conftest import SECRET_KEY, dispose
from tests.databases import run, without_guard

pytestmark = pytest.mark.xdist_group("safekeeping")

BOOKED_TWICE = """
    INSERT INTO booking (member_id, service_id, delivery, starts_at, ends_at, busy_start, busy_end,
        client_id, note, staff_note, created_at, confirmed_at, cancel_reason)
    SELECT member_id, service_id, delivery, starts_at, ends_at, busy_start, busy_end, client_id,
        note, staff_note, created_at, confirmed_at, cancel_reason
    FROM booking WHERE cancelled_at IS NULL AND client_id IS NOT NULL AND overbooked_at IS NULL
    ORDER BY id LIMIT 1
"""


@contextmanager
def looked_into(path: Path) -> Iterator[Connection]:
    """A connection to the database that a backup is."""
    with opened(places.sqlite_url(path), in_one_file=True) as engine, engine.connect() as found:
        yield found


def present_rows() -> dict[str, Any]:
    """The digests of the site's own tables."""
    with opened(places.database_url()) as engine, engine.connect() as connection:
        return digests_of(connection)


def files_below(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*")}


def test_a_backup_has_every_row_of_every_table(lively_app: Flask, tmp_path: Path) -> None:
    with lively_app.app_context():
        before = present_rows()
        assert sum(digest.rows > 0 for digest in before.values()) > 25, "too few tables have rows"
        made = back_up(tmp_path / "monday.db", NOW)
        assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
        assert made.size == made.path.stat().st_size
        with looked_into(made.path) as backup:
            assert digests_of(backup) == before
            assert backup.scalar(text("SELECT version_num FROM alembic_version")) is not None
        assert not [name for name in files_below(tmp_path) if "scratch" in name or "part" in name]


def test_the_last_good_backup_is_remembered(lively_app: Flask) -> None:
    with lively_app.app_context():
        assert last_backup() is None
        remember(back_up(usual_path(NOW), NOW), NOW)
        assert last_backup() == NOW


def test_a_file_that_is_there_stays_as_it_is(lively_app: Flask, tmp_path: Path) -> None:
    theirs = tmp_path / "letter.txt"
    theirs.write_text("Dear Lee")
    with lively_app.app_context(), pytest.raises(Refused, match="there is a file already"):
        back_up(theirs, NOW)
    assert theirs.read_text() == "Dear Lee"


def test_an_encrypted_backup_shows_nothing_and_has_the_key_with_it(
    lively_app: Flask, tmp_path: Path
) -> None:
    with lively_app.app_context():
        plain = back_up(tmp_path / "plain.db", NOW)
        lively_app.config["BACKUP_PASSPHRASE"] = "open sesame"
        made = back_up(tmp_path / "backup.sealed", NOW)
        assert (plain.is_sealed, made.is_sealed) == (False, True)
    with made.path.open("rb") as file:
        inside = b"".join(plain_text(file, "open sesame"))
    assert inside.startswith(b"SQLite format 3")
    assert SECRET_KEY.encode() in inside
    for hidden in (b"SQLite format 3", b"ana@example.com", SECRET_KEY.encode()):
        assert hidden not in made.path.read_bytes()
    assert SECRET_KEY.encode() not in plain.path.read_bytes()
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600


def test_what_is_not_sound_is_kept_and_is_no_backup(lively_app: Flask, tmp_path: Path) -> None:
    with lively_app.app_context():
        without_guard()
        run(BOOKED_TWICE)
        with pytest.raises(WrongBackup) as refusal:
            back_up(tmp_path / "backup.db", NOW)
        assert str(refusal.value).splitlines() == [
            f"{tmp_path / 'backup.db.faulty'}: this backup isn't sound.",
            "The guard against booking anybody twice is missing.",
            "1 live sessions overlap another one of their practitioner.",
        ]
        with looked_into(tmp_path / "backup.db.faulty") as kept:
            assert digests_of(kept) == present_rows()
    assert not (tmp_path / "backup.db").exists()


def test_what_cannot_be_read_back_or_written_leaves_no_file(
    lively_app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "elsewhere"

    def forgets_a_byte(source: Any, target: Any) -> None:
        target.write(source.read()[:-1])

    def has_no_room(source: Any, target: Any) -> None:
        target.write(source.read(1000))
        raise OSError(errno.ENOSPC, "No space left on device")

    with lively_app.app_context():
        monkeypatch.setattr(shutil, "copyfileobj", forgets_a_byte)
        with pytest.raises(WrongBackup, match="can't be read back"):
            back_up(folder / "backup.db", NOW)
        monkeypatch.setattr(shutil, "copyfileobj", has_no_room)
        with pytest.raises(OSError, match="No space"):
            back_up(folder / "backup.db", NOW)
    assert files_below(folder) == set()


def test_a_row_that_is_lost_on_the_way_is_noticed(
    lively_postgresql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite copies its own file; where rows are copied, each is compared."""
    app = application(lively_postgresql)
    real = digests_of

    def with_one_less(connection: Connection) -> dict[str, Any]:
        connection.execute(text("DELETE FROM rate_limit"))
        return real(connection)

    monkeypatch.setattr(backups, "digests_of", with_one_less)
    with app.app_context(), pytest.raises(WrongBackup, match="isn't what was there"):
        back_up(tmp_path / "backup.db", NOW)
    dispose(app)


def test_an_empty_database_has_no_backup(tmp_path: Path) -> None:
    app = application(f"sqlite:///{tmp_path / 'none.db'}")
    with app.app_context(), pytest.raises(NotFound, match="nothing to back up"):
        back_up(tmp_path / "backup.db", NOW)
    dispose(app)
