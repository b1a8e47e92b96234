"""A backup comes back as it was, and a bad one changes nothing."""

import shutil
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import downgrade
from sqlalchemy import make_url, text

from portal.db import db, opened
from portal.errors import Refused, WrongBackup
from portal.models import Act, Activity, Role
from portal.queries.guard import accepted_overlaps
from portal.safekeeping import places
from portal.safekeeping.backups import back_up
from portal.safekeeping.restoring import needs_passphrase, restore
from portal.transaction import transaction
from tests.clinics import NOW
from tests.conftest import SECRET_KEY
from tests.databases import without_guard
from tests.safekeeping.test_backups import files_below, present_rows
from tests.test_migrations import inventory

pytestmark = pytest.mark.xdist_group("safekeeping")

LATER = timedelta(hours=1)


def add_a_role(name: str) -> None:
    with transaction() as session:
        session.add(Role(name=name))


def without(rows: dict[str, Any], name: str) -> dict[str, Any]:
    return {table: digest for table, digest in rows.items() if table != name}


def test_everything_is_as_it_was_and_what_came_since_is_aside(
    lively_app: Flask, tmp_path: Path
) -> None:
    with lively_app.app_context():
        before, schema = present_rows(), inventory()
        made = back_up(tmp_path / "backup.db", NOW)
        add_a_role("Came since")
        restored = restore(made.path, "", NOW + LATER)
        assert restored.made_at == NOW
        assert restored.about_key == []
        after = present_rows()
        assert without(after, "activity") == without(before, "activity")
        assert after["activity"].rows == before["activity"].rows + 1
        assert inventory() == schema
        last = db.session.query(Activity).order_by(Activity.id.desc()).first()
        assert last is not None
        assert (last.act, last.at) == (Act.RESTORED, NOW + LATER)
        add_a_role("Numbered behind what was restored")
        assert "Came since" in roles_of(str(restored.aside))
    assert lively_app.test_client().get("/readyz").text == "ready\n"


def roles_of(aside: str) -> list[str]:
    """The roles in what was put aside: a file, or a schema of the same database."""
    url, prefix = places.database_url(), ""
    if url.get_backend_name() == "sqlite":
        url = places.sqlite_url(Path(aside))
    else:
        prefix = aside.removeprefix("the schema ") + "."
    with opened(url) as engine, engine.connect() as connection:
        return list(connection.scalars(text(f"SELECT name FROM {prefix}role")))  # noqa: S608


def test_a_backup_of_an_older_version_is_brought_up_to_date(
    lively_app: Flask, tmp_path: Path
) -> None:
    with lively_app.app_context():
        schema = inventory()
        downgrade(revision="0009")
        made = back_up(tmp_path / "backup.db", NOW)
        before = present_rows()
        restored = restore(made.path, "", NOW)
        assert inventory() == schema
        assert present_rows()["client_package_item"] == before["client_package_item"]
        assert restored.aside


Spoil = Callable[[Path], None]


def changed(*statements: str) -> Spoil:
    """Change the database that a backup is, behind its back."""

    def spoil(path: Path) -> None:
        connection = sqlite3.connect(path, isolation_level=None)
        for statement in statements:
            connection.execute(statement)
        connection.close()

    return spoil


def cut(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def scribbled_on(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * (size // 4))


def somebody_elses(path: Path) -> None:
    path.unlink()
    changed(
        "CREATE TABLE alembic_version (version_num)",
        "INSERT INTO alembic_version VALUES ('0009')",
        "CREATE TABLE practice (id)",
    )(path)


BAD: dict[str, tuple[Spoil, str]] = {
    "empty": (lambda path: path.write_bytes(b"") and None, "isn't a backup of a clinic"),
    "text": (lambda path: path.write_text("Dear Lee, " * 99) and None, "isn't a backup"),
    "cut": (cut, "damaged"),
    "scribbled on": (scribbled_on, "damaged"),
    "newer": (changed("UPDATE alembic_version SET version_num = '9999'"), "a newer one"),
    "of nothing": (changed("DROP TABLE alembic_version"), "isn't a backup of a clinic"),
    "somebody else's": (somebody_elses, "isn't a backup of a clinic"),
    "unguarded": (changed("DROP TRIGGER booking_overlap_update"), "guard"),
    "guarded in name": (
        changed(
            "DROP TRIGGER booking_overlap_insert",
            "CREATE TRIGGER booking_overlap_insert BEFORE INSERT ON booking BEGIN SELECT 1; END",
        ),
        "lets an insert book somebody twice",
    ),
    "without a table": (changed("DROP TABLE passkey"), "passkey.id is missing"),
    "astray": (changed("DELETE FROM client WHERE id IN (SELECT client_id FROM booking)"), "refer"),
    "overspent": (
        changed(
            "DROP TRIGGER credit_entry_no_update",
            "UPDATE credit_entry SET amount = 1 WHERE kind = 'grant'",
        ),
        "below zero",
    ),
}


@pytest.mark.parametrize("how", BAD)
def test_a_bad_backup_is_refused_and_nothing_has_changed(
    app_on_sqlite: Flask, tmp_path: Path, how: str
) -> None:
    spoil, sentence = BAD[how]
    with app_on_sqlite.app_context():
        made = back_up(tmp_path / "backups" / "backup.db", NOW)
        spoil(made.path)
        before, files = present_rows(), files_below(tmp_path)
        with pytest.raises(WrongBackup, match=sentence):
            restore(made.path, "", NOW)
        assert present_rows() == before
        assert files_below(tmp_path) - {"clinic.db-backups"} == files


def test_a_sealed_backup_needs_its_passphrase_and_to_be_whole(
    lively_app: Flask, tmp_path: Path
) -> None:
    with lively_app.app_context():
        lively_app.config["BACKUP_PASSPHRASE"] = "open sesame"
        made = back_up(tmp_path / "backup.sealed", NOW)
        before = present_rows()
        assert needs_passphrase(made.path)
        for passphrase in ("", "open barley"):
            with pytest.raises(WrongBackup, match="passphrase"):
                restore(made.path, passphrase, NOW)
        cut(shutil.copy(made.path, half := tmp_path / "half.sealed"))
        with pytest.raises(WrongBackup, match="damaged"):
            restore(half, "open sesame", NOW)
        assert present_rows() == before
        restore(made.path, "open sesame", NOW)
        assert without(present_rows(), "activity") == without(before, "activity")


def test_nothing_is_replaced_under_somebody_who_uses_it(lively_app: Flask, tmp_path: Path) -> None:
    with lively_app.app_context():
        made = back_up(tmp_path / "backup.db", NOW)
        before = present_rows()
        with opened(places.database_url()) as engine, engine.connect() as somebody:
            somebody.execute(text("SELECT 1"))
            with pytest.raises(Refused, match="stop the site"):
                restore(made.path, "", NOW)
            assert present_rows() == before


def test_the_key_that_was_in_use_then_comes_back_or_is_asked_for(
    lively_app: Flask, tmp_path: Path
) -> None:
    with lively_app.app_context():
        plain = back_up(tmp_path / "plain.db", NOW)
        lively_app.config["BACKUP_PASSPHRASE"] = "open sesame"
        sealed = back_up(tmp_path / "backup.sealed", NOW)
        lively_app.config["SECRET_KEY"] = "of the new machine"
        told = restore(plain.path, "", NOW).about_key
        assert "can't be read" in told[1]
        told = restore(sealed.path, "open sesame", NOW + LATER).about_key
        assert f"set SECRET_KEY to {SECRET_KEY}" in told[1]
        kept = tmp_path / "secret_key"
        kept.write_text("of the new machine")
        lively_app.config["SECRET_KEY_KEPT_IN"] = str(kept)
        told = restore(sealed.path, "open sesame", NOW + 2 * LATER).about_key
        assert str(kept) in told[0]
    assert kept.read_text() == SECRET_KEY
    assert [p.read_text() for p in tmp_path.glob("secret_key.*")] == ["of the new machine"]


def test_a_damaged_database_is_replaced_too(app_on_sqlite: Flask, tmp_path: Path) -> None:
    """What a backup is for. PostgreSQL looks after its own files."""
    with app_on_sqlite.app_context():
        made = back_up(tmp_path / "backup.db", NOW)
        before = present_rows()
        db.session.remove()
        db.engine.dispose()
        file = Path(str(make_url(app_on_sqlite.config["DATABASE_URL"]).database))
        file.write_bytes(b"\xff" * 5000)
        restored = restore(made.path, "", NOW)
        assert Path(str(restored.aside)).read_bytes() == b"\xff" * 5000
        file.unlink()
        assert restore(made.path, "", NOW + LATER).aside is None
        assert without(present_rows(), "activity") == without(before, "activity")


def test_what_is_restored_has_the_guard_in_force(lively_app: Flask, tmp_path: Path) -> None:
    with lively_app.app_context():
        made = back_up(tmp_path / "backup.db", NOW)
        without_guard()
        assert accepted_overlaps() == {"insert", "update"}
        restore(made.path, "", NOW)
        assert accepted_overlaps() == set()
