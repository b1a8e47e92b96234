"""The whole clinic on another database: every row, or nothing at all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import Connection, inspect, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from portal.db import opened
from portal.errors import Refused, WrongBackup
from portal.models import Role
from portal.safekeeping import moving
from portal.safekeeping.moving import move
from portal.safekeeping.rows import digests_of
from portal.transaction import transaction
from tests.cli.conftest import application, runner
from tests.conftest import ENGINES, dispose
from tests.postgresql import database_on, execute
from tests.safekeeping.test_backups import BOOKED_TWICE, present_rows

pytestmark = pytest.mark.xdist_group("safekeeping")


@pytest.fixture(params=[pytest.param(name, marks=getattr(pytest.mark, name)) for name in ENGINES])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database in which nothing is, once on each engine."""
    if request.param == "sqlite":
        yield f"sqlite+pysqlite:///{tmp_path / 'new.db'}"
        return
    server, name = request.getfixturevalue("postgresql_url"), f"empty_{uuid4().hex}"
    execute(server, f"CREATE DATABASE {name}")
    yield database_on(server, name)
    execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def looked_into(url: str) -> Iterator[Connection]:
    with opened(make_url(url)) as engine, engine.connect() as connection:
        yield connection


def test_every_row_arrives_and_the_site_goes_on_there(lively_app: Flask, empty_url: str) -> None:
    with lively_app.app_context():
        before = present_rows()
    moved = runner(lively_app)("clinic", "move", "--to", empty_url)
    assert moved.exit_code == 0, moved.stderr
    assert f"Moved {sum(d.rows for d in before.values())} rows" in moved.stdout
    with lively_app.app_context():
        assert present_rows() == before, "the clinic is still where it was, too"
    there = application(empty_url)
    with there.app_context():
        assert present_rows() == before
        with transaction() as session:
            session.add(Role(name="Numbered behind the others"))
        for refused in (BOOKED_TWICE, "DELETE FROM activity", "UPDATE credit_entry SET amount = 9"):
            with pytest.raises((IntegrityError, DBAPIError)), transaction() as session:
                session.execute(text(refused))
    assert there.test_client().get("/readyz").text == "ready\n"
    again = runner(lively_app)("clinic", "move", "--to", empty_url)
    assert (again.exit_code, again.stdout) == (1, "")
    assert again.stderr == "The other database isn't empty: there is a clinic in it.\n"
    dispose(there)


def test_what_fails_on_the_way_leaves_nothing_there(
    app_on_sqlite: Flask, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[[Connection], dict[str, Any]] = digests_of

    def other_names(connection: Connection) -> dict[str, Any]:
        connection.execute(text("UPDATE member SET name = name || '!'"))
        return real(connection)

    monkeypatch.setattr(moving, "digests_of", other_names)
    with app_on_sqlite.app_context(), pytest.raises(WrongBackup, match="isn't what was there"):
        move(make_url(empty_url))
    assert_nothing_in(empty_url)


def test_what_one_engine_allows_and_the_other_does_not_is_said(
    app_on_sqlite: Flask, postgresql_url: str
) -> None:
    url = database_on(postgresql_url, name := f"empty_{uuid4().hex}")
    execute(postgresql_url, f"CREATE DATABASE {name}")
    with app_on_sqlite.app_context(), transaction() as session:
        session.execute(text("UPDATE client SET notes = 'a' || char(0)"))
    refused = runner(app_on_sqlite)("clinic", "move", "--to", url)
    assert refused.exit_code == 1
    assert "NUL" in refused.stderr
    assert_nothing_in(url)
    execute(postgresql_url, f"DROP DATABASE {name} WITH (FORCE)")


def assert_nothing_in(url: str) -> None:
    where = make_url(url)
    if where.get_backend_name() == "sqlite":
        assert not Path(str(where.database)).exists()
        return
    with looked_into(url) as connection:
        assert inspect(connection).get_table_names() == []


def test_nothing_is_moved_onto_itself_nor_while_somebody_is_there(
    lively_app: Flask, tmp_path: Path
) -> None:
    elsewhere = make_url(f"sqlite+pysqlite:///{tmp_path / 'new.db'}")
    with lively_app.app_context():
        with pytest.raises(Refused, match="uses already"):
            move(make_url(lively_app.config["SQLALCHEMY_DATABASE_URI"]))
        with looked_into(lively_app.config["SQLALCHEMY_DATABASE_URI"]) as somebody:
            somebody.execute(text("SELECT 1"))
            with pytest.raises(Refused, match="stop the site"):
                move(elsewhere)
        with transaction() as session:
            session.execute(text("UPDATE alembic_version SET version_num = '0009'"))
        with pytest.raises(Refused, match="flask db upgrade"):
            move(elsewhere)
    assert not (tmp_path / "new.db").exists()


def test_other_peoples_tables_stay_alone(app_on_sqlite: Flask, tmp_path: Path) -> None:
    url = make_url(f"sqlite+pysqlite:///{tmp_path / 'new.db'}")
    with opened(url) as engine, engine.begin() as connection:
        connection.execute(text("CREATE TABLE letters (id INTEGER)"))
    with app_on_sqlite.app_context(), pytest.raises(Refused, match="aren't a clinic's"):
        move(url)
    with looked_into(str(url)) as connection:
        assert inspect(connection).get_table_names() == ["letters"]


def test_an_address_that_is_none_is_a_sentence(app_on_sqlite: Flask) -> None:
    refused = runner(app_on_sqlite)("clinic", "move", "--to", "mysql://x")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "mysql://x: only sqlite:// and postgresql:// addresses are supported\n"
