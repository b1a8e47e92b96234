"""Schema migrations: Alembic through Flask-Migrate, on both databases."""

from functools import cache

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import Migrate, upgrade
from sqlalchemy import inspect

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
    """Bring the database's schema up to date."""
    upgrade()


def revisions() -> set[str]:
    """The migrations at which the database is: one, or none where nothing has run."""
    return set(MigrationContext.configure(db.session.connection()).get_current_heads())


@cache
def newest_revisions() -> set[str]:
    """The migrations at which this code needs the database to be."""
    return set(ScriptDirectory(MIGRATIONS).get_heads())
