"""Nine on the wall stays nine; what the clock skips or repeats follows one rule."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

import pytest

from portal.scheduling.hours import (
    Hours,
    HoursRow,
    any_hours,
    day_start,
    instant,
    local_date,
    methods_apart,
    seconds_since_epoch,
    stretches,
)
from portal.scheduling.openings import Calendar, Visit, Window, openings_of

NEW_YORK = ZoneInfo("America/New_York")
INTAKE, FOLLOW_UP = 10, 20
DAY, YEARS = 86_400, range(2026, 2031)
EVERY_DAY = range(7)


def row(start: str, end: str, services: set[int] | None = None, by: str | None = None) -> HoursRow:
    """Return hours such as 09:00 to 12:30, for some services, by one delivery method."""
    minutes = [int(time[:2]) * 60 + int(time[3:]) for time in (start, end)]
    only = None if services is None else frozenset(services)
    return HoursRow(minutes[0], minutes[1], only, None if by is None else frozenset({by}))


def at(text: str) -> int:
    """Return the second of an instant written in ISO 8601 with an offset."""
    return int(datetime.fromisoformat(text).timestamp())


def on(hours: Hours, day: str, service: int = FOLLOW_UP, by: str = "video") -> list[str]:
    """Return the stretches of one date, written in UTC as 14:00-17:30."""
    which = date.fromisoformat(day)
    return [
        "-".join(f"{datetime.fromtimestamp(edge, UTC):%H:%M}" for edge in span)
        for span in stretches(hours, service, by, which, which)
    ]


def always(*rows: HoursRow, zone: ZoneInfo = NEW_YORK) -> Hours:
    return Hours(zone, dict.fromkeys(EVERY_DAY, rows), {})


@pytest.mark.parametrize(
    ("zone", "wall", "beginning", "ending"),
    [
        pytest.param(
            "America/New_York", "2027-06-01 09:00", "2027-06-01T13:00Z", "2027-06-01T13:00Z",
            id="an-ordinary-nine",
        ),
        pytest.param(
            "America/New_York", "2027-03-14 02:30", "2027-03-14T07:00Z", "2027-03-14T07:00Z",
            id="skipped-is-the-instant-of-the-change",
        ),
        pytest.param(
            "America/New_York", "2027-03-14 02:00", "2027-03-14T07:00Z", "2027-03-14T07:00Z",
            id="the-first-skipped-minute",
        ),
        pytest.param(
            "America/New_York", "2027-03-14 03:00", "2027-03-14T07:00Z", "2027-03-14T07:00Z",
            id="the-first-minute-after-what-is-skipped",
        ),
        pytest.param(
            "America/New_York", "2027-11-07 01:30", "2027-11-07T05:30Z", "2027-11-07T06:30Z",
            id="twice-is-the-first-for-a-beginning-and-the-second-for-an-end",
        ),
        pytest.param(
            "America/New_York", "2027-11-07 01:00", "2027-11-07T05:00Z", "2027-11-07T06:00Z",
            id="the-first-minute-that-comes-twice",
        ),
        pytest.param(
            "America/New_York", "2027-11-07 02:00", "2027-11-07T07:00Z", "2027-11-07T07:00Z",
            id="the-first-minute-after-what-comes-twice",
        ),
        pytest.param(
            "Australia/Lord_Howe", "2027-10-03 02:15", "2027-10-02T15:30Z", "2027-10-02T15:30Z",
            id="half-an-hour-is-skipped",
        ),
        pytest.param(
            "Australia/Lord_Howe", "2027-04-04 01:45", "2027-04-03T14:45Z", "2027-04-03T15:15Z",
            id="half-an-hour-comes-twice",
        ),
        pytest.param(
            "Asia/Kathmandu", "2027-06-01 09:00", "2027-06-01T03:15Z", "2027-06-01T03:15Z",
            id="an-offset-of-five-hours-and-three-quarters",
        ),
        pytest.param(
            "America/New_York", "2027-03-14 24:00", "2027-03-15T04:00Z", "2027-03-15T04:00Z",
            id="the-end-of-a-short-day",
        ),
        pytest.param(
            "America/Havana", "2027-11-06 24:00", "2027-11-07T04:00Z", "2027-11-07T04:00Z",
            id="midnight-comes-twice-and-the-first-ends-the-day",
        ),
        pytest.param(
            "Atlantic/Azores", "2027-10-30 24:00", "2027-10-31T00:00Z", "2027-10-31T00:00Z",
            id="midnight-comes-twice-in-the-azores",
        ),
        pytest.param(
            "America/Havana", "2027-11-07 00:00", "2027-11-07T04:00Z", "2027-11-07T05:00Z",
            id="as-a-time-of-the-new-day-midnight-comes-twice",
        ),
        pytest.param(
            "Asia/Beirut", "2027-10-30 24:00", "2027-10-30T22:00Z", "2027-10-30T22:00Z",
            id="the-last-hour-comes-twice-and-the-day-ends-after-both",
        ),
        pytest.param(
            "Asia/Beirut", "2027-10-30 23:00", "2027-10-30T20:00Z", "2027-10-30T21:00Z",
            id="the-last-hour-before-midnight-comes-twice",
        ),
        pytest.param(
            "America/Santiago", "2027-09-04 24:00", "2027-09-05T04:00Z", "2027-09-05T04:00Z",
            id="midnight-is-skipped-and-the-change-ends-the-day",
        ),
        pytest.param(
            "America/Santiago", "2027-09-05 00:30", "2027-09-05T04:00Z", "2027-09-05T04:00Z",
            id="the-first-hour-of-the-day-is-skipped",
        ),
        pytest.param(
            "Africa/Casablanca", "2027-02-07 02:30", "2027-02-07T01:30Z", "2027-02-07T02:30Z",
            id="back-before-ramadan",
        ),
    ],
)  # fmt: skip
def test_a_wall_time_is_one_instant(zone: str, wall: str, beginning: str, ending: str) -> None:
    day, clock = wall.split()
    minute = int(clock[:2]) * 60 + int(clock[3:])
    arguments = (ZoneInfo(zone), date.fromisoformat(day), minute)
    assert instant(*arguments, ending=False) == at(beginning)
    assert instant(*arguments, ending=True) == at(ending)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([], [], id="closed"),
        pytest.param([row("09:00", "12:30")], ["13:00-16:30"], id="a-morning"),
        pytest.param(
            [row("13:00", "17:00"), row("09:00", "12:00")],
            ["13:00-16:00", "17:00-21:00"],
            id="two-apart-out-of-order",
        ),
        pytest.param(
            [row("09:00", "12:00"), row("12:00", "17:00")], ["13:00-21:00"], id="touching"
        ),
        pytest.param(
            [row("09:00", "12:00"), row("11:00", "13:00")], ["13:00-17:00"], id="overlapping"
        ),
        pytest.param(
            [row("09:00", "11:00", {FOLLOW_UP}), row("11:00", "12:00", None, "video")],
            ["13:00-16:00"],
            id="joined-whatever-else-they-serve",
        ),
        pytest.param(
            [row("09:00", "11:00", {INTAKE}), row("11:00", "12:00", None, "in_person")],
            [],
            id="rows-for-others",
        ),
        pytest.param([row("09:00", "09:00")], [], id="zero-length"),
        pytest.param([row("12:00", "09:00")], [], id="backwards"),
        pytest.param([row("00:00", "24:00")], ["04:00-04:00"], id="the-whole-day"),
    ],
)
def test_the_rows_that_fit_are_the_stretches_of_a_date(
    rows: list[HoursRow], expected: list[str]
) -> None:
    assert on(always(*rows), "2027-06-01") == expected


def test_weekdays_start_with_monday() -> None:
    hours = Hours(NEW_YORK, {0: [row("09:00", "10:00")], 6: [row("11:00", "12:00")]}, {})
    assert on(hours, "2027-06-07") == ["13:00-14:00"]
    assert on(hours, "2027-06-13") == ["15:00-16:00"]
    assert on(hours, "2027-06-08") == []


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        pytest.param([], [], id="no-rows-close-the-date"),
        pytest.param([row("10:00", "11:00")], ["14:00-15:00"], id="other-hours"),
        pytest.param([row("10:00", "11:00", {INTAKE})], [], id="rows-for-another-service-replace"),
    ],
)
def test_an_override_replaces_the_weekly_hours_of_its_date(
    override: list[HoursRow], expected: list[str]
) -> None:
    weekly = {day: [row("09:00", "17:00")] for day in EVERY_DAY}
    hours = Hours(NEW_YORK, weekly, {date(2027, 6, 1): override})
    assert on(hours, "2027-06-01") == expected
    assert on(hours, "2027-05-31") == on(hours, "2027-06-02") == ["13:00-21:00"]


def test_stretches_are_not_joined_over_midnight() -> None:
    hours = always(row("00:00", "24:00"))
    first, second = stretches(hours, FOLLOW_UP, "video", date(2027, 6, 1), date(2027, 6, 2))
    assert first[1] == second[0]


def test_the_first_and_the_last_date_are_included() -> None:
    hours = always(row("09:00", "10:00"))
    assert len(stretches(hours, FOLLOW_UP, "video", date(2027, 6, 1), date(2027, 6, 30))) == 30
    assert stretches(hours, FOLLOW_UP, "video", date(2027, 6, 2), date(2027, 6, 1)) == []


@pytest.mark.parametrize(
    ("day", "rows", "expected"),
    [
        pytest.param("2027-03-14", [row("02:00", "03:00")], [], id="all-of-it-skipped"),
        pytest.param("2027-03-14", [row("02:15", "02:45")], [], id="inside-what-is-skipped"),
        pytest.param("2027-03-14", [row("01:00", "02:30")], ["06:00-07:00"], id="into-the-gap"),
        pytest.param("2027-03-14", [row("02:30", "04:00")], ["07:00-08:00"], id="out-of-the-gap"),
        pytest.param("2027-03-14", [row("01:00", "04:00")], ["06:00-08:00"], id="over-the-gap"),
        pytest.param(
            "2027-03-14",
            [row("01:00", "02:15"), row("02:45", "04:00")],
            ["06:00-07:00", "07:00-08:00"],
            id="apart-on-the-wall-is-two-stretches-though-their-instants-touch",
        ),
        pytest.param("2027-11-07", [row("01:00", "02:00")], ["05:00-07:00"], id="both-comings"),
        pytest.param("2027-11-07", [row("00:00", "01:30")], ["04:00-06:30"], id="to-the-second"),
        pytest.param("2027-11-07", [row("01:30", "03:00")], ["05:30-08:00"], id="from-the-first"),
        pytest.param(
            "2027-11-07",
            [row("00:00", "01:15"), row("01:45", "03:00")],
            ["04:00-06:15", "05:45-08:00"],
            id="apart-on-the-wall-is-two-stretches-though-their-instants-overlap",
        ),
        pytest.param("2027-11-07", [row("01:30", "01:30")], [], id="zero-length-stays-empty"),
        pytest.param("2027-11-07", [row("01:45", "01:15")], [], id="backwards-stays-empty"),
    ],
)
def test_stretches_on_the_days_of_a_change(
    day: str, rows: list[HoursRow], expected: list[str]
) -> None:
    assert on(always(*rows), day) == expected


@pytest.mark.parametrize(
    ("weekly", "overrides", "expected"),
    [
        pytest.param([], {}, False, id="no-hours-at-all"),
        pytest.param([row("09:00", "10:00")], {}, True, id="a-row-for-everything"),
        pytest.param([row("09:00", "10:00", {INTAKE})], {}, False, id="another-service"),
        pytest.param([row("09:00", "10:00", None, "phone")], {}, False, id="another-method"),
        pytest.param([row("09:00", "10:00", None, "video")], {}, True, id="one-of-the-methods"),
        pytest.param([], {"2027-06-01": [row("09:00", "10:00")]}, True, id="an-override-today"),
        pytest.param([], {"2027-06-09": [row("09:00", "10:00")]}, True, id="an-override-later"),
        pytest.param([], {"2027-05-31": [row("09:00", "10:00")]}, False, id="one-that-is-past"),
        pytest.param([], {"2027-06-09": []}, False, id="a-date-that-is-closed"),
        pytest.param(
            [], {"2027-06-09": [row("09:00", "10:00", {INTAKE})]}, False, id="for-another-service"
        ),
        pytest.param(
            [row("09:00", "10:00")], {"2027-06-09": []}, True, id="weekly-hours-beside-a-closed-day"
        ),
    ],
)
def test_a_member_has_hours_when_some_row_of_now_or_later_fits(
    weekly: list[HoursRow], overrides: dict[str, list[HoursRow]], expected: bool
) -> None:
    own = {date.fromisoformat(day): rows for day, rows in overrides.items()}
    hours = Hours(NEW_YORK, {3: weekly}, own)
    assert any_hours(hours, FOLLOW_UP, ["in_person", "video"], date(2027, 6, 1)) is expected


def test_without_a_method_nothing_fits() -> None:
    assert not any_hours(always(row("09:00", "10:00")), FOLLOW_UP, [], date(2027, 6, 1))


def test_one_method_stands_for_all_unless_some_row_names_one() -> None:
    methods = ("in_person", "video")
    everything, by_video = row("09:00", "10:00"), row("09:00", "10:00", None, "video")
    assert methods_apart(always(everything), methods) == ("in_person",)
    assert methods_apart(always(everything, by_video), methods) == methods
    override = Hours(NEW_YORK, {0: [everything]}, {date(2027, 6, 1): [by_video]})
    assert methods_apart(override, methods) == methods


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        pytest.param("2027-06-01T09:00:00-04:00", "2027-06-01T13:00Z", id="a-whole-second"),
        pytest.param("2027-06-01T13:00:00.000001+00:00", "2027-06-01T13:00:01Z", id="a-bit-more"),
        pytest.param("2027-06-01T12:59:59.999999+00:00", "2027-06-01T13:00Z", id="a-bit-less"),
    ],
)
def test_a_moment_becomes_the_next_whole_second(moment: str, expected: str) -> None:
    assert seconds_since_epoch(datetime.fromisoformat(moment)) == at(expected)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        seconds_since_epoch(datetime(2027, 6, 1, 9))  # noqa: DTZ001


# R11: every zone that changes in 2026 to 2030, at each of its changes.

Change = tuple[int, int, int]  # the instant, the offset before it, the offset from it on


def offset(zone: ZoneInfo, second: int) -> int:
    ahead = datetime.fromtimestamp(second, zone).utcoffset()
    assert ahead is not None
    return int(ahead.total_seconds())


def changes(zone: ZoneInfo) -> Iterator[Change]:
    """Find a zone's changes by asking for its offset at each noon and halving in between."""
    noons = range(at("2026-01-01T12:00Z"), at("2031-01-01T12:00Z"), DAY)
    offsets = [offset(zone, noon) for noon in noons]
    for noon, before, after in zip(noons, offsets, offsets[1:], strict=False):
        low, high = noon, noon + DAY
        while before != after and high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset(zone, middle) == before else (low, middle)
        if before != after:
            yield high, before, after


@lru_cache(maxsize=1)
def zones_that_change() -> list[tuple[ZoneInfo, list[Change]]]:
    zones = [ZoneInfo(name) for name in sorted(available_timezones())]
    return [(zone, found) for zone in zones if (found := list(changes(zone)))]


def wall(zone: tzinfo, second: int) -> datetime:
    return datetime.fromtimestamp(second, zone).replace(tzinfo=None)


def starts_of(hours: Hours, visit: Visit, around: int) -> list[int]:
    calendar = Calendar(1, "Ana", hours, [], [], None)
    return openings_of(calendar, visit, Window(around - 3 * DAY, around + 3 * DAY))


QUARTERS = Visit(FOLLOW_UP, ("video",), 30, 0, 0, 15)


def test_nine_stays_nine_over_every_change_of_every_zone() -> None:
    assert len(zones_that_change()) > 150
    for zone, found in zones_that_change():
        hours = always(row("09:00", "10:00"), zone=zone)
        for change, *_ in found:
            clocks = [f"{wall(zone, start):%H:%M}" for start in starts_of(hours, QUARTERS, change)]
            assert set(clocks) == {"09:00", "09:15", "09:30"}, zone
            assert all(clocks.count(clock) >= 5 for clock in set(clocks)), zone


def test_no_opening_starts_in_a_gap_of_any_zone() -> None:
    for zone, found in zones_that_change():
        for change, before, after in found:
            if before > after:
                continue
            old, new = wall(UTC, change + before), wall(UTC, change + after)
            hours = always(row("00:00", "24:00"), zone=zone)
            starts = starts_of(hours, QUARTERS, change)
            assert not [start for start in starts if old <= wall(zone, start) < new], zone
            assert change in starts, zone
            assert f"{wall(zone, change):%F %H:%M}" == f"{new:%F %H:%M}", zone
            only_the_gap = HoursRow(minute_of(old), minute_of(new) or 1440, None, None)
            closed = Hours(zone, {}, {old.date(): [only_the_gap]})
            assert starts_of(closed, QUARTERS, change) == [], zone


def test_both_comings_of_a_repeated_time_are_open_in_every_zone() -> None:
    for zone, found in zones_that_change():
        for change, before, after in found:
            if before < after:
                continue
            again, until = wall(UTC, change + after), wall(UTC, change + before)
            twice = HoursRow(minute_of(again), minute_of(until) or 1440, None, None)
            hours = Hours(zone, {}, {again.date(): [twice]})
            length = before - after
            assert starts_of(hours, QUARTERS, change) == list(
                range(change - length, change + length - 29 * 60, 15 * 60)
            ), zone


def test_no_zone_comes_back_to_a_date_it_has_left() -> None:
    """Caps and limits rest on this: a date is one span of instants, from midnight to midnight."""
    for zone, found in zones_that_change():
        for change, *_ in found:
            assert local_date(zone, change) >= local_date(zone, change - 1), zone
            first = local_date(zone, change)
            for day in (first, first + timedelta(days=1)):
                assert local_date(zone, day_start(zone, day)) == day, zone
                assert local_date(zone, day_start(zone, day) - 1) < day, zone


def minute_of(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute
