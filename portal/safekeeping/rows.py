"""Every row of a database, from one into another, whichever engine each of them is on.

What is copied follows from the two databases themselves and not from the models, so that a database
that waits for a migration can be copied too. Values go over as they're stored: instants as numbers,
JSON as the text that it is.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Connection,
    MetaData,
    Row,
    Table,
    Text,
    bindparam,
    cast,
    func,
    insert,
    inspect,
    select,
    text,
)

from portal.errors import Refused

BATCH = 500
"""Rows in memory at a time."""

NOTE = "backup_note"
"""A table that only a backup has: see portal/safekeeping/notes.py."""


@dataclass(frozen=True, slots=True)
class Digest:
    """How many rows a table has, and one number for all that is in them.

    The number is the sum of each row's SHA-256, so that it doesn't depend on the rows' order: the
    two engines sort texts differently.
    """

    rows: int = 0
    sum: int = 0

    def with_rows(self, rows: Sequence[Sequence[Any]]) -> "Digest":
        """The digest of these rows too."""
        added = sum(_number(row) for row in rows)
        return Digest(self.rows + len(rows), (self.sum + added) % 2**256)


def copy_rows(source: Connection, target: Connection) -> dict[str, Digest]:
    """Copy every table of `source` into `target`, which has the same ones; returns their digests.

    Numbering in the target goes on behind the highest number that's there. Triggers sleep
    meanwhile: they're about what people do one after the other, and this is what came of it.
    Raises Refused where the tables or columns of the two differ.
    """
    own, theirs = tables_of(source), tables_of(target)
    _require_same(own, theirs)
    digests = {}
    with _triggers_asleep(target, theirs):
        for name, table in theirs.items():
            statement = insert(table).values(
                {c.name: _bound(c, target.dialect.name) for c in table.columns}
            )
            digests[name] = Digest()
            for rows in _batches(source, own[name]):
                digests[name] = digests[name].with_rows(rows)
                target.execute(statement, [row._asdict() for row in rows])
    _number_on(target, theirs)
    return digests


def digests_of(connection: Connection) -> dict[str, Digest]:
    """The digest of every table, by its name."""
    digests = {}
    for name, table in tables_of(connection).items():
        digests[name] = Digest()
        for rows in _batches(connection, table):
            digests[name] = digests[name].with_rows(rows)
    return digests


def tables_of(connection: Connection) -> dict[str, Table]:
    """The tables that hold a clinic, in an order in which each comes after those it refers to.

    Without those of Alembic, of the worker's queue, and of a backup about itself.
    """
    found = inspect(connection)
    names = [name for name, _ in found.get_sorted_table_and_fkc_names() if name]
    names = [n for n in names if n not in ("alembic_version", NOTE) and not n.startswith("huey_")]
    metadata = MetaData()
    return {
        name: Table(
            name, metadata, *(Column(c["name"], c["type"]) for c in found.get_columns(name))
        )
        for name in names
    }


def has_rows(connection: Connection) -> bool:
    """True where any of the tables has a row; counters of rate limits are none."""
    return any(
        connection.execute(select(table).limit(1)).first() is not None
        for name, table in tables_of(connection).items()
        if name != "rate_limit"
    )


def _batches(connection: Connection, table: Table) -> Iterator[Sequence[Row[Any]]]:
    """The rows of a table, some at a time, as they're stored, their columns in alphabetical order.

    Those with numbers come in the order in which they were made.
    """
    columns = sorted(table.columns, key=lambda column: column.name)
    query = select(*(_as_stored(column) for column in columns))
    if "id" in table.columns:
        query = query.order_by(table.columns["id"])
    yield from connection.execute(query, execution_options={"yield_per": BATCH}).partitions()


def _as_stored(column: Column[Any]) -> ColumnElement[Any]:
    # As values, JSON's null and no value at all would be the same.
    return cast(column, Text).label(column.name) if isinstance(column.type, JSON) else column


def _bound(column: Column[Any], engine: str) -> ColumnElement[Any]:
    if not isinstance(column.type, JSON):
        return bindparam(column.name, type_=column.type)
    stored = bindparam(column.name, type_=Text())
    # SQLite has texts for JSON, and would take a cast to it for one to a number.
    return stored if engine == "sqlite" else cast(stored, JSON)


def _number(row: Sequence[Any]) -> int:
    plain = [format(v.normalize(), "f") if isinstance(v, Decimal) else v for v in row]
    return int.from_bytes(hashlib.sha256(repr(plain).encode(errors="surrogatepass")).digest())


def _require_same(own: dict[str, Table], theirs: dict[str, Table]) -> None:
    def shape(tables: dict[str, Table]) -> dict[str, set[str]]:
        return {name: set(table.columns.keys()) for name, table in tables.items()}

    if shape(own) != shape(theirs):
        different = sorted(
            name
            for name in own.keys() | theirs.keys()
            if shape(own).get(name) != shape(theirs).get(name)
        )
        raise Refused(f"The two databases have different tables: {', '.join(different)}.")


@contextmanager
def _triggers_asleep(connection: Connection, tables: Iterable[str]) -> Iterator[None]:
    """Let rows in without asking the triggers; the rules that aren't triggers stay awake."""
    if connection.dialect.name == "sqlite":
        found = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        triggers = connection.execute(text(found)).all()
        asleep = [f"DROP TRIGGER {name}" for name, _ in triggers]
        awake = [sql for _, sql in triggers]
    else:
        asleep = [f"ALTER TABLE {name} DISABLE TRIGGER USER" for name in tables]
        awake = [f"ALTER TABLE {name} ENABLE TRIGGER USER" for name in tables]
    for statement in asleep:
        connection.exec_driver_sql(statement)
    yield
    for statement in awake:
        connection.exec_driver_sql(statement)


def _number_on(connection: Connection, tables: dict[str, Table]) -> None:
    """Set PostgreSQL's sequences behind what's there; SQLite looks at the rows by itself."""
    if connection.dialect.name == "sqlite":
        return
    for name, table in tables.items():
        if "id" not in table.columns:
            continue
        sequence = connection.scalar(select(func.pg_get_serial_sequence(name, "id")))
        highest = connection.scalar(select(func.max(table.columns["id"])))
        if sequence and highest:
            connection.execute(select(func.setval(sequence, highest)))
