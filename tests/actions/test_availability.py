"""Managing availability: what is stored, what is refused, and what clients see of it at once."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from portal.actions.availability import (
    add_time_off,
    change_zone_and_cap,
    remove_overrides,
    remove_time_off,
    save_overrides,
    save_week,
)
from portal.actions.holding import hold
from portal.db import db
from portal.errors import Changed, NotFound, Refused
from portal.models import Activity, DateOverride, Member, Service, TimeOff, WeeklyHours
from portal.queries.availability import (
    find_member_to_schedule,
    in_order,
    load_override,
    load_time_off,
    load_week,
    people_to_schedule,
    services_to_name,
    settings_seen,
)
from portal.queries.availability_calendar import Off, load_month
from portal.queries.availability_conflicts import sessions_between, sessions_outside
from portal.queries.availability_picture import load_picture
from portal.queries.offers import load_offer
from portal.queries.openings import load_board
from portal.scheduling.availability import overlapping
from portal.scheduling.eligibility import Sharing
from portal.scheduling.hours import HoursRow
from portal.transaction import transaction
from tests.clinics import ANA, BEN, CHO, DEE, NOW, lee

Clinic = Callable[..., None]
NEW_YORK = ZoneInfo("America/New_York")
NINE_TO_TWELVE = HoursRow(540, 720, None, None)
TUESDAY, WEDNESDAY = date(2027, 3, 2), date(2027, 3, 3)
BEFORE_THE_CHANGE, AFTER_IT = date(2027, 3, 12), date(2027, 3, 15)


def member(email: str) -> Member:
    return db.session.scalars(select(Member).where(Member.email == email)).one()


def service(slug: str) -> int:
    return db.session.scalars(select(Service.id).where(Service.slug == slug)).one()


def save(email: str, week: dict[int, list[HoursRow]], by: str | None = None) -> None:
    """Save somebody's week as they see it."""
    person = member(email)
    save_week(person.id, week, load_week(person).seen, member(by or email), NOW)


def override(email: str, day: date, *rows: HoursRow) -> None:
    person = member(email)
    days = {day: load_override(person, day).seen}
    save_overrides(person.id, days, rows, person, NOW)


def openings(email: str, day: date, slug: str = "follow-up") -> list[str]:
    """When clients can book this person on a date, as the booking page says it."""
    offer = load_offer("reset", NOW)
    item = offer.item(slug)
    assert item
    board = load_board(offer, item.service, NOW)
    found = board.openings(day, 1, member_id=member(email).id)
    return [f"{datetime.fromtimestamp(one.start, NEW_YORK):%H:%M}" for one in found]


def acts() -> list[tuple[str, dict[str, Any]]]:
    rows = db.session.scalars(select(Activity).order_by(Activity.id))
    return [(row.act, row.details) for row in rows if row.act.startswith("availability")]


def at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), NEW_YORK)


def session_of(who: str, day: date, hour: int, **others: Any) -> dict[str, Any]:
    """Lee's session outside of any package."""
    return {
        "client": "lee@example.com",
        "practitioner": who,
        "service": "follow-up",
        "delivery": "in_person",
        "start": at(day, hour).isoformat(),
        "status": "confirmed",
        "package": None,
        **others,
    }


def test_new_hours_are_what_clients_see_at_once(clinic: Clinic) -> None:
    clinic()
    assert openings(BEN, TUESDAY)[0] == "09:00"
    save(BEN, {1: [HoursRow(840, 900, None, None)]})
    assert openings(BEN, TUESDAY) == ["14:00"]
    assert openings(BEN, WEDNESDAY) == []
    assert acts() == [("availability.hours_changed", {"weekdays": [0, 1, 2, 3, 4]})]


def test_hours_stay_at_nine_over_a_clock_change_in_the_member_s_own_zone(clinic: Clinic) -> None:
    clinic()
    ben = member(BEN)
    change_zone_and_cap(ben.id, "Europe/Lisbon", None, settings_seen(ben), ben, NOW)
    save(BEN, {day: [HoursRow(900, 960, None, None)] for day in range(5)})
    # New York changes its clock on 14 March and Lisbon two weeks later.
    assert openings(BEN, BEFORE_THE_CHANGE) == ["10:00"]
    assert openings(BEN, AFTER_IT) == ["11:00"]
    assert openings(BEN, date(2027, 3, 29)) == ["10:00"]


def test_a_day_that_is_saved_as_it_was_is_left_alone(clinic: Clinic) -> None:
    clinic()
    before = [row.id for row in db.session.scalars(select(WeeklyHours))]
    save(BEN, {day: [NINE_TO_TWELVE] for day in range(5)})
    assert [row.id for row in db.session.scalars(select(WeeklyHours))] == before
    assert acts() == []


def test_hours_for_one_service_give_openings_of_that_one_only(clinic: Clinic) -> None:
    clinic()
    intake = frozenset({service("intake")})
    save(ANA, {1: [HoursRow(540, 600, intake, None), HoursRow(600, 660, None, None)]})
    assert openings(ANA, TUESDAY, "intake")[0] == "09:00"
    assert openings(ANA, TUESDAY) == ["10:00"]


def test_a_limit_that_loses_its_last_service_does_not_become_all_services(clinic: Clinic) -> None:
    clinic()
    save(ANA, {1: [HoursRow(540, 600, frozenset(), None)]})
    assert openings(ANA, TUESDAY) == []
    [row] = load_week(member(ANA)).days[1]
    assert row.services == frozenset()


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([HoursRow(600, 600, None, None)], id="no-time"),
        pytest.param([HoursRow(600, 540, None, None)], id="backwards"),
        pytest.param([HoursRow(600, 1441, None, None)], id="past-the-end-of-the-day"),
        pytest.param([HoursRow(540, 600, None, frozenset({"fax"}))], id="by-fax"),
        pytest.param([HoursRow(540, 600, frozenset({999}), None)], id="no-such-service"),
        pytest.param([NINE_TO_TWELVE, NINE_TO_TWELVE], id="overlapping"),
    ],
)
def test_hours_that_can_not_be_are_refused(clinic: Clinic, rows: list[HoursRow]) -> None:
    clinic()
    with pytest.raises(Refused):
        save(BEN, {1: rows})
    with pytest.raises(Refused):
        override(BEN, TUESDAY, *rows)
    assert load_week(member(BEN)).days[1] == (NINE_TO_TWELVE,)
    assert load_override(member(BEN), TUESDAY).rows is None


def test_hours_name_services_that_the_person_owns_or_is_shared(clinic: Clinic) -> None:
    clinic()
    assert [choice.name for choice in services_to_name(member(ANA))] == ["Follow-up", "Intake"]
    assert [choice.name for choice in services_to_name(member(BEN))] == ["Follow-up"]
    with pytest.raises(Refused):
        save(BEN, {1: [HoursRow(540, 600, frozenset({service("intake")}), None)]})


def test_a_service_that_is_shared_no_longer_is_not_lost_by_saving(clinic: Clinic) -> None:
    clinic()
    limited = HoursRow(540, 600, frozenset({service("follow-up")}), None)
    save(BEN, {1: [limited]})
    with transaction() as session:
        session.execute(update(Service).values(sharing=Sharing.PRIVATE))
    save(BEN, {1: [limited], 2: [limited]})
    assert load_week(member(BEN)).days[2] == (limited,)
    save(BEN, {})
    with pytest.raises(Refused):
        save(BEN, {1: [limited]})


def test_a_service_that_is_archived_is_not_offered_to_be_named(clinic: Clinic) -> None:
    clinic()
    with transaction() as session:
        session.execute(update(Service).where(Service.slug == "intake").values(archived_at=NOW))
    assert [choice.name for choice in services_to_name(member(ANA))] == ["Follow-up"]


def test_whoever_saves_second_is_told_and_nothing_is_overwritten(clinic: Clinic) -> None:
    clinic()
    seen = load_week(member(BEN)).seen
    save(BEN, {1: [NINE_TO_TWELVE]}, by=ANA)
    with pytest.raises(Changed):
        save_week(member(BEN).id, {}, seen, member(BEN), NOW)
    assert load_week(member(BEN)).days[1] == (NINE_TO_TWELVE,)
    date_seen = load_override(member(BEN), TUESDAY).seen
    override(BEN, TUESDAY)
    days = {TUESDAY: date_seen}
    for act, more in ((save_overrides, ([NINE_TO_TWELVE],)), (remove_overrides, ())):
        with pytest.raises(Changed):
            act(member(BEN).id, days, *more, member(BEN), NOW)  # type: ignore[operator]
    own = settings_seen(member(BEN))
    change_zone_and_cap(member(BEN).id, None, 3, own, member(ANA), NOW)
    with pytest.raises(Changed):
        change_zone_and_cap(member(BEN).id, None, 5, own, member(BEN), NOW)
    assert member(BEN).daily_cap == 3


def test_a_member_edits_their_own_and_whoever_manages_the_team_anybody_s(clinic: Clinic) -> None:
    clinic(dee_may=["team"])
    for by in (BEN, ANA, DEE):
        assert find_member_to_schedule(member(BEN).id, member(by)).email == BEN
    names = [person.name for person in people_to_schedule(member(DEE), "", 1).shown]
    assert names == ["Ana Ruiz", "Ben Okafor", "Cho Park"]
    assert [p.name for p in people_to_schedule(member(DEE), "okaf", 1).shown] == ["Ben Okafor"]
    assert [p.minutes for p in people_to_schedule(member(BEN), "", 1).shown] == [5 * 180]


def test_somebody_else_s_availability_is_not_there(clinic: Clinic) -> None:
    clinic(dee_may=["offers", "clients", "settings"])
    override(BEN, TUESDAY)
    ben = member(BEN)
    away = add_time_off(ben.id, at(TUESDAY, 9), at(TUESDAY, 12), ben, NOW).id
    week, dated = load_week(member(BEN)).seen, load_override(member(BEN), TUESDAY).seen
    settings = settings_seen(member(BEN))
    whose = member(BEN).id
    for email in (CHO, DEE):
        for act in (
            lambda by: save_week(whose, {}, week, by, NOW),
            lambda by: save_overrides(whose, {TUESDAY: dated}, [], by, NOW),
            lambda by: remove_overrides(whose, {TUESDAY: dated}, by, NOW),
            lambda by: add_time_off(whose, NOW, NOW + timedelta(1), by, NOW),
            lambda by: remove_time_off(whose, away, by, NOW),
            lambda by: change_zone_and_cap(whose, None, 1, settings, by, NOW),
        ):
            with pytest.raises(NotFound):
                act(member(email))
    with pytest.raises(NotFound):
        remove_time_off(member(CHO).id, away, member(CHO), NOW)
    assert load_week(member(BEN)).seen == week
    assert len(load_time_off(member(BEN), NOW)) == 1


def test_several_dates_are_changed_together_or_not_at_all(clinic: Clinic) -> None:
    clinic()
    ben = member(BEN)
    days = {day: load_override(ben, day).seen for day in (TUESDAY, WEDNESDAY)}
    save_overrides(ben.id, days, [NINE_TO_TWELVE], ben, NOW)
    assert load_override(ben, TUESDAY).rows == load_override(ben, WEDNESDAY).rows
    days = {TUESDAY: load_override(ben, TUESDAY).seen, WEDNESDAY: days[WEDNESDAY]}
    for act, more in ((save_overrides, ([],)), (remove_overrides, ())):
        with pytest.raises(Changed):
            act(ben.id, days, *more, ben, NOW)  # type: ignore[operator]
    assert load_override(member(BEN), TUESDAY).rows == (NINE_TO_TWELVE,)


def test_an_admin_has_no_hours(clinic: Clinic) -> None:
    clinic(dee_may=["team"])
    with pytest.raises(Refused, match="can’t be booked"):
        save(DEE, {1: [NINE_TO_TWELVE]})


def test_an_override_stands_in_for_the_weekly_hours_and_none_closes_the_date(
    clinic: Clinic,
) -> None:
    clinic()
    override(BEN, TUESDAY, HoursRow(840, 900, None, None))
    assert openings(BEN, TUESDAY) == ["14:00"]
    override(BEN, TUESDAY)
    assert openings(BEN, TUESDAY) == []
    assert openings(BEN, WEDNESDAY)[0] == "09:00"
    override(BEN, TUESDAY)
    days = {TUESDAY: load_override(member(BEN), TUESDAY).seen}
    remove_overrides(member(BEN).id, days, member(BEN), NOW)
    assert openings(BEN, TUESDAY)[0] == "09:00"
    assert db.session.scalars(select(DateOverride)).all() == []
    tuesday = {"date": "2027-03-02"}
    assert acts() == [
        ("availability.override_changed", {**tuesday, "became": became})
        for became in ("hours", "closed", "weekly")
    ]


def test_a_day_that_is_over_keeps_its_hours(clinic: Clinic) -> None:
    clinic()
    with pytest.raises(Refused, match="over"):
        override(BEN, date(2027, 2, 28), NINE_TO_TWELVE)
    override(BEN, date(2027, 3, 1), NINE_TO_TWELVE)


def test_time_off_takes_openings_away_and_removing_it_gives_them_back(clinic: Clinic) -> None:
    clinic()
    ben = member(BEN)
    away = add_time_off(ben.id, at(TUESDAY, 9), at(TUESDAY, 11), ben, NOW)
    assert openings(BEN, TUESDAY) == ["11:00"]
    again = add_time_off(ben.id, at(TUESDAY, 9), at(TUESDAY, 11), member(BEN), NOW)
    assert again.id == away.id
    remove_time_off(member(BEN).id, away.id, member(BEN), NOW)
    assert openings(BEN, TUESDAY)[0] == "09:00"
    assert db.session.scalars(select(TimeOff)).all() == []
    assert [details["became"] for _act, details in acts()] == ["added", "removed"]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        pytest.param(at(TUESDAY, 9), at(TUESDAY, 9), id="no-time"),
        pytest.param(at(TUESDAY, 9), at(TUESDAY, 8), id="backwards"),
        pytest.param(NOW - timedelta(2), NOW, id="over"),
    ],
)
def test_time_off_that_can_not_be_is_refused(
    clinic: Clinic, start: datetime, end: datetime
) -> None:
    clinic()
    with pytest.raises(Refused):
        add_time_off(member(BEN).id, start, end, member(BEN), NOW)
    assert load_time_off(member(BEN), NOW) == ()


def test_time_off_of_whole_days_says_which(clinic: Clinic) -> None:
    clinic()
    ben = member(BEN)
    add_time_off(ben.id, at(date(2027, 3, 13), 0), at(date(2027, 3, 15), 0), ben, NOW)
    add_time_off(member(BEN).id, at(TUESDAY, 9), at(WEDNESDAY, 0), member(BEN), NOW)
    partly, whole = load_time_off(member(BEN), NOW)
    assert (partly.first, partly.last) == (None, None)
    assert (whole.first, whole.last) == (date(2027, 3, 13), date(2027, 3, 14))


def test_a_cap_closes_a_full_day_at_once(clinic: Clinic) -> None:
    clinic(clients=[lee()], bookings=[session_of(BEN, TUESDAY, 9)])
    assert openings(BEN, TUESDAY)
    ben = member(BEN)
    change_zone_and_cap(ben.id, None, 1, settings_seen(ben), ben, NOW)
    assert openings(BEN, TUESDAY) == []
    assert openings(BEN, WEDNESDAY) != []
    assert acts() == [("availability.changed", {"fields": ["daily_cap"]})]


def outside(email: str, by: str) -> list[tuple[str, str | None, bool]]:
    return [
        (f"{one.start.astimezone(NEW_YORK):%m-%d %H:%M}", one.client, one.away)
        for one in sessions_outside(member(email), member(by), NOW)
    ]


def test_sessions_outside_the_new_hours_are_kept_and_named(clinic: Clinic) -> None:
    sessions = [
        session_of(BEN, TUESDAY, 9),
        session_of(BEN, WEDNESDAY, 11),
        session_of(BEN, date(2027, 3, 4), 9, status="cancelled"),
        session_of(CHO, TUESDAY, 9),
        session_of(BEN, date(2027, 2, 27), 9),
    ]
    clinic(clients=[lee()], bookings=sessions)
    assert outside(BEN, BEN) == []
    save(BEN, {1: [HoursRow(600, 720, None, None)], 2: [NINE_TO_TWELVE]})
    assert outside(BEN, BEN) == [("03-02 09:00", "Lee Park", False)]
    ben = member(BEN)
    add_time_off(ben.id, at(WEDNESDAY, 0), at(WEDNESDAY, 23), ben, NOW)
    assert outside(BEN, BEN)[1:] == [("03-03 11:00", "Lee Park", True)]
    override(BEN, TUESDAY, NINE_TO_TWELVE)
    assert len(outside(BEN, BEN)) == 1


def test_a_hold_is_nobody_s_session(clinic: Clinic) -> None:
    clinic()
    offer = load_offer("reset", NOW)
    which, who, start = service("follow-up"), member(BEN).id, at(TUESDAY, 9).astimezone(UTC)
    hold(offer, service_id=which, method="in_person", member_id=who, start=start, now=NOW)
    override(BEN, TUESDAY)
    assert outside(BEN, BEN) == []


def test_a_client_is_named_only_to_whoever_may_see_the_client(clinic: Clinic) -> None:
    clinic(clients=[lee()], bookings=[session_of(BEN, TUESDAY, 9)], dee_may=["team"])
    override(BEN, TUESDAY)
    assert outside(BEN, DEE) == [("03-02 09:00", None, False)]
    assert outside(BEN, ANA) == [("03-02 09:00", "Lee Park", False)]
    [session] = sessions_between(member(BEN), member(DEE), NOW, NOW + timedelta(2), NOW)
    assert (session.client, session.service, session.confirmed) == (None, "Follow-up", True)
    assert sessions_between(member(BEN), member(DEE), NOW, at(TUESDAY, 9), NOW) == ()


def test_the_calendar_says_what_each_date_has(clinic: Clinic) -> None:
    clinic(clients=[lee()], bookings=[session_of(BEN, TUESDAY, 9)])
    override(BEN, WEDNESDAY, HoursRow(840, 900, None, None))
    ben = member(BEN)
    add_time_off(ben.id, at(date(2027, 3, 4), 0), at(date(2027, 3, 5), 10), ben, NOW)
    month = load_month(member(BEN), None, NOW)
    dates = {one.day: one for week in month.weeks for one in week}
    assert (dates[TUESDAY].hours, dates[TUESDAY].sessions) == (((540, 720),), 1)
    assert (dates[WEDNESDAY].hours, dates[WEDNESDAY].own) == (((840, 900),), True)
    assert not dates[TUESDAY].own
    off = [dates[date(2027, 3, day)].off for day in (3, 4, 5)]
    assert off == [Off.NONE, Off.ALL, Off.PART]
    assert dates[date(2027, 3, 6)].hours == ()
    assert [len(week) for week in month.weeks] == [7] * 5
    assert (month.first, month.previous, month.following) == (
        date(2027, 3, 1),
        None,
        date(2027, 4, 1),
    )
    april = load_month(member(BEN), date(2027, 4, 9), NOW)
    assert (april.first, april.previous) == (date(2027, 4, 1), date(2027, 3, 1))
    assert load_month(member(BEN), date(2020, 1, 1), NOW).first == date(2027, 3, 1)
    last = load_month(member(BEN), date(9999, 12, 1), NOW)
    assert (last.first, last.following) == (date(2998, 12, 1), None)


def test_the_picture_shows_what_the_booking_page_offers(clinic: Clinic) -> None:
    sessions = [session_of(BEN, TUESDAY, 9), session_of(BEN, TUESDAY, 11, status="cancelled")]
    clinic(clients=[lee()], bookings=sessions)
    ben = member(BEN)
    add_time_off(ben.id, at(WEDNESDAY, 11), at(WEDNESDAY, 15), ben, NOW)
    picture = load_picture(member(BEN), None, NOW)
    days = {day.day: day for day in picture.days}
    assert len(days) == 28
    for day, shown in days.items():
        assert shown.openings == len(openings(BEN, day))
    tuesday = [(band.kind, band.start, band.minutes) for band in days[TUESDAY].bands]
    assert tuesday == [("hours", 540, 180), ("free", 600, 120), ("session", 540, 60)]
    assert days[TUESDAY].sessions == 1
    wednesday = [(band.kind, band.start, band.minutes) for band in days[WEDNESDAY].bands]
    assert wednesday == [("hours", 540, 180), ("free", 540, 120), ("off", 660, 240)]
    assert not days[date(2027, 3, 6)].works


def test_the_picture_keeps_nine_at_nine_on_the_day_of_the_clock_change(clinic: Clinic) -> None:
    clinic()
    save(BEN, {day: [NINE_TO_TWELVE] for day in range(7)})
    days = {day.day: day for day in load_picture(member(BEN), None, NOW).days}
    change = date(2027, 3, 14)
    for day in (change - timedelta(1), change, change + timedelta(1)):
        assert [(band.kind, band.start) for band in days[day].bands] == [
            ("hours", 540),
            ("free", 540),
        ]
        assert days[day].changes is (day == change)
    start, _end = days[change].free[0]
    assert datetime.fromtimestamp(start, UTC).hour == 13


def test_the_picture_is_of_one_service_and_ends_where_clients_can_not_book_yet(
    clinic: Clinic,
) -> None:
    clinic(practice={"horizon_days": 7})
    intake = service("intake")
    save(ANA, {1: [HoursRow(540, 600, frozenset({intake}), None)]})
    assert not any(day.works for day in load_picture(member(ANA), None, NOW).days)
    days = {day.day: day for day in load_picture(member(ANA), intake, NOW).days}
    assert (days[TUESDAY].openings, days[TUESDAY].too_far) == (1, False)
    # Somebody else's private service is no choice: the first of one's own is shown.
    shown = load_picture(member(BEN), intake, NOW).service
    assert shown
    assert shown.slug == "follow-up"
    later = days[TUESDAY + timedelta(7)]
    assert (later.works, later.openings, later.too_far) == (True, 0, True)


times = st.integers(0, 287).map(lambda five: five * 5)
row = st.builds(
    HoursRow,
    start=times,
    end=st.one_of(times, st.just(1440)),
    services=st.sampled_from([None, frozenset({1}), frozenset({2}), frozenset({1, 2})]),
    delivery=st.sampled_from([None, frozenset({"video"}), frozenset({"phone", "in_person"})]),
).filter(lambda one: one.start < one.end)
stretches = st.lists(row, max_size=4).filter(lambda rows: not overlapping(rows))
weeks = st.dictionaries(st.integers(0, 6), stretches)


@hypothesis_settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(week=weeks)
def test_any_week_is_stored_as_it_is(clinic: Clinic, week: dict[int, list[HoursRow]]) -> None:
    if db.session.scalar(select(Member.id)) is None:
        clinic()
    assert {service("intake"), service("follow-up")} == {1, 2}
    save(ANA, week)
    stored = load_week(member(ANA)).days
    assert stored == {day: in_order(week.get(day, ())) for day in range(7)}
