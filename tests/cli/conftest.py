"""Commands as they are typed, on a clinic, or on a database without a table."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import Result
from flask import Flask

from portal import clinic_file, create_app
from tests.clinics import NOW
from tests.conftest import ENGINES, SECRET_KEY, dispose
from tests.postgresql import database_on, execute

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask) -> Run:
    """Run `flask …` with these words, and bytes for its standard input."""
    return runner(app)


@pytest.fixture
def load(app: Flask) -> Callable[[dict[str, Any]], None]:
    """Load a document into the clinic that the commands look at."""

    def into(document: dict[str, Any]) -> None:
        with app.app_context():
            clinic_file.load(document, NOW)

    return into


@pytest.fixture
def answer(run: Run) -> Callable[..., Any]:
    """What a command answers with --json, as of NOW."""

    def of(*words: str) -> Any:
        result = run(*words, "--now", NOW.isoformat(), "--json")
        assert (result.exit_code, result.stderr) == (0, "")
        return json.loads(result.stdout)

    return of


@pytest.fixture(params=[pytest.param(name, marks=getattr(pytest.mark, name)) for name in ENGINES])
def empty_app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database in which no migration has run."""
    if request.param == "sqlite":
        app = application(f"sqlite:///{tmp_path / 'empty.db'}")
        yield app
        dispose(app)
        return
    server, name = request.getfixturevalue("postgresql_url"), f"empty_{uuid4().hex}"
    execute(server, f"CREATE DATABASE {name}")
    app = application(database_on(server, name))
    yield app
    dispose(app)
    execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def application(url: str) -> Flask:
    return create_app({"TESTING": True, "SECRET_KEY": SECRET_KEY, "DATABASE_URL": url})


def runner(app: Flask) -> Run:
    def run(*words: str, given: bytes | None = None) -> Result:
        return app.test_cli_runner().invoke(args=list(words), input=given)

    return run
