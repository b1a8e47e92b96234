"""The four weeks as clients see them, and the zone and cap that shape them."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from portal import clock
from portal.db import db
from portal.models import Member
from tests.actions.test_availability import session_of
from tests.clinics import BEN, NOW, lee
from tests.web.practice.availability_forms import BENS, TUESDAY, filled, form_of
from tests.web.practice.people import FRAGMENT, soup, words

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]


@pytest.fixture(autouse=True)
def _time_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def settings_form(browser: FlaskClient) -> MultiDict[str, str]:
    return form_of(browser.get(f"{BENS}/settings"), "settings-editor")


def member(app: Flask) -> tuple[str | None, int | None]:
    with app.app_context():
        ben = db.session.scalars(select(Member).where(Member.email == BEN)).one()
        return ben.timezone, ben.daily_cap


def test_zone_and_cap_are_set_and_what_a_new_zone_leaves_outside_is_named(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic(clients=[lee()], bookings=[session_of(BEN, TUESDAY, 9)])
    ben, url = sign_in(BEN), f"{BENS}/settings"
    assert settings_form(ben)["timezone"] == ""
    data = filled(settings_form(ben), {"timezone": "America/Los_Angeles", "daily_cap": "4"})
    saved = ben.get(ben.post(url, data=data).location)
    assert member(app) == ("America/Los_Angeles", 4)
    outside = words(soup(saved).select_one(".outside li"))
    assert outside == "Tue, Mar 2, 06:00–07:00 Follow-up, Lee Park"
    assert ben.post(url, data=data).status_code == 409
    ben.post(url, data=filled(settings_form(ben), {"timezone": "", "daily_cap": ""}))
    assert member(app) == (None, None)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        pytest.param({"timezone": "Nowhere/Land"}, "timezone", id="no-such-zone"),
        pytest.param({"timezone": "localtime"}, "timezone", id="this-machine-s-zone"),
        pytest.param({"daily_cap": "0"}, "daily_cap", id="none-a-day"),
        pytest.param({"daily_cap": "many"}, "daily_cap", id="no-number"),
    ],
)
def test_a_zone_or_cap_that_can_not_be_is_said_beside_its_field(
    clinic: Clinic, app: Flask, sign_in: SignIn, typed: dict[str, str], field: str
) -> None:
    clinic()
    ben = sign_in(BEN)
    answer = ben.post(
        f"{BENS}/settings", data=filled(settings_form(ben), {"daily_cap": "7", **typed})
    )
    assert answer.status_code == 422
    assert [error["id"] for error in soup(answer).select(".error")] == [f"{field}-error"]
    assert soup(answer).find(id="daily_cap")["value"] == typed.get("daily_cap", "7")
    assert member(app) == (None, None)


def test_the_picture_says_in_words_what_it_draws(clinic: Clinic, sign_in: SignIn) -> None:
    clinic(clients=[lee()], bookings=[session_of(BEN, TUESDAY, 9)])
    ben = sign_in(BEN)
    whole = soup(ben.get(f"{BENS}/picture"))
    alone = soup(ben.get(f"{BENS}/picture", headers=FRAGMENT))
    assert alone.find(id="picture") == whole.find(id="picture")
    strips = [words(one) for one in alone.select(".strips li")]
    assert len(strips) == 28
    assert strips[1] == "Tue, Mar 2 10:00–12:00 one session"
    assert strips[5] == "Sat, Mar 6 Closed"
    assert strips[13] == "Sun, Mar 14 Closed The clock changes"
    assert [option.get_text() for option in whole.select("#service option")] == ["Follow-up"]
    bands = alone.select(".strips li:nth-of-type(2) rect")
    assert [(rect["class"], rect["x"], rect["width"]) for rect in bands] == [
        (["hours"], "540", "180"),
        (["free"], "600", "120"),
        (["session"], "540", "60"),
    ]


def test_without_a_service_there_are_hours_and_nothing_to_book(
    clinic: Clinic, sign_in: SignIn
) -> None:
    clinic(sharing="private")
    answer = sign_in(BEN).get(f"{BENS}/picture?service=1")
    assert "No service is offered" in answer.text
    assert words(soup(answer).select(".strips li")[1]) == "Tue, Mar 2 Nothing to book"
    assert soup(answer).find("select") is None
