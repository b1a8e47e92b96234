"""A PostgreSQL database that tests use one after the other, each finding it as good as new."""

from contextlib import suppress
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

SCHEMA = """
    SELECT md5(string_agg(entry, ' ' ORDER BY entry)) FROM (
        SELECT concat('relation ', oid, ' ', relname) FROM pg_class WHERE oid >= 16384
        UNION ALL SELECT concat('column ', attrelid, ' ', attnum, ' ', xmin)
            FROM pg_attribute WHERE attrelid >= 16384
        UNION ALL SELECT concat('default ', oid, ' ', xmin) FROM pg_attrdef WHERE oid >= 16384
        UNION ALL SELECT concat('constraint ', oid, ' ', xmin) FROM pg_constraint WHERE oid >= 16384
        UNION ALL SELECT concat('index ', indexrelid, ' ', xmin)
            FROM pg_index WHERE indexrelid >= 16384
        UNION ALL SELECT concat('trigger ', oid, ' ', xmin) FROM pg_trigger WHERE oid >= 16384
        UNION ALL SELECT concat('function ', oid, ' ', xmin) FROM pg_proc WHERE oid >= 16384
        UNION ALL SELECT concat('type ', oid, ' ', xmin) FROM pg_type WHERE oid >= 16384
        UNION ALL SELECT concat('at ', version_num) FROM alembic_version
    ) AS catalogue (entry)
"""
"""One word for the schema and its revision. PostgreSQL's own entries are numbered below 16384, and
xmin, the number of the transaction that wrote an entry, tells one that was written anew."""

TABLES = """
    SELECT tablename, pg_get_serial_sequence(quote_ident(tablename), column_name)
    FROM pg_tables LEFT JOIN information_schema.columns
        ON table_schema = schemaname AND table_name = tablename AND column_name = 'id'
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'
"""
"""Every table that may hold rows, with the sequence that numbers them, or without."""

END_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
        AND pid <> pg_backend_pid()
"""


def execute(url: str, *statements: str) -> None:
    """Run statements on a PostgreSQL server, each in a transaction of its own."""
    with connected(url) as connection:
        for statement in statements:
            connection.execute(statement)


def connected(url: str) -> psycopg.Connection:
    """A connection whose every statement is a transaction of its own."""
    return psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True)


def database_on(server: str, name: str) -> str:
    """The address of the database `name` on a server."""
    url = make_url(server).set(drivername="postgresql+psycopg", database=name)
    return url.render_as_string(hide_password=False)


class ReusedDatabase:
    """A copy of a migrated database, which `as_new` brings back to what it was when it was copied.

    A copy takes a quarter of a second, and removing rows a hundredth. The schema is compared each
    time, and the database is copied anew when anything about it has changed: so a test may drop
    what it likes, and needn't say so.
    """

    def __init__(self, server: str, template: str, name: str) -> None:
        self.server, self.template, self.name = server, template, name
        self.url = database_on(server, name)
        self._copy()

    def as_new(self) -> str:
        """End what others still do in the database, empty it, and return its address."""
        self.connection.execute(END_OTHERS)
        if self._schema() == self.schema:
            self._empty()
        else:
            self.drop()
            self._copy()
        return self.url

    def drop(self) -> None:
        """Remove the database."""
        self.connection.close()
        execute(self.server, f"DROP DATABASE {self.name} WITH (FORCE)")

    def _copy(self) -> None:
        # Copying files is quicker than writing each page to the log, while nothing waits for the
        # disk.
        copy = f"TEMPLATE {self.template} STRATEGY FILE_COPY"
        execute(self.server, f"CREATE DATABASE {self.name} {copy}")
        self.connection = connected(self.url)
        # Without triggers: the activity log lets nobody remove a row, and foreign keys ask for an
        # order.
        self.connection.execute("SET session_replication_role = replica")
        self.schema = self._schema()
        self.sequences = dict(self.connection.execute(TABLES).fetchall())
        self.used = sql.SQL("SELECT array_remove(ARRAY[{}], NULL)").format(
            sql.SQL(", ").join(map(_name_if_used, self.sequences, self.sequences.values()))
        )
        # Otherwise emptying it would remove what the migrations had put there.
        assert self._used() == [], "the migrated database has rows"

    def _schema(self) -> str | None:
        """One word for the schema, or None when not even the table of the revision is left."""
        with suppress(psycopg.errors.UndefinedTable):
            return self._value(SCHEMA)
        return None

    def _used(self) -> list[str]:
        """The tables that hold rows, or held some whose numbers are used up."""
        return self._value(self.used)

    def _empty(self) -> None:
        used = self._used()
        if not used:
            return
        # Quicker than TRUNCATE, which makes new files for each table and for each of its indexes.
        for table in used:
            self.connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
            if sequence := self.sequences[table]:
                self.connection.execute("SELECT setval(%s::text::regclass, 1, false)", [sequence])
        # Rows that are only marked as gone would give the next ones another place and order.
        tables = sql.SQL(", ").join(map(sql.Identifier, used))
        self.connection.execute(sql.SQL("VACUUM {}").format(tables))

    def _value(self, statement: str | sql.Composed) -> Any:
        row = self.connection.execute(statement).fetchone()
        assert row is not None
        return row[0]


def _name_if_used(table: str, sequence: str | None) -> sql.Composed:
    """An expression that is the table's name if it has rows or its sequence has been used."""
    used = sql.SQL("EXISTS (SELECT FROM {})").format(sql.Identifier(table))
    if sequence:
        called = sql.SQL("(SELECT is_called FROM {})").format(sql.SQL(sequence))
        used = sql.SQL("{} OR {}").format(used, called)
    return sql.SQL("CASE WHEN {} THEN {} END").format(used, sql.Literal(table))
