"""A backup: one file, the same on both engines, made while the site is used and looked through.

It's a SQLite database with all tables, the activity log and mails included. On SQLite it's made by
`VACUUM INTO`, in one step: in small steps it would begin anew with each booking, and copying the
file alone would leave out what is still in the log beside it. From PostgreSQL each row is copied,
as of one moment. So there is one kind of backup to look through, to keep and to restore, on any
machine and without PostgreSQL's own tools, whose version would have to be the server's.
"""

import hashlib
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path

from flask import current_app
from sqlalchemy import Connection, Engine

from portal.actions.activity import record
from portal.db import ONLY_MINE, opened
from portal.errors import NotFound, Refused, WrongBackup
from portal.migrating import bring_up, revision_of
from portal.models import Act, Practice
from portal.reading import WRITES
from portal.safekeeping import places
from portal.safekeeping.checking import NO_GUARD, faults_of, lacks_guard
from portal.safekeeping.notes import write_note
from portal.safekeeping.rows import copy_rows, digests_of
from portal.safekeeping.sealing import plain_text, seal
from portal.transaction import transaction

FAULTY = ".faulty"
"""What the name of a backup ends with that isn't sound, and yet better than nothing."""

STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was looked through and found good."""

    path: Path
    size: int
    is_sealed: bool


def usual_path(now: datetime) -> Path:
    """Where the backup of this moment goes, no file being there; the rotation knows the name."""
    end = "sealed" if current_app.config["BACKUP_PASSPHRASE"] else "db"
    name = f"clinic-{now.astimezone(UTC).strftime(STAMP)}"
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    paths = (places.backup_folder() / f"{name}.{end}" for name in names)
    return next(path for path in paths if not path.exists())


def back_up(path: Path, now: datetime) -> Backup:
    """Write a backup to `path`, for which it has to be our turn, and look it through.

    It has its name only when it's whole. Raises Refused where a file is there already, NotFound
    where there's nothing to back up, and WrongBackup where what came of it isn't sound: it's kept
    beside `path` then, with FAULTY behind its name.
    """
    if path.exists():
        raise Refused(f"{path}: there is a file already. Choose another name.")
    passphrase = current_app.config["BACKUP_PASSPHRASE"]
    with places.scratch_folder() as folder:
        scratch = folder / "backup.db"
        os.close(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, ONLY_MINE))
        with opened(places.database_url()) as engine:
            faults = _take(engine, scratch)
        faults += _look_through(scratch, now, with_key=bool(passphrase))
        kept = path.with_name(path.name + FAULTY) if faults else path
        _put(scratch, kept, passphrase)
    if faults:
        raise WrongBackup("\n".join([f"{kept}: this backup isn't sound.", *faults]))
    return Backup(path, path.stat().st_size, bool(passphrase))


def remember(backup: Backup, now: datetime) -> None:
    """Write into the activity log that there is a good backup: see queries/backups.py."""
    with transaction() as session:
        practice = session.get_one(Practice, 1)
        record(session, Act.BACKED_UP, practice, now)


def _take(engine: Engine, scratch: Path) -> list[str]:
    """Copy the database as it is at one moment into the file, which is empty.

    Returns what is wrong with the database and can't be seen in the file.
    """
    with engine.connect() as connection:
        if revision_of(connection) is None:
            raise NotFound("This database is empty: there is nothing to back up.")
    if engine.dialect.name == "sqlite":
        raw = engine.raw_connection()
        try:
            raw.cursor().execute("VACUUM INTO ?", (str(scratch),))
        finally:
            raw.close()
        return []
    with (
        opened(places.sqlite_url(scratch), in_one_file=True) as made,
        engine.connect() as source,
        made.connect() as target,
    ):
        target.execution_options(**{WRITES: True})
        with places.at_one_moment(source), target.begin():
            _copy_whole(source, target)
            # The file has a guard of its own.
            return [NO_GUARD] if lacks_guard(source) else []


def _copy_whole(source: Connection, target: Connection) -> None:
    revision = revision_of(source)
    assert revision is not None
    bring_up(target, revision)
    copied = copy_rows(source, target)
    require_same(copied, digests_of(target))


def require_same(copied: object, arrived: object) -> None:
    """Raise WrongBackup unless what arrived is what was copied, each table's rows by their hash."""
    if copied != arrived:
        raise WrongBackup("What was copied isn't what was there: nothing is kept of it.")


def _look_through(scratch: Path, now: datetime, *, with_key: bool) -> list[str]:
    """Write into the backup what it is, and say what's wrong with it."""
    with opened(places.sqlite_url(scratch), in_one_file=True) as engine:
        with engine.begin() as connection:
            write_note(connection, now, current_app.config["SECRET_KEY"], with_key=with_key)
        with engine.connect() as connection:
            return faults_of(connection)


def _put(scratch: Path, path: Path, passphrase: str) -> None:
    """Move the backup to where it's kept, encrypted if there's a passphrase, and read it again."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with suppress(FileNotFoundError):
        part.unlink()  # of one that was killed
    try:
        number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, ONLY_MINE)
        with open(number, "wb") as written, scratch.open("rb") as plain:
            if passphrase:
                seal(plain, written, passphrase)
            else:
                shutil.copyfileobj(plain, written)
        places.sync(part)
        _require_readable(scratch, part, passphrase)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    places.sync(path.parent)


def _require_readable(scratch: Path, part: Path, passphrase: str) -> None:
    again = hashlib.sha256()
    with part.open("rb") as written, scratch.open("rb") as plain:
        for chunk in plain_text(written, passphrase):
            again.update(chunk)
        if hashlib.file_digest(plain, "sha256").digest() != again.digest():
            raise WrongBackup(f"{part}: what was written can't be read back as it was.")
