"""Settings, Messages: what mails to clients say, to look at and to edit."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.db import db
from portal.models import MessageText
from tests.clinics import ANA, BEN, DEE
from tests.web.practice.people import FRAGMENT, csrf_token, soup, words

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]
LIST = "/practice/settings/messages"
REMINDER = f"{LIST}/reminder"
OWN = {"subject": "Soon: {{ service }}", "text": "Dear {{ client }},\n\nsee you <soon>."}

# What the pages say has nothing to do with the database.
pytestmark = pytest.mark.parametrize(
    "database_url", [pytest.param("sqlite", marks=pytest.mark.sqlite)], indirect=True
)


def post(browser: FlaskClient, path: str, headers: Any = None, **typed: str) -> Any:
    data = {"csrf_token": csrf_token(browser, LIST), "version": "0", **OWN, **typed}
    return browser.post(path, data=data, headers=headers)


def stored(app: Flask) -> list[tuple[str, str]]:
    with app.app_context():
        return [(row.subject, row.text) for row in db.session.scalars(select(MessageText))]


def test_the_list_says_when_each_goes_and_whose_words_it_has(
    clinic: Clinic, sign_in: SignIn
) -> None:
    clinic()
    browser = sign_in(ANA)
    post(browser, REMINDER)
    page = soup(browser.get(LIST))
    rows = [words(each) for each in page.select("ul.rows > li")]
    assert len(rows) == 16
    assert "Reminder your own words Goes before a session, as often as the settings say." in rows
    assert "Session booked Goes when a session is booked and confirmed at once." in rows
    [current] = page.select("nav.practice [aria-current]")
    assert words(current) == "Settings"


def test_the_editor_begins_with_the_portals_words_and_shows_the_mail(
    clinic: Clinic, sign_in: SignIn
) -> None:
    clinic(practice={"place": "12 River Street"})
    page = soup(sign_in(ANA).get(REMINDER))
    assert page.select_one("#subject")["value"] == (
        "Reminder: {{ service }} with {{ practitioner }}, {{ when }}"
    )
    assert page.select_one("#text").text.strip().startswith("Hello {{ client }},\n\nThis is to")
    assert "{{ when }} day and time" in words(page.select_one(".mail-fields"))
    shown = words(page.select_one("#preview"))
    for fact in ("Hello Lee Sample,", "With: Ana Ruiz", "12 River Street", "2 of 5 used"):
        assert fact in shown
    assert page.find("button", string="Save Changes")
    assert not page.find("button", string="Use the portal’s text again")


def test_own_words_are_saved_and_given_up_again(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    browser = sign_in(ANA)
    saved = post(browser, REMINDER)
    assert saved.status_code == 303
    assert stored(app) == [(OWN["subject"], OWN["text"])]
    page = browser.get(saved.location)
    assert "Saved. Mails from now on say it like this." in page.text
    assert soup(page).find("button", string="Use the portal’s text again")
    removed = post(browser, f"{REMINDER}/removal", version="1")
    assert removed.status_code == 303
    assert stored(app) == []
    assert "has the portal’s words again" in browser.get(removed.location).text


def test_the_preview_shows_what_is_typed_in_the_page_and_alone_and_stores_nothing(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    browser = sign_in(ANA)
    page, alone = (post(browser, f"{REMINDER}/preview", each) for each in (None, FRAGMENT))
    assert page.status_code == alone.status_code == 200
    assert "<html" in page.text
    assert "<html" not in alone.text
    for answer in (page, alone):
        html, text = soup(answer).select("#preview .letter")
        assert "Dear Lee Sample, see you <soon>." in words(html)
        assert "Dear Lee Sample,\n\nsee you <soon>.\n\nYour session is near\n" in text.text
        assert "Soon: Follow-up" in words(soup(answer).select_one(".letter-head"))
        assert not html.find_all(style=True)
        assert not html.find_all("style")
        assert not html.find_all(href=True)
        assert "soon" not in [tag.name for tag in html.find_all(True)]
    assert soup(page).select_one("#subject")["value"] == OWN["subject"]
    assert stored(app) == []


@pytest.mark.parametrize("path", [REMINDER, f"{REMINDER}/preview"])
def test_a_wrong_field_is_refused_beside_it_and_nothing_is_lost(
    clinic: Clinic, app: Flask, sign_in: SignIn, path: str
) -> None:
    clinic()
    browser = sign_in(ANA)
    answer = post(browser, path, text="Dear {{ clint }}, see you.")
    assert answer.status_code == 422
    page = soup(answer)
    assert "There is no field “clint” in this message." in words(page.select_one("#text-error"))
    assert page.select_one("#text").text.strip() == "Dear {{ clint }}, see you."
    assert not page.select("#preview .letter")
    alone = post(browser, f"{REMINDER}/preview", FRAGMENT, text="{{ clint }}")
    assert "Text: There is no field “clint”" in words(soup(alone))
    assert stored(app) == []


def test_the_second_of_two_is_told_and_can_save_again(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    browser = sign_in(ANA)
    post(browser, REMINDER, subject="First")
    answer = post(browser, REMINDER, subject="Second")
    assert answer.status_code == 409
    page = soup(answer)
    assert "Subject stored now: First" in words(page.select_one(".differs"))
    assert page.select_one("#subject")["value"] == "Second"
    seen = page.select_one("#message-editor [name=version]")["value"]
    assert post(browser, REMINDER, subject="Second", version=seen).status_code == 303
    assert stored(app)[0][0] == "Second"


@pytest.mark.parametrize(
    "path", [f"{LIST}/password_recovery", f"{LIST}/base.html", f"{REMINDER}?language=xx"]
)
def test_there_is_no_other_message_and_no_other_language(
    clinic: Clinic, sign_in: SignIn, path: str
) -> None:
    clinic()
    browser = sign_in(ANA)
    assert browser.get(path).status_code == 404
    assert post(browser, path).status_code == 404


def test_they_are_for_those_who_may_change_the_settings(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic(dee_may=["settings"])
    assert sign_in(DEE).get(REMINDER).status_code == 200
    browser = sign_in(BEN)
    token = csrf_token(browser, "/account")
    for path in (REMINDER, f"{REMINDER}/preview", f"{REMINDER}/removal"):
        data = {"csrf_token": token, "version": "0", **OWN}
        assert browser.post(path, data=data).status_code == 403
    for path in (LIST, REMINDER):
        assert browser.get(path).status_code == 403
    assert stored(app) == []


def test_the_activity_log_says_which_message_it_was(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    browser = sign_in(ANA)
    post(browser, REMINDER)
    page = words(soup(browser.get("/activity")))
    assert "changed what a mail to clients says" in page
    assert "message: Reminder" in page
