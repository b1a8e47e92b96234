"""What overlaps, what covers a session, and how an instant lies on a wall clock that changes."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from portal.scheduling.availability import (
    covers,
    overlapping,
    rows_of,
    whatever_they_serve,
    working_minutes,
)
from portal.scheduling.hours import Hours, HoursRow, wall_minutes

NEW_YORK = ZoneInfo("America/New_York")
SPRING, AUTUMN = date(2027, 3, 14), date(2027, 11, 7)
INTAKE, FOLLOW_UP = 10, 20


def row(
    start: int, end: int, services: set[int] | None = None, methods: set[str] | None = None
) -> HoursRow:
    """Hours from one full hour to another."""
    return HoursRow(
        start * 60,
        end * 60,
        None if services is None else frozenset(services),
        None if methods is None else frozenset(methods),
    )


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        pytest.param([row(9, 12), row(13, 17)], [], id="apart"),
        pytest.param([row(9, 12), row(12, 17)], [], id="touching"),
        pytest.param([row(9, 12), row(11, 17)], [1], id="overlapping"),
        pytest.param([row(9, 17), row(9, 17)], [1], id="twice-the-same"),
        pytest.param([row(13, 17), row(9, 14)], [1], id="whatever-the-order"),
        pytest.param([row(9, 12), row(9, 12, {INTAKE})], [], id="one-for-a-service"),
        pytest.param([row(9, 12), row(9, 12, None, {"video"})], [], id="one-by-video"),
        pytest.param(
            [row(9, 12, {INTAKE}), row(11, 13, {FOLLOW_UP}), row(11, 13, {INTAKE})],
            [2],
            id="those-of-one-service",
        ),
    ],
)
def test_hours_with_the_same_limits_do_not_overlap(rows: list[HoursRow], wrong: list[int]) -> None:
    assert overlapping(rows) == wrong


@pytest.mark.parametrize(
    ("start", "end", "method", "is_covered"),
    [
        pytest.param("2027-03-15T09:00-04:00", "2027-03-15T10:00-04:00", "video", True, id="first"),
        pytest.param("2027-03-15T11:00-04:00", "2027-03-15T12:00-04:00", "video", True, id="last"),
        pytest.param(
            "2027-03-15T08:45-04:00", "2027-03-15T09:45-04:00", "video", False, id="early"
        ),
        pytest.param("2027-03-15T11:15-04:00", "2027-03-15T12:15-04:00", "video", False, id="late"),
        pytest.param(
            "2027-03-15T09:00-04:00", "2027-03-15T10:00-04:00", "phone", False, id="phone"
        ),
        pytest.param(
            "2027-03-16T09:00-04:00", "2027-03-16T10:00-04:00", "video", False, id="other"
        ),
    ],
)
def test_a_session_is_covered_by_one_stretch_with_room_for_all_of_it(
    start: str, end: str, method: str, is_covered: bool
) -> None:
    hours = Hours(NEW_YORK, {0: [row(9, 12, {INTAKE}, {"video"})]}, {})
    assert covers(hours, INTAKE, method, (at(start), at(end))) is is_covered
    assert not covers(hours, FOLLOW_UP, method, (at(start), at(end)))


def test_hours_without_their_limits_serve_everything() -> None:
    limited = [row(9, 12, {INTAKE}, {"video"})]
    hours = whatever_they_serve(Hours(NEW_YORK, {0: limited}, {SPRING: limited}))
    assert (hours.weekly, hours.overrides) == ({0: [row(9, 12)]}, {SPRING: [row(9, 12)]})


def test_the_rows_of_a_date_are_its_overrides_also_without_any() -> None:
    monday, next_monday = date(2027, 3, 15), date(2027, 3, 22)
    hours = Hours(NEW_YORK, {0: [row(9, 12)]}, {monday: []})
    assert list(rows_of(hours, monday)) == []
    assert list(rows_of(hours, next_monday)) == [row(9, 12)]
    assert list(rows_of(hours, date(2027, 3, 23))) == []


def test_what_overlaps_is_worked_once() -> None:
    assert working_minutes([row(9, 12), row(11, 13, {INTAKE}), row(14, 15)]) == 5 * 60


@pytest.mark.parametrize(
    ("day", "start", "end", "parts"),
    [
        pytest.param(
            date(2027, 3, 15), "2027-03-15T09:00-04:00", "2027-03-15T10:30-04:00", [(540, 630)],
            id="an-ordinary-morning",
        ),
        pytest.param(
            SPRING, "2027-03-14T00:00-05:00", "2027-03-15T00:00-04:00", [(0, 120), (180, 1440)],
            id="the-skipped-hour-is-in-no-part",
        ),
        pytest.param(
            AUTUMN, "2027-11-07T00:00-04:00", "2027-11-08T00:00-05:00", [(0, 120), (60, 1440)],
            id="the-hour-that-comes-twice-is-in-both",
        ),
        pytest.param(
            AUTUMN, "2027-11-07T01:30-04:00", "2027-11-07T01:15-05:00", [(90, 120), (60, 75)],
            id="it-ends-before-it-begins-on-the-wall",
        ),
        pytest.param(
            SPRING, "2027-03-14T09:00-04:00", "2027-03-14T12:00-04:00", [(540, 720)],
            id="nine-is-nine-after-the-change",
        ),
        pytest.param(
            SPRING, "2027-03-14T01:00-05:00", "2027-03-14T03:00-04:00", [(60, 120)],
            id="until-the-change",
        ),
        pytest.param(SPRING, "2027-03-14T01:00-05:00", "2027-03-14T01:00-05:00", [], id="nothing"),
    ],
)  # fmt: skip
def test_a_span_on_the_wall_clock_is_split_where_the_clock_changes(
    day: date, start: str, end: str, parts: list[tuple[int, int]]
) -> None:
    assert wall_minutes(NEW_YORK, day, (at(start), at(end))) == parts
