"""The database: base class, column types and the settings that each engine needs.

SQLite is used through pysqlite3, because the SQLite that comes with Python 3.11 and Debian has a
WAL bug with several connections (fixed in 3.51.3). Instants are stored as whole seconds since
1970 UTC in both databases: a number can't lose its zone, and the overlap guard compares numbers.
"""

import threading
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pysqlite3
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Connection, Engine, Enum, MetaData, event, make_url
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.types import TypeDecorator

WRITES = "portal_writes"
"""Execution option of a connection whose transaction will write: see portal/transaction.py."""

BUSY_TIMEOUT_MS = 20_000
"""How long a process waits for another one's write to SQLite; gunicorn gives up after 30 s."""


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


db = SQLAlchemy(model_class=Base)

_sqlite_writers = threading.Lock()
"""SQLite has one writer at a time, and its own waiting is unfair: threads queue here instead."""


def init_app(app: Flask) -> None:
    """Give the app its database, with the engine settings that the database needs."""
    options: dict[str, Any] = {"pool_pre_ping": True}
    if make_url(app.config["SQLALCHEMY_DATABASE_URI"]).get_backend_name() == "sqlite":
        options = {"module": pysqlite3.dbapi2, "connect_args": {"timeout": BUSY_TIMEOUT_MS / 1000}}
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            _prepare_sqlite(db.engine)


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        # The driver must not begin transactions of its own: on_begin does, and says which kind.
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        # A plain BEGIN that reads and then writes fails with "locked" in WAL; one that is going
        # to write takes the write lock at once.
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def sqlite_writers() -> threading.Lock:
    """The lock that this process's writers hold while they write to SQLite."""
    return _sqlite_writers
