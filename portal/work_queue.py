"""The worker's queue: in a file beside the SQLite database, or in tables in the PostgreSQL one."""

from pathlib import Path

from flask import Flask
from huey import Huey, PostgresHuey, SqliteHuey
from sqlalchemy import make_url

from portal.db import make_only_mine

NAME = "clinic"


def open_queue(app: Flask) -> Huey:
    """The queue, made where there is none yet. Close its storage when done with it."""
    file = queue_file(app)
    if file is None:
        url = make_url(app.config["DATABASE_URL"]).set(drivername="postgresql")
        return PostgresHuey(NAME, dsn=url.render_as_string(hide_password=False), results=False)
    make_only_mine(str(file))
    # Not in WAL mode: Huey uses Python's own SQLite, which has a bug there (see portal/db.py).
    return SqliteHuey(NAME, filename=str(file), journal_mode="truncate", results=False)


def queue_file(app: Flask) -> Path | None:
    """Where the queue is when the database is SQLite; None: in the PostgreSQL database."""
    url = make_url(app.config["DATABASE_URL"])
    if url.get_backend_name() == "postgresql":
        return None
    folder = Path(url.database).parent if url.database else Path(app.instance_path)
    return folder / "worker.db"
