"""A backup becomes the site's database again: looked through first, and all of it or nothing."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flask import current_app
from sqlalchemy import Connection, Engine, insert, inspect, text
from sqlalchemy.exc import DatabaseError

from portal.db import ONLY_MINE, opened
from portal.errors import WrongBackup
from portal.migrating import bring_up, knows, newest_revision, revision_of
from portal.models import Act, Activity, Actor, Booking, Practice
from portal.reading import WRITES
from portal.safekeeping import places
from portal.safekeeping.backups import STAMP, require_same
from portal.safekeeping.checking import faults_of, require_sound
from portal.safekeeping.notes import Note, print_of, read_note, remove_note
from portal.safekeeping.rows import copy_rows, digests_of
from portal.safekeeping.sealing import DAMAGED, is_sealed, plain_text

FOREIGN = "This isn't a backup of a clinic."


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, where that which was there is now, and what to know about the key."""

    made_at: datetime | None
    aside: str | None
    about_key: list[str]


def needs_passphrase(file: Path) -> bool:
    """True where the backup is encrypted."""
    with file.open("rb") as given:
        return is_sealed(given)


def restore(file: Path, passphrase: str, now: datetime) -> Restored:
    """Put the backup in the place of the site's database, whose schema it gets.

    What was there is kept. Raises WrongBackup for a file that can't be relied on, and Refused while
    somebody uses the database; nothing has changed then.
    """
    with places.taking_turns(), places.scratch_folder() as folder:
        scratch = folder / "restored.db"
        _unpack(file, scratch, passphrase)
        note = _prepare(scratch, now)
        with opened(places.database_url()) as engine:
            if engine.dialect.name == "sqlite":
                aside = _replace_file(engine, scratch, now)
            else:
                aside = _replace_schema(engine, scratch, now)
    return Restored(note.made_at if note else None, aside, _give_back_key(note, now))


def _unpack(file: Path, scratch: Path, passphrase: str) -> None:
    number = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, ONLY_MINE)
    with open(number, "wb") as plain, file.open("rb") as given:
        for chunk in plain_text(given, passphrase):
            plain.write(chunk)
    # An empty file would be a good database, without a table.
    if not scratch.stat().st_size:
        raise WrongBackup(FOREIGN)


def _prepare(scratch: Path, now: datetime) -> Note | None:
    """Look the unpacked backup through, and make a database of today's schema of it."""
    try:
        with opened(places.sqlite_url(scratch), in_one_file=True) as engine:
            with engine.connect() as connection:
                note = _look_at(connection)
            with engine.connect() as own, own.execution_options(**{WRITES: True}).begin():
                remove_note(own)
                bring_up(own, newest_revision())
                require_sound(own)
                _record(own, note, now)
            return note
    except DatabaseError as error:
        sentence = FOREIGN if "not a database" in str(error) else DAMAGED
        raise WrongBackup(f"{sentence} ({error.orig})") from None


def _look_at(connection: Connection) -> Note | None:
    revision = revision_of(connection)
    ours = {Practice.__tablename__, Booking.__tablename__}
    if revision is None or not ours <= set(inspect(connection).get_table_names()):
        raise WrongBackup(FOREIGN)
    if not knows(revision):
        raise WrongBackup(
            f"This backup has the schema {revision}, which this version of the portal doesn't "
            "know: it's of a newer one. Install that first."
        )
    # Before anything is made of it: a migration could hide what's wrong.
    if faults := faults_of(connection):
        raise WrongBackup("\n".join(["This backup isn't sound.", *faults]))
    return read_note(connection)


def _record(connection: Connection, note: Note | None, now: datetime) -> None:
    connection.execute(
        insert(Activity).values(
            at=now,
            actor=Actor.OPERATOR,
            act=Act.RESTORED,
            subject=Practice.__tablename__,
            subject_id=1,
            details={"time": note.made_at.isoformat()} if note else {},
        )
    )


def _replace_file(engine: Engine, scratch: Path, now: datetime) -> str | None:
    """Put the file where the database is. At every instant there's one whole database there."""
    present = Path(str(engine.url.database))
    aside = present.with_name(f"{present.name}.replaced-{now.astimezone(UTC).strftime(STAMP)}")
    if not present.exists() or not present.stat().st_size:
        scratch.replace(present)
        places.sync(present.parent)
        return None
    try:
        with places.alone_in(engine):
            _swap(scratch, present, aside)
    except engine.dialect.loaded_dbapi.DatabaseError as error:
        if "not a database" not in str(error) and "malformed" not in str(error):
            raise
        # Nobody can use a damaged one. Its log would be taken for the new one's.
        for end in ("-wal", "-shm"):
            if (log := Path(f"{present}{end}")).exists():
                log.replace(f"{aside}{end}")
        _swap(scratch, present, aside)
    places.sync(present.parent)
    return str(aside)


def _swap(scratch: Path, present: Path, aside: Path) -> None:
    os.link(present, aside)
    try:
        scratch.replace(present)
    except OSError:
        aside.unlink()
        raise


def _replace_schema(engine: Engine, scratch: Path, now: datetime) -> str | None:
    """Fill a new schema "public", the former one having another name: in one transaction."""
    aside = f"replaced_{now.astimezone(UTC).strftime(STAMP).lower()}"
    with places.alone_in(engine), engine.connect() as target, target.begin():
        tables = inspect(target).get_table_names()
        if tables:
            target.execute(text(f"ALTER SCHEMA public RENAME TO {aside}"))
            target.execute(text("CREATE SCHEMA public"))
            target.execute(text("GRANT USAGE ON SCHEMA public TO PUBLIC"))
        with opened(places.sqlite_url(scratch), in_one_file=True) as made, made.connect() as source:
            bring_up(target, newest_revision())
            require_same(copy_rows(source, target), digests_of(target))
        require_sound(target)
    return f"the schema {aside}" if tables else None


def _give_back_key(note: Note | None, now: datetime) -> list[str]:
    """Put the backup's SECRET_KEY where this site's is, and say what can't be read without it."""
    present = current_app.config["SECRET_KEY"]
    if note is None or note.key_print == print_of(present):
        return []
    lost = "the mail server's password and the team's second factors can't be read"
    if note.key is None:
        return [
            "The site had another SECRET_KEY when this backup was made.",
            f"Without that one {lost}, and everybody has to sign in again.",
        ]
    if not (file := current_app.config.get("SECRET_KEY_KEPT_IN")):
        return [
            "The site had another SECRET_KEY when this backup was made, which is in the backup.",
            f"Without it {lost}: set SECRET_KEY to {note.key}",
        ]
    kept, stamp = Path(file), now.astimezone(UTC).strftime(STAMP)
    kept.replace(f"{kept}.replaced-{stamp}")
    with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, ONLY_MINE), "w") as f:
        f.write(note.key)
    return [f"The backup's SECRET_KEY is in {kept} again; the one that was there is beside it."]
