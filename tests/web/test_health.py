"""What a supervisor asks, and how little a stranger hears."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from portal.db import db
from portal.health import readiness
from portal.health.faults import Fault
from portal.web import health
from tests.conftest import database_url  # noqa: F401  (here: both databases)
from tests.databases import at_an_old_schema, rows_of_every_table, without_guard


@pytest.fixture
def app(fresh_app: Flask) -> Flask:
    """One whose SQLite is set as clinics have it: the tests' own doesn't wait for the disk."""
    return fresh_app


def test_a_process_that_is_up_says_so(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_a_migrated_database_is_ready_and_asking_leaves_nothing(
    app: Flask, client: FlaskClient
) -> None:
    with app.app_context():
        before = rows_of_every_table()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (200, "ready\n")
    with app.app_context():
        assert rows_of_every_table() == before


@pytest.mark.parametrize(
    ("spoil", "name"),
    [
        pytest.param(at_an_old_schema, "schema", id="a missing migration"),
        pytest.param(without_guard, "guard", id="no guard"),
    ],
)
def test_a_stranger_hears_the_name_of_a_fault_and_no_more(
    app: Flask, client: FlaskClient, spoil: Callable[[], None], name: str
) -> None:
    with app.app_context():
        spoil()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (503, f"{name}\n")


def test_each_fault_has_a_line(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = (Fault(name, f"The {name} is wrong.", "Mend it.") for name in ("one", "two"))
    monkeypatch.setattr(readiness, "CHECKS", (lambda: [one], lambda: [], lambda: [two]))
    assert client.get("/readyz").text == "one\ntwo\n"


def test_asked_often_it_looks_once(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
    assert client.get("/readyz").status_code == 200
    looked = len(statements)
    assert looked
    for _ in range(20):
        client.get("/readyz")
    assert len(statements) == looked
    monkeypatch.setattr(health.time, "monotonic", lambda: float("inf"))
    client.get("/readyz")
    assert len(statements) == 2 * looked
