"""Web processes and PostgreSQL are killed while people book: nothing's lost, double or half."""

import os
import signal
import time
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text

from portal import create_app, server_connections
from portal.db import db
from tests.conftest import SECRET_KEY, LiveSite, dispose, migrated
from tests.faults.conftest import OwnServer, load_open_clinic
from tests.faults.visitors import BOOK, PLENTY, Crowd, half_done, visitor_of, workers_of
from tests.how_often import on_fewer_engines, tries
from tests.postgresql import execute

KILLS = tries(2, 15)
Start = Callable[..., LiveSite]

pytestmark = pytest.mark.timeout(300)


@on_fewer_engines
def test_what_was_confirmed_is_there_after_workers_were_killed(
    open_clinic: Flask, database_url: str, live_site: Start
) -> None:
    site = live_site(database_url, workers=2, **PLENTY)
    crowd = Crowd(site.url)
    with crowd.booking():
        for kill in range(KILLS):
            wait_for_more(crowd)
            workers = workers_of(site.process.pid)
            os.kill(workers[kill % len(workers)], signal.SIGKILL)
        wait_for_more(crowd)
    assert len(crowd.confirmed) > KILLS
    assert set(crowd.seen) <= {"200", "303", "409", "503", "cut off"}, crowd.seen
    with open_clinic.app_context():
        assert half_done(crowd.confirmed) == []


def wait_for_more(crowd: Crowd, seconds: float = 60) -> None:
    """Wait until somebody more was confirmed."""
    before, deadline = len(crowd.confirmed), time.monotonic() + seconds
    while len(crowd.confirmed) < before + 2:
        assert time.monotonic() < deadline, crowd.seen
        time.sleep(0.02)


@pytest.mark.postgresql
@pytest.mark.xdist_group("processes")
def test_postgresql_is_away_and_comes_back_and_the_site_goes_on(
    own_server: OwnServer, live_site: Start
) -> None:
    migrated(own_server.url)
    app = create_app({"TESTING": True, "SECRET_KEY": SECRET_KEY, "DATABASE_URL": own_server.url})
    load_open_clinic(app)
    site = live_site(own_server.url, workers=2, **PLENTY)
    crowd = Crowd(site.url, number=4)
    with crowd.booking():
        for _time in range(tries(1, 5)):
            wait_for_more(crowd)
            own_server.kill()
            away = visitor_of(site.url).get(BOOK)
            assert away.status == 503
            assert int(away.response.headers["Retry-After"]) > 0
            assert "right back" in away.text
            own_server.start_again()
            wait_for_more(crowd)
    assert crowd.seen["503"] > 0
    assert set(crowd.seen) <= {"200", "303", "409", "503"}, crowd.seen
    with app.app_context():
        assert half_done(crowd.confirmed) == []
    dispose(app)


def test_a_connection_that_was_quiet_is_asked_before_it_is_used(
    postgresql_app: Flask, postgresql_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(server_connections.time, "monotonic", lambda: clock[0])
    own = text("SELECT pg_backend_pid()")
    with postgresql_app.app_context():
        connections = [db.engine.connect() for _ in range(3)]
        gone = [each.execute(own).scalar_one() for each in connections]
        for each in connections:
            each.close()
        for backend in gone:
            execute(postgresql_database, f"SELECT pg_terminate_backend({backend}, 5000)")
        clock[0] += server_connections.QUIET
        for _ in range(3):
            with db.engine.connect() as connection:
                assert connection.execute(own).scalar_one() not in gone


def test_a_connection_that_was_just_used_is_not_asked(
    postgresql_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, asked = [1000.0], list[object]()
    monkeypatch.setattr(server_connections.time, "monotonic", lambda: clock[0])
    with postgresql_app.app_context():
        monkeypatch.setattr(db.engine.dialect, "do_ping", asked.append)
        for passed, times in ((0, 0), (0, 0), (server_connections.QUIET, 1), (0.9, 1), (0.9, 1)):
            clock[0] += passed
            with db.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
            assert len(asked) == times


def test_a_database_that_goes_when_all_is_read_spoils_no_answer(
    postgresql_app: Flask, postgresql_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_connections, "QUIET", 0)
    for _time in range(2):
        with postgresql_app.app_context():
            ours = db.session.execute(text("SELECT pg_backend_pid()")).scalar_one()
            execute(postgresql_database, f"SELECT pg_terminate_backend({ours}, 5000)")
