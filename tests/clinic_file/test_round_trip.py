"""load(dump(x)) is x, and a second time changes nothing, for clinics of every form."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator
from sqlalchemy import text

from portal import clinic_file, create_app
from portal.db import db
from portal.transaction import transaction
from tests.clinic_file.random_documents import documents
from tests.clinics import NOW
from tests.conftest import SECRET_KEY, dispose
from tests.how_often import tries
from tests.postgresql import database_on, execute

Pair = tuple[Flask, Flask]

# A busy machine takes longer than one test otherwise may.
pytestmark = pytest.mark.timeout(600)

# Drawing a whole clinic and loading it four times takes as long as it takes.
slow = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def application(url: str) -> Flask:
    return create_app({"TESTING": True, "SECRET_KEY": SECRET_KEY, "DATABASE_URL": url})


@pytest.fixture(scope="module")
def on_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two applications, each on a SQLite file."""
    folder = tmp_path_factory.mktemp("round-trip")
    files = [shutil.copy(sqlite_template, folder / name) for name in ("one.db", "two.db")]
    one, two = (application(f"sqlite:///{file}") for file in files)
    yield one, two
    dispose(one)
    dispose(two)


@pytest.fixture(scope="module")
def on_postgresql(postgresql_url: str, postgresql_template: str) -> Iterator[Pair]:
    """Two applications, each on a PostgreSQL database."""
    names = [f"round_trip_{uuid4().hex}" for _ in range(2)]
    for name in names:
        execute(postgresql_url, f"CREATE DATABASE {name} TEMPLATE {postgresql_template}")
    one, two = (application(database_on(postgresql_url, name)) for name in names)
    yield one, two
    for app, name in zip((one, two), names, strict=True):
        dispose(app)
        execute(postgresql_url, f"DROP DATABASE {name} WITH (FORCE)")


@settings(slow, max_examples=tries(few=8, many=50))
@given(documents())
def test_a_dump_loads_into_the_same_clinic_on_sqlite(
    on_sqlite: Pair, document: dict[str, Any]
) -> None:
    check_round_trip(*on_sqlite, document)


@settings(slow, max_examples=tries(few=4, many=12))
@given(documents())
def test_a_dump_loads_into_the_same_clinic_on_postgresql(
    on_postgresql: Pair, document: dict[str, Any]
) -> None:
    check_round_trip(*on_postgresql, document)


def check_round_trip(one: Flask, two: Flask, document: dict[str, Any]) -> None:
    with one.app_context():
        empty()
        clinic_file.load(document, NOW)
        loaded = rows()
        dumped = clinic_file.dump()
        Draft202012Validator(clinic_file.schema()).validate(dumped)
        clinic_file.load(document, NOW)
        assert rows() == loaded, "a file that is loaded twice changes nothing"
        clinic_file.load(dumped, NOW)
        assert rows() == loaded, "nor does the dump of what is stored"
    with two.app_context():
        empty()
        clinic_file.load(dumped, NOW)
        again = rows()
        assert clinic_file.dump() == dumped
        assert credits(again) == credits(loaded)
        clinic_file.load(dumped, NOW)
        assert rows() == again, "a dump that is loaded twice changes nothing"


def empty() -> None:
    """Remove every row, also those of the ledger and the log, which let nobody remove any."""
    with transaction() as session:
        triggers: list[str] = []
        if db.engine.dialect.name == "postgresql":
            session.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            found = session.execute(
                text("SELECT name, sql FROM sqlite_master WHERE name LIKE '%_no_delete'")
            ).all()
            triggers = [row.sql for row in found]
            for row in found:
                session.execute(text(f"DROP TRIGGER {row.name}"))
        for table in reversed(db.metadata.sorted_tables):
            session.execute(table.delete())
        for trigger in triggers:
            session.execute(text(trigger))


def rows() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, ids included."""
    db.session.rollback()
    return {
        table.name: sorted((tuple(row) for row in db.session.execute(table.select())), key=repr)
        for table in db.metadata.sorted_tables
    }


def credits(tables: dict[str, list[tuple[Any, ...]]]) -> list[tuple[Any, ...]]:
    """The ledger, with the place among its like for the id of everything that it names."""
    place = {
        name: {row[0]: at for at, row in enumerate(sorted(tables[name], key=lambda row: row[0]))}
        for name in ("client_package", "service", "booking")
    }
    return sorted(
        (
            place["client_package"][entry["client_package_id"]],
            place["service"][entry["service_id"]],
            place["booking"].get(entry["booking_id"], -1),
            entry["kind"],
            entry["amount"],
        )
        for entry in (
            dict(zip(db.metadata.tables["credit_entry"].c.keys(), row, strict=True))
            for row in tables["credit_entry"]
        )
    )
