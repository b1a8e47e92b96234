"""`flask openings` and `flask explain` answer as the oracle does, for random clinics."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, note, settings

from portal import create_app
from portal.clinic_file import load
from tests.conftest import SECRET_KEY, dispose
from tests.how_often import tries
from tests.oracle import explain, openings
from tests.oracle_people import Asked
from tests.postgresql import ReusedDatabase
from tests.random_clinics import Example, examples

# How long many examples take depends on the machine, and on what else it does; so does how long
# one takes to be drawn, which is a whole clinic with questions.
pytestmark = pytest.mark.timeout(600)
at_leisure = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def on_sqlite(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Flask]]:
    """The application on one SQLite file, which each call empties."""
    path = tmp_path_factory.mktemp("oracle") / "clinic.db"
    app = create_app(
        {"TESTING": True, "SECRET_KEY": SECRET_KEY, "DATABASE_URL": f"sqlite:///{path}"}
    )

    def emptied() -> Flask:
        dispose(app)
        for log in (path.with_name("clinic.db-wal"), path.with_name("clinic.db-shm")):
            log.unlink(missing_ok=True)
        shutil.copy(sqlite_template, path)
        return app

    yield emptied
    dispose(app)


@pytest.fixture(scope="module")
def on_postgresql(postgresql_url: str, postgresql_template: str) -> Iterator[Callable[[], Flask]]:
    """The application on one PostgreSQL database, which each call empties."""
    database = ReusedDatabase(postgresql_url, postgresql_template, f"oracle_{postgresql_template}")
    app = create_app({"TESTING": True, "SECRET_KEY": SECRET_KEY, "DATABASE_URL": database.url})

    def emptied() -> Flask:
        # It ends every connection, and the application's would be found broken only when used.
        dispose(app)
        database.as_new()
        return app

    yield emptied
    dispose(app)
    database.drop()


@given(example=examples())
@settings(at_leisure, max_examples=tries(few=60, many=500))
def test_random_clinics_on_sqlite(on_sqlite: Callable[[], Flask], example: Example) -> None:
    compare(on_sqlite(), example)


@given(example=examples())
@settings(at_leisure, max_examples=tries(few=8, many=30))
def test_random_clinics_on_postgresql(on_postgresql: Callable[[], Flask], example: Example) -> None:
    compare(on_postgresql(), example)


def compare(app: Flask, example: Example) -> None:
    """Load the clinic into the empty database and ask both, for reasons the first time only."""
    note(f"The clinic, loaded at {example.now.isoformat()}:\n{json.dumps(example.document)}")
    with app.app_context():
        load(example.document, example.now)
    for asked in example.asked:
        answer = answer_of(app, "openings", openings_options(asked), asked)
        assert answer == openings(example.document, asked)
    answers = answer_of(app, "explain", [], example.asked[0])
    assert by_email(answers) == by_email(explain(example.document, example.asked[0]))


def answer_of(app: Flask, command: str, options: list[str], asked: Asked) -> Any:
    """What the command answers in JSON."""
    args = [command, asked.package, asked.service, "--now", asked.now.isoformat(), "--json"]
    args += [*options, *(["--client", asked.client] if asked.client else [])]
    note(f"flask {' '.join(args)}")
    result = app.test_cli_runner().invoke(args=args, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def openings_options(asked: Asked) -> list[str]:
    """The options that `flask openings` has and `flask explain` doesn't."""
    options = ["--practitioner", asked.practitioner]
    if asked.first is not None:
        options += ["--from", asked.first.isoformat(), "--days", str(asked.days)]
    if asked.delivery is not None:
        options += ["--delivery", asked.delivery]
    return options


def by_email(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The answers of `flask explain` in an order that both have."""
    return sorted(answers, key=lambda answer: str(answer["email"]))
