"""The database: base class, column types and the settings that each engine needs.

SQLite is used through pysqlite3, because the SQLite that comes with Python 3.11 and Debian has a
WAL bug with several connections (fixed in 3.51.3). Instants are stored as whole seconds since
1970 UTC in both databases: a number can't lose its zone, and the overlap guard compares numbers.
"""

import fcntl
import logging
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pysqlite3
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    URL,
    BigInteger,
    Connection,
    Engine,
    Enum,
    MetaData,
    create_engine,
    event,
    func,
    inspect,
    make_url,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.types import TypeDecorator

from portal import server_connections
from portal.reading import WRITES, ReadingSession

log = logging.getLogger(__name__)

INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
"""Both have INSERT … ON CONFLICT, each in a dialect of its own: by the dialect's name."""

LOSABLE = "portal_losable"
"""Execution option of a connection to SQLite whose transaction doesn't wait for the disk."""

NOT_WAITING = func.set_config("synchronous_commit", "off", True)
"""In what a statement returns that PostgreSQL commits by itself: without waiting for the disk."""

CHANGES = "portal_changes"
"""How many rows a connection to SQLite had changed when its transaction began."""

BUSY_TIMEOUT_MS = 10_000
"""How long SQLite itself waits for a writer that isn't one of ours, a backup say."""

PREPARED = 512
"""How many statements a connection to SQLite keeps prepared, at 11 KB each.

More than there are in use. Once it's full, the driver lets go of what was seen the fewest times,
which is what came last: two new statements in turn would be prepared again each time, for ever. By
itself it keeps 100.
"""

ONLY_MINE = 0o600
"""Databases, backups and dumps have everything in them: others on the machine can't read them."""

WAL_LIMIT_BYTES = 16 * 1024 * 1024
"""What SQLite's write-ahead log shrinks to once nobody needs more of it.

It grows for as long as somebody reads what was there before, and would stay as long as it ever was.
"""

PRAGMAS: dict[str, tuple[str, str | int]] = {
    "journal_mode": ("WAL", "wal"),
    "synchronous": ("FULL", 2),
    "foreign_keys": ("ON", 1),
    "secure_delete": ("ON", 1),
    "journal_size_limit": (str(WAL_LIMIT_BYTES), WAL_LIMIT_BYTES),
}
"""How SQLite is set for each connection, and what it then says when it's asked."""

IN_ONE_FILE: dict[str, tuple[str, str | int]] = {"journal_mode": ("DELETE", "delete")}
"""What is set otherwise where nobody else uses the database."""


class UtcDateTime(TypeDecorator[datetime]):
    """An instant, aware and in UTC in Python, whole seconds since 1970 in the database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no zone: only aware datetimes are stored")
        return int(value.timestamp())

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromtimestamp(value, UTC)


def as_stored(column: Any) -> Any:
    """The column of instants as the database has it: whole seconds since 1970, in UTC."""
    return type_coerce(column, BigInteger)


class Base(DeclarativeBase):
    """The base of every model: constraints get names, StrEnums are stored by value."""

    # A registry of its own, because Flask-SQLAlchemy copies this class's attributes into another
    # base, and SQLAlchemy refuses a copied type_annotation_map.
    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={datetime: UtcDateTime},
    )


def by_value(enum: type[StrEnum]) -> Enum:
    """A column type that stores the enum's values as text, checked by a named constraint."""
    return Enum(
        enum,
        native_enum=False,
        create_constraint=True,
        length=24,
        name=enum.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )


db = SQLAlchemy(model_class=Base, session_options={"class_": ReadingSession})

_sqlite_writers = threading.Lock()
"""The threads of this process that write to SQLite queue here."""


def init_app(app: Flask) -> None:
    """Give the app its database, with the engine settings that the database needs."""
    url = make_url(app.config["SQLALCHEMY_DATABASE_URI"])
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _engine_options(url)
    db.init_app(app)
    app.teardown_appcontext(_end_session)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            _prepare_sqlite(db.engine)
        else:
            server_connections.prepare(db.engine)


def _end_session(_error: BaseException | None) -> None:
    """End the session before Flask-SQLAlchemy does, which would fail where the database is gone.

    What was to be answered is answered by then, so nobody would learn anything from the error.
    """
    try:
        db.session.close()
    except DBAPIError:
        db.session().invalidate()


def _engine_options(url: URL) -> dict[str, Any]:
    # The connection that was used last has in memory what the next request is likely to read, and
    # PostgreSQL has planned the statements that it's likely to run.
    options: dict[str, Any] = {"pool_use_lifo": True}
    if url.get_backend_name() == "sqlite":
        how = {"timeout": BUSY_TIMEOUT_MS / 1000, "cached_statements": PREPARED}
        options |= {"module": pysqlite3.dbapi2, "connect_args": how}
    # What people typed is in the parameters, and an error with its statement may be in a log.
    return options | {"hide_parameters": True}


@contextmanager
def opened(url: URL, *, in_one_file: bool = False) -> Iterator[Engine]:
    """An engine for a database that isn't the app's own, or is to be had apart from it.

    It's set up as the app's is and closed afterwards. A SQLite database that others don't use at
    the same time, a backup say, can be kept `in_one_file`, without a log beside it.
    """
    engine = create_engine(url, **_engine_options(url))
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine, PRAGMAS | IN_ONE_FILE if in_one_file else PRAGMAS)
    try:
        yield engine
    finally:
        engine.dispose()


def _prepare_sqlite(engine: Engine, pragmas: Mapping[str, tuple[str, Any]] = PRAGMAS) -> None:
    @event.listens_for(engine, "do_connect")
    def on_do_connect(_dialect: Any, _record: Any, where: list[Any], how: dict[str, Any]) -> None:
        if where and where[0] != ":memory:" and not how.get("uri"):
            make_only_mine(where[0])

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        # The driver must not begin transactions of its own: on_begin does, and says which kind.
        connection.isolation_level = None
        # SQLite's own lower() knows ASCII letters only, and people are searched for by name.
        connection.create_function("lower", 1, _lower, deterministic=True)
        for pragma, (value, _read) in pragmas.items():
            connection.execute(f"PRAGMA {pragma}={value}").fetchall()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        # A plain BEGIN that reads and then writes fails with "locked" in WAL; one that is going
        # to write takes the write lock at once.
        options = connection.get_execution_options()
        driver: Any = connection.connection.driver_connection
        if options.get(LOSABLE, False):
            # Before it begins: within a transaction it can't be changed. 1 is NORMAL.
            connection.info[LOSABLE] = driver.execute("PRAGMA synchronous").fetchone()[0]
            driver.execute(f"PRAGMA synchronous={min(1, connection.info[LOSABLE])}")
        driver.execute("BEGIN IMMEDIATE" if options.get(WRITES, False) else "BEGIN")
        connection.info[CHANGES] = driver.total_changes

    @event.listens_for(engine, "checkin")
    def on_checkin(connection: Any, record: Any) -> None:
        # The next act to get this connection waits for the disk again.
        before = record.info.pop(LOSABLE, None)
        if before is not None and connection is not None:
            connection.execute(f"PRAGMA synchronous={before}")


def make_only_mine(file: str) -> None:
    """Make the file, empty and for this user's eyes, where there's none yet.

    SQLite would let all read it. What it puts beside a database, the log say, gets the same mode.
    A folder that isn't there is for SQLite to complain about.
    """
    with suppress(OSError):
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, ONLY_MINE))


def rewrite_file() -> None:
    """On SQLite, leave nothing in the database's files of what was deleted.

    What is deleted is overwritten (secure_delete), but not the copies of it that moving rows from
    page to page has left behind, and older ones wait in the write-ahead log until it's emptied.
    Where somebody else is reading just now the log is emptied later, by SQLite itself. PostgreSQL
    frees the room by its own VACUUM, and overwrites it in time.
    """
    if db.engine.dialect.name != "sqlite":
        return
    db.session.rollback()
    with one_writer_at_a_time(db.engine):
        connection = db.engine.raw_connection()
        try:
            for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                connection.execute(statement).fetchall()
        except pysqlite3.dbapi2.OperationalError as reason:
            # What was done is done: that the disk is full, say, undoes nothing of it.
            log.error("Deleted data may still be in the database's file: VACUUM said %s", reason)
        finally:
            connection.close()


def _lower(text: Any) -> Any:
    return text.lower() if isinstance(text, str) else text


def columns_of(*models: type[Base]) -> list[Any]:
    """The columns that these models are loaded with, as their tables have them."""
    found = [each for model in models for each in inspect(model).column_attrs if not each.deferred]
    return [each.columns[0] for each in found]


@contextmanager
def one_writer_at_a_time(engine: Engine) -> Iterator[None]:
    """On SQLite, wait here for other writers, whichever process of this machine they are in.

    SQLite has one writer at a time, and its own waiting is unfair: it tries again and again until
    it gives up, however long ago it came. The kernel's lock on a file beside the database has a
    queue, and goes when its process does. PostgreSQL needs nothing of the kind.
    """
    if engine.dialect.name != "sqlite" or engine.url.database in (None, "", ":memory:"):
        yield
        return
    with _sqlite_writers:
        queue = os.open(f"{engine.url.database}-writers", os.O_WRONLY | os.O_CREAT, ONLY_MINE)
        try:
            fcntl.flock(queue, fcntl.LOCK_EX)
            yield
        finally:
            os.close(queue)
