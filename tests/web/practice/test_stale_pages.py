"""A page that was opened before the client moved the session changes nothing, and says why."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from portal.actions.rescheduling import reschedule
from portal.db import db
from portal.models import Booking, Status
from tests.actions.sessions import TEN, book_follow_up
from tests.clinics import ANA, BEN, NOW
from tests.web.practice.people import FRAGMENT, soup, words
from tests.web.visitor import fields

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]
pytestmark = pytest.mark.usefixtures("time")

LATER = TEN + timedelta(hours=1)
SESSION, CALENDAR, LEAVING = "/sessions/1", "/calendar?who=all", "/team/2/leaving?session=1"


@pytest.fixture
def ana(clinic: Clinic, app: Flask, sign_in: SignIn) -> FlaskClient:
    """Ana, signed in; Lee asked for a Follow-up with Ben at ten."""
    clinic()
    with app.app_context():
        book_follow_up(BEN, TEN)
    return sign_in(ANA)


def form_of(page: BeautifulSoup, action: str) -> tuple[str, dict[str, Any]]:
    form = page.select_one(f"form[method=post][action*='{action}']")
    assert form
    return str(form["action"]), fields(form)


@pytest.mark.parametrize(
    ("where", "action", "typed"),
    [
        (SESSION, "/acceptance", {}),
        (SESSION, "/decline", {"reason": "Away then."}),
        (SESSION, "/transfer", {"to": "3"}),
        (SESSION, "/sessions/1/cancellation", {"reason": "Away then."}),
        (CALENDAR, "/acceptance", {}),
        (CALENDAR, "/decline", {"reason": "Away then."}),
        (f"{SESSION}/move", "/move", {"day": "2027-03-02", "time": "09:00"}),
        (LEAVING, "/transfer", {"to": "3"}),
        (LEAVING, "/cancellation", {"reason": "Away then."}),
    ],
)
def test_an_old_page_is_answered_with_the_session_as_it_is_now(
    ana: FlaskClient, app: Flask, where: str, action: str, typed: dict[str, str]
) -> None:
    address, sent = form_of(soup(ana.get(where)), action)
    with app.app_context():
        reschedule(1, member_id=2, start=LATER, method="in_person", now=NOW)
    answer = ana.post(address, data=sent | typed)
    page = soup(answer)
    main = words(page.main)
    assert answer.status_code == 409
    assert "moved meanwhile: it’s now on Tuesday, March 2, 2027 at 11:00 with Ben Okafor" in main
    assert "11:00" in main.replace("at 11:00 with Ben Okafor", "", 1)
    for name, value in typed.items():
        kept = fields(page.select_one(f"form[method=post][action*='{action}']")).get(name)
        assert kept == value, name
    with app.app_context():
        booking = db.session.get_one(Booking, 1)
        assert (booking.starts_at, booking.member_id) == (LATER, 2)
        assert booking.status is Status.REQUESTED
    # What the answer shows is seen now.
    address, fresh = form_of(page, action)
    assert ana.post(address, data=fresh | typed).status_code == 303


def test_whose_session_went_to_somebody_else_is_told_too(ana: FlaskClient, app: Flask) -> None:
    for action, typed in (("/transfer", {"to": "1"}), ("/cancellation", {"reason": "Away."})):
        with app.app_context():
            reschedule(1, member_id=2, start=TEN, method="in_person", now=NOW)
        address, sent = form_of(soup(ana.get(LEAVING)), action)
        with app.app_context():
            reschedule(1, member_id=3, start=TEN, method="in_person", now=NOW)
        answer = ana.post(address, data=sent | typed)
        assert answer.status_code == 409
        assert "at 10:00 with Cho Park" in words(soup(answer).select_one("main .notice"))


def test_the_openings_alone_say_when_the_session_is(ana: FlaskClient) -> None:
    part = soup(ana.get(f"{SESSION}/move?week=2027-03-08", headers=FRAGMENT))
    assert "Now: " in words(part.select_one("#openings .lead"))
    assert part.select_one("#openings [name=seen]")
