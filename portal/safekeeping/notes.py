"""What a backup says of itself, in a table of one row that only backups have.

The key that SECRET_KEY is seals the mail server's password and the second factors of the team. An
encrypted backup has it; one that anybody can read doesn't, but a print of it, which tells a wrong
key from the right one.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, inspect, text

from portal.safekeeping.rows import NOTE


@dataclass(frozen=True, slots=True)
class Note:
    """When a backup was made, a print of the site's SECRET_KEY then, and the key if it's inside."""

    made_at: datetime
    key_print: str
    key: str | None


def print_of(key: str) -> str:
    """Sixteen hexadecimal digits that tell one key from another and don't give it away."""
    return hashlib.sha256(f"clinic backup {key}".encode()).hexdigest()[:16]


def write_note(connection: Connection, now: datetime, key: str, *, with_key: bool) -> None:
    """Put the note into a backup that is being made."""
    connection.exec_driver_sql(
        f"CREATE TABLE {NOTE} (made_at INTEGER NOT NULL, key_print TEXT NOT NULL, key TEXT)"
    )
    connection.execute(
        text(f"INSERT INTO {NOTE} VALUES (:made_at, :key_print, :key)"),  # noqa: S608  (our name)
        {
            "made_at": int(now.timestamp()),
            "key_print": print_of(key),
            "key": key if with_key else None,
        },
    )


def read_note(connection: Connection) -> Note | None:
    """The note; None in what is the copy of a database and not a backup."""
    if not inspect(connection).has_table(NOTE):
        return None
    row = connection.execute(text(f"SELECT made_at, key_print, key FROM {NOTE}")).one()  # noqa: S608
    return Note(datetime.fromtimestamp(row.made_at, UTC), row.key_print, row.key)


def remove_note(connection: Connection) -> None:
    """Take the note, and the key that may be in it, out of what becomes a database again."""
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {NOTE}")
