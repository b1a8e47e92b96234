"""What was read from SQLite is read again only when something in the database has changed since.

Every page of the booking flow reads the same few rows, and between two acts they are the same.
Whether they are is asked of SQLite itself, inside of the transaction that would read them
otherwise: so nothing is ever shown that a reading of the database wouldn't show. On PostgreSQL,
where asking costs as much as reading, nothing is kept.
"""

from collections.abc import Callable, Hashable, Sized
from functools import partial
from typing import Any, TypeVar, cast

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from portal.db import CHANGES, db
from portal.plain_rows import connection_of
from portal.reading import WRITES

KEPT = 16  # answers for each connection: what one package's page takes for a few weeks
MOST = 1_000  # things in an answer: a larger one isn't kept, because there may be many of them
_KEPT = "portal_kept"

T = TypeVar("T", bound=Sized)


def unchanged(read: Callable[..., T], *asked: Hashable) -> T:
    """What `read(*asked)` gives, from memory where the database hasn't changed since.

    `read` is a function of what it's asked and of what is in the database, and of nothing else: not
    of the time, the language or the visitor. What it gives is given to others too, so nobody may
    change it. An act always reads, as it may have changed something itself.
    """
    return unchanged_as((read, *asked), partial(read, *asked))


def forget() -> None:
    """Read everything anew the next time: for whoever measures how long that takes."""
    db.session.connection().info.pop(_KEPT, None)


def unchanged_as(key: tuple[Hashable, ...], read: Callable[[], T]) -> T:
    """What `read()` gives, which has to follow from the key, and the database, alone."""
    session = db.session()
    connection = connection_of(session)
    session.flush()
    if connection.dialect.name != "sqlite" or _has_changed_something(session, connection):
        return read()
    kept = _kept(connection)
    found = kept.pop(key) if key in kept else read()
    if len(found) <= MOST:
        # What was asked for last is at the end, and what nobody asks for any more goes first.
        kept[key] = found
    while len(kept) > KEPT:
        del kept[next(iter(kept))]
    return found


def _has_changed_something(session: Session, connection: Connection) -> bool:
    """Say whether what is read now may be taken back again, or is about to change."""
    driver: Any = connection.connection.driver_connection
    return session.info.get(WRITES) or driver.total_changes != connection.info.get(CHANGES)


def _kept(connection: Connection) -> dict[Any, Any]:
    """What this connection has read in the state of the database that it sees now.

    Others' commits change `data_version`, and its own statements `total_changes`. Asking for the
    first one begins what the transaction sees, so it's asked once in each.
    """
    driver: Any = connection.connection.driver_connection
    transaction = connection.get_transaction()
    asked_in, version, kept = connection.info.get(_KEPT, (None, None, {}))
    others = version[0] if version and asked_in is transaction else _data_version(driver)
    if version != (others, driver.total_changes):
        kept = {}
    connection.info[_KEPT] = transaction, (others, driver.total_changes), kept
    return cast("dict[Any, Any]", kept)


def _data_version(driver: Any) -> int:
    (version,) = driver.execute("PRAGMA data_version").fetchone()
    return int(version)
