"""The worker's backups: each night one, whoever makes it, and the old ones go."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade

from portal.db import db
from portal.errors import WrongBackup
from portal.migrating import newest_revision, revision_of
from portal.models import Act, Activity
from portal.queries.backups import last_backup
from portal.safekeeping import keeping
from portal.safekeeping.keeping import back_up_if_due, superfluous
from portal.worker.nightly import TRY_AGAIN, Nightly
from tests.clinics import NOW
from tests.databases import without_guard
from tests.safekeeping.test_backups import files_below

pytestmark = pytest.mark.xdist_group("safekeeping")

DAY = timedelta(days=1)
NIGHT = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
"""Three o'clock on Monday at the clinic in New York."""


def backups_of(app: Flask) -> list[str]:
    folder = Path(app.config["BACKUP_FOLDER"])
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_there_is_one_backup_a_night_at_three_at_the_clinic(app_on_sqlite: Flask) -> None:
    with app_on_sqlite.app_context():
        assert back_up_if_due(NIGHT - DAY) is not None
        assert back_up_if_due(NIGHT - timedelta(seconds=1)) is None
        made = back_up_if_due(NIGHT + timedelta(hours=2))
        assert made is not None
        assert made.path.name == "clinic-20270301T100000Z.db"
        assert back_up_if_due(NIGHT + timedelta(hours=20)) is None
        assert last_backup() == NIGHT + timedelta(hours=2)
        app_on_sqlite.config["BACKUP_KEEP_DAYS"] = 0
        assert back_up_if_due(NIGHT + 5 * DAY) is None


def test_of_several_workers_one_makes_it(lively_app: Flask) -> None:
    def work(_number: int) -> bool:
        with lively_app.app_context():
            return back_up_if_due(NOW) is not None

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(work, range(8)))
    assert sum(made) == 1
    assert len(backups_of(lively_app)) == 1
    with lively_app.app_context():
        assert db.session.query(Activity).filter_by(act=Act.BACKED_UP).count() == 1


def test_days_then_weeks_are_kept_and_nothing_else_is_touched(
    app_on_sqlite: Flask, tmp_path: Path
) -> None:
    app_on_sqlite.config |= {"BACKUP_KEEP_DAYS": 3, "BACKUP_KEEP_WEEKS": 2}
    first = datetime(2027, 3, 1, 8, tzinfo=UTC)  # a Monday
    files = [
        tmp_path / f"clinic-{at:%Y%m%dT%H%M%SZ}.db"
        for number in range(31)
        for at in (first + number * DAY, first + number * DAY + timedelta(hours=1))
    ]
    others = [
        tmp_path / name
        for name in ("clinic.db", "monday.db", "clinic-20270301T080000Z.db.faulty", "clinic-x.db")
    ]
    with app_on_sqlite.app_context():
        gone = superfluous([*files, *others])
    kept = sorted(path.name[7:18] for path in {*files} - {*gone})
    # The last three days, the rest of that week, and the week before it.
    assert kept == ["20270321T09", "20270328T09", "20270329T09", "20270330T09", "20270331T09"]
    assert not set(gone) & set(others)


def test_an_old_backup_goes_only_when_there_is_a_new_good_one(app_on_sqlite: Flask) -> None:
    app_on_sqlite.config |= {"BACKUP_KEEP_DAYS": 1, "BACKUP_KEEP_WEEKS": 0}
    with app_on_sqlite.app_context():
        back_up_if_due(NIGHT)
        without_guard()
        with pytest.raises(WrongBackup):
            back_up_if_due(NIGHT + DAY)
        assert "clinic-20270301T080000Z.db" in backups_of(app_on_sqlite)
        assert last_backup() == NIGHT


def test_a_backup_that_fails_is_logged_and_tried_again_after_an_hour(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried = []

    def has_no_room(now: datetime) -> None:
        tried.append(now)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("portal.worker.nightly.back_up_if_due", has_no_room)
    nightly = Nightly()
    with caplog.at_level(logging.ERROR):
        for minutes in (0, 1, 59, 60):
            nightly(NOW + timedelta(minutes=minutes))
    assert tried == [NOW, NOW + TRY_AGAIN]
    assert "No space left" in caplog.text


def test_a_migration_comes_after_a_backup(
    lively_app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    with lively_app.app_context():
        downgrade(revision="0009")
        before = backups_of(lively_app)
        assert f"{before[0]} before the database is migrated" in capsys.readouterr().out
        upgrade()
        assert len(backups_of(lively_app)) >= len(before)
        upgrade()
        assert "migrated" in capsys.readouterr().out
        upgrade()
        assert capsys.readouterr().out == "", "nothing waits, so nothing is done"


def test_without_a_backup_nothing_is_migrated(
    lively_app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def has_no_room(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with lively_app.app_context():
        downgrade(revision="0009")
        monkeypatch.setattr(keeping, "back_up", has_no_room)
        with pytest.raises(SystemExit):
            upgrade()
        assert "Nothing was migrated" in caplog.text
        with db.engine.connect() as connection:
            assert revision_of(connection) == "0009" != newest_revision()


def test_a_database_without_a_clinic_has_nothing_to_keep(app: Flask, tmp_path: Path) -> None:
    app.config["BACKUP_FOLDER"] = str(tmp_path / "kept")
    with app.app_context():
        downgrade(revision="0009")
        upgrade()
        assert back_up_if_due(NOW) is None
    assert not {name for name in files_below(tmp_path) if name.startswith("clinic-")}
