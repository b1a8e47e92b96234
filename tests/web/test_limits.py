"""The rate limits' storage, on both databases."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask, Response
from sqlalchemy import event, select

from portal.actions.forgetting_counts import forget_counts_that_are_over
from portal.db import LOSABLE, db
from portal.models import RateLimit
from portal.web import limits
from portal.web.limits import (
    Counted,
    DatabaseStorage,
    TooOften,
    count,
    limiter,
    misses,
    visitor,
)
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
        storage.incr("new", 61)
        assert forget_counts_that_are_over(NOW + timedelta(seconds=59)) == 0
        assert forget_counts_that_are_over(NOW + timedelta(seconds=60)) == 5
        assert db.session.scalars(select(RateLimit.key)).all() == ["new"]


def test_what_is_one_too_many_is_counted_and_what_comes_after_it_is_not(
    app: Flask, clock: Clock
) -> None:
    app.config["HOLDS"], app.config["BOOKINGS"] = "2 per minute", "9 per hour;2 per day"
    hold, booking = Counted("HOLDS", "a", "holds"), Counted("BOOKINGS", "a", "bookings")
    with app.app_context():
        count(hold, booking)
        count(hold)
        with pytest.raises(TooOften) as too_often:
            count(hold, booking)
        assert too_often.value.rate == "HOLDS"
        assert too_often.value.reset_at == NOW.timestamp() + 60
        counts = dict(db.session.execute(select(RateLimit.key, RateLimit.count)).all())
        assert sorted(counts.values()) == [1, 1, 3]
        clock.at = NOW + timedelta(seconds=60)
        count(hold, booking)
        with pytest.raises(TooOften) as too_often:
            count(hold, booking)
        assert too_often.value.reset_at == (NOW + timedelta(days=1)).timestamp()


def test_the_window_of_what_was_not_counted_begins_when_it_is(app: Flask, clock: Clock) -> None:
    app.config["HOLDS"], app.config["BOOKINGS"] = "1 per minute", "9 per hour;9 per day"
    hold, booking = Counted("HOLDS", "a", "holds"), Counted("BOOKINGS", "a", "bookings")
    with app.app_context():
        count(hold)
        clock.at += timedelta(seconds=10)
        with pytest.raises(TooOften):
            count(hold, booking)
        over = [expires for (expires,) in db.session.execute(select(RateLimit.expires))]
        assert sorted(over) == [clock.at.timestamp()] * 2 + [NOW.timestamp() + 60]
        clock.at += timedelta(seconds=10)
        count(booking)
        rows = db.session.execute(select(RateLimit.count, RateLimit.expires)).all()
        windows = timedelta(hours=1), timedelta(days=1)
        ends = [(1, int((clock.at + window).timestamp())) for window in windows]
        assert sorted(rows) == sorted([*ends, (2, int(NOW.timestamp()) + 60)])


def test_the_clock_put_back_begins_a_window_of_each(app: Flask, clock: Clock) -> None:
    app.config["HOLDS"] = "9 per minute;9 per hour"
    with app.app_context():
        for _ in range(2):
            count(Counted("HOLDS", "a", "holds"))
        clock.at -= timedelta(minutes=30)
        count(Counted("HOLDS", "a", "holds"))
        rows = db.session.execute(select(RateLimit.count, RateLimit.expires)).all()
        at = int(clock.at.timestamp())
        assert sorted(rows) == [(1, at + 60), (1, at + 3600)]


def test_a_rate_that_is_named_twice_is_one(app: Flask, clock: Clock) -> None:
    app.config["HOLDS"] = "2 per minute;2 per minute"
    with app.app_context():
        for _ in range(2):
            count(Counted("HOLDS", "a", "holds"))
        with pytest.raises(TooOften):
            count(Counted("HOLDS", "a", "holds"))


def test_several_are_counted_by_one_statement(app: Flask, clock: Clock) -> None:
    begun: list[bool] = []
    asked: list[str] = []
    with app.app_context():
        event.listen(db.engine, "begin", lambda _connection: begun.append(True))
        note = lambda _c, _u, sql, *_: asked.append(sql)  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", note)
        count(Counted("HOLDS", "a", "holds"), Counted("BOOKINGS", "a", "bookings"))
        event.remove(db.engine, "before_cursor_execute", note)
        assert len(begun) == 1
        assert len([sql for sql in asked if "rate_limit" in sql]) == 1


def test_counters_are_locked_in_one_order_and_taken_back_one_by_one(
    app: Flask, clock: Clock
) -> None:
    # Who is over a limit and sends a form twice at once would have the two wait for each other.
    app.config["HOLDS"], app.config["BOOKINGS"] = "1 per hour", "9 per hour;9 per day"
    given = [Counted("HOLDS", "z", "holds"), Counted("BOOKINGS", "a", "bookings")]
    asked: list[tuple[str, list[str]]] = []

    def note(_connection: Any, _cursor: Any, sql: str, values: Any, *_: Any) -> None:
        of = values.values() if isinstance(values, dict) else values
        asked.append((sql.split()[0], [value for value in of if str(value).startswith("LIMITER")]))

    with app.app_context():
        count(*given)
        event.listen(db.engine, "before_cursor_execute", note)
        with pytest.raises(TooOften):
            count(*given)
        event.remove(db.engine, "before_cursor_execute", note)
    (first, keys), *others = asked
    assert (first, keys) == ("INSERT", sorted(keys))
    assert len(keys) == 3
    assert [what for what, _ in others] == ["UPDATE", "UPDATE"]
    assert [len(keys) for _, keys in others] == [1, 1]


def test_who_missed_too_often_is_refused_until_the_window_ends(app: Flask, clock: Clock) -> None:
    app.config["LINK_MISSES"] = "9 per hour;2 per minute"
    answers: list[int] = []

    @misses("LINK_MISSES", "doors", lambda answer: answer.status_code == 404)
    def door(opens: bool) -> int:
        return 200 if opens else 404

    def knock(*, opens: bool) -> None:
        with app.test_request_context():
            try:
                status = door(opens)
            except TooOften as error:
                answers.append(error.reset_at - int(clock.at.timestamp()))
            else:
                answers.append(status)
                app.process_response(Response(status=status))

    for opens in (False, True, True, False, True, False):
        knock(opens=opens)
    assert answers == [404, 200, 200, 404, 60, 60]
    clock.at += timedelta(seconds=60)
    knock(opens=True)
    assert answers[-1] == 200


def test_counters_can_be_forgotten(app: Flask, clock: Clock) -> None:
    storage = DatabaseStorage()
    with app.app_context():
        storage.incr("a", 60)
        storage.incr("b", 60)
        storage.clear("a")
        assert (storage.get("a"), storage.get("b")) == (0, 1)
        assert storage.reset() == 1


def test_nobody_waits_for_a_counter_to_be_on_the_disk(app: Flask) -> None:
    losable: list[bool] = []
    asked: list[str] = []
    with app.app_context():
        engine = db.engine
        event.listen(
            engine, "commit", lambda one: losable.append(one.get_execution_options()[LOSABLE])
        )
        event.listen(engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
        DatabaseStorage().incr("a", 60)
        if engine.dialect.name == "sqlite":
            assert losable == [True]
        else:
            # It's committed by itself, and says so itself.
            assert losable == []
            assert ["set_config" in sql for sql in asked] == [True]


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
