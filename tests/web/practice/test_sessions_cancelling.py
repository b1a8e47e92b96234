"""Cancelling a practitioner's day at once, or what lies in their time off."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.db import db
from portal.models import Booking, TimeOff
from tests.actions.sessions import TEN, book_follow_up
from tests.clinics import ANA, BEN, CHO, lee
from tests.web.conftest import Clock
from tests.web.practice.people import csrf_token, soup, words

SignIn = Callable[[str], FlaskClient]
pytestmark = pytest.mark.usefixtures("time")

BENS = "/members/2/cancellation"
TUESDAY = f"{BENS}?day=2027-03-02"
TWO = ["10:00–11:00 Lee Park Follow-up · Requested", "11:00–12:00 Kim Follow-up · Requested"]


@pytest.fixture(autouse=True)
def _booked(clinic: Callable[..., None], app: Flask) -> None:
    """On Tuesday Ben has two sessions, and Cho one."""
    clinic(clients=[lee(), lee(name="Kim", email="kim@example.com")])
    with app.app_context():
        for whom, start, email in (
            (BEN, TEN, "lee@example.com"),
            (BEN, TEN + timedelta(hours=1), "kim@example.com"),
            (CHO, TEN, "lee@example.com"),
        ):
            book_follow_up(whom, start, email=email)


def ticked(page: Any) -> list[str]:
    return [words(box.parent) for box in page.select("[name=session][checked]")]


def send(browser: FlaskClient, path: str, **typed: Any) -> Any:
    boxes = [box["value"] for box in soup(browser.get(path)).select("[name=session]")]
    token = csrf_token(browser, "/calendar")
    return browser.post(path, data={"csrf_token": token, "session": boxes, **typed})


def cancelled(app: Flask) -> list[str]:
    with app.app_context():
        rows = db.session.scalars(select(Booking).order_by(Booking.id)).all()
        return [row.cancel_reason or "" for row in rows]


def time_off(app: Flask) -> list[tuple[int, str]]:
    with app.app_context():
        rows = db.session.scalars(select(TimeOff)).all()
        return [(row.member_id, row.starts_at.isoformat()) for row in rows]


def test_the_day_leads_to_the_sessions_that_are_still_to_come(sign_in: SignIn) -> None:
    day = soup(sign_in(ANA).get("/calendar?view=day&day=2027-03-02"))
    links = {words(a): a["href"] for a in day.select(".column header a[href*=cancellation]")}
    assert links["Cancel 2 sessions … Ben Okafor"] == TUESDAY
    assert "Cancel one session … Cho Park" in links
    page = soup(sign_in(ANA).get(TUESDAY))
    assert words(page.h1) == "Cancel sessions of Ben Okafor"
    assert words(page.legend) == "Sessions to cancel"
    assert ticked(page) == TWO
    assert page.select("[name=off][checked]")


def test_nobody_is_led_to_sessions_that_they_may_not_cancel(sign_in: SignIn) -> None:
    day = soup(sign_in(CHO).get("/calendar?view=day&day=2027-03-02&who=all"))
    links = [a["href"] for a in day.select(".column header a[href*=cancellation]")]
    assert links == ["/members/3/cancellation?day=2027-03-02"]
    assert sign_in(CHO).get(TUESDAY).status_code == 404


def test_all_of_them_are_cancelled_and_the_day_is_off(app: Flask, sign_in: SignIn) -> None:
    ben = sign_in(BEN)
    boxes = [box["value"] for box in soup(ben.get(TUESDAY)).select("[name=session]")]
    for _click in range(2):
        answer = send(ben, TUESDAY, session=boxes, reason="I’m ill.", off="y")
        assert answer.status_code == 303, answer.text
        assert answer.location == "/calendar?view=day&day=2027-03-02&done=cancel_several"
    assert cancelled(app) == ["I’m ill.", "I’m ill.", ""]
    assert time_off(app) == [(2, "2027-03-02T05:00:00+00:00")]
    page = soup(ben.get(answer.location))
    assert words(page.select_one("main .notice")).startswith("The sessions are cancelled.")
    assert "No session that could be cancelled" in ben.get(TUESDAY).text


def test_only_what_is_ticked_is_cancelled_and_nothing_typed_is_lost(
    app: Flask, sign_in: SignIn
) -> None:
    ana = sign_in(ANA)
    boxes = [box["value"] for box in soup(ana.get(TUESDAY)).select("[name=session]")]
    refused = send(ana, TUESDAY, session=boxes[1:], reason=" ")
    page = soup(refused)
    assert refused.status_code == 422
    assert ticked(page) == TWO[1:]
    assert page.select_one("#reason-error")
    assert not page.select("[name=off][checked]")
    nothing = send(ana, TUESDAY, session=[], reason="Ben is ill.")
    assert nothing.status_code == 422
    assert "Please choose at least one session." in nothing.text
    assert "Ben is ill." in nothing.text
    assert send(ana, TUESDAY, session=["1@x"], reason="Ben is ill.").status_code == 422
    assert send(ana, TUESDAY, session=boxes[1:], reason="Ben is ill.").status_code == 303
    assert cancelled(app) == ["", "Ben is ill.", ""]
    assert time_off(app) == []


def test_one_that_was_moved_meanwhile_is_told_and_none_is_cancelled(
    app: Flask, sign_in: SignIn
) -> None:
    stale = ["1@1804000000", f"2@{int((TEN + timedelta(hours=1)).timestamp())}"]
    answer = send(sign_in(ANA), TUESDAY, session=stale, reason="Ben is ill.")
    assert answer.status_code == 409
    assert "moved meanwhile" in words(soup(answer).select_one("main .notice"))
    assert ticked(soup(answer)) == TWO
    assert cancelled(app) == [""] * 3


def test_a_session_that_has_begun_is_not_cancelled_with_the_others(
    app: Flask, sign_in: SignIn, time: Clock
) -> None:
    ben = sign_in(BEN)
    token = csrf_token(ben, "/calendar")
    off = {"from_day": "2027-03-02", "from_time": "10:30", "to_time": "17:00"}
    ben.post("/availability/2/time-off", data={"csrf_token": token, **off})
    boxes = [box["value"] for box in soup(ben.get(TUESDAY)).select("[name=session]")]
    time.at = TEN
    for page in ("/calendar?view=day&day=2027-03-02", "/availability/2/dates"):
        links = [words(a) for a in soup(ben.get(page)).select("a[href*='2/cancellation']")]
        assert [link.removesuffix(" Ben Okafor") for link in links] == ["Cancel one session …"]
    for page in (TUESDAY, f"{BENS}?time_off=1"):
        (left,) = ticked(soup(ben.get(page)))
        assert left.endswith(TWO[1])
    refused = send(ben, TUESDAY, session=boxes, reason="I’m ill.")
    assert refused.status_code == 409
    assert "has begun meanwhile" in words(soup(refused).select_one("main .notice"))
    assert "I’m ill." in refused.text
    assert ticked(soup(refused)) == TWO[1:]
    assert cancelled(app) == [""] * 3
    assert send(ben, TUESDAY, reason="I’m ill.").status_code == 303
    assert cancelled(app) == ["", "I’m ill.", ""]


def test_time_off_leads_to_the_sessions_in_it(app: Flask, sign_in: SignIn) -> None:
    ben = sign_in(BEN)
    token = csrf_token(ben, "/calendar")
    off = {"from_day": "2027-03-02", "from_time": "10:30", "to_time": "17:00"}
    ben.post("/availability/2/time-off", data={"csrf_token": token, **off})
    page = soup(ben.get("/availability/2/dates"))
    link = page.select_one("a[href*=cancellation]")
    assert words(link) == "Cancel 2 sessions …"
    asked = soup(ben.get(link["href"]))
    assert [words(box.parent) for box in asked.select("[name=session]")] == [
        f"Tue, Mar 2, {line}" for line in TWO
    ]
    # It's time off already.
    assert not asked.select("[name=off]")
    assert send(ben, link["href"], reason="I’m ill.", off="y").status_code == 303
    assert len(time_off(app)) == 1
    assert cancelled(app) == ["I’m ill.", "I’m ill.", ""]
    assert ben.get(f"{BENS}?time_off=99").status_code == 404
