"""What a supervisor asks."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from portal.db import db
from portal.transaction import transaction
from portal.web import health
from tests.conftest import database_url  # noqa: F401  (here: both databases)


def test_a_process_that_is_up_says_so(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_a_migrated_database_is_ready(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (200, "ready\n")


def test_a_missing_migration_is_named(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'before'"))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "schema: at ['before']" in answer.text


def test_each_fault_has_a_line(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CHECKS", (lambda: "one", lambda: None, lambda: "two"))
    assert client.get("/readyz").text == "one\ntwo\n"


def test_a_database_without_the_guard_is_not_ready(app: Flask, client: FlaskClient) -> None:
    remove = {
        "sqlite": "DROP TRIGGER booking_overlap_update",
        "postgresql": "ALTER TABLE booking DROP CONSTRAINT booking_overlap",
    }
    with app.app_context(), transaction() as session:
        session.execute(text(remove[db.engine.dialect.name]))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "booked twice" in answer.text
