"""How Alembic runs here: on the app's own engine, with the models' metadata as the aim."""

from typing import Any

from alembic import context
from alembic.migration import MigrationContext
from alembic.util import CommandError
from click import echo
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from portal import clock
from portal.db import UtcDateTime, db
from portal.errors import PortalError
from portal.reading import WRITES
from portal.safekeeping.keeping import before_migration


def render_item(kind: str, item: Any, _autogen: Any) -> str | bool:
    """Migrations are frozen: they say what is stored, not the name of our type for it."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.BigInteger()"
    return False


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    """The worker's queue keeps tables of its own in a PostgreSQL database."""
    return not (kind == "table" and name is not None and name.startswith("huey_"))


def run(connection: Connection) -> None:
    """All migrations in one transaction, which both databases can roll back.

    So whatever interrupts them, the schema is the old one or the new one.
    """
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_as_batch=True,
        compare_type=True,
        transactional_ddl=True,
        render_item=render_item,
        include_name=include_name,
    )
    with context.begin_transaction():
        context.run_migrations()


def back_up_first() -> None:
    """Make a backup before the schema of a database with a clinic changes; says where it is.

    Raises CommandError where there can't be one, and then no migration runs.
    """
    try:
        wanted = context.get_revision_argument()
    except KeyError:  # a command that only looks
        return
    with db.engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_heads()
    if wanted in (present, *present):
        return
    try:
        backup = before_migration(clock.now())
    except (PortalError, OSError, DBAPIError) as error:
        raise CommandError(
            f"Nothing was migrated, because the backup before it failed: {error}"
        ) from error
    if backup:
        echo(f"Backed up to {backup.path} before the database is migrated.")


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    back_up_first()
    with db.engine.connect().execution_options(**{WRITES: True}) as own:
        run(own)
