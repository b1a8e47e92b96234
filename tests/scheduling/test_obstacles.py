"""What is in the way of a session: each obstacle for itself, and all of them against is_open."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings

from portal.scheduling.bounds import Bounds, Limits, bounds, window
from portal.scheduling.hours import Hours, HoursRow, stretches
from portal.scheduling.obstacles import Obstacle, in_order, obstacles_at
from portal.scheduling.openings import Calendar, Visit, is_open
from tests.scheduling.test_brute_force import (
    SERVICE,
    Question,
    some_question,
)

NEW_YORK = ZoneInfo("America/New_York")
visit = Visit(20, ("in_person",), 60, buffer_before=10, buffer_after=5, step=30)


def at(time: str, day: int = 7) -> int:
    wall = datetime.fromisoformat(f"2027-06-{day:02}T{time}").replace(tzinfo=NEW_YORK)
    return int(wall.timestamp())


nine_to_five = HoursRow(9 * 60, 17 * 60, None, None)
hours = Hours(NEW_YORK, {weekday: [nine_to_five] for weekday in range(5)}, {})
free = Calendar(1, "Ana", hours, busy=(), booked=(), daily_cap=None)
soon = Bounds(notice=at("08:00"), horizon=at("12:00", 21), expiry=None)
busy = replace(free, busy=[(at("11:00"), at("12:00"))], booked=[at("11:00")])
away = replace(free, away=[(at("11:00"), at("12:00"))])


@pytest.mark.parametrize(
    ("start", "calendar", "found"),
    [
        pytest.param(at("10:00"), free, set(), id="nothing"),
        pytest.param(at("10:07"), free, set(), id="off the grid"),
        pytest.param(at("07:59"), free, {Obstacle.NOTICE, Obstacle.HOURS}, id="short notice"),
        pytest.param(at("08:00"), free, {Obstacle.HOURS}, id="just at the notice"),
        pytest.param(at("12:00", 21), free, {Obstacle.HORIZON}, id="at the horizon"),
        pytest.param(at("11:59", 21), free, set(), id="before the horizon"),
        pytest.param(at("08:59"), free, {Obstacle.HOURS}, id="begins before the hours"),
        pytest.param(at("16:01"), free, {Obstacle.HOURS}, id="ends after the hours"),
        pytest.param(at("16:00"), free, set(), id="buffers lie outside of the hours"),
        pytest.param(at("10:00", 12), free, {Obstacle.HOURS}, id="a Saturday"),
        pytest.param(at("09:55"), busy, set(), id="ends in time, buffer and all"),
        pytest.param(at("09:56"), busy, {Obstacle.OVERLAP}, id="the buffer after meets a session"),
        pytest.param(at("12:09"), busy, {Obstacle.OVERLAP}, id="the buffer before meets a session"),
        pytest.param(at("12:10"), busy, set(), id="begins late enough"),
        pytest.param(at("11:00"), away, {Obstacle.TIME_OFF}, id="in time off"),
        pytest.param(at("12:10"), away, set(), id="after time off"),
        pytest.param(
            at("14:00"), replace(busy, daily_cap=1), {Obstacle.DAILY_CAP}, id="the day is full"
        ),
        pytest.param(at("14:00"), replace(busy, daily_cap=2), set(), id="the day isn't full"),
        pytest.param(at("14:00", 8), replace(busy, daily_cap=1), set(), id="on another day"),
    ],
)
def test_each_obstacle(start: int, calendar: Calendar, found: set[Obstacle]) -> None:
    assert obstacles_at(start, calendar, visit, soon, None) == found


@pytest.mark.parametrize(
    ("weekly", "monthly", "day", "full"),
    [
        pytest.param(1, None, 11, True, id="the week is full"),
        pytest.param(1, None, 14, False, id="the next week isn't"),
        pytest.param(None, 1, 18, True, id="the month is full"),
        pytest.param(2, 2, 11, False, id="one is left"),
    ],
)
def test_the_packages_limits(weekly: int | None, monthly: int | None, day: int, full: bool) -> None:
    limits = Limits(NEW_YORK, weekly, monthly, [at("10:00")])
    found = obstacles_at(at("10:00", day), free, visit, soon, limits)
    assert found == ({Obstacle.LIMITS} if full else set())


def test_they_are_told_in_one_order() -> None:
    found = {Obstacle.OVERLAP, Obstacle.SETTINGS, Obstacle.HOURS}
    assert in_order(found) == (Obstacle.SETTINGS, Obstacle.HOURS, Obstacle.OVERLAP)


@settings(
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(some_question())
def test_a_start_is_open_where_it_is_on_the_grid_unexpired_and_without_obstacles(
    question: Question,
) -> None:
    asked = replace(question, visit=replace(question.visit, methods=question.visit.methods[:1]))
    rules = {
        "now": asked.now,
        "min_notice_minutes": asked.min_notice_minutes,
        "horizon_days": asked.horizon_days,
        "zone": asked.zone,
        "expires": asked.expires,
    }
    within = bounds(**rules)
    first, last = (asked.first_day + timedelta(days=days) for days in (-1, 3))
    for one in asked.calendars:
        calendar = replace(one, busy=one.busy[::2], away=one.busy[1::2])
        spans = stretches(one.hours, SERVICE, asked.visit.methods[0], first, last)
        steps = {at_ for span in spans for at_ in range(*span, asked.visit.step * 60)}
        for start in sorted(steps | {step + 60 for step in steps})[::5]:
            day = datetime.fromtimestamp(start, asked.zone).date()
            moment = window(first_day=day, days=1, **rules)
            fits = [(begin, end) for begin, end in spans if begin <= start]
            fits = [span for span in fits if start + asked.visit.minutes * 60 <= span[1]]
            on_the_grid = any((start - begin) % (asked.visit.step * 60) == 0 for begin, _ in fits)
            unexpired = within.expiry is None or start < within.expiry
            found = obstacles_at(start, calendar, asked.visit, within, asked.limits)
            expected = on_the_grid and unexpired and not found
            assert is_open(calendar, asked.visit, moment, asked.limits, start) == expected
