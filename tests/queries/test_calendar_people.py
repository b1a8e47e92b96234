"""Everybody's calendar shows some people at once, and all of them on its pages."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from portal import clinic_file
from portal.actions.holding import hold
from portal.models import Right
from portal.queries.calendar import load_calendar
from portal.queries.calendar_days import PEOPLE_AT_ONCE, Calendar, View
from portal.queries.offers import load_offer
from portal.scheduling.eligibility import Kind
from portal.transaction import transaction
from tests.actions.sessions import NINE, TEN, member, outside_any_package
from tests.clinics import ANA, BEN, CHO, DEE, LEES_OWN, NOW, lee, reset_clinic
from tests.large_team import let_join, meet_each

DAY, WEEK = View.DAY, View.WEEK
BOTH = pytest.mark.parametrize("view", [DAY, WEEK])
TUESDAY = NINE.date()


@pytest.fixture(autouse=True)
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PEOPLE_AT_ONCE, DAY, 4)
    monkeypatch.setitem(PEOPLE_AT_ONCE, WEEK, 2)


@pytest.fixture
def clinic(app: Flask) -> Iterator[None]:
    """The clinic of the scenarios, in which Ben sees Lee, who is a client of his."""
    with app.app_context():
        own = LEES_OWN | {"assigned_to": BEN}
        clinic_file.load(reset_clinic(clients=[lee()], client_packages=[own]), NOW)
        yield


def page(who: str, view: View, number: int = 1) -> Calendar:
    return load_calendar(member(who), view, TUESDAY, None, NOW, number)


def all_pages(who: str, view: View) -> list[Calendar]:
    first = page(who, view)
    return [first, *(page(who, view, number) for number in range(2, first.shown.pages + 1))]


def names(calendar: Calendar) -> list[str]:
    """Who has a column, and so a row in each of its days."""
    found = {tuple(column.person.name for column in day.columns) for day in calendar.days}
    assert found == {tuple(person.name for person in calendar.shown.shown)}
    return list(found.pop())


def sessions(calendar: Calendar) -> list[int]:
    listed = [entry.id for day in calendar.days for entry in day.entries]
    by_person = [e.id for day in calendar.days for column in day.columns for e in column.entries]
    assert sorted(listed) == sorted(by_person)
    return listed


@BOTH
@pytest.mark.parametrize("who", [ANA, BEN], ids=["who sees all", "who sees Lee"])
@pytest.mark.usefixtures("clinic")
def test_each_session_is_on_one_page_also_of_who_left_or_is_no_practitioner_any_more(
    view: View, who: str
) -> None:
    emails = [ANA, BEN, CHO, DEE, *let_join(6)]
    made = meet_each(emails, NINE)
    with transaction():
        member(CHO).deactivated_at = NOW
        member(emails[-2]).deactivated_at = NOW
    pages = all_pages(who, view)
    assert len(pages) == -(-len(emails) // PEOPLE_AT_ONCE[view])
    assert sorted(id_ for each in pages for id_ in sessions(each)) == sorted(made)
    shown = [name for each in pages for name in names(each)]
    assert len(shown) == len(set(shown)) == len(emails) == pages[0].shown.found


@pytest.mark.usefixtures("clinic")
def test_who_always_has_a_place_comes_first_so_that_another_day_has_the_same_people() -> None:
    let_join(3)
    with transaction():
        member(BEN).deactivated_at = NOW
    without = [names(each) for each in all_pages(ANA, WEEK)]
    assert without == [["Ana Ruiz", "Cho Park"], ["More 0", "More 1"], ["More 2"]]
    outside_any_package(BEN, NINE)
    with_ben = [names(each) for each in all_pages(ANA, WEEK)]
    assert with_ben == [["Ana Ruiz", "Cho Park"], ["More 0", "More 1"], ["Ben Okafor", "More 2"]]
    # Whoever doesn't see all has their own sessions on the first page, whoever else is there.
    meet_each([ANA, CHO], NINE)
    with transaction():
        member(BEN).deactivated_at = None
    assert "Ben Okafor" in names(page(BEN, WEEK))
    assert [names(each) for each in all_pages(BEN, WEEK)][1:] == [["Cho Park"]]


@pytest.mark.usefixtures("clinic")
def test_as_many_as_fit_are_one_page_in_the_team_s_order_and_everybody_else_has_no_column() -> None:
    with transaction():
        member(BEN).deactivated_at = NOW
    outside_any_package(BEN, NINE)
    calendar = page(ANA, DAY)
    assert names(calendar) == ["Ana Ruiz", "Ben Okafor", "Cho Park"]
    assert (calendar.shown.pages, calendar.shown.found) == (1, 3)
    assert names(page(CHO, DAY)) == ["Cho Park"]


@BOTH
@pytest.mark.usefixtures("clinic")
def test_a_page_past_the_last_is_the_last_and_one_before_the_first_the_first(view: View) -> None:
    let_join(6)
    pages = [names(each) for each in all_pages(ANA, view)]
    assert names(page(ANA, view, 10**9)) == names(page(ANA, view, len(pages) + 1)) == pages[-1]
    assert names(page(ANA, view, 0)) == names(page(ANA, view, -3)) == pages[0]


@pytest.mark.usefixtures("clinic")
def test_a_calendar_of_one_person_has_one_page_and_is_filtered_by_all() -> None:
    emails = let_join(6)
    meet_each([emails[5]], NINE)
    one = load_calendar(member(ANA), WEEK, TUESDAY, member(emails[5]).id, NOW, 3)
    assert (names(one), one.shown.pages, one.shown.page) == (["More 5"], 1, 1)
    assert len(sessions(one)) == 1
    last = page(ANA, WEEK, 5)
    assert [person.name for person in last.people] == [person.name for person in one.people]
    assert len(last.people) == 9
    # Theirs whatever the page.
    assert {person.colour for person in one.people if person.name == "More 5"} == {
        column.person.colour for column in one.days[0].columns
    }


@pytest.mark.usefixtures("clinic")
def test_colours_are_told_apart_for_all_of_a_few_and_for_who_is_shown_of_many() -> None:
    assert len(page(ANA, DAY).told_apart) == 3
    assert [person.name for person in page(ANA, WEEK, 2).told_apart] == ["Cho Park"]
    # Cho has no session of Ana's or Ben's in her calendar, and may filter by them all the same.
    assert len(page(CHO, DAY).told_apart) == 3
    assert [person.name for person in page(CHO, WEEK).told_apart] == ["Cho Park"]


@pytest.mark.usefixtures("clinic")
def test_another_view_is_at_the_page_with_the_first_person_of_this_one() -> None:
    let_join(8)
    weeks, days = all_pages(ANA, WEEK), all_pages(ANA, DAY)
    for calendar, others, view in [
        *((week, days, DAY) for week in weeks),
        *((day, weeks, WEEK) for day in days),
    ]:
        assert calendar.shown.shown[0] in others[calendar.page_in(view) - 1].shown.shown
        assert calendar.page_in(calendar.view) == calendar.shown.page


@pytest.mark.usefixtures("clinic")
def test_a_time_held_with_who_left_is_shown_until_it_runs_out() -> None:
    offer = load_offer("reset", NOW)
    chosen = {"service_id": 2, "method": "in_person", "member_id": member(CHO).id}
    hold(offer, **chosen, start=TEN, now=NOW)
    with transaction():
        member(CHO).deactivated_at = NOW
    assert names(page(ANA, DAY)) == ["Ana Ruiz", "Ben Okafor", "Cho Park"]
    later = NOW + timedelta(minutes=11)
    calendar = load_calendar(member(ANA), DAY, TUESDAY, None, later)
    assert names(calendar) == ["Ana Ruiz", "Ben Okafor"]


@pytest.mark.usefixtures("clinic")
def test_an_admin_who_sees_all_clients_has_everybody_s_pages_and_no_column() -> None:
    with transaction():
        role = member(DEE).role
        assert role
        role.rights = [Right.CLIENTS.value]
    assert member(DEE).kind is Kind.ADMIN
    assert [names(each) for each in all_pages(DEE, WEEK)] == [
        ["Ana Ruiz", "Ben Okafor"],
        ["Cho Park"],
    ]


@BOTH
@pytest.mark.usefixtures("clinic")
def test_sessions_are_of_the_days_in_which_they_begin_however_long_their_member_is_busy(
    view: View,
) -> None:
    first = {DAY: TUESDAY, WEEK: TUESDAY - timedelta(days=1)}[view]
    midnight = NINE.replace(day=first.day) - timedelta(hours=9)
    after = midnight + {DAY: 1, WEEK: 7}[view] * timedelta(days=1)
    day, minute = timedelta(days=1), timedelta(minutes=1)
    made = {}
    for start in (midnight - minute, midnight, after - minute, after):
        # As long as can be: a day, and a day before and after it.
        long = {"busy_start": start - day, "ends_at": start + day, "busy_end": start + 2 * day}
        made[start] = outside_any_package(ANA, start, **long, overbooked_at=NOW)
    assert sessions(page(ANA, view)) == [made[midnight], made[after - minute]]
