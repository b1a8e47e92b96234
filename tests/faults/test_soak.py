"""`make soak` in a few seconds: everybody does everything, and web processes are killed."""

from pathlib import Path

import pytest

from tests.faults.people import Diary
from tests.faults.soak import GROWTH, Plan, Report, soak
from tests.how_often import on_fewer_engines

THINGS = ("sessions booked", "forms sent twice", "sessions rescheduled", "requests accepted")

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("processes")]


@on_fewer_engines
def test_no_promise_is_broken_while_web_processes_are_killed(
    database_url: str, tmp_path: Path
) -> None:
    plan = Plan(6, THINGS, longest=120, visitors=4, pause=0.1, kill_web_every=2.5)
    report = soak(database_url, tmp_path, plan)
    assert report.broken == []
    # Where the machine is busy, the time for the second one may pass unseen.
    assert report.killed["web"] in (1, 2)
    assert [thing for thing in THINGS if not report.diary.done[thing]] == []


def test_memory_that_grows_is_told_from_memory_that_wavers() -> None:
    grows = [(5.0 * n, 100 + 0.5 * n) for n in range(60)]
    wavers = [(5.0 * n, 100 + 5 * (n % 2)) for n in range(60)]
    warms_up = [(5.0 * n, min(100, 60 + 4.0 * n)) for n in range(60)]
    report = Report(Diary(), megabytes={"a": grows, "b": wavers, "c": warms_up, "d": grows[:40]})
    assert report.growth("a") == pytest.approx(6)
    assert report.growth("b") == pytest.approx(0, abs=GROWTH / 4)
    assert report.growth("c") == pytest.approx(0)
    assert report.growth("d") is None
