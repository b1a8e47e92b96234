"""How Alembic runs here: on the app's own engine, with the models' metadata as the aim."""

from typing import Any

from alembic import context
from sqlalchemy import Connection

from portal.db import WRITES, UtcDateTime, db


def render_item(kind: str, item: Any, _autogen: Any) -> str | bool:
    """Migrations are frozen: they say what is stored, not the name of our type for it."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.BigInteger()"
    return False


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    """The worker's queue keeps tables of its own in a PostgreSQL database."""
    return not (kind == "table" and name is not None and name.startswith("huey_"))


def run(connection: Connection) -> None:
    """Each migration in a transaction of its own, which both databases can roll back."""
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_as_batch=True,
        compare_type=True,
        transaction_per_migration=True,
        render_item=render_item,
        include_name=include_name,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with db.engine.connect().execution_options(**{WRITES: True}) as own:
        run(own)
