"""The rate limits' storage, on both databases."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from portal.db import LOSABLE, db
from portal.models import RateLimit
from portal.web import limits
from portal.web.limits import DatabaseStorage, limiter, visitor
from tests.clinics import NOW
from tests.conftest import database_url  # noqa: F401  (here: both databases)


class Clock:
    at: datetime = NOW


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(limits, "now", lambda: clock.at)
    return clock


def test_the_site_uses_it(app: Flask) -> None:
    with app.app_context():
        assert isinstance(limiter.storage, DatabaseStorage)
        assert limiter.storage.check()


def test_counts_within_a_window_and_starts_anew_after_it(app: Flask, clock: Clock) -> None:
    storage = DatabaseStorage()
    with app.app_context():
        assert [storage.incr("a", 60) for _ in range(3)] == [1, 2, 3]
        assert storage.incr("b", 60, amount=5) == 5
        assert storage.get("a") == 3
        assert storage.get_expiry("a") == NOW.timestamp() + 60
        clock.at = NOW + timedelta(seconds=60)
        assert storage.get("a") == 0
        assert storage.incr("a", 60) == 1


def test_what_is_over_is_cleared_away(app: Flask, clock: Clock) -> None:
    storage = DatabaseStorage()
    with app.app_context():
        for number in range(5):
            storage.incr(f"old {number}", 60)
        clock.at = NOW + timedelta(minutes=2)
        storage.incr("new", 60)
        assert db.session.scalar(select(func.count()).select_from(RateLimit)) == 1


def test_counters_can_be_forgotten(app: Flask, clock: Clock) -> None:
    storage = DatabaseStorage()
    with app.app_context():
        storage.incr("a", 60)
        storage.incr("b", 60)
        storage.clear("a")
        assert (storage.get("a"), storage.get("b")) == (0, 1)
        assert storage.reset() == 1


def test_nobody_waits_for_a_counter_to_be_on_the_disk(app: Flask) -> None:
    begun: list[bool] = []
    with app.app_context():
        engine = db.engine
        event.listen(
            engine, "commit", lambda one: begun.append(one.get_execution_options()[LOSABLE])
        )
        DatabaseStorage().incr("a", 60)
        assert begun == [True]


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("unix", "unix"),
    ],
)
def test_one_household_is_one_visitor(app: Flask, address: str, counted_as: str) -> None:
    with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
        assert visitor() == counted_as
