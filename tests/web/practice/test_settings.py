"""Practice settings: who may, what is stored, what another zone changes, and two who edit."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.db import db
from portal.models import Practice
from portal.transaction import transaction
from tests.clinics import ANA, BEN, DEE
from tests.pictures import png
from tests.web.practice.people import FRAGMENT
from tests.web.visitor import Page, Visitor, fields

SETTINGS = "/practice/settings"
LOGO = "/practice/settings/logo"
PNG = png()

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]


def opened(browser: FlaskClient) -> Page:
    return Page(browser.get(SETTINGS))


def values(shown: Page) -> dict[str, str]:
    """What the editor would send: its version stands in the part with the logo."""
    sent = fields(shown.one("#settings-editor"))
    return {**sent, "version": str(shown.one("[form='settings-editor'][name='version']")["value"])}


def save(browser: FlaskClient, shown: Page, **typed: str | list[str]) -> Page:
    sent = {name: value for name, value in {**values(shown), **typed}.items() if value != "off"}
    return Page(browser.post(SETTINGS, data=sent, follow_redirects=True))


def stored(app: Flask) -> Practice:
    with app.app_context():
        row = db.session.get_one(Practice, 1)
        db.session.expunge(row)
    return row


def upload(browser: FlaskClient, shown: Page, content: bytes, **headers: str) -> Page:
    form = shown.one(f"form[action='{LOGO}']")
    data: dict[str, Any] = {**fields(form), "picture": (BytesIO(content), "logo.svg")}
    return Page(browser.post(LOGO, data=data, headers=headers, follow_redirects=True))


@pytest.mark.parametrize(
    ("who", "status"),
    [pytest.param(ANA, 200, id="owner"), pytest.param(BEN, 403, id="practitioner")],
)
def test_only_those_who_may_see_and_change_them(
    clinic: Clinic, sign_in: SignIn, who: str, status: int
) -> None:
    clinic()
    browser = sign_in(who)
    assert browser.get(SETTINGS).status_code == status
    if status == 403:
        assert b'href="/practice/settings"' not in browser.get("/practice/services").data


def test_a_role_with_the_right_is_enough(clinic: Clinic, sign_in: SignIn) -> None:
    clinic(dee_may=["settings"])
    assert sign_in(DEE).get(SETTINGS).status_code == 200


def test_everything_is_stored(clinic: Clinic, sign_in: SignIn, app: Flask) -> None:
    clinic()
    browser = sign_in(ANA)
    shown = save(
        browser,
        opened(browser),
        name="Lakeside",
        plan="solo",
        currency="EUR",
        confirm="instant",
        notice="36",
        notice_unit="hours",
        horizon_days="90",
        slot_step_minutes="30",
        late_cancel_hours="48",
        late_cancel_returns_credit="off",
        late_cancel_forbidden="y",
        cancellation_policy="Please call.\n\nThank you.",
        place="Pier 1",
        video_link="https://meet.example.com/lakeside",
        own_accent="off",
        accent="#7A4BB5",
        language="en-GB",
        running_out_at="2",
        reminders=["60", "10080"],
    )
    assert shown.all(".notice.good") == ["Saved."]
    row = stored(app)
    assert (row.name, row.plan, row.currency, row.confirm) == ("Lakeside", "solo", "EUR", "instant")
    assert (row.min_notice_minutes, row.horizon_days, row.slot_step_minutes) == (2160, 90, 30)
    assert (row.late_cancel_hours, row.late_cancel_returns_credit) == (48, False)
    assert (row.late_cancel_forbidden, row.place) == (True, "Pier 1")
    assert row.cancellation_policy == "Please call.\n\nThank you."
    assert (row.video_link, row.accent) == ("https://meet.example.com/lakeside", "#7a4bb5")
    assert (row.language, row.running_out_at) == ("en-GB", 2)
    assert row.reminders == [10080, 60]
    again = values(opened(browser))
    assert (again["notice"], again["notice_unit"]) == ("36", "hours")
    assert "own_accent" not in again


def test_reminders_are_up_to_three_of_those_offered_or_none(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic(practice={"reminders": [90, 1440]})
    browser = sign_in(ANA)
    ticked = opened(browser).all("#reminders label:has([checked])")
    assert ticked == ["1 day before", "90 minutes before"]
    for wrong in (["10080", "4320", "1440", "60"], ["1441"], ["soon"], ["-60"]):
        shown = save(browser, opened(browser), reminders=wrong)
        assert shown.status == 422
        assert shown.one("#reminders-error")
        assert stored(app).reminders == [90, 1440]
    assert save(browser, opened(browser), reminders="off").status == 200
    assert stored(app).reminders == []


def test_a_stored_currency_that_is_not_offered_to_others_can_stay(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic()
    with app.app_context(), transaction() as session:
        session.get_one(Practice, 1).currency = "XAU"
    browser = sign_in(ANA)
    assert save(browser, opened(browser), name="Lakeside").status == 200
    assert (stored(app).name, stored(app).currency) == ("Lakeside", "XAU")


def test_the_portals_own_colour_takes_the_place_of_an_accent(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic()
    with app.app_context(), transaction() as session:
        session.get_one(Practice, 1).accent = "#7a4bb5"
    browser = sign_in(ANA)
    save(browser, opened(browser), own_accent="y")
    assert stored(app).accent is None


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        pytest.param({"name": ""}, "Please fill this in.", id="no name"),
        pytest.param({"timezone": "Nowhere"}, "no time zone of this name", id="zone"),
        pytest.param({"currency": "ABC"}, "Please choose a currency.", id="currency"),
        pytest.param({"currency": "XXX"}, "Please choose a currency.", id="currency not offered"),
        pytest.param({"notice": "-1"}, "a whole number", id="negative notice"),
        pytest.param({"notice": "9999", "notice_unit": "days"}, "a shorter time", id="long notice"),
        pytest.param({"notice_unit": "weeks"}, "choose one of these", id="unknown unit"),
        pytest.param({"horizon_days": "0"}, "a whole number from 1", id="no horizon"),
        pytest.param({"slot_step_minutes": "1441"}, "from 1 to 1440", id="step"),
        pytest.param({"video_link": "javascript:alert(1)"}, "begins with https://", id="link"),
        pytest.param({"accent": "red;}"}, "Please choose a colour", id="accent"),
        pytest.param({"language": "xx"}, "one of these languages", id="language"),
        pytest.param({"running_out_at": "-1"}, "a whole number from 0", id="running out"),
        pytest.param({"plan": "gold"}, "Please choose one of these.", id="plan"),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_the_rest_stays(
    clinic: Clinic, sign_in: SignIn, app: Flask, typed: dict[str, str], sentence: str
) -> None:
    clinic()
    browser = sign_in(ANA)
    shown = save(browser, opened(browser), **{"place": "Pier 1", **typed})
    assert shown.status == 422
    [error] = shown.all("#settings-editor .error")
    assert sentence in error
    assert shown.one("#place").get_text().strip() == "Pier 1"
    assert stored(app).place is None


def test_another_zone_says_what_it_changes_before_it_is_saved(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic()
    browser = sign_in(ANA)
    asked = save(browser, opened(browser), timezone="Europe/Vienna", name="Lakeside")
    assert asked.status == 422
    words = asked.all(".zone-change")[0]
    assert "From New York to Vienna" in words
    assert "The hours of 3 team members move" in words
    assert "Ana Ruiz, Ben Okafor, Cho Park" in words
    assert "No session is booked" in words
    assert stored(app).timezone == "America/New_York"
    saved = save(browser, asked)
    assert saved.all(".notice.good") == ["Saved."]
    assert (stored(app).timezone, stored(app).name) == ("Europe/Vienna", "Lakeside")


def test_sessions_to_come_are_counted_with_an_example(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    session = {
        "client": "lee@example.com",
        "service": "follow-up",
        "practitioner": BEN,
        "start": "2100-03-02T10:00:00-05:00",
        "status": "confirmed",
        "delivery": "in_person",
    }
    cancelled = session | {"start": "2100-03-01T10:00:00-05:00", "status": "cancelled"}
    clinic(bookings=[cancelled, session])
    browser = sign_in(ANA)
    words = save(browser, opened(browser), timezone="Europe/Vienna").all(".zone-change")[0]
    assert "The one session to come stays at its moment" in words
    assert "10:00 becomes" in words
    assert "at 16:00." in words


def test_a_zone_that_was_asked_about_confirms_no_other_one(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic()
    browser = sign_in(ANA)
    asked = save(browser, opened(browser), timezone="Europe/Vienna")
    assert save(browser, asked, timezone="Europe/Berlin").status == 422
    assert stored(app).timezone == "America/New_York"


def test_the_second_of_two_is_told_and_loses_nothing(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic()
    browser = sign_in(ANA)
    before = opened(browser)
    save(browser, before, name="First", horizon_days="90")
    told = save(browser, before, name="Second")
    assert told.status == 409
    assert told.one("#name")["value"] == "Second"
    assert "stored now: First" in told.all(".differs")[0]
    assert "stored now: 90" in told.all(".differs")[0]
    assert stored(app).name == "First"
    save(browser, told)
    assert stored(app).name == "Second"


def test_a_logo_is_uploaded_at_once_and_shown(clinic: Clinic, sign_in: SignIn, app: Flask) -> None:
    clinic()
    browser = sign_in(ANA)
    shown = upload(browser, opened(browser), PNG)
    assert shown.all(".notice.good") == ["Saved."]
    assert stored(app).logo_type == "image/png"
    assert len(shown.soup.select("header img.logo")) == 1
    assert save(browser, shown, name="Lakeside").status == 200
    removal = next(form for form in shown.soup.select("form") if "removal" in str(form["action"]))
    gone = Page(browser.post(str(removal["action"]), data=fields(removal), follow_redirects=True))
    # It was the version from before the name changed.
    assert gone.status == 409
    assert stored(app).logo_type == "image/png"


def test_a_logo_is_removed(clinic: Clinic, sign_in: SignIn, app: Flask) -> None:
    clinic()
    browser = sign_in(ANA)
    shown = upload(browser, opened(browser), PNG)
    removal = shown.one("form[action$='/removal']")
    Page(browser.post(str(removal["action"]), data=fields(removal)))
    assert stored(app).logo_type is None


def test_as_a_fragment_the_logo_brings_the_editors_new_version(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic()
    browser = sign_in(ANA)
    part = upload(browser, opened(browser), PNG, **FRAGMENT)
    assert not part.soup.select("html")
    assert part.one("#logo")
    version = part.one("[form='settings-editor']")["value"]
    assert version == str(stored(app).version)


@pytest.mark.parametrize(
    "content",
    [b"", b"<svg/>", PNG[:8], PNG.ljust(300 * 1024 + 1)],
    ids=["nothing", "a drawing", "only the beginning", "too large"],
)
def test_another_file_is_refused_in_place(
    clinic: Clinic, sign_in: SignIn, app: Flask, content: bytes
) -> None:
    clinic()
    browser = sign_in(ANA)
    shown = upload(browser, opened(browser), content)
    assert shown.status == 422
    assert len(shown.all("#logo .error")) == 1
    assert stored(app).logo_type is None


def test_the_policy_and_the_video_link_reach_the_client(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic(follow_up={"delivery": ["video"]})
    with app.app_context(), transaction() as session:
        practice = session.get_one(Practice, 1)
        practice.cancellation_policy = "Please call a day before."
        practice.video_link = "https://meet.example.com/everybody"
    lee = Visitor(app.test_client())
    start = lee.get("/book/reset?service=follow-up")
    booked = lee.book(start, start.openings()[0])
    assert "Please call a day before." in booked.text
    assert "https://meet.example.com/everybody" in booked.text
