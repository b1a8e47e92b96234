"""The worker's queue: in a file beside the SQLite database, or in tables in the PostgreSQL one."""

from pathlib import Path

import pysqlite3.dbapi2
from flask import Flask
from sqlalchemy import make_url

from portal.db import make_only_mine
from portal.later import bring_in, left_out

# One SQLite is enough, and it's the one that the database is used through (see portal/db.py).
with left_out("psycopg", "sqlite3"):
    from huey import Huey, PostgresHuey, storage

storage.sqlite3 = pysqlite3.dbapi2

NAME = "clinic"


class InFile(storage.SqliteStorage):
    """Huey's queue in a file, with the errors of that SQLite."""

    integrity_error = pysqlite3.dbapi2.IntegrityError
    operational_error = pysqlite3.dbapi2.OperationalError


def open_queue(app: Flask) -> Huey:
    """The queue, made where there is none yet. Close its storage when done with it."""
    file = queue_file(app)
    if file is None:
        bring_in("psycopg", "huey.storage")
        url = make_url(app.config["DATABASE_URL"]).set(drivername="postgresql")
        return PostgresHuey(NAME, dsn=url.render_as_string(hide_password=False), results=False)
    make_only_mine(str(file))
    how = {"filename": str(file), "journal_mode": "truncate", "results": False}
    return Huey(NAME, storage_class=InFile, **how)


def queue_file(app: Flask) -> Path | None:
    """Where the queue is when the database is SQLite; None: in the PostgreSQL database."""
    url = make_url(app.config["DATABASE_URL"])
    if url.get_backend_name() == "postgresql":
        return None
    folder = Path(url.database).parent if url.database else Path(app.instance_path)
    return folder / "worker.db"
