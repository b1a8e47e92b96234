"""Every test finds its database as the migrations left it, whatever the one before it did."""

from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import text

from portal import clinic_file
from portal.db import db
from portal.queries.guard import accepted_overlaps
from tests.clinics import NOW, reset_clinic
from tests.databases import without_guard
from tests.postgresql import ReusedDatabase, connected, database_on, execute


# One worker takes both turns, in their order.
@pytest.mark.xdist_group("one after the other")
@pytest.mark.parametrize("turn", ["first", "second"])
def test_the_next_test_sees_no_row_and_has_the_guard(app: Flask, turn: str) -> None:
    with app.app_context():
        assert accepted_overlaps() == set()
        for table in db.metadata.sorted_tables:
            assert db.session.execute(table.select()).all() == [], table.name
        clinic_file.load(reset_clinic(), NOW)
        first = text("SELECT min(id) FROM member")
        assert db.session.execute(first).scalar_one() == 1, "the numbers begin anew"
        without_guard()
        assert accepted_overlaps()


@pytest.mark.parametrize(
    "deed",
    [
        pytest.param("SELECT 1", id="nothing"),
        pytest.param("INSERT INTO role (name) VALUES ('Coach')", id="a row"),
        pytest.param("SELECT nextval('booking_id_seq')", id="a number without a row"),
        pytest.param("ALTER TABLE booking DROP CONSTRAINT booking_overlap", id="no guard"),
        pytest.param("ALTER TABLE activity DISABLE TRIGGER ALL", id="a trigger that sleeps"),
        pytest.param("DROP INDEX ix_activity_at", id="no index"),
        pytest.param("ALTER TABLE role ADD COLUMN colour text", id="a column"),
        pytest.param("CREATE TABLE more (id integer)", id="a table"),
        pytest.param("UPDATE alembic_version SET version_num = '0'", id="a revision"),
        pytest.param("DROP TABLE alembic_version", id="no revision"),
        pytest.param("DROP SCHEMA public CASCADE", id="no schema"),
    ],
)
def test_a_database_that_was_used_is_as_one_that_was_not(
    postgresql_url: str, postgresql_template: str, reused_database: ReusedDatabase, deed: str
) -> None:
    execute(reused_database.as_new(), deed)
    fresh = f"test_{uuid4().hex}"
    execute(postgresql_url, f"CREATE DATABASE {fresh} TEMPLATE {postgresql_template}")
    assert everything(reused_database.as_new()) == everything(database_on(postgresql_url, fresh))
    execute(postgresql_url, f"DROP DATABASE {fresh} WITH (FORCE)")


def test_whoever_is_still_in_the_database_is_put_out(reused_database: ReusedDatabase) -> None:
    left_open = connected(reused_database.as_new())
    left_open.execute("BEGIN")
    left_open.execute("LOCK TABLE role")
    reused_database.as_new()
    left_open.close()
    execute(reused_database.url, "SELECT name FROM role")


def everything(url: str) -> dict[str, Any]:
    """Each row of each table, where each sequence is, and the schema."""
    with connected(url) as connection:

        def rows(query: str) -> list[tuple[Any, ...]]:
            return sorted(connection.execute(query).fetchall(), key=repr)

        tables = rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {
            "rows": {name: rows(f"SELECT * FROM {name}") for (name,) in tables},  # noqa: S608
            "sequences": rows("SELECT sequencename, start_value, last_value FROM pg_sequences"),
            "columns": rows(
                "SELECT attrelid::regclass::text, attname, format_type(atttypid, atttypmod),"
                " attnotnull FROM pg_attribute WHERE attrelid >= 16384 AND attnum > 0"
                " AND attrelid NOT IN (SELECT reltoastrelid FROM pg_class)"
                " AND attrelid::regclass::text NOT LIKE 'pg_toast%'"
            ),
            "constraints": rows(
                "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
                " FROM pg_constraint WHERE oid >= 16384"
            ),
            "triggers": rows(
                "SELECT tgname, tgenabled, pg_get_triggerdef(oid) FROM pg_trigger"
                " WHERE NOT tgisinternal"
            ),
            "indexes": rows("SELECT indexname, indexdef FROM pg_indexes"),
        }
