"""What must hold before anybody may book: the database answers, is set as it must be, has the
newest schema, and refuses to book anybody twice.
"""

import logging
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import timedelta

from flask import current_app
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from portal.as_set_up import lacks_triggers
from portal.db import PRAGMAS, db
from portal.health.faults import Check, Fault
from portal.migrating import newest_revisions, revisions
from portal.queries.guard import accepted_overlaps

log = logging.getLogger(__name__)

WAL_BUG = ((3, 7, 0), (3, 51, 3))
"""Versions of SQLite, from and up to, that may spoil a file in WAL mode (sqlite.org/wal.html)."""

WAL_BUG_MENDED = {(3, 44): 6, (3, 50): 7}
"""Older lines of SQLite into which the mending was taken over, and since which release."""

UPGRADE = "Stop the site, run `flask db upgrade`, and start it again."
DURABLE = "Use the portal's own connections to the file, and no settings of others."


def database_answers() -> Sequence[Fault]:
    """Nothing else can be asked of a database that doesn't answer."""
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        db.session.rollback()
        return [
            Fault(
                "database",
                f"The database doesn't answer: {first_line(error)}",
                "Start it, and check DATABASE_URL and the network in between.",
            )
        ]
    return []


def sqlite_is_set() -> Sequence[Fault]:
    """On SQLite: no version with the bug, and each setting as it must be."""
    if db.engine.dialect.name != "sqlite":
        return []
    faults = []
    version = db.engine.dialect.dbapi.sqlite_version_info  # type: ignore[union-attr]
    if has_wal_bug(version):
        shown = ".".join(map(str, version))
        faults.append(
            Fault(
                "sqlite_version",
                f"SQLite {shown} has a bug that can spoil a database with several connections.",
                "Install the pinned pysqlite3 again: `make fresh`.",
            )
        )
    for pragma, (wanted, said) in PRAGMAS.items():
        found = db.session.execute(text(f"PRAGMA {pragma}")).scalar()
        if found != said:
            sentence = f"SQLite has {pragma} at {found!r}, and {wanted} is needed."
            faults.append(Fault(pragma, sentence, PRAGMA_MENDING.get(pragma, DURABLE)))
    return faults


PRAGMA_MENDING = {
    "journal_mode": "Put the file on a local disk that can lock and share memory: WAL needs both, "
    "and a network folder has neither.",
}


def has_wal_bug(version: tuple[int, ...]) -> bool:
    """Say whether this version of SQLite is one that may spoil a file in WAL mode."""
    since, mended = WAL_BUG
    taken_over = WAL_BUG_MENDED.get((version[0], version[1]))
    if taken_over is not None and version[2] >= taken_over:
        return False
    return since <= version < mended


def schema_is_newest() -> Sequence[Fault]:
    """The last migration that the code knows has run, and no other."""
    try:
        found, wanted = revisions(), newest_revisions()
    except SQLAlchemyError as error:
        db.session.rollback()
        return [Fault("schema", f"The schema can't be read: {first_line(error)}", UPGRADE)]
    if found == wanted:
        return []
    at = ", ".join(sorted(found)) or "nothing"
    sentence = f"The schema is at {at}, and this code needs {', '.join(sorted(wanted))}."
    return [Fault("schema", sentence, f"Back up, then mend it: {UPGRADE}")]


def nobody_can_be_booked_twice() -> Sequence[Fault]:
    """The guard is tried: an overlapping session, inserted and moved, must be refused."""
    try:
        accepted = accepted_overlaps()
    except (SQLAlchemyError, OSError) as error:
        with suppress(SQLAlchemyError):
            db.session.rollback()
        return [
            Fault(
                "guard_untried",
                f"The guard against double booking couldn't be tried: {first_line(error)}",
                "See whether the disk is full or the database read-only, and mend what else is "
                "named here first.",
            )
        ]
    if not accepted:
        return []
    ways = " and ".join(sorted(accepted))
    return [
        Fault(
            "guard",
            f"The database accepts two overlapping sessions of one practitioner ({ways}).",
            "Stop the site, and restore the last backup whose guard is there, or make the guard "
            "again as the newest migration that names booking_overlap does.",
        )
    ]


def what_is_set_up_shows() -> Sequence[Fault]:
    """Whatever staff set up changes the mark by which processes know that it's new."""
    if not lacks_triggers(db.session.connection()):
        return []
    return [
        Fault(
            "set_up_triggers",
            "Triggers that tell what is set up from what was are missing or off: until processes "
            "start again, they may offer what staff have closed.",
            "Stop the site, make them again as the migration that makes set_up_mark does, or "
            "ENABLE those that are off, and start it again.",
        )
    ]


JUST_DONE = timedelta(seconds=10)
"""How long what was written down goes for the processes that part from the one that wrote it."""

_LOOKED = "portal_looked"

CHECKS: tuple[Check, ...] = (
    sqlite_is_set,
    schema_is_newest,
    nobody_can_be_booked_twice,
    what_is_set_up_shows,
)
"""What is asked of a database that answers, in this order."""


def faults_now() -> list[Fault]:
    """Everything that stands in the way of booking, found out now; empty: ready."""
    faults = list(database_answers())
    if not faults:
        for check in CHECKS:
            faults += check()
    db.session.rollback()
    return faults


def log_faults() -> list[Fault]:
    """Look when a process starts, write down what stands in the way of booking, and return it."""
    faults = faults_now()
    for line in in_sentences(faults):
        log.error("Not ready: %s", line)
    current_app.extensions[_LOOKED] = time.monotonic()
    return faults


def log_faults_unless_just_done() -> None:
    """The same, for a process that may have parted a moment ago from one that has looked."""
    looked = current_app.extensions.get(_LOOKED)
    if looked is None or time.monotonic() - looked > JUST_DONE.total_seconds():
        log_faults()


def in_sentences(faults: Iterable[Fault]) -> list[str]:
    """A line for each fault: what is wrong, and how to mend it."""
    return [f"{fault.sentence} {fault.mend}" for fault in faults]


def first_line(error: BaseException) -> str:
    """What a database's driver says, without the statement and the values in it."""
    return next(iter(str(getattr(error, "orig", None) or error).splitlines()), "")
