"""Schema migrations: Alembic through Flask-Migrate, on both databases.

Both are imported where something is migrated. The site and its worker, which only ask whether the
schema is the newest, do without their fifteen megabytes in each process.
"""

import re
import sys
from functools import cache

from click import Group
from flask import Flask, current_app
from sqlalchemy import Connection, inspect, text

from portal import models
from portal.config import ROOT
from portal.db import db

MIGRATIONS = ROOT / "migrations"

OWN_NUMBER = re.compile(r'^revision = "(\w+)"$', re.MULTILINE)
NUMBER_BEFORE = re.compile(r'^down_revision = "(\w+)"$', re.MULTILINE)
"""How each file in migrations/versions/ says which migration it is, and which comes before it."""


def init_app(app: Flask) -> None:
    """Let Flask-Migrate know the app where a program has imported it, to use it by itself."""
    if "flask_migrate" in sys.modules:
        _prepare(app)


def commands(app: Flask) -> Group:
    """`flask db`, with the folder migrations/."""
    from flask_migrate.cli import db as group

    _prepare(app)
    found: Group = group
    return found


def _prepare(app: Flask) -> None:
    from flask_migrate import Migrate

    assert models.__all__, "importing the models is what makes their tables known"
    if "migrate" not in app.extensions:
        Migrate(app, db, directory=str(MIGRATIONS))


def is_empty() -> bool:
    """True for a database in which no migration has run yet."""
    return not inspect(db.engine).has_table("alembic_version")


def migrate_to_head() -> None:
    """Bring the app's own database up to date; migrations/env.py backs it up before."""
    from flask_migrate import upgrade

    _prepare(current_app._get_current_object())  # type: ignore[attr-defined]
    upgrade()


def revisions() -> set[str]:
    """The migrations at which the database is: one, or none where nothing has run."""
    return _revisions_of(db.session.connection())


@cache
def newest_revisions() -> set[str]:
    """The migrations at which this code needs the database to be: those that none comes after."""
    files = [file.read_text() for file in (MIGRATIONS / "versions").glob("*.py")]
    own, before = (
        {number for file in files for number in pattern.findall(file)}
        for pattern in (OWN_NUMBER, NUMBER_BEFORE)
    )
    return own - before


def revision_of(connection: Connection) -> str | None:
    """The last migration that has run in any database; None where none has."""
    return next(iter(_revisions_of(connection)), None)


def _revisions_of(connection: Connection) -> set[str]:
    if not inspect(connection).has_table("alembic_version"):
        return set()
    return set(connection.scalars(text("SELECT version_num FROM alembic_version")))


def newest_revision() -> str:
    """The one migration at which this code needs the database to be."""
    (newest,) = newest_revisions()
    return newest


def knows(revision: str) -> bool:
    """False for a migration that only newer code has, or that isn't ours at all."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(MIGRATIONS).walk_revisions()
    return revision in {script.revision for script in scripts}


def bring_up(connection: Connection, revision: str) -> None:
    """Bring a database that isn't the app's own up to a migration, in the transaction under way.

    Alembic has one environment at a time, migrations/env.py, and this may run within it.
    """
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(MIGRATIONS)
    # With the models come the rules by which constraints get their names.
    context = MigrationContext.configure(connection, opts={"target_metadata": db.metadata})
    present = context.get_current_revision()
    steps = [*scripts.iterate_revisions(revision, present or "base")]
    with Operations.context(context):
        for script in reversed(steps):
            script.module.upgrade()
    context.stamp(scripts, revision)
