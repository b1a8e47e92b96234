"""What tests do to a database as a whole: compare it, and spoil it."""

from typing import Any

from sqlalchemy import text

from portal.db import db
from portal.transaction import transaction

NO_GUARD = {
    "sqlite": ["DROP TRIGGER booking_overlap_insert", "DROP TRIGGER booking_overlap_update"],
    "postgresql": ["ALTER TABLE booking DROP CONSTRAINT booking_overlap"],
}


def rows_of_every_table() -> dict[str, list[Any]]:
    """All rows by table, as plain values, and on PostgreSQL where its sequences are."""
    found: dict[str, list[Any]] = {
        table.name: sorted(map(tuple, db.session.execute(table.select())), key=repr)
        for table in db.metadata.sorted_tables
    }
    if db.engine.dialect.name == "postgresql":
        query = text("SELECT sequencename, last_value FROM pg_sequences")
        found["sequences"] = sorted(map(tuple, db.session.execute(query)), key=repr)
    db.session.rollback()
    return found


def run(*statements: str) -> None:
    """Run statements in one transaction."""
    with transaction() as session:
        for statement in statements:
            session.execute(text(statement))


def without_guard() -> None:
    """Let practitioners be booked twice."""
    run(*NO_GUARD[db.engine.dialect.name])


def at_an_old_schema() -> None:
    """Say that the newest migration didn't run."""
    run("UPDATE alembic_version SET version_num = 'before'")
