"""The whole clinic from one database into another, on the same engine or the other one."""

from pathlib import Path

from sqlalchemy import URL, Connection

from portal.db import opened
from portal.errors import Refused
from portal.migrating import bring_up, newest_revision, revision_of
from portal.reading import WRITES
from portal.safekeeping import places
from portal.safekeeping.backups import require_same
from portal.safekeeping.checking import require_sound
from portal.safekeeping.rows import Digest, copy_rows, digests_of, has_rows, tables_of


def move(to: URL) -> dict[str, Digest]:
    """Copy every row into the empty database `to`; returns the tables with their digests.

    The site's own database stays as it is. Afterwards each table is read again in the other one and
    compared. Raises Refused, with nothing written, where the other isn't empty, is the same one, or
    this one is in use or waits for a migration, and WrongBackup where what arrived isn't sound.
    """
    url = places.database_url()
    if to.get_backend_name() == "sqlite" and to.database:
        to = to.set(database=str(Path(to.database).absolute()))
    if to.set(query={}) == url.set(query={}):
        raise Refused("That's the database that the site uses already.")
    is_new_file = to.get_backend_name() == "sqlite" and not Path(str(to.database)).exists()
    try:
        with places.taking_turns(), opened(url) as own, opened(to) as other:
            with places.alone_in(own):
                pass
            with own.connect() as source, other.connect() as target:
                # On SQLite this one keeps writers waiting, while it's read.
                source.execution_options(**{WRITES: True})
                target.execution_options(**{WRITES: True})
                with places.at_one_moment(source), target.begin():
                    return _copy(source, target)
    except BaseException:
        if is_new_file:
            for end in ("", "-wal", "-shm"):
                Path(f"{to.database}{end}").unlink(missing_ok=True)
        raise


def _copy(source: Connection, target: Connection) -> dict[str, Digest]:
    newest = newest_revision()
    if revision_of(source) != newest:
        raise Refused("This database waits for a migration: run `flask db upgrade` first.")
    _require_empty(target)
    bring_up(target, newest)
    copied = copy_rows(source, target)
    require_same(copied, digests_of(target))
    require_sound(target)
    return copied


def _require_empty(target: Connection) -> None:
    present = revision_of(target)
    if present is None and tables_of(target):
        raise Refused("The other database has tables in it that aren't a clinic's.")
    if present not in (None, newest_revision()):
        raise Refused("The other database has another schema. Choose an empty one.")
    if has_rows(target):
        raise Refused("The other database isn't empty: there is a clinic in it.")
