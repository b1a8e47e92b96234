"""The one place that commits, and what its commits wait for."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, text

from portal import clinic_file
from portal.actions.credits import lock_client_packages
from portal.actions.guard import lock_member_of, lock_members
from portal.db import NOT_WAITING, db
from portal.models import Member, Practice
from portal.transaction import losable_transaction, transaction
from portal.web.limits import DatabaseStorage
from tests.clinics import NOW, reset_clinic

ASKED = {"sqlite": "PRAGMA synchronous", "postgresql": "SHOW synchronous_commit"}
WAITS = {"sqlite": "2", "postgresql": "on"}
DOES_NOT = {"sqlite": "1", "postgresql": "off"}
AT_THE_END: dict[str, Any] = {
    "sqlite": text(ASKED["sqlite"]),
    "postgresql": select(NOT_WAITING, func.current_setting("synchronous_commit")),
}


@pytest.fixture
def engine(clinic: Callable[..., None]) -> Iterator[str]:
    """The engine's name, its database set as it is for real: others needn't wait in tests."""
    name = db.engine.dialect.name
    if name == "sqlite":
        event.listen(db.engine, "connect", wait_for_the_disk)
    db.session.remove()
    db.engine.dispose()
    yield name
    # The application is shared by all tests of this process.
    if name == "sqlite":
        event.remove(db.engine, "connect", wait_for_the_disk)


def wait_for_the_disk(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=FULL")


def commits_wait(engine: str) -> str:
    """What the database says of whether a commit of this transaction waits for the disk."""
    return str(db.session.execute(text(ASKED[engine])).scalar())


def test_an_act_that_may_be_lost_does_not_wait_for_the_disk_and_all_others_do(engine: str) -> None:
    for losable in (False, True, False, True, True, False):
        if losable:
            with losable_transaction() as on:
                assert str(on.execute(AT_THE_END[engine]).one()[-1]) == DOES_NOT[engine]
        else:
            with transaction():
                assert commits_wait(engine) == WAITS[engine]


def test_what_may_be_lost_is_seen_by_everybody_at_once(engine: str) -> None:
    DatabaseStorage().incr("a", 60)
    with db.engine.connect() as other:
        assert other.scalar(text("SELECT count FROM rate_limit")) == 1


def test_when_one_fails_the_next_waits_for_the_disk(engine: str) -> None:
    with pytest.raises(LookupError), losable_transaction():
        raise LookupError
    with transaction():
        assert commits_wait(engine) == WAITS[engine]


def test_acts_do_not_nest(engine: str) -> None:
    with transaction():
        for act in (transaction(), losable_transaction()):
            with pytest.raises(RuntimeError, match="don't nest"):
                act.__enter__()


def test_what_is_changed_outside_of_acts_is_refused_and_not_stored(
    clinic: Callable[..., None],
) -> None:
    clinic()
    db.session.get_one(Practice, 1).name = "Changed by mistake"
    with pytest.raises(RuntimeError, match="only an act writes"):
        db.session.get(Member, 1)
    db.session.rollback()
    assert db.session.get_one(Practice, 1).name != "Changed by mistake"


@pytest.fixture
def on_postgresql(postgresql_app: Flask) -> Flask:
    """The clinic on PostgreSQL, in an application with one connection."""
    with postgresql_app.app_context():
        clinic_file.load(reset_clinic(), NOW)
        db.session.remove()
        db.engine.dispose()
    return postgresql_app


def test_postgresql_plans_a_statement_once_and_not_for_each_request(on_postgresql: Flask) -> None:
    visitor = on_postgresql.test_client()
    for _ in range(8):
        assert visitor.get("/book/reset").status_code == 200
        with on_postgresql.app_context(), transaction():
            db.session.get_one(Practice, 1)
    with on_postgresql.app_context():
        kept = "SELECT statement, custom_plans + generic_plans FROM pg_prepared_statements"
        runs = [(row[0], row[1]) for row in db.session.execute(text(kept))]
    read = [times for sql, times in runs if "FROM practice" in sql]
    # Both read it in the same words, and the driver prepares what it has seen five times.
    assert read == [8 + 8 - 5]


def test_outside_of_acts_nothing_is_begun_on_postgresql(on_postgresql: Flask) -> None:
    with on_postgresql.app_context():
        own = "SELECT xact_start = query_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
        reads = [db.session.execute(text(own)).scalar() for _ in range(2)]
        with transaction():
            acts = [db.session.execute(text(own)).scalar() for _ in range(2)]
    assert (reads, acts[1]) == ([True, True], False)


def test_postgresql_runs_plans_as_they_are_in_acts_and_outside_of_them(
    on_postgresql: Flask,
) -> None:
    # Its own setting is to make machine code of a plan that looks long, for a quarter of a second.
    with on_postgresql.app_context():
        compiles = [db.session.execute(text("SHOW jit")).scalar()]
        for _ in range(2):
            with suppress(ZeroDivisionError), transaction():
                compiles.append(db.session.execute(text("SHOW jit")).scalar())
                raise ZeroDivisionError
    assert compiles == ["off"] * 3


def test_the_connection_that_was_used_last_is_used_next(app: Flask) -> None:
    # It has in memory, and PostgreSQL has planned, what is likely to be asked.
    with app.app_context():
        first, last = db.engine.connect(), db.engine.connect()
        of_last = last.connection.driver_connection
        first.close()
        last.close()
        with db.engine.connect() as connection:
            assert connection.connection.driver_connection is of_last


def test_rows_are_locked_where_acts_go_on_beside_each_other(app: Flask) -> None:
    asked: list[str] = []
    with app.app_context():
        engine = db.engine
        note = lambda _c, _u, sql, *_: asked.append(sql)  # noqa: E731
        event.listen(engine, "before_cursor_execute", note)
        with transaction():
            lock_members([2, 1])
            lock_member_of("token")
            lock_client_packages([None, 1])
        event.remove(engine, "before_cursor_execute", note)
    if engine.dialect.name == "sqlite":
        assert asked == []
    else:
        ends = ("FOR NO KEY UPDATE", "FOR NO KEY UPDATE OF member", "FOR UPDATE")
        assert [sql.strip().endswith(end) for sql, end in zip(asked, ends, strict=True)] == [
            True
        ] * 3
