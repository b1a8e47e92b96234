"""`flask backup` and `flask restore` as they are typed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.cli.conftest import Run, application, runner
from tests.clinics import lee, reset_clinic
from tests.conftest import dispose

Load = Callable[[dict[str, Any]], None]


@pytest.fixture
def database_url(sqlite_database: str) -> str:
    """What each engine does has its tests in tests/safekeeping/."""
    return sqlite_database


def test_a_backup_is_told_of_and_comes_back(run: Run, load: Load, tmp_path: Path) -> None:
    load(reset_clinic(clients=[lee()]))
    file = tmp_path / "monday.db"
    made = run("backup", str(file))
    assert made.exit_code == 0, made.stderr
    assert made.stdout.startswith(f"Backed up to {file} (")
    assert "SECRET_KEY isn't in it" in made.stdout
    load(reset_clinic(clients=[lee(name="Léa Park")]))
    back = run("restore", str(file))
    assert back.exit_code == 0, back.stderr
    assert "What was there before is kept: " in back.stdout
    assert json.loads(run("clinic", "dump").stdout)["clients"] == [lee()]


def test_without_a_name_it_goes_beside_the_database(run: Run, load: Load, tmp_path: Path) -> None:
    load(reset_clinic())
    assert run("backup").exit_code == 0
    assert [path.suffix for path in (tmp_path / "backups").iterdir()] == [".db"]


def test_a_passphrase_that_no_setting_has_is_asked_for(
    app: Flask, run: Run, load: Load, tmp_path: Path
) -> None:
    load(reset_clinic())
    file = str(tmp_path / "backup.sealed")
    app.config["BACKUP_PASSPHRASE"] = "open sesame"
    made = run("backup", file)
    assert made.exit_code == 0
    assert "SECRET_KEY" not in made.stdout
    app.config["BACKUP_PASSPHRASE"] = ""
    wrong = run("restore", file, given=b"open barley\n")
    assert wrong.exit_code == 1
    assert "The passphrase isn't the one of this backup" in wrong.stderr
    assert run("restore", file, given=b"open sesame\n").exit_code == 0


def test_what_cannot_be_done_is_a_sentence(run: Run, load: Load, tmp_path: Path) -> None:
    load(reset_clinic())
    theirs = tmp_path / "letter.txt"
    theirs.write_text("Dear Lee")
    for words, sentence in [
        (("backup", str(theirs)), "there is a file already"),
        (("restore", str(theirs)), "This isn't a backup of a clinic."),
        (("restore", str(tmp_path / "none")), "No such file or directory"),
        (("restore", str(tmp_path)), "Is a directory"),
    ]:
        result = run(*words)
        assert (result.exit_code, result.stdout) == (1, "")
        assert sentence in result.stderr
        assert "Traceback" not in result.stderr


def test_an_empty_database_is_not_backed_up(tmp_path: Path) -> None:
    app = application(f"sqlite:///{tmp_path / 'none.db'}")
    result = runner(app)("backup")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "This database is empty: there is nothing to back up.\n"
    dispose(app)
