"""Fifty real processes go for the same time, or for times that overlap, on both databases."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.db import db
from portal.models import Member
from tests.clinics import CHO, NOW
from tests.databases import without_guard
from tests.racing import overlaps, race, tally

PROCESSES = 50
FEWER = 20
TEN = datetime(2027, 3, 2, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)

Clinic = Callable[..., None]

pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("processes")]


@pytest.fixture
def cho(clinic: Clinic) -> int:
    """Cho's id, in a clinic in which everybody works all day."""
    clinic(hours={CHO: [("08:00", "20:00")]})
    member_id = db.session.scalars(select(Member.id).where(Member.email == CHO)).one()
    db.session.rollback()
    return member_id


def test_scenario_14_of_fifty_who_press_confirm_at_once_one_is_booked(
    app: Flask, database_url: str, cho: int
) -> None:
    outcomes = race(database_url, cho, [TEN] * PROCESSES, NOW)
    assert tally(outcomes) == {"booked": 1, "taken": PROCESSES - 1}
    assert overlaps() == 0


def test_staggered_times_never_overlap_and_nobody_is_refused_without_cause(
    app: Flask, database_url: str, cho: int
) -> None:
    starts = [TEN + timedelta(minutes=15) * (number % 12) for number in range(PROCESSES)]
    outcomes = race(database_url, cho, starts, NOW)
    assert set(tally(outcomes)) == {"booked", "taken"}
    won = [start for start, outcome in outcomes if outcome == "booked"]
    assert all(any(abs(start - winner) < HOUR for winner in won) for start, _ in outcomes)
    assert overlaps() == 0


def test_the_databases_own_guard_is_enough(app: Flask, database_url: str, cho: int) -> None:
    outcomes = race(database_url, cho, [TEN] * FEWER, NOW, checks_early=True)
    assert tally(outcomes) == {"booked": 1, "taken": FEWER - 1}
    assert overlaps() == 0


def test_without_the_guard_the_same_race_has_several_winners(
    app: Flask, database_url: str, cho: int
) -> None:
    without_guard()
    outcomes = race(database_url, cho, [TEN] * FEWER, NOW, checks_early=True)
    assert tally(outcomes)["booked"] > 1
    assert overlaps() > 0
