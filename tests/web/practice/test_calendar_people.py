"""Everybody's calendar has pages of people, and leads from each of them to all the others."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from portal.queries import calendar_sessions
from portal.queries.calendar_days import PEOPLE_AT_ONCE, View
from portal.transaction import transaction
from tests.actions.sessions import NINE, TEN, book_follow_up, member
from tests.clinics import ANA, BEN, CHO, NOW
from tests.large_team import let_join, meet_each
from tests.web.practice.people import FRAGMENT, csrf_token, soup, words
from tests.web.test_how_much import queries

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]
Made = tuple[FlaskClient, set[int]]
pytestmark = pytest.mark.usefixtures("time")

TUESDAY = "day=2027-03-02"
BOTH = pytest.mark.parametrize("view", ["day", "week"])
HOW = pytest.mark.parametrize("headers", [{}, FRAGMENT], ids=["pages", "in place"])


@pytest.fixture
def many(clinic: Clinic, app: Flask, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> Made:
    """Ana's browser, in a clinic of eight, and the numbers of everybody's sessions on Tuesday."""
    monkeypatch.setitem(PEOPLE_AT_ONCE, View.DAY, 3)
    monkeypatch.setitem(PEOPLE_AT_ONCE, View.WEEK, 2)
    clinic()
    with app.app_context():
        made = meet_each([ANA, BEN, CHO, *let_join(5)], NINE)
        with transaction():
            member(CHO).deactivated_at = NOW
    return sign_in(ANA), made


def shown(part: BeautifulSoup) -> list[int]:
    """The numbers of the sessions on a page."""
    links = part.select("#calendar .entry a")
    return [int(str(link["href"]).rpartition("/")[2]) for link in links]


def said(part: BeautifulSoup) -> str:
    return words(part.select_one("nav.pages .quiet"))


def asked(address: str) -> dict[str, str]:
    """What an address says, by name."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


@BOTH
@HOW
def test_the_links_lead_through_all_pages_and_back_and_no_session_is_lost(
    many: Made, view: str, headers: dict[str, str]
) -> None:
    browser, made = many
    found: list[int] = []
    address, pages, read = f"/calendar?view={view}&{TUESDAY}", 0, [""]
    while address:
        answer = browser.get(address, headers=headers)
        part = soup(answer)
        assert (part.find("html") is None) == bool(headers)
        assert part.select_one("nav.pages")["aria-label"] == "People"
        found += shown(part)
        read.append(said(part))
        before = part.select_one("nav.pages a[rel=prev]")
        if pages:
            assert said(soup(browser.get(before["href"], headers=headers))) == read[-2]
        else:
            assert before is None
        after = part.select_one("nav.pages a[rel=next]")
        for link in (before, after):
            assert link is None or link["href"] == link["hx-get"]
            assert link is None or asked(link["href"])["view"] == view
            assert link is None or asked(link["href"])["who"] == "all"
            assert link is None or asked(link["href"])["day"] == "2027-03-02"
        address, pages = after["href"] if after else "", pages + 1
    assert sorted(found) == sorted(made)
    assert pages == {"day": 3, "week": 4}[view]
    assert read[2] == {"day": "People 4–6 of 8", "week": "People 3–4 of 8"}[view]


def test_a_last_page_with_one_person_says_so_and_a_page_of_all_says_nothing(
    many: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, _made = many
    monkeypatch.setitem(PEOPLE_AT_ONCE, View.WEEK, 7)
    page = soup(browser.get("/calendar?people=2"))
    assert said(page) == "Person 8 of 8"
    assert page.select_one("#calendar")["data-announce"] == "Person 8 of 8"
    monkeypatch.setitem(PEOPLE_AT_ONCE, View.WEEK, 8)
    page = soup(browser.get("/calendar?people=2"))
    assert not page.select("nav.pages, input[name=people], [data-announce]")
    assert not [link for link in page.select("#calendar a") if "people=" in str(link["href"])]
    one = soup(browser.get("/calendar?who=2&people=2"))
    assert len(shown(one)) == 1
    assert not one.select("nav.pages, input[name=people]")


@pytest.mark.parametrize(
    ("asked_for", "expected"),
    [
        ("0", "People 1–2 of 8"),
        ("-1", "People 1–2 of 8"),
        ("two", "People 1–2 of 8"),
        ("", "People 1–2 of 8"),
        ("9" * 5000, "People 1–2 of 8"),
        ("9" * 30, "People 7–8 of 8"),
        ("5", "People 7–8 of 8"),
    ],
)
def test_a_page_that_is_not_there_is_the_first_or_the_last(
    many: Made, asked_for: str, expected: str
) -> None:
    browser, _made = many
    answer = browser.get(f"/calendar?people={asked_for}")
    assert (answer.status_code, said(soup(answer))) == (200, expected)


def test_other_weeks_and_days_are_those_of_the_same_people_and_the_list_has_all(
    many: Made,
) -> None:
    browser, _made = many
    page = soup(browser.get(f"/calendar?view=week&{TUESDAY}&people=3"))
    form = page.select_one("form.search-bar")
    assert form.select_one("input[name=people]")["value"] == "3"
    assert len(form.select("#who option")) == 1 + 8, "everybody, and each"
    for link in page.select("nav.weeks a, .zones a"):
        assert asked(link["href"])["people"] == "3"
    here = [words(person) for person in page.select(".people li")]
    assert here == ["More 2", "More 3"]
    next_week = soup(browser.get(page.select_one("nav.weeks a[rel=next]")["href"]))
    assert [words(person) for person in next_week.select(".people li")] == here
    # Six people come before page 3 of two, and three before page 2 of three.
    for link in page.select("nav.views a:first-child, .week-days h3 a"):
        assert asked(link["href"])["people"] == "2"
    day = soup(browser.get(page.select_one("nav.views a")["href"]))
    assert here[0] in [words(name) for name in day.select(".column h3")]


def test_a_request_answered_on_a_page_of_people_leads_back_to_it(many: Made, app: Flask) -> None:
    browser, _made = many
    with app.app_context():
        book_follow_up(BEN, TEN)
    page = soup(browser.get("/calendar?people=3"))
    assert len(page.select(".request")) == 1, "whoever is shown"
    action = str(page.select_one(".answers form")["action"])
    token = {"csrf_token": csrf_token(browser, "/calendar")}
    answer = browser.post(action, data=token)
    assert (answer.status_code, asked(answer.location)["people"]) == (303, "3")


def test_only_sessions_of_who_is_shown_are_read_by_as_many_queries_on_every_page(
    many: Made, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, _made = many
    read: list[int] = []
    rows = calendar_sessions._rows

    def noted(*args: Any) -> Any:
        found = rows(*args).all()
        read.append(len(found))
        return found

    monkeypatch.setattr(calendar_sessions, "_rows", noted)
    counts = []
    for page in ("1", "2", "4"):
        with queries(app) as statements:
            browser.get(f"/calendar?people={page}")
        counts.append(len(statements))
    assert read == [2, 2, 2]
    assert len(set(counts)) == 1
    assert counts[0] <= 14


def test_a_colleague_who_sees_nobody_else_s_sessions_has_no_pages(
    many: Made, sign_in: SignIn
) -> None:
    page = soup(sign_in(BEN).get("/calendar?who=all&people=2"))
    assert len(shown(page)) == 1
    assert not page.select("nav.pages")
    assert [words(person) for person in page.select(".people li")] == []
