"""Schema migrations: Alembic through Flask-Migrate, on both databases."""

from functools import cache

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import Migrate, upgrade
from sqlalchemy import Connection, inspect

from portal import models
from portal.config import ROOT
from portal.db import db

migrate = Migrate()

MIGRATIONS = ROOT / "migrations"


def init_app(app: Flask) -> None:
    """Register `flask db` with the folder migrations/."""
    assert models.__all__, "importing the models is what makes their tables known"
    migrate.init_app(app, db, directory=str(MIGRATIONS))


def is_empty() -> bool:
    """True for a database in which no migration has run yet."""
    return not inspect(db.engine).has_table("alembic_version")


def migrate_to_head() -> None:
    """Bring the app's own database up to date; migrations/env.py backs it up before."""
    upgrade()


def revisions() -> set[str]:
    """The migrations at which the database is: one, or none where nothing has run."""
    return set(MigrationContext.configure(db.session.connection()).get_current_heads())


@cache
def newest_revisions() -> set[str]:
    """The migrations at which this code needs the database to be."""
    return set(ScriptDirectory(MIGRATIONS).get_heads())


def revision_of(connection: Connection) -> str | None:
    """The last migration that has run in any database; None where none has."""
    return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str:
    """The one migration at which this code needs the database to be."""
    (newest,) = newest_revisions()
    return newest


def knows(revision: str) -> bool:
    """False for a migration that only newer code has, or that isn't ours at all."""
    scripts = ScriptDirectory(MIGRATIONS).walk_revisions()
    return revision in {script.revision for script in scripts}


def bring_up(connection: Connection, revision: str) -> None:
    """Bring a database that isn't the app's own up to a migration, in the transaction under way.

    Alembic has one environment at a time, migrations/env.py, and this may run within it.
    """
    scripts = ScriptDirectory(MIGRATIONS)
    # With the models come the rules by which constraints get their names.
    context = MigrationContext.configure(connection, opts={"target_metadata": db.metadata})
    present = context.get_current_revision()
    steps = [*scripts.iterate_revisions(revision, present or "base")]
    with Operations.context(context):
        for script in reversed(steps):
            script.module.upgrade()
    context.stamp(scripts, revision)
