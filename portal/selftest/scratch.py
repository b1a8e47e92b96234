"""A copy of the clinic's database that's thrown away. The clinic's own is only ever read."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from psycopg import sql
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy import URL, make_url

from portal import create_app
from portal.db import db
from portal.errors import Refused
from portal.migrating import migrate_to_head

PREFIX = "clinic_selftest_"

GUARD = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'booking_overlap'"


@contextmanager
def scratch_copy(url: str) -> Iterator[str]:
    """The address of a copy of the database at `url`, which is removed when left.

    Raises Refused, with what to do, where no copy can be made.
    """
    address = make_url(url)
    if address.get_backend_name() == "postgresql":
        with _postgresql_copy(address) as copy:
            yield copy
        return
    source = Path(address.database or "")
    if not source.is_file():
        raise Refused(f"There is no database in {source} to copy.")
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder:
        if shutil.disk_usage(folder).free < 3 * source.stat().st_size:
            raise Refused(f"There isn't enough room for a copy of the database in {folder}.")
        target = Path(folder, "clinic.db")
        # Read-only, and in one step: in several it would begin again whenever somebody books.
        with (
            closing(sqlite.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as original,
            closing(sqlite.connect(target)) as copy,
        ):
            original.backup(copy)
        yield f"sqlite:///{target}"


def scratch_app(url: str) -> Flask:
    """An application on the copy, with this installation's settings, that can send no mail."""
    return create_app({"DATABASE_URL": url, "MAIL_SERVER": "", "SECRET_KEY": "s" * 32})


@contextmanager
def _postgresql_copy(address: URL) -> Iterator[str]:
    """A database of its own on the same server: the newest schema, and the clinic's rows."""
    name = f"{PREFIX}{secrets.token_hex(8)}"
    target = address.set(database=name)
    with closing(_connect(address)) as server:
        server.autocommit = True
        try:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege:
            raise Refused(
                f"The role {address.username} may not create a database on this server, and the "
                f"self-test needs a copy. Allow it for a while: ALTER ROLE {address.username} "
                "CREATEDB; and afterwards NOCREATEDB."
            ) from None
        try:
            _fill(address, target)
            yield target.render_as_string(hide_password=False)
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            server.execute(drop)


def _fill(address: URL, target: URL) -> None:
    app = scratch_app(target.render_as_string(hide_password=False))
    with app.app_context():
        migrate_to_head()
        tables = list(db.metadata.sorted_tables)
        db.session.remove()
        db.engine.dispose()
    # psycopg keeps what was written when the second one is left without an error.
    with closing(_connect(address)) as original, _connect(target) as copy:
        # One instant of the clinic, whatever is booked meanwhile.
        original.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        if _guard(original) != _guard(copy):
            raise Refused(
                "The guard against double booking isn't the one that this code makes: "
                "`flask doctor` says more."
            )
        for table in tables:
            _copy_rows(original, copy, table)


def _copy_rows(original: Any, copy: Any, table: Any) -> None:
    """Copy all rows, in the order in which they were made, and let the numbers go on after them."""
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    keys = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.primary_key)
    name = sql.Identifier(table.name)
    read = sql.SQL("COPY (SELECT {} FROM {} ORDER BY {}) TO STDOUT").format(columns, name, keys)
    write = sql.SQL("COPY {} ({}) FROM STDIN").format(name, columns)
    with original.cursor().copy(read) as source, copy.cursor().copy(write) as sink:
        for part in source:
            sink.write(part)
    if "id" in table.columns:
        copy.execute(
            sql.SQL(
                "SELECT setval(pg_get_serial_sequence({}, 'id'), (SELECT max(id) FROM {})) "
                "WHERE pg_get_serial_sequence({}, 'id') IS NOT NULL"
            ).format(sql.Literal(table.name), name, sql.Literal(table.name))
        )


def _guard(connection: Any) -> Any:
    return connection.execute(GUARD).fetchone()


def _connect(address: URL) -> "psycopg.Connection[Any]":
    dsn = address.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(dsn)
