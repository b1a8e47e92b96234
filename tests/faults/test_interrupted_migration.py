"""A migration that is killed in the middle leaves the old schema: all of it, and nothing else."""

import multiprocessing
import os
import signal
from typing import Any

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import Engine, event

from portal import create_app
from portal.db import db
from portal.migrating import migrate_to_head
from tests.conftest import SECRET_KEY
from tests.how_often import tries
from tests.test_migrations import inventory

FIRST = "0002"
"""From here on there are several migrations, and on SQLite tables are made anew in them."""

pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("processes")]


def migrates_and_dies(url: str, statements: int) -> None:
    """Bring the database up to date, and be killed after so many statements that change it."""
    left = statements

    @event.listens_for(Engine, "after_cursor_execute")
    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal left
        if statement.split(maxsplit=1)[0].upper() in ("ALTER", "CREATE", "DROP", "UPDATE"):
            left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    with create_app({"SECRET_KEY": SECRET_KEY, "DATABASE_URL": url}).app_context():
        migrate_to_head()


def test_the_schema_is_the_old_one_or_the_new_one(app: Flask, database_url: str) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", "tests.racing"])
    with app.app_context():
        new = inventory()
        downgrade(revision=FIRST)
        old = inventory()
        for statements in range(1, 50, tries(22, 3)):
            db.engine.dispose()
            process = context.Process(target=migrates_and_dies, args=(database_url, statements))
            process.start()
            process.join(60)
            assert process.exitcode == -signal.SIGKILL, "it wasn't interrupted"
            assert inventory() == old
        upgrade()
        assert inventory() == new
