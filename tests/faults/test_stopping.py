"""`flask up` is told to stop while somebody's booking is under way."""

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psutil
import psycopg
import pysqlite3
import pytest
from flask import Flask

from portal.launching import GRACE_SECONDS
from tests.clinics import CHO, LEE
from tests.faults.clinics import ALL_DAY, NO_LIMITS, a_monday, open_clinic
from tests.faults.processes import is_free, running_up
from tests.faults.promises import Shown, doubles, halves, lost
from tests.faults.rushes import Client
from tests.how_often import on_fewer_engines

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("processes")]


@contextmanager
def all_writers_wait(database_url: str) -> Iterator[Callable[[], None]]:
    """Keep what every booking needs to itself, until told to let go."""
    if database_url.startswith("sqlite"):
        other = pysqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
    else:
        other = psycopg.connect(database_url.replace("+psycopg", "", 1))
        other.execute("LOCK TABLE booking IN SHARE MODE")
    yield other.rollback
    other.close()


@on_fewer_engines
def test_the_booking_under_way_is_answered_and_stored_and_every_process_ends(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    cho = open_clinic(app, hours={CHO: ALL_DAY})[CHO]
    settings = {"DATABASE_URL": database_url, "WEB_PROCESSES": "1", **NO_LIMITS}
    with running_up(tmp_path / "up.log", **settings) as (up, site, port):
        client, start = Client(site, 1), a_monday() + timedelta(hours=9)
        client.look(start)
        form = client.hold(cho, start).headers["Location"]
        processes = psutil.Process(up.pid).children(recursive=True)
        assert len(processes) == 2  # its one web process, and the worker
        with all_writers_wait(database_url) as let_go, ThreadPoolExecutor(1) as pool:
            sent = pool.submit(client.confirm, form, LEE)
            time.sleep(1)
            up.send_signal(signal.SIGTERM)
            time.sleep(1)
            assert not sent.done()
            let_go()
            answer = sent.result()
        # Earlier than those are ended who don't end by themselves.
        assert (answer.status_code, up.wait(timeout=GRACE_SECONDS - 3)) == (303, 0)
        assert [one for one in processes if one.is_running()] == []
        assert is_free(port)
    token = answer.headers["Location"].removeprefix("/bookings/")
    with app.app_context():
        assert not [*doubles(), *halves(), *lost([Shown(token, LEE, start, cho)])]


@on_fewer_engines
def test_when_the_worker_dies_all_ends_and_leaves_nothing(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    open_clinic(app, hours={CHO: ALL_DAY})
    settings = {"DATABASE_URL": database_url, "METRICS_TOKEN": 16 * "t", "TMPDIR": str(tmp_path)}
    with running_up(tmp_path / "up.log", **settings) as (up, _site, port):
        assert len(list(tmp_path.glob("clinic-metrics-*"))) == 1
        processes = psutil.Process(up.pid).children(recursive=True)
        # The worker parts first from the one that watches.
        worker, web, *_ = sorted(processes, key=lambda one: (one.create_time(), one.pid))
        web.terminate()
        web.wait(timeout=30)
        assert len(list(tmp_path.glob("clinic-metrics-*"))) == 1
        worker.kill()
        assert up.wait(timeout=30) == 1
        assert [one for one in processes if one.is_running()] == []
        assert is_free(port)
    assert list(tmp_path.glob("clinic-metrics-*")) == []
