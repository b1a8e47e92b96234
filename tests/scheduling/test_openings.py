"""Openings as people see them: who is free when, and what a made-up request can't have."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from portal.scheduling.bounds import Limits, Window, window
from portal.scheduling.hours import Hours, HoursRow
from portal.scheduling.intervals import Span
from portal.scheduling.openings import (
    Calendar,
    Opening,
    Place,
    Visit,
    combined,
    earliest,
    is_open,
    openings_of,
)

NEW_YORK, BERLIN = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")
FOLLOW_UP = 20
ANA, BEN, CHO = 1, 2, 3
MONDAY = date(2027, 6, 7)
HOUR, DAY = 3_600, 86_400
NAMES = {ANA: "Ana", BEN: "Ben", CHO: "Cho"}
Rows = Sequence[HoursRow]

visit = Visit(FOLLOW_UP, ("in_person", "video"), 60, buffer_before=0, buffer_after=0, step=30)


def at(text: str) -> int:
    """Return the second of a time in New York such as 10:00 (on Monday) or 2027-06-08T10:00."""
    full = text if "T" in text else f"{MONDAY}T{text}"
    return int(datetime.fromisoformat(full).replace(tzinfo=NEW_YORK).timestamp())


def row(start: str, end: str, by: str | None = None) -> HoursRow:
    minutes = [int(time[:2]) * 60 + int(time[3:]) for time in (start, end)]
    return HoursRow(minutes[0], minutes[1], None, None if by is None else frozenset({by}))


def every_day(*rows: HoursRow, zone: ZoneInfo = NEW_YORK) -> Hours:
    return Hours(zone, dict.fromkeys(range(7), rows), {})


def calendar(
    *rows: HoursRow,
    who: int = ANA,
    busy: Sequence[Span] = (),
    booked: Sequence[int] = (),
    cap: int | None = None,
    zone: ZoneInfo = NEW_YORK,
) -> Calendar:
    return Calendar(who, NAMES[who], every_day(*rows, zone=zone), busy, booked, cap)


def span(start: str, end: str) -> Span:
    return at(start), at(end)


def days(number: int, *, start: date = MONDAY) -> Window:
    """Return a window of whole dates in New York, with no notice and no horizon in the way."""
    return window(
        now=datetime(2027, 6, 1, tzinfo=UTC),
        min_notice_minutes=0,
        horizon_days=365,
        zone=NEW_YORK,
        first_day=start,
        days=number,
        expires=None,
    )


def clock(starts: Sequence[int]) -> list[str]:
    return [f"{datetime.fromtimestamp(start, NEW_YORK):%H:%M}" for start in starts]


def listed(openings: Sequence[Opening]) -> list[str]:
    return [f"{clock([start])[0]} {NAMES[who]}" for start, _, who in openings]


MORNING = row("09:00", "12:00")


# What fits into the hours


@pytest.mark.parametrize(
    ("rows", "minutes", "step", "expected"),
    [
        pytest.param([MORNING], 60, 30, "09:00 09:30 10:00 10:30 11:00", id="up-to-the-last-hour"),
        pytest.param([MORNING], 60, 60, "09:00 10:00 11:00", id="every-hour"),
        pytest.param([MORNING], 180, 30, "09:00", id="exactly-as-long-as-the-hours"),
        pytest.param([MORNING], 181, 30, "", id="a-minute-too-long"),
        pytest.param([row("09:10", "10:30")], 30, 20, "09:10 09:30 09:50", id="from-ten-past"),
        pytest.param([MORNING], 45, 100, "09:00 10:40", id="a-step-longer-than-the-session"),
        pytest.param([row("09:00", "10:00"), row("10:00", "11:00")], 90, 30, "09:00 09:30",
                     id="over-rows-that-touch"),
        pytest.param([row("09:00", "10:00"), row("10:05", "11:00")], 45, 15, "09:00 09:15 10:05",
                     id="each-stretch-counts-from-its-own-beginning"),
        pytest.param([], 30, 15, "", id="closed"),
        pytest.param([row("09:00", "09:00"), row("11:00", "10:00")], 30, 15, "",
                     id="rows-that-give-nothing"),
    ],
)  # fmt: skip
def test_starts_are_steps_from_the_beginning_while_the_session_fits(
    rows: Rows, minutes: int, step: int, expected: str
) -> None:
    asked = replace(visit, minutes=minutes, step=step)
    assert clock(openings_of(calendar(*rows), asked, days(1))) == expected.split()


def test_scenario_17_an_hour_does_not_fit_half_an_hour_before_closing() -> None:
    assert openings_of(calendar(row("16:30", "17:00")), visit, days(1)) == []


def test_a_session_does_not_run_over_midnight_into_the_next_days_hours() -> None:
    late_and_early = calendar(row("23:00", "24:00"), row("00:00", "01:00"))
    assert clock(openings_of(late_and_early, visit, days(2))) == ["00:00", "23:00"] * 2


def test_methods_have_their_own_stretches_and_openings_are_those_of_any() -> None:
    mixed = calendar(row("09:00", "10:30", "in_person"), row("10:15", "11:30", "video"))
    assert clock(openings_of(mixed, visit, days(1))) == ["09:00", "09:30", "10:15"]
    by_video = replace(visit, methods=("video",))
    assert clock(openings_of(mixed, by_video, days(1))) == ["10:15"]


def test_an_opening_that_two_methods_give_is_one_opening() -> None:
    mixed = calendar(row("09:00", "11:00", "in_person"), row("10:00", "12:00", "video"))
    assert clock(openings_of(mixed, visit, days(1))) == [
        "09:00",
        "09:30",
        "10:00",
        "10:30",
        "11:00",
    ]


def test_without_a_method_there_are_no_openings() -> None:
    assert openings_of(calendar(MORNING), replace(visit, methods=()), days(1)) == []


@pytest.mark.parametrize(
    "wrong", [{"minutes": 0}, {"step": 0}, {"buffer_before": -1}, {"buffer_after": -1}]
)
def test_a_visit_that_takes_no_time_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="visit"):
        replace(visit, **wrong)


# What is in the way


@pytest.mark.parametrize(
    ("busy", "buffers", "expected"),
    [
        pytest.param([("10:00", "11:00")], (0, 0), "09:00 11:00", id="neighbours-may-touch"),
        pytest.param([("10:00", "10:01")], (0, 0), "09:00 10:30 11:00", id="a-minute-is-enough"),
        pytest.param([("10:59:59", "11:00")], (0, 0), "09:00 09:30 11:00", id="so-is-a-second"),
        pytest.param([("09:59", "10:00")], (0, 0), "10:00 10:30 11:00", id="the-minute-before"),
        pytest.param([("10:00", "11:00")], (0, 1), "11:00", id="a-buffer-after-reaches-into-it"),
        pytest.param([("10:00", "11:00")], (1, 0), "09:00", id="a-buffer-before-reaches-into-it"),
        pytest.param([("09:30", "10:30")], (30, 0), "11:00", id="a-buffer-before-may-touch"),
        pytest.param([("10:30", "11:30")], (0, 30), "09:00", id="a-buffer-after-may-touch"),
        pytest.param([], (45, 45), "09:00 09:30 10:00 10:30 11:00", id="buffers-reach-out"),
        pytest.param([("08:00", "09:00")], (15, 0), "09:30 10:00 10:30 11:00",
                     id="a-booking-before-the-hours-meets-the-buffer"),
        pytest.param([("12:00", "13:00")], (0, 15), "09:00 09:30 10:00 10:30",
                     id="a-booking-after-the-hours-meets-the-buffer"),
        pytest.param([("10:00", "10:00")], (0, 0), "09:00 09:30 10:00 10:30 11:00",
                     id="an-empty-span-takes-nothing"),
        pytest.param([("11:00", "12:00"), ("09:00", "10:00")], (0, 0), "10:00", id="any-order"),
        pytest.param([("08:00", "13:00"), ("09:00", "09:30")], (0, 0), "", id="one-in-another"),
        pytest.param([("2027-06-01T00:00", "10:00")], (0, 0), "10:00 10:30 11:00",
                     id="time-off-since-last-week"),
        pytest.param([("09:00", "09:10")], (0, 0), "09:30 10:00 10:30 11:00",
                     id="the-steps-stay-where-they-were"),
    ],
)  # fmt: skip
def test_what_is_busy_leaves_what_is_beside_it(
    busy: Sequence[tuple[str, str]], buffers: tuple[int, int], expected: str
) -> None:
    before, after = buffers
    asked = replace(visit, buffer_before=before, buffer_after=after)
    taken = calendar(MORNING, busy=[span(*times) for times in busy])
    assert clock(openings_of(taken, asked, days(1))) == expected.split()


def test_scenario_16_another_service_of_bens_at_ten_takes_his_time_with_its_buffers() -> None:
    with_its_buffers = span("09:50", "11:10")
    ben = calendar(row("08:00", "13:00"), who=BEN, busy=[with_its_buffers])
    asked = replace(visit, buffer_after=10)
    assert clock(openings_of(ben, asked, days(1))) == ["08:00", "08:30", "11:30", "12:00"]


def test_time_off_over_several_days_takes_them_all() -> None:
    away = calendar(MORNING, busy=[span("10:00", "2027-06-09T10:00")])
    found = openings_of(away, visit, days(3))
    assert clock(found) == ["09:00", "10:00", "10:30", "11:00"]
    assert found[1] >= at("2027-06-09T00:00")


# Caps and limits


@pytest.mark.parametrize(
    ("cap", "booked", "expected"),
    [
        pytest.param(None, ["09:00"] * 9, 3, id="no-cap"),
        pytest.param(2, ["13:00"], 3, id="one-below"),
        pytest.param(2, ["13:00", "14:00"], 2, id="reached"),
        pytest.param(2, ["13:00", "14:00", "15:00"], 2, id="passed"),
        pytest.param(1, ["2027-06-06T23:59"], 3, id="the-day-before-is-another-day"),
        pytest.param(1, ["00:00"], 2, id="midnight-is-of-the-new-day"),
        pytest.param(1, ["2027-06-08T00:00", "23:59"], 1, id="two-days-full"),
        pytest.param(0, [], 0, id="a-cap-of-none"),
    ],
)
def test_a_date_that_has_reached_the_members_cap_has_no_openings(
    cap: int | None, booked: Sequence[str], expected: int
) -> None:
    capped = calendar(MORNING, booked=[at(start) for start in booked], cap=cap)
    dates = {start // DAY for start in openings_of(capped, visit, days(3))}
    assert len(dates) == expected


def test_the_cap_counts_dates_of_the_members_own_zone() -> None:
    """Ana's Tuesday in Berlin starts on Monday at six in the evening in New York."""
    tuesday = at("2027-06-07T18:30")
    ana = calendar(row("00:00", "24:00"), zone=BERLIN, booked=[tuesday], cap=1)
    found = openings_of(ana, visit, days(2))
    assert max(start for start in found if start < tuesday) == at("17:00")
    assert min(start for start in found if start > tuesday) == at("2027-06-08T18:00")


WEEK_LATER = MONDAY + timedelta(days=7)


@pytest.mark.parametrize(
    ("weekly", "monthly", "booked", "expected"),
    [
        pytest.param(None, None, ["09:00"] * 5, "7 8 9 14 15", id="no-limits"),
        pytest.param(2, None, ["13:00"], "7 8 9 14 15", id="one-a-week-left"),
        pytest.param(1, None, ["13:00"], "14 15", id="the-week-is-used-up"),
        pytest.param(1, None, ["2027-06-13T23:59"], "14 15", id="sunday-is-of-mondays-week"),
        pytest.param(1, None, ["2027-06-06T23:59"], "7 8 9 14 15", id="last-sunday-is-not"),
        pytest.param(1, None, ["2027-06-14T00:00"], "7 8 9", id="next-monday-is-not"),
        pytest.param(None, 1, ["2027-06-30T23:59"], "", id="the-month-is-used-up"),
        pytest.param(None, 1, ["2027-07-01T00:00"], "7 8 9 14 15", id="the-next-month-is-not"),
        pytest.param(None, 1, ["2027-05-31T23:59"], "7 8 9 14 15", id="the-last-month-is-not"),
        pytest.param(None, 2, ["2027-06-02T09:00"], "7 8 9 14 15", id="one-a-month-left"),
        pytest.param(0, None, [], "", id="none-a-week"),
        pytest.param(None, 0, [], "", id="none-a-month"),
        pytest.param(1, 2, ["13:00", "2027-06-30T09:00"], "", id="both"),
    ],
)
def test_a_week_or_month_that_has_reached_the_packages_limit_has_no_openings(
    weekly: int | None, monthly: int | None, booked: Sequence[str], expected: str
) -> None:
    limits = Limits(NEW_YORK, weekly, monthly, [at(start) for start in booked])
    first, second = days(3), days(2, start=WEEK_LATER)
    found = [
        *combined([calendar(MORNING)], visit, first, limits, ANA),
        *combined([calendar(MORNING)], visit, second, limits, ANA),
    ]
    numbers = [datetime.fromtimestamp(opening.start, NEW_YORK).day for opening in found]
    assert list(dict.fromkeys(numbers)) == [int(day) for day in expected.split()]


def test_a_limit_bites_within_a_window_where_the_week_or_month_ends() -> None:
    limits = Limits(NEW_YORK, 1, None, [at("09:00")])
    found = combined([calendar(MORNING)], visit, days(10, start=MONDAY), limits, ANA)
    assert found[0].start == at("2027-06-14T09:00")
    june = Limits(NEW_YORK, None, 1, [at("09:00")])
    found = combined([calendar(MORNING)], visit, days(40), june, ANA)
    assert found[0].start == at("2027-07-01T09:00")


def test_limits_count_dates_of_the_practice_whatever_the_members_zone() -> None:
    """Sunday evening in New York is Monday in Berlin; the week is New York's."""
    limits = Limits(NEW_YORK, 1, None, [at("2027-06-06T20:00")])
    berlin = calendar(row("00:00", "24:00"), zone=BERLIN)
    found = combined([berlin], visit, days(2, start=date(2027, 6, 6)), limits, ANA)
    assert found[0].start == at("2027-06-07T00:00")


# The window


NOW = "2027-06-07T10:07:00-04:00"


@pytest.mark.parametrize(
    ("changes", "first", "until"),
    [
        pytest.param({}, "10:07", "2027-06-14T00:00", id="from-now-through-the-seventh-date"),
        pytest.param({"min_notice_minutes": 60}, "11:07", "2027-06-14T00:00", id="notice"),
        pytest.param({"horizon_days": 2}, "10:07", "2027-06-09T10:07", id="horizon"),
        pytest.param({"first_day": date(2027, 6, 8), "days": 1}, "2027-06-08T00:00",
                     "2027-06-09T00:00", id="a-later-date"),
        pytest.param({"first_day": date(2027, 6, 1)}, "10:07", "2027-06-08T00:00",
                     id="an-earlier-date"),
        pytest.param({"expires": date(2027, 6, 9)}, "10:07", "2027-06-10T00:00", id="last-day"),
        pytest.param({"expires": date.max}, "10:07", "2027-06-14T00:00", id="never-in-effect"),
        pytest.param({"days": 10**9}, "10:07", "2028-06-06T10:07", id="a-made-up-number-of-days"),
    ],
)  # fmt: skip
def test_a_window_is_what_every_rule_leaves(
    changes: dict[str, Any], first: str, until: str
) -> None:
    found = asked_on_monday(**changes)
    assert (found.first, found.until) == (at(first), at(until))
    assert not found.is_empty


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"expires": date(2027, 6, 6)}, id="expired"),
        pytest.param({"days": 0}, id="no-days"),
        pytest.param({"days": -3}, id="fewer-than-no-days"),
        pytest.param(
            {"horizon_days": 1, "min_notice_minutes": 1440}, id="notice-up-to-the-horizon"
        ),
        pytest.param({"first_day": date(2028, 6, 30)}, id="past-the-horizon"),
        pytest.param({"first_day": date.max}, id="the-last-date-there-is"),
        pytest.param({"first_day": date.min}, id="the-first-date-there-is"),
    ],
)
def test_an_empty_window_has_no_openings(changes: dict[str, Any]) -> None:
    found = asked_on_monday(**changes)
    assert found.is_empty
    assert openings_of(calendar(MORNING, cap=1), visit, found) == []
    assert combined([calendar(MORNING)], visit, found, Limits(NEW_YORK, 1, 1, []), ANA) == []
    assert earliest([calendar(MORNING)], visit, found, None, ANA) is None


def asked_on_monday(now: str = NOW, **changes: Any) -> Window:
    usual: dict[str, Any] = {
        "min_notice_minutes": 0,
        "horizon_days": 365,
        "zone": NEW_YORK,
        "first_day": MONDAY,
        "days": 7,
        "expires": None,
    }
    return window(now=datetime.fromisoformat(now), **{**usual, **changes})


@pytest.mark.parametrize(
    ("now", "first"),
    [
        pytest.param("2027-06-07T09:00:00-04:00", "09:00", id="on-the-dot"),
        pytest.param("2027-06-07T09:00:00.000001-04:00", "09:30", id="a-microsecond-late"),
        pytest.param("2027-06-07T08:59:59.999999-04:00", "09:00", id="a-microsecond-early"),
    ],
)
def test_now_counts_to_the_microsecond(now: str, first: str) -> None:
    assert clock(openings_of(calendar(MORNING), visit, asked_on_monday(now)))[0] == first


@pytest.mark.parametrize(
    ("now", "last"),
    [
        pytest.param("2027-06-06T10:00:00-04:00", "09:30", id="on-the-dot-is-too-far"),
        pytest.param("2027-06-06T10:00:00.000001-04:00", "10:00", id="a-microsecond-later-is-not"),
    ],
)
def test_the_horizon_counts_to_the_microsecond(now: str, last: str) -> None:
    within = asked_on_monday(now, horizon_days=1)
    assert clock(openings_of(calendar(MORNING), visit, within))[-1] == last


def test_days_of_the_horizon_have_24_hours_over_a_clock_change() -> None:
    found = asked_on_monday(
        "2027-03-13T12:00:00-05:00", first_day=date(2027, 3, 13), horizon_days=1
    )
    assert found.until == at("2027-03-14T13:00")


def test_the_window_is_the_practices_and_members_elsewhere_fill_all_of_it() -> None:
    """Fourteen hours ahead and twelve behind, New York's Monday is full of openings."""
    for name in ("Pacific/Kiritimati", "Etc/GMT+12", "Pacific/Apia", "Pacific/Pago_Pago"):
        all_day = calendar(row("00:00", "24:00"), zone=ZoneInfo(name))
        starts = openings_of(all_day, replace(visit, minutes=15, step=15), days(1))
        assert starts == list(range(at("00:00"), at("00:00") + DAY, 15 * 60)), name


def test_scenario_18_nothing_before_the_notice_or_after_the_horizon_is_offered_or_accepted() -> (
    None
):
    open_always = calendar(row("00:00", "24:00"))
    within = asked_on_monday(
        "2027-06-07T10:00:00-04:00", min_notice_minutes=24 * 60, horizon_days=60, days=90
    )
    starts = openings_of(open_always, visit, within)
    first, last = at("2027-06-08T10:00"), at("2027-08-06T09:30")
    assert (starts[0], starts[-1]) == (first, last)
    for made_up in (first - 1800, last + 1800):
        assert not is_open(open_always, visit, within, None, made_up)
    assert is_open(open_always, visit, within, None, first)
    assert is_open(open_always, visit, within, None, last)


def test_scenario_25_the_last_day_can_be_booked_and_the_next_cannot() -> None:
    within = asked_on_monday(
        "2027-06-30T08:00:00-04:00", first_day=date(2027, 6, 30), expires=date(2027, 6, 30)
    )
    afternoon = calendar(row("17:00", "18:00"))
    assert openings_of(afternoon, visit, within) == [at("2027-06-30T17:00")]
    assert not is_open(afternoon, visit, within, None, at("2027-07-01T17:00"))


# Everybody together


def test_scenario_01_with_ana_alone_bookable_only_her_openings_are_listed() -> None:
    found = combined([calendar(row("09:00", "10:00"))], visit, days(1), None, ANA)
    assert found == [Opening(start=at("09:00"), end=at("10:00"), member_id=ANA)]


def test_scenario_13_everybodys_openings_come_by_time_then_ana_then_name() -> None:
    team = [
        calendar(row("10:00", "11:00"), who=CHO),
        calendar(row("09:00", "10:00"), who=BEN),
        calendar(row("10:00", "11:00"), who=ANA),
    ]
    found = combined(team, visit, days(1), None, assigned_to=ANA)
    assert listed(found) == ["09:00 Ben", "10:00 Ana", "10:00 Cho"]
    assert is_open(team[0], visit, days(1), None, found[-1].start)


def test_scenario_20_with_ana_alone_bookable_a_calendar_of_bens_is_not_asked() -> None:
    found = combined([calendar(MORNING, who=ANA)], visit, days(1), None, ANA)
    assert {opening.member_id for opening in found} == {ANA}


def test_at_one_time_the_assigned_practitioner_comes_first_then_name_then_id() -> None:
    hours = every_day(row("09:00", "10:00"))
    people = [(7, "Zoe"), (5, "Ben"), (3, "Ben"), (9, "Abe")]
    for order in permutations(people):
        team = [Calendar(who, name, hours, [], [], None) for who, name in order]
        found = combined(team, visit, days(1), None, assigned_to=7)
        assert [opening.member_id for opening in found] == [7, 9, 3, 5]


@pytest.mark.parametrize("day", [0, 1, 2, 3, 6, 7, 20, 59])
def test_the_earliest_opening_is_the_first_of_all_however_far(day: int) -> None:
    ana = calendar(MORNING, busy=[(at("00:00"), at("00:00") + (day + 1) * DAY)])
    ben = calendar(row("11:00", "12:00"), who=BEN, busy=[(at("00:00"), at("00:00") + day * DAY)])
    found = earliest([ben, ana], visit, days(60), None, ANA)
    assert found == Opening(at("11:00") + day * DAY, at("12:00") + day * DAY, BEN)
    assert found == combined([ana, ben], visit, days(60), None, ANA)[0]


def test_the_earliest_opening_may_be_the_first_instant_of_the_next_look() -> None:
    for day in (1, 3, 7):
        away = [(at("00:00"), at("00:00") + day * DAY)]
        found = earliest([calendar(row("00:00", "01:00"), busy=away)], visit, days(60), None, ANA)
        assert found is not None
        assert found.start == at("00:00") + day * DAY


def test_where_nobody_is_free_there_is_no_earliest_opening() -> None:
    away = calendar(MORNING, busy=[(at("00:00"), at("00:00") + 90 * DAY)])
    assert earliest([away], visit, days(60), None, ANA) is None
    assert earliest([], visit, days(60), None, ANA) is None


def test_the_earliest_opening_keeps_to_the_limits() -> None:
    limits = Limits(NEW_YORK, 1, None, [at("09:00")])
    found = earliest([calendar(MORNING)], visit, days(60), limits, ANA)
    assert found is not None
    assert found.start == at("2027-06-14T09:00")


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        pytest.param("09:30", True, id="an-opening"),
        pytest.param("09:45", False, id="off-the-steps"),
        pytest.param("08:30", False, id="before-the-hours"),
        pytest.param("11:30", False, id="too-late-to-fit"),
        pytest.param("10:30", False, id="busy"),
        pytest.param("2027-06-08T09:00", False, id="a-date-whose-cap-is-reached"),
        pytest.param("2027-06-14T09:00", False, id="a-week-whose-limit-is-reached"),
        pytest.param("2027-06-09T09:00", True, id="the-last-date-of-the-window"),
        pytest.param("2027-06-05T09:00", False, id="before-the-window"),
    ],
)
def test_the_write_accepts_what_is_open_and_nothing_else(start: str, expected: bool) -> None:
    ana = calendar(
        MORNING,
        busy=[span("10:30", "10:45")],
        booked=[at("2027-06-08T15:00"), at("2027-06-08T16:00")],
        cap=2,
    )
    limits = Limits(NEW_YORK, 1, None, [at("2027-06-17T09:00")])
    within = days(12)
    assert is_open(ana, visit, within, limits, at(start)) is expected
    offered = combined([ana], visit, within, limits, ANA)
    assert (at(start) in [opening.start for opening in offered]) is expected


@pytest.mark.parametrize(
    ("who", "methods", "offered"),
    [
        pytest.param(ANA, ("video",), ["09:30", "10:00"], id="where it is, nothing would change"),
        pytest.param(ANA, ("in_person",), ["09:00", "09:30", "10:00"], id="in another way"),
        pytest.param(ANA, ("in_person", "video"), ["09:00", "09:30", "10:00"], id="in any way"),
        pytest.param(BEN, ("video",), ["09:00", "09:30", "10:00"], id="with somebody else"),
    ],
)
def test_staying_where_it_is_is_no_opening_for_a_session_that_is_moved(
    who: int, methods: tuple[str, ...], offered: list[str]
) -> None:
    moved = replace(visit, methods=methods, moved_from=Place(ANA, at("09:00"), "video"))
    team = [calendar(row("09:00", "11:00"), who=who)]
    monday = Window(at("09:00"), at("12:00"))
    found = combined(team, moved, monday, None, ANA)
    assert [each.start for each in found] == [at(time) for time in offered]
    first = earliest(team, moved, monday, None, ANA)
    assert first is not None
    assert first.start == at(offered[0])
    assert is_open(team[0], moved, monday, None, at("09:00")) is ("09:00" in offered)
