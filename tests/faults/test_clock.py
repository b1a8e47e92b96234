"""The machine’s clock is put right by an hour while people book: nothing is lost or doubled."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.actions.outbox import take_next
from portal.actions.requests import lapse_requests
from portal.db import db
from portal.models import Booking, Ending
from tests.faults.promises import doubles, halves, wrong_credits
from tests.web.conftest import Clock
from tests.web.test_changing_a_booking import cancel, follow
from tests.web.visitor import Visitor

Load = Callable[..., None]
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
FOLLOW_UP = "/book/reset?service=follow-up&week=2027-03-02"
LEE = {"name": "Lee Park", "email": "lee@example.com"}
STEPS = [pytest.param(HOUR, id="forwards"), pytest.param(-HOUR, id="backwards")]


def check(app: Flask) -> None:
    with app.app_context():
        assert not [*doubles(), *halves(), *wrong_credits()]


@pytest.mark.parametrize("step", STEPS)
def test_a_clients_whole_journey_goes_on(
    reset_clinic: Load, visitor: Visitor, app: Flask, time: Clock, step: timedelta
) -> None:
    reset_clinic()
    held = visitor.press(visitor.get(FOLLOW_UP), "10:00 Ben Okafor")
    time.pass_(step)
    made = visitor.press(held, "Request booking", **LEE)
    assert made.all("h1") == ["Your request is in"]
    time.pass_(step)
    openings = follow(visitor, made, "Reschedule")
    moved = visitor.press(visitor.press(openings, "11:00 Ben Okafor"), "Move the session")
    assert "11:00" in moved.text
    time.pass_(-step)
    gone = cancel(visitor, moved)
    back = visitor.press(gone, "Undo the cancellation")
    assert back.status == 200
    time.pass_(-step)
    assert "11:00" in visitor.get(back.url).text
    check(app)


@pytest.mark.parametrize("step", STEPS)
def test_a_held_time_is_nobody_elses_until_its_ten_minutes_are_over_on_some_clock(
    reset_clinic: Load, visitor: Visitor, app: Flask, time: Clock, step: timedelta
) -> None:
    reset_clinic()
    late = Visitor(app.test_client())
    late_page = late.get(FOLLOW_UP)
    held = visitor.press(visitor.get(FOLLOW_UP), "10:00 Ben Okafor")
    time.pass_(step)
    taken = late.press(late_page, "10:00 Ben Okafor").status == 200
    # By the clock that was put forwards it isn't held any more.
    assert taken is (step > timedelta())
    answer = visitor.press(held, "Request booking", **LEE)
    assert answer.status == (409 if taken else 200)
    check(app)
    if step < timedelta():
        # A hold that nobody comes back for is free again when its own time has come.
        other = visitor.press(visitor.get(FOLLOW_UP), "10:00 Cho Park")
        time.pass_(11 * MINUTE)
        assert other.status == 200
        assert "10:00 Cho Park" in late.get(FOLLOW_UP).openings("2027-03-02")


@pytest.mark.parametrize("step", STEPS)
def test_whoever_ran_into_a_limit_waits_no_longer_than_its_window(
    reset_clinic: Load, app: Flask, time: Clock, step: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    reset_clinic()
    monkeypatch.setattr("portal.web.limits.now", lambda: time.at)
    app.config["HOLDS"] = "2 per 10 minutes"

    def hold() -> int:
        visitor = Visitor(app.test_client())
        page = visitor.get(FOLLOW_UP)
        return visitor.press(page, page.openings()[0]).status

    assert [hold() for _ in range(3)] == [200, 200, 429]
    time.pass_(step)
    assert [hold() for _ in range(3)] == [200, 200, 429]
    time.pass_(11 * MINUTE)
    assert hold() == 200


def test_a_request_lapses_once_although_its_hour_comes_twice(
    reset_clinic: Load, visitor: Visitor, app: Flask, time: Clock
) -> None:
    reset_clinic()
    visitor.book(visitor.get(FOLLOW_UP), "10:00 Ben Okafor")
    for step in (27 * HOUR, -HOUR, -HOUR, 2 * HOUR, HOUR):
        time.pass_(step)
        with app.app_context():
            lapse_requests(time.at)
    with app.app_context():
        assert db.session.scalars(select(Booking.ending)).all() == [Ending.LAPSED]
    check(app)


def test_a_mail_waits_at_most_as_long_as_the_clock_was_put_back(
    reset_clinic: Load, visitor: Visitor, app: Flask, time: Clock
) -> None:
    reset_clinic()
    visitor.book(visitor.get(FOLLOW_UP), "10:00 Ben Okafor")
    with app.app_context():
        assert take_next(time.at - HOUR) is None
        assert take_next(time.at) is not None
        assert take_next(time.at + HOUR) is not None
