"""Openings against a second program that shares nothing with the first: it looks at every minute.

It walks the window minute by minute, reads each member's wall clock off `datetime`, and asks of
every minute whether each rule of the specification lets a session start there.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.scheduling.bounds import Limits, window
from portal.scheduling.hours import Hours, HoursRow
from portal.scheduling.intervals import Span
from portal.scheduling.openings import (
    Calendar,
    Opening,
    Visit,
    combined,
    earliest,
    is_open,
    openings_of,
)
from tests.how_often import tries

ZONES = [
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "America/Havana",
    "Atlantic/Azores",
    "Asia/Beirut",
    "Africa/Casablanca",
    "America/Santiago",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Etc/GMT+12",
    "UTC",
]
SERVICE, OTHER = 1, 2
METHODS = ["in_person", "video"]
DAY = 1_440  # minutes, as everywhere in the second program


@dataclass(frozen=True)
class Question:
    """Everything that decides which openings there are."""

    calendars: list[Calendar]
    visit: Visit
    limits: Limits
    assigned_to: int
    now: datetime
    min_notice_minutes: int
    horizon_days: int
    zone: ZoneInfo
    first_day: date
    days: int
    expires: date | None


# The second program


@lru_cache(maxsize=4_096)
def walls_of_a_day(zone: ZoneInfo, day: int) -> list[int]:
    """Return what the wall clock shows at each minute of a UTC day: its date times 1440, plus."""
    shown = []
    for minute in range(day * DAY, (day + 1) * DAY):
        local = datetime.fromtimestamp(minute * 60, zone)
        shown.append(local.toordinal() * DAY + local.hour * 60 + local.minute)
    return shown


def stretches_by_hand(
    hours: Hours, visit: Visit, first_minute: int, last_minute: int
) -> list[Span]:
    """Return each stretch near the minutes, in minutes since 1970, from looking at the clock."""
    days = range(first_minute // DAY - 1, last_minute // DAY + 2)
    first_shown: dict[int, int] = {}
    last_shown: dict[int, int] = {}
    for day in days:
        for offset, wall in enumerate(walls_of_a_day(hours.zone, day)):
            first_shown.setdefault(wall, day * DAY + offset)
            last_shown[wall] = day * DAY + offset

    def shown_from(wall: int) -> int:
        while wall not in first_shown:
            wall += 1
        return first_shown[wall]

    found = []
    for ordinal in sorted({wall // DAY for wall in first_shown})[1:-1]:
        for method in visit.methods:
            for start, end in runs(minutes_served(hours, date.fromordinal(ordinal), method)):
                begin, stop = ordinal * DAY + start, ordinal * DAY + end
                # The day's end is the first minute of the next date; any other end, the second
                # coming; whatever was skipped, the first minute that is shown after it.
                twice = end != DAY and stop in last_shown
                found.append((shown_from(begin), last_shown[stop] if twice else shown_from(stop)))
    return found


def minutes_served(hours: Hours, day: date, method: str) -> list[bool]:
    rows = hours.overrides[day] if day in hours.overrides else hours.weekly.get(day.weekday(), [])
    served = [False] * DAY
    for row in rows:
        for_service = row.services is None or SERVICE in row.services
        by_method = row.delivery is None or method in row.delivery
        for minute in range(row.start, row.end) if for_service and by_method else ():
            served[minute] = True
    return served


def runs(served: Sequence[bool]) -> list[Span]:
    edges = [m for m in range(DAY + 1) if (m < DAY and served[m]) != (m > 0 and served[m - 1])]
    return list(zip(edges[::2], edges[1::2], strict=True))


def openings_by_hand(question: Question) -> list[Opening]:
    visit, zone = question.visit, question.zone
    # No zone's date begins or ends further from that of UTC than 14 hours.
    first_minute = (question.first_day.toordinal() - 719_163) * DAY - 14 * 60
    last_minute = first_minute + question.days * DAY + 28 * 60
    served = {
        calendar.member_id: stretches_by_hand(calendar.hours, visit, first_minute, last_minute)
        for calendar in question.calendars
    }
    found = []
    for minute in range(first_minute, last_minute):
        start = datetime.fromtimestamp(minute * 60, zone)
        if not in_window(question, start):
            continue
        for calendar in question.calendars:
            if (
                any(starts_a_step(minute, visit, own) for own in served[calendar.member_id])
                and is_free(calendar, visit, minute * 60)
                and in_limits(question.limits, start)
            ):
                end = (minute + visit.minutes) * 60
                rank = (calendar.member_id != question.assigned_to, calendar.name)
                found.append((minute, rank, Opening(minute * 60, end, calendar.member_id)))
    return [opening for _, _, opening in sorted(found)]


def starts_a_step(minute: int, visit: Visit, stretch: Span) -> bool:
    begin, end = stretch
    if minute < begin or minute + visit.minutes > end:
        return False
    return (minute - begin) % visit.step == 0


def in_window(question: Question, start: datetime) -> bool:
    notice = timedelta(minutes=question.min_notice_minutes)
    horizon = timedelta(days=question.horizon_days)
    last_day = question.first_day + timedelta(days=question.days - 1)
    return (
        start.astimezone(UTC) >= question.now + notice
        and start.astimezone(UTC) < question.now + horizon
        and question.first_day <= start.date() <= last_day
        and (question.expires is None or start.date() <= question.expires)
    )


def in_limits(limits: Limits, start: datetime) -> bool:
    dates = [datetime.fromtimestamp(second, limits.zone).date() for second in limits.booked]
    week = start.date().isocalendar()[:2]
    in_week = [day for day in dates if day.isocalendar()[:2] == week]
    in_month = [day for day in dates if f"{day:%Y-%m}" == f"{start:%Y-%m}"]
    return (limits.weekly is None or len(in_week) < limits.weekly) and (
        limits.monthly is None or len(in_month) < limits.monthly
    )


def is_free(calendar: Calendar, visit: Visit, start: int) -> bool:
    zone = calendar.hours.zone
    begin = start - visit.buffer_before * 60
    end = start + (visit.minutes + visit.buffer_after) * 60
    if any(s < e and begin < e and s < end for s, e in calendar.busy):
        return False
    day = datetime.fromtimestamp(start, zone).date()
    dates = [datetime.fromtimestamp(second, zone).date() for second in calendar.booked]
    return calendar.daily_cap is None or dates.count(day) < calendar.daily_cap


# Random clinics, most of them on the days of a clock change


@lru_cache(maxsize=1)
def days_of_change() -> list[date]:
    """Return the dates around which some zone of the list changes its clock in 2026 to 2030."""
    noons = [datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=n) for n in range(5 * 365)]
    found = set()
    for name in ZONES:
        offsets = [noon.astimezone(ZoneInfo(name)).utcoffset() for noon in noons]
        found |= {noons[n].date() for n in range(1, len(noons)) if offsets[n] != offsets[n - 1]}
    return sorted(found)


MINUTES = st.one_of(st.integers(0, 96).map(lambda n: n * 15), st.integers(0, DAY))


@st.composite
def some_rows(draw: st.DrawFn) -> list[HoursRow]:
    """Return rows in any order, one in eight of them backwards."""
    services = st.sampled_from([None, None, frozenset({SERVICE}), frozenset({OTHER})])
    delivery = st.sampled_from([None, None, *(frozenset({method}) for method in METHODS)])
    rows = []
    for _ in range(draw(st.integers(1, 3))):
        start, end = sorted((draw(MINUTES), draw(MINUTES)), reverse=draw(st.integers(0, 7)) == 7)
        rows.append(HoursRow(start, end, draw(services), draw(delivery)))
    return rows


@st.composite
def instants(draw: st.DrawFn, first_day: date) -> int:
    """Return a second of the days around, mostly on a quarter of an hour."""
    midnight = (first_day.toordinal() - 719_163) * 86_400
    quarter = draw(st.integers(-2 * 96, 5 * 96)) * 900
    return midnight + quarter + draw(st.sampled_from([0, 0, 0, 60, -1, 1]))


@st.composite
def some_calendar(draw: st.DrawFn, who: int, zone: str, first_day: date) -> Calendar:
    night_and_day = [HoursRow(0, DAY, None, None)]
    weekly = {weekday: draw(st.one_of(st.just(night_and_day), some_rows())) for weekday in range(7)}
    overrides = draw(
        st.dictionaries(
            st.integers(-1, 3).map(lambda n: first_day + timedelta(days=n)),
            st.one_of(st.just([]), some_rows(), some_rows()),
            max_size=2,
        )
    )
    starts = draw(st.lists(instants(first_day), max_size=5))
    lengths = st.sampled_from([0, 1, 900, 1800, 2700, 3600, 3600, 40_000])
    return Calendar(
        who,
        draw(st.sampled_from(["Ana", "Ben", "Cho"])),
        Hours(ZoneInfo(zone), weekly, overrides),
        [(start, start + draw(lengths)) for start in starts],
        draw(st.lists(instants(first_day), max_size=4)),
        draw(st.sampled_from([*[None] * 8, 0, 1, 1, 2, 2])),
    )


@st.composite
def some_question(draw: st.DrawFn) -> Question:
    zones = [draw(st.sampled_from(ZONES)) for _ in range(draw(st.integers(2, 4)))]
    first_day = draw(st.sampled_from(days_of_change())) - timedelta(days=draw(st.integers(0, 2)))
    zone = ZoneInfo(zones[0])
    morning = datetime(first_day.year, first_day.month, first_day.day, tzinfo=UTC)
    buffers, limit = (
        st.sampled_from([0, 0, 5, 10, 15, 20]),
        st.sampled_from([*[None] * 12, 0, 1, 1, 2, 2]),
    )
    near = st.integers(-1, 6).map(lambda n: first_day + timedelta(days=n))
    return Question(
        [draw(some_calendar(who, zone, first_day)) for who, zone in enumerate(zones[1:], 1)],
        Visit(
            SERVICE,
            tuple(draw(st.sampled_from([METHODS, METHODS[:1], METHODS[1:], METHODS[::-1]]))),
            draw(st.sampled_from([10, 25, 30, 45, 60, 90])),
            draw(buffers),
            draw(buffers),
            draw(st.sampled_from([7, 10, 15, 20, 30, 60])),
        ),
        Limits(zone, draw(limit), draw(limit), draw(st.lists(instants(first_day), max_size=3))),
        draw(st.integers(1, 3)),
        morning + timedelta(microseconds=draw(st.sampled_from([0, 0, 1, 999_999, 30_000_000])))
        + timedelta(minutes=draw(st.integers(-24 * 60, 12 * 60))),
        draw(st.sampled_from([0, 0, 0, 1, 60, 1_440])),
        draw(st.sampled_from([1, 2, 3, 60, 60])),
        zone,
        first_day,
        draw(st.integers(1, 3)),
        draw(st.one_of(st.none(), near)),
    )  # fmt: skip


@settings(
    max_examples=tries(few=80, many=700),
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(some_question())
def test_openings_are_those_that_a_look_at_every_minute_finds(question: Question) -> None:
    within = window(
        now=question.now,
        min_notice_minutes=question.min_notice_minutes,
        horizon_days=question.horizon_days,
        zone=question.zone,
        first_day=question.first_day,
        days=question.days,
        expires=question.expires,
    )
    asked = (question.visit, within, question.limits)
    expected = openings_by_hand(question)
    assert combined(question.calendars, *asked, question.assigned_to) == expected
    first = earliest(question.calendars, *asked, question.assigned_to)
    assert first == (expected[0] if expected else None)
    for calendar in question.calendars:
        starts = [o.start for o in expected if o.member_id == calendar.member_id]
        near = {start + by for start in starts[:3] + starts[-3:] for by in (-60, -1, 0, 1, 60)}
        opened = [start for start in sorted(near) if is_open(calendar, *asked, start)]
        assert opened == sorted(near & set(starts))
        every = openings_of(calendar, *asked[:2])
        assert all(every[bisect_left(every, start)] == start for start in starts)
