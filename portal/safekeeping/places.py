"""Where the database is, where its backups go, and whose turn it is with either."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import current_app
from sqlalchemy import URL, Connection, Engine, func, make_url, select, text

from portal.config import INSTANCE
from portal.db import db, make_only_mine, opened
from portal.errors import Refused

SCRATCH = "clinic-scratch-"
TURN = 1_853_048_174
"""The number of PostgreSQL's advisory lock; any will do that nobody else takes."""

OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
        AND pid <> pg_backend_pid()
        AND pid NOT IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = :turn)
"""
"""How many are in the database besides this connection and the one whose turn it is."""

GOING_SECONDS = 2
"""How long a connection that was closed may take to go."""

IN_USE = "The database is in use: stop the site and its workers first."


def database_url() -> URL:
    """The address of the site's database, a SQLite file's name being absolute."""
    url = make_url(current_app.config["SQLALCHEMY_DATABASE_URI"])
    if url.get_backend_name() == "sqlite" and url.database:
        # As Flask-SQLAlchemy takes it.
        url = url.set(database=str(Path(current_app.instance_path, url.database)))
    return url


def sqlite_url(file: Path) -> URL:
    """The address of a SQLite file, whatever its name is made of."""
    return URL.create("sqlite+pysqlite", database=str(file))


def backup_folder() -> Path:
    """Where backups go unless somebody says otherwise."""
    given = current_app.config["BACKUP_FOLDER"]
    return Path(given).expanduser() if given else _beside_the_database() / "backups"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder for this user's eyes that is gone afterwards, on the disk of the database.

    Not where backups go: those may be on a disk that isn't to be trusted with plain text.
    """
    near = _beside_the_database()
    near.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=near) as folder:
        yield Path(folder)


@contextmanager
def taking_turns(*, wait: bool = True) -> Iterator[bool]:
    """Let one process at a time, on whichever machine, back up or replace the database.

    Gives False where it isn't our turn and we don't `wait`. The turn ends with its process, so one
    that was killed stops nobody.
    """
    url = database_url()
    if url.get_backend_name() == "sqlite":
        waiting = f"{url.database}-backups"
        make_only_mine(waiting)
        with open(waiting, "w") as queue:
            try:
                fcntl.flock(queue, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
                return
            _sweep()
            yield True
        return
    with opened(url) as engine, engine.connect() as connection:
        call = func.pg_advisory_lock if wait else func.pg_try_advisory_lock
        yield connection.scalar(select(call(TURN))) is not False


def _sweep() -> None:
    """Remove what processes left that were killed while it was their turn."""
    for folder in _beside_the_database().glob(f"{SCRATCH}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _beside_the_database() -> Path:
    url = database_url()
    is_file = url.get_backend_name() == "sqlite" and url.database
    return Path(url.database).parent if is_file and url.database else INSTANCE


@contextmanager
def alone_in(engine: Engine) -> Iterator[None]:
    """Keep everybody else out of a database while it's replaced or leaves.

    Raises Refused where a site, a worker or anybody else has it open. On PostgreSQL nothing stops
    somebody who comes later.
    """
    db.session.remove()
    db.engine.dispose()
    if engine.dialect.name == "sqlite":
        with _alone_in_file(engine):
            yield
        return
    _wait_until_alone(engine)
    yield


def _wait_until_alone(engine: Engine) -> None:
    """PostgreSQL takes a moment to see that somebody has gone, ourselves among them."""
    deadline = time.monotonic() + GOING_SECONDS
    with engine.connect() as connection:
        while connection.scalar(text(OTHERS), {"turn": TURN}):
            connection.rollback()
            if time.monotonic() > deadline:
                raise Refused(IN_USE)
            time.sleep(0.05)


@contextmanager
def _alone_in_file(engine: Engine) -> Iterator[None]:
    """A database leaves WAL mode only when nobody else has it open, and then nobody can come in."""
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute("PRAGMA busy_timeout=1000")
        try:
            cursor.execute("PRAGMA journal_mode=DELETE")
            cursor.execute("BEGIN EXCLUSIVE")
        except engine.dialect.loaded_dbapi.OperationalError as error:
            if "locked" in str(error):
                raise Refused(IN_USE) from None
            raise
        yield
    finally:
        raw.invalidate()


def sync(path: Path) -> None:
    """Have the disk keep what was written to a file or, for its names, to a folder."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def at_one_moment(connection: Connection) -> Iterator[None]:
    """A transaction that sees the database as it was at one moment, as SQLite's always do."""
    if connection.dialect.name == "postgresql":
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with connection.begin():
        yield
