import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portal import clinic_file
from portal.migrating import is_empty
from tests.cli.conftest import Run, application, runner
from tests.clinics import ANA, lee, reset_clinic
from tests.conftest import dispose

Load = Callable[[dict[str, Any]], None]


@pytest.fixture
def file(tmp_path: Path) -> Callable[[Any], str]:
    """The name of a file with this document, or these bytes."""

    def of(content: Any) -> str:
        path = tmp_path / "clinic.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return str(path)

    return of


def test_a_file_is_loaded_and_what_was_in_it_is_told(run: Run, file: Callable[[Any], str]) -> None:
    result = run("clinic", "load", file(reset_clinic(clients=[lee()])))
    assert result.exit_code == 0
    assert result.stdout == ("Loaded 2 roles, 4 team members, 2 services, 1 package, 1 client.\n")


def test_a_dump_loads_again_from_standard_input(run: Run, load: Load) -> None:
    load(reset_clinic(clients=[lee(name="Léa Park")]))
    dumped = run("clinic", "dump")
    assert dumped.exit_code == 0
    assert json.loads(dumped.stdout)["clients"] == [lee(name="Léa Park")]
    assert run("clinic", "load", "-", given=dumped.stdout_bytes).exit_code == 0
    assert run("clinic", "dump").stdout == dumped.stdout


def test_a_dump_into_a_file_is_for_its_owner_s_eyes(run: Run, load: Load, tmp_path: Path) -> None:
    load(reset_clinic())
    path = tmp_path / "dump.json"
    assert run("clinic", "dump", str(path)).exit_code == 0
    assert json.loads(path.read_bytes()) == json.loads(run("clinic", "dump").stdout)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_faults_of_a_file_are_lines_on_stderr(run: Run, file: Callable[[Any], str]) -> None:
    document = reset_clinic()
    document["team"][2]["role"] = "Baker"
    document["practice"]["timezone"] = "Springfield"
    result = run("clinic", "load", file(document))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines() == [
        'practice.timezone: there is no time zone called "Springfield"',
        'team[2].role: no role is called "Baker"',
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "file: is not JSON"),
        (b"\x80", "file: is not UTF-8"),
        (b"{" * 9, "file: is not JSON"),
        (b"[" * 100_000, "file: has lists or objects within each other far too deep"),
        (b"NaN", "file: an object is needed, not NaN"),
        (b"9" * 5000, "file: an object is needed, not 9999"),
        (b"null", "file: an object is needed, not null"),
        (b'{"\x1b[31m": 1}', "file: is not JSON"),
        (
            b'{"\\u001b[31m": 1, "format": "clinic/1", "practice": null}',
            r'["\u001b[31m"]: is not a key',
        ),
    ],
    ids=["nothing", "not UTF-8", "braces", "deep", "NaN", "long", "null", "control", "escaped"],
)
def test_what_is_no_clinic_file_is_said_without_a_traceback(
    run: Run, file: Callable[[Any], str], content: bytes, sentence: str
) -> None:
    result = run("clinic", "load", file(content))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Traceback" not in result.stderr
    assert any(line.startswith(sentence) for line in result.stderr.splitlines())


def test_a_file_that_cannot_be_read_or_written_is_named(
    run: Run, load: Load, tmp_path: Path
) -> None:
    missing, folder = str(tmp_path / "none.json"), str(tmp_path)
    load(reset_clinic())
    for words, reason in [
        (("load", missing), f"{missing}: No such file or directory\n"),
        (("load", folder), f"{folder}: Is a directory\n"),
        (("dump", folder), f"{folder}: Is a directory\n"),
    ]:
        result = run("clinic", *words)
        assert (result.exit_code, result.stdout, result.stderr) == (1, "", reason)


def test_an_empty_database_is_migrated_by_load(
    empty_app: Flask, file: Callable[[Any], str]
) -> None:
    run = runner(empty_app)
    assert run("clinic", "load", file(reset_clinic())).exit_code == 0
    with empty_app.app_context():
        assert clinic_file.dump()["team"][0]["email"] == ANA


def test_a_wrong_file_does_not_even_make_the_tables(
    empty_app: Flask, file: Callable[[Any], str]
) -> None:
    result = runner(empty_app)("clinic", "load", file(reset_clinic() | {"team": []}))
    assert result.exit_code == 1
    assert "nobody on the team" in result.stderr
    with empty_app.app_context():
        assert is_empty()


@pytest.mark.parametrize(
    "words",
    [
        ("clinic", "dump"),
        ("openings", "reset", "follow-up"),
        ("explain", "reset", "follow-up"),
    ],
    ids=" ".join,
)
def test_an_empty_database_is_said_to_be_empty(empty_app: Flask, words: tuple[str, ...]) -> None:
    result = runner(empty_app)(*words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "This database is empty: load a clinic with `flask clinic load FILE`, "
        "or a sample with `flask clinic demo`.\n"
    )


def test_a_database_with_tables_alone_has_no_clinic(run: Run) -> None:
    assert run("clinic", "dump").stderr == "There is no clinic in this database.\n"
    assert run("openings", "reset", "follow-up").exit_code == 1


def test_a_database_that_is_away_or_is_none_is_a_sentence(tmp_path: Path) -> None:
    text = tmp_path / "text.db"
    text.write_text("No database, but a text. " * 99)
    away = ("sqlite:////nowhere/at/all.db", "postgresql://nobody@127.0.0.1:1/none")
    for url in (*away, f"sqlite:///{text}"):
        app = application(url)
        result = runner(app)("clinic", "dump")
        assert result.exit_code == 1
        assert result.stderr.startswith("The database can't be used: ")
        assert "Traceback" not in result.stderr
        dispose(app)


def test_the_schema_is_printed(run: Run) -> None:
    result = run("clinic", "schema")
    assert json.loads(result.stdout) == clinic_file.schema()


def test_wrong_usage_is_code_two(run: Run) -> None:
    assert run("clinic", "load").exit_code == 2
    assert run("clinic", "reload").exit_code == 2


def test_what_is_dumped_to_a_device_goes_there(run: Run, load: Load) -> None:
    load(reset_clinic())
    assert run("clinic", "dump", os.devnull).exit_code == 0
