"""My account: a practitioner makes and revokes calendar feeds."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.clinics import BEN, DEE
from tests.web.practice.people import csrf_token
from tests.web.visitor import Page, Visitor

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]
MAKE = "Make a calendar feed"
SITE = "http://127.0.0.1:8000"


@pytest.fixture
def bens(clinic: Clinic, sign_in: SignIn) -> Visitor:
    """Ben's browser."""
    clinic()
    return Visitor(sign_in(BEN))


def made(bens: Visitor, **typed: str) -> Page:
    return bens.press(bens.get("/account"), MAKE, **typed)


def test_its_address_is_shown_once(bens: Visitor) -> None:
    page = made(bens, detail="initials")
    address = str(page.one("#feed-address")["value"])
    assert page.url.startswith("/account")
    path = address.removeprefix(SITE)
    assert str(page.one('.new-feed a[role="button"]')["href"]) == f"webcal{SITE[4:]}{path}"
    assert "BEGIN:VCALENDAR" in bens.get(path).response.get_data(as_text=True)
    assert "Google Calendar" in page.text
    again = bens.get("/account")
    assert address.split("/")[-1] not in again.response.get_data(as_text=True)
    assert again.all("#calendar-feeds .plain-rows strong") == ["Initials"]


def test_the_least_is_told_unless_more_is_chosen(bens: Visitor) -> None:
    assert bens.get("/account").one('[name="detail"][checked]')["value"] == "busy"
    made(bens)
    assert bens.get("/account").all("#calendar-feeds .plain-rows strong") == ["Busy times only"]


def test_it_is_revoked(bens: Visitor) -> None:
    path = str(made(bens).one("#feed-address")["value"]).removeprefix(SITE)
    page = bens.press(bens.get("/account"), "Revoke")
    assert page.all("#calendar-feeds .plain-rows strong") == []
    assert bens.get(path).status == 404


def test_a_made_up_detail_makes_none(bens: Visitor) -> None:
    token = csrf_token(bens.client, "/account")
    data = {"csrf_token": token, "detail": "notes"}
    assert bens.client.post("/account/calendar-feeds", data=data).status_code == 400
    assert not bens.get("/account").all("#calendar-feeds .plain-rows strong")


def test_who_can_not_be_booked_is_offered_none(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    browser = sign_in(DEE)
    page = Visitor(browser).get("/account")
    assert "Calendar feeds" not in page.text
    data = {"csrf_token": csrf_token(browser, "/account"), "detail": "busy"}
    assert browser.post("/account/calendar-feeds", data=data).status_code == 409


def test_both_are_in_the_activity_log(bens: Visitor, sign_in: SignIn, app: Flask) -> None:
    made(bens, detail="full")
    bens.press(bens.get("/account"), "Revoke")
    page = Visitor(sign_in("ana@example.com")).get("/activity")
    assert "Ben Okafor made a calendar feed of Ben Okafor" in page.text
    assert "detail: everything" in page.text
    assert "Ben Okafor revoked a calendar feed of Ben Okafor" in page.text
