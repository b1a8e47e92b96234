"""When a client is reminded: the rule as a table."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.scheduling.reminders import due_reminder

START = datetime(2027, 3, 10, 15, 0, tzinfo=UTC)
LONG_AGO = START - timedelta(days=60)
DAY, HOUR = 24 * 60, 60


def before(**time: float) -> datetime:
    return START - timedelta(**time)


@pytest.mark.parametrize(
    ("leads", "told_at", "now", "due"),
    [
        pytest.param([DAY], LONG_AGO, before(days=1, seconds=1), None, id="a second too early"),
        pytest.param([DAY], LONG_AGO, before(days=1), DAY, id="at its moment"),
        pytest.param([DAY], LONG_AGO, before(hours=12), DAY, id="late, with half of it left"),
        pytest.param([DAY], LONG_AGO, before(hours=12, seconds=-1), None, id="too late"),
        pytest.param([HOUR], LONG_AGO, before(minutes=30), HOUR, id="an hour's, late"),
        pytest.param([HOUR], LONG_AGO, before(minutes=29), None, id="an hour's, too late"),
        pytest.param([1], LONG_AGO, before(seconds=30), 1, id="half a minute is time"),
        pytest.param([DAY], before(days=1, seconds=1), before(days=1), DAY, id="just booked"),
        pytest.param([DAY], before(days=1), before(days=1), None, id="booked at its moment"),
        pytest.param([DAY], before(hours=20), before(hours=20), None, id="booked after it"),
        pytest.param([DAY, HOUR], before(hours=20), before(hours=1), HOUR, id="but the next one"),
        pytest.param(
            [3 * DAY, 2 * DAY, DAY],
            LONG_AGO,
            before(days=1.9),
            2 * DAY,
            id="the last of two missed",
        ),
        pytest.param(
            [DAY, 20 * HOUR], LONG_AGO, before(hours=11), 20 * HOUR, id="the first is too late"
        ),
        pytest.param([HOUR, DAY], LONG_AGO, before(days=1), DAY, id="in any order"),
        pytest.param([DAY, HOUR], LONG_AGO, START, None, id="it has begun"),
        pytest.param([], LONG_AGO, before(minutes=1), None, id="none"),
    ],
)
def test_one_reminder_is_due_at_a_time(
    leads: list[int], told_at: datetime, now: datetime, due: int | None
) -> None:
    assert due_reminder(leads, START, told_at, now) == due
