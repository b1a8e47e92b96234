"""The calendar: who sees which sessions, day and week, and requests answered on top of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select, update

from portal.actions.holding import hold
from portal.db import db
from portal.models import Booking, Ending, Member, Status, TimeOff
from portal.queries.offers import load_offer
from portal.transaction import transaction
from tests.actions.sessions import (
    NINE,
    TEN,
    assign_packages_to,
    book_follow_up,
    member,
    outside_any_package,
)
from tests.clinics import ANA, BEN, CHO, DEE, NOW
from tests.web.conftest import Clock
from tests.web.practice.people import FRAGMENT, csrf_token, soup, words

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]
pytestmark = pytest.mark.usefixtures("time")

TUESDAY = "day=2027-03-02"


def entries(answer: Any) -> list[str]:
    """What each session in the calendar says, in their order."""
    return [words(entry) for entry in soup(answer).select("#calendar .entry")]


def requests(answer: Any) -> list[str]:
    """The names in the requests on top, in their order."""
    return [words(link) for link in soup(answer).select(".request p a")]


def post(browser: FlaskClient, path: str, **data: Any) -> Any:
    return browser.post(path, data={"csrf_token": csrf_token(browser, "/calendar"), **data})


def one(app: Flask) -> Booking:
    with app.app_context():
        return db.session.scalars(select(Booking).order_by(Booking.id)).all()[0]


def test_a_practitioner_sees_their_own_week_at_first_and_the_owner_everybody_s(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    with app.app_context():
        book_follow_up(BEN, TEN)
        book_follow_up(CHO, NINE)
    ben = sign_in(BEN).get("/calendar")
    assert entries(ben) == ["10:00–11:00 Lee Park Follow-up Requested"]
    assert words(soup(ben).select_one("#who option[selected]")) == "Ben Okafor (mine)"
    ana = sign_in(ANA).get("/calendar")
    assert [entry[:17] for entry in entries(ana)] == ["09:00–10:00 Lee P", "10:00–11:00 Lee P"]
    assert "Eastern Time" in words(soup(ana).select_one(".zones"))
    assert words(soup(ana).select_one(".week-days .today h3")) == "Mon, Mar 1 Today"
    phone = {"User-Agent": "Mozilla/5.0 (Linux; Android 16) Chrome/140.0 Mobile Safari/537.36"}
    assert soup(sign_in(ANA).get("/calendar", headers=phone)).select(".day-grid")
    assert not soup(sign_in(ANA).get("/calendar?view=week", headers=phone)).select(".day-grid")


def test_scenario_33_a_member_sees_their_own_sessions_and_those_of_clients_they_may_see(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    with app.app_context():
        book_follow_up(BEN, TEN)
        book_follow_up(CHO, TEN)
        assign_packages_to(BEN)
        book_follow_up(CHO, NINE, email="kim@example.com")
    everybody = entries(sign_in(BEN).get("/calendar?who=all"))
    assert everybody == [
        "10:00–11:00 Lee Park Follow-up · Ben Okafor Requested",
        "10:00–11:00 Lee Park Follow-up · Cho Park Requested",
    ]
    assert len(entries(sign_in(DEE).get("/calendar"))) == 3
    cho = entries(sign_in(BEN).get(f"/calendar?who=3&view=day&{TUESDAY}"))
    assert cho == ["10:00–11:00 Lee Park Follow-up Requested"]


def test_a_day_has_a_column_for_each_person_with_hours_and_time_off(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    with app.app_context():
        book_follow_up(BEN, NINE)
        with transaction() as session:
            off = {"starts_at": TEN, "ends_at": TEN + timedelta(hours=1)}
            session.add(TimeOff(member_id=member(BEN).id, **off))
    page = soup(sign_in(ANA).get(f"/calendar?view=day&{TUESDAY}"))
    names = [words(head) for head in page.select(".column h3")]
    assert names == ["Ana Ruiz", "Ben Okafor", "Cho Park"]
    assert words(page.select(".column header p.quiet")[1]) == "09:00–12:00 , off 10:00–11:00"
    # From eight: nine is the fifth quarter, and an hour has four.
    assert page.select_one(".column .entry.r5.s4.lane0")
    assert page.select_one(".shades .works.r5.s12")
    assert page.select_one(".shades .off.r9.s4")
    # Whoever may see neither Ben's hours nor anybody's clients sees themselves.
    with app.app_context():
        names = [
            words(h) for h in soup(sign_in(CHO).get("/calendar?view=day&who=all")).select("h3")
        ]
    assert names == ["Cho Park"]


def test_a_held_time_has_no_name_and_one_that_ran_out_is_gone(
    clinic: Clinic, app: Flask, sign_in: SignIn, time: Clock
) -> None:
    clinic()
    with app.app_context():
        offer = load_offer("reset", NOW)
        chosen = {"service_id": 2, "method": "in_person", "member_id": member(BEN).id}
        hold(offer, **chosen, start=TEN, now=NOW)
    browser = sign_in(BEN)
    assert entries(browser.get("/calendar")) == ["10:00–11:00 Held"]
    time.pass_(timedelta(minutes=11))
    assert entries(browser.get("/calendar")) == []


def test_cancelled_sessions_are_left_out_and_an_overbooked_one_stands_beside_and_is_marked(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    with app.app_context():
        outside_any_package(BEN, NINE, cancelled_at=NOW, ending=Ending.BY_CLIENT)
        outside_any_package(BEN, TEN)
        outside_any_package(BEN, TEN + timedelta(minutes=30), overbooked_at=NOW)
    answer = sign_in(BEN).get(f"/calendar?view=day&{TUESDAY}")
    assert len(entries(answer)) == 2
    assert "Overbooked" in entries(answer)[1]
    assert soup(answer).select_one(".entry.lane1.r11")


def test_previous_next_and_today_lead_to_the_days_beside(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    page = soup(sign_in(ANA).get("/calendar?who=2&day=2027-03-10"))
    links = [page.select_one(f"nav.weeks a[rel={rel}]")["href"] for rel in ("prev", "next")]
    assert ["day=2027-03-03" in links[0], "day=2027-03-17" in links[1]] == [True, True]
    assert all("who=2" in link for link in links)
    assert "day=2027-03-01" in page.select_one(".zones a")["href"]
    day = soup(sign_in(ANA).get("/calendar?view=day&day=2027-03-10"))
    assert "day=2027-03-09" in day.select_one("a[rel=prev]")["href"]


@pytest.mark.parametrize(
    "query",
    ["day=yesterday", "day=0001-01-01", "day=9999-12-31", "view=year", "who=nobody", "who=999"],
)
def test_an_address_that_makes_no_sense_shows_this_week(
    clinic: Clinic, sign_in: SignIn, query: str
) -> None:
    clinic()
    answer = sign_in(ANA).get(f"/calendar?{query}")
    assert answer.status_code == 200
    assert len(soup(answer).select(".week-days > li")) == 7


def test_requests_are_on_top_the_oldest_first_and_each_for_whoever_may_answer_it(
    clinic: Clinic, app: Flask, sign_in: SignIn, time: Clock
) -> None:
    clinic()
    with app.app_context():
        book_follow_up(BEN, TEN, email="kim@example.com")
        book_follow_up(CHO, NINE)
        with transaction() as session:
            before = NOW - timedelta(hours=2)
            session.execute(
                update(Booking)
                .where(Booking.member_id == member(CHO).id)
                .values(created_at=before, staff_note="Ask why.")
            )
    ana = sign_in(ANA).get("/calendar?who=1")
    assert requests(ana) == ["Lee Park", "Kim"]
    assert "Staff’s note: Ask why." in words(soup(ana).select_one(".request"))
    assert words(soup(ana).select_one(".requests .count")) == "2"
    # Ben and Cho see their own, whatever else they see.
    assert requests(sign_in(BEN).get("/calendar?who=all")) == ["Kim"]
    time.at = NINE
    assert requests(sign_in(ANA).get("/calendar")) == ["Kim"], "the other one has lapsed"


def test_two_requests_are_shown_and_the_others_folded_until_one_of_them_is_answered_wrongly(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    with app.app_context():
        for hour in range(3):
            at = NINE + timedelta(hours=hour)
            book_follow_up(BEN, at, email=f"client{hour}@example.com")
    page = soup(sign_in(BEN).get("/calendar"))
    assert len(page.select(".requests > .rows > .request")) == 2
    folded = page.select_one(".requests > details:not([open])")
    assert words(folded.select_one(".beside-two")) == "Show one more"
    assert words(folded.select_one(".beside-one")) == "Show 2 more"
    last = folded.select_one(".request details form")["action"]
    answer = post(sign_in(BEN), last, reason="x" * 1001)
    assert soup(answer).select_one(".requests > details[open] .error")


def test_the_calendar_takes_as_many_queries_for_many_people_as_for_few(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    browser = sign_in(ANA)
    with app.app_context():
        engine = db.engine

    def count(address: str) -> int:
        asked: list[str] = []

        @event.listens_for(engine, "before_cursor_execute")
        def listen(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
            asked.append(statement)

        assert browser.get(address).status_code == 200
        event.remove(engine, "before_cursor_execute", listen)
        return len(asked)

    addresses = ("/calendar", f"/calendar?view=day&{TUESDAY}")
    few = [count(address) for address in addresses]
    with app.app_context():
        for at, who in enumerate((ANA, BEN, CHO, BEN, CHO)):
            start = NINE + timedelta(hours=at % 3)
            book_follow_up(who, start, email=f"client{at}@example.com")
    assert [count(address) for address in addresses] == few
    assert max(few) <= 14


def test_a_request_is_accepted_from_the_calendar_without_scripts(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    with app.app_context():
        book_follow_up(BEN, TEN)
    browser = sign_in(BEN)
    form = soup(browser.get(f"/calendar?view=day&{TUESDAY}")).select_one(".answers form")
    answer = post(browser, form["action"])
    assert (answer.status_code, answer.location.split("?")[0]) == (303, "/calendar")
    page = browser.get(answer.location)
    assert words(soup(page).select_one(".notice")) == (
        "The request is accepted, and the client is told."
    )
    assert entries(page) == ["10:00–11:00 Lee Park Follow-up"]
    assert not soup(page).select(".request")
    assert one(app).status is Status.CONFIRMED


def test_a_request_is_accepted_in_place_and_the_calendar_comes_with_it(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    with app.app_context():
        book_follow_up(BEN, TEN)
    browser = sign_in(BEN)
    data = {"csrf_token": csrf_token(browser, "/calendar")}
    answer = browser.post("/calendar/requests/1/acceptance", data=data, headers=FRAGMENT)
    part = soup(answer)
    assert (answer.status_code, part.find().get("id")) == (200, "calendar")
    assert part.select_one(".notice.good[autofocus]")
    assert entries(answer) == ["10:00–11:00 Lee Park Follow-up"]


def test_declining_may_say_why_and_what_is_too_long_is_kept(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    with app.app_context():
        book_follow_up(BEN, TEN)
    browser = sign_in(BEN)
    answer = post(browser, "/calendar/requests/1/decline", reason="x" * 1001)
    assert answer.status_code == 422
    assert words(soup(answer).select_one("details[open] textarea")) == "x" * 1001
    assert "at most 1000" in words(soup(answer).select_one("details[open] .error"))
    answer = post(browser, "/calendar/requests/1/decline", reason="I am away.")
    assert answer.status_code == 303
    declined = one(app)
    assert (declined.ending, declined.cancel_reason) == (Ending.DECLINED, "I am away.")


def test_a_request_that_somebody_else_answered_is_refused_on_the_same_page(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    with app.app_context():
        book_follow_up(BEN, TEN)
    browser = sign_in(BEN)
    assert post(browser, "/calendar/requests/1/acceptance").status_code == 303
    answer = post(browser, "/calendar/requests/1/decline", reason="I am away.")
    assert answer.status_code == 409
    assert "accepted already" in words(soup(answer).select_one(".notice.warning"))


def test_scenario_34_ben_can_answer_neither_what_he_does_not_see_nor_what_is_chos(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    with app.app_context():
        cho = book_follow_up(CHO, TEN).id
        assign_packages_to(BEN)
        other = book_follow_up(CHO, NINE, email="kim@example.com").id
    ben = sign_in(BEN)
    token = csrf_token(ben, "/calendar")
    for id_, status in ((cho, 403), (other, 404)):
        for act in ("acceptance", "decline"):
            path = f"/calendar/requests/{id_}/{act}"
            assert ben.post(path, data={"csrf_token": token}).status_code == status, path
    assert post(sign_in(ANA), f"/calendar/requests/{cho}/acceptance").status_code == 303


def test_the_colours_do_not_change_when_somebody_leaves(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    with app.app_context():
        book_follow_up(CHO, TEN)
        with transaction() as session:
            session.execute(update(Member).where(Member.email == BEN).values(deactivated_at=NOW))
    page = soup(sign_in(ANA).get("/calendar"))
    assert [words(each) for each in page.select(".people li")] == ["Ana Ruiz", "Cho Park"]
    assert page.select_one(".entry.p2")


def test_an_empty_time_of_a_day_leads_to_booking_there_and_one_that_is_over_does_not(
    clinic: Clinic, app: Flask, sign_in: SignIn, time: Clock
) -> None:
    clinic()
    with app.app_context():
        book_follow_up(BEN, NINE)
    ana = sign_in(ANA)
    day = soup(ana.get(f"/calendar?view=day&{TUESDAY}"))
    ben = day.select(".column")[1]
    half_hours = ben.select(".shades a")
    # Nobody has to pass them with the keyboard, or hears of them: there's one link for that.
    assert {link["tabindex"] for link in half_hours} == {"-1"}
    assert len(half_hours) == 20
    assert half_hours[2]["href"] == f"/clients?opening=2@{int(NINE.timestamp())}"
    book = ben.select_one(".acts a")
    assert words(book) == "Book Ben Okafor"
    # He has a session at nine.
    assert book["href"] == f"/clients?opening=2@{int(TEN.timestamp())}"
    time.at = TEN - timedelta(minutes=1)
    day = soup(ana.get(f"/calendar?view=day&{TUESDAY}"))
    assert len(day.select(".column")[1].select(".shades a")) == 16
    time.at = TEN + timedelta(hours=12)
    day = soup(ana.get(f"/calendar?view=day&{TUESDAY}"))
    assert not day.select("a[href*='opening=']")


def test_the_hours_of_a_day_are_changed_from_there_by_whoever_may(
    clinic: Clinic, sign_in: SignIn, time: Clock
) -> None:
    clinic()

    def led_to(email: str) -> list[str]:
        page = soup(sign_in(email).get(f"/calendar?view=day&who=all&{TUESDAY}"))
        return [link["href"] for link in page.select(".acts a[href^='/availability/']")]

    dates = [f"/availability/{number}/dates/2027-03-02" for number in (1, 2, 3)]
    assert led_to(ANA) == dates
    assert led_to(CHO) == dates[2:]
    time.at = TEN + timedelta(days=1)
    assert led_to(ANA) == []


def test_each_day_of_a_week_that_is_not_over_leads_to_booking_with_who_is_shown(
    clinic: Clinic, sign_in: SignIn, time: Clock
) -> None:
    clinic()
    time.at = NINE
    week = soup(sign_in(ANA).get(f"/calendar?view=week&who=2&{TUESDAY}"))
    links = [day.select_one(".acts a") for day in week.select(".week-days > li")]
    assert [link is not None for link in links] == [False, *[True] * 6]
    assert links[1]["href"] == f"/clients?opening=2@{int(NINE.timestamp()) + 1800}"
    mine = soup(sign_in(CHO).get(f"/calendar?view=week&who=all&{TUESDAY}"))
    assert "opening=3@" in mine.select_one(".week-days .acts a")["href"]


def test_nobody_is_booked_with_somebody_who_has_left(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    with app.app_context():
        book_follow_up(BEN, TEN)
        with transaction():
            member(BEN).deactivated_at = NOW
    ben = soup(sign_in(ANA).get(f"/calendar?view=day&who=2&{TUESDAY}")).select_one(".column")
    assert not ben.select("a[href*='opening=']")


@pytest.mark.parametrize("view", ["day", "week"])
def test_whoever_may_see_nobody_s_day_is_led_to_no_booking(
    clinic: Clinic, sign_in: SignIn, view: str
) -> None:
    clinic(dee_may=["offers"])
    answer = sign_in(DEE).get(f"/calendar?view={view}")
    assert answer.status_code == 200
    assert not soup(answer).select("a[href*='opening=']")
