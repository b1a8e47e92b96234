"""My account: one's name and password, and the browsers in which one is signed in."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portal.db import db
from portal.models import Member, Message, SignIn
from portal.transaction import transaction
from portal.web.practice.browsers import browser_name
from tests.clinics import ANA, BEN
from tests.mail.laid_out import text_in
from tests.web.conftest import Clock
from tests.web.practice.people import PASSWORD, csrf_token, soup, try_to_sign_in, words
from tests.web.visitor import Page, Visitor

Clinic = Callable[..., None]
SignIn_ = Callable[[str], FlaskClient]
NEW = "correct horse battery"


def account(browser: FlaskClient) -> Page:
    return Visitor(browser).get("/account")


def is_in(browser: FlaskClient) -> bool:
    return browser.get("/practice/services").status_code == 200


def change_password(browser: FlaskClient, present: str = PASSWORD, **typed: str) -> Page:
    visitor = Visitor(browser)
    typed = {"present": present, "password": NEW, "again": NEW, **typed}
    return visitor.press(visitor.get("/account/password"), "Change password", **typed)


def test_it_shows_who_one_is_and_leads_there_from_every_page(
    clinic: Clinic, sign_in: SignIn_
) -> None:
    clinic()
    browser = sign_in(ANA)
    link = soup(browser.get("/practice/services")).find("a", string="My account")
    page = Visitor(browser).get(link["href"])
    assert page.all("h1") == ["My account"]
    assert ANA in page.text
    assert page.one("#name")["value"] == "Ana Ruiz"
    assert page.all("nav.practice [aria-current]") == ["My account"]


def test_ones_name_is_changed(clinic: Clinic, sign_in: SignIn_) -> None:
    clinic()
    browser = sign_in(ANA)
    page = Visitor(browser).press(account(browser), "Save", name="Ana Ruiz-Soto")
    assert "Saved." in page.text
    assert "Ana Ruiz-Soto" in words(soup(browser.get("/practice/services")).find(class_="who"))


def test_a_name_without_letters_is_refused_and_kept_in_its_field(
    clinic: Clinic, sign_in: SignIn_
) -> None:
    clinic()
    browser = sign_in(ANA)
    page = Visitor(browser).press(account(browser), "Save", name="---")
    assert page.status == 422
    assert page.one("#name")["value"] == "---"
    assert page.all("#name-error") == ["Please use letters or digits."]


def test_after_another_password_this_browser_goes_on_and_the_others_dont(
    clinic: Clinic, app: Flask, sign_in: SignIn_
) -> None:
    clinic()
    here, there, bens = sign_in(ANA), sign_in(ANA), sign_in(BEN)
    page = change_password(here)
    assert "Your password is changed." in page.text
    assert [is_in(here), is_in(there), is_in(bens)] == [True, False, True]
    assert try_to_sign_in(app.test_client(), ANA).status_code == 422
    assert try_to_sign_in(app.test_client(), ANA, NEW).status_code == 302
    with app.app_context():
        mail = db.session.scalars(select(Message)).one()
    assert (mail.recipient, "Your password was changed" in text_in(app, mail)) == (ANA, True)


def test_an_old_copy_of_the_cookie_is_worthless_after_another_password(
    clinic: Clinic, app: Flask, sign_in: SignIn_
) -> None:
    clinic()
    browser = sign_in(ANA)
    old = browser.get_cookie("session")
    assert old
    change_password(browser)
    thief = app.test_client()
    thief.set_cookie("session", old.value)
    assert not is_in(thief)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"present": "wrong"}, "This isn’t your password."),
        ({"present": "x" * 5000}, "This isn’t your password."),
        ({"password": "short", "again": "short"}, "A password has at least 10 characters."),
        ({"password": "x" * 1001, "again": "x" * 1001}, "A password has at most 1000 characters."),
        ({"again": "something else"}, "The two passwords are different."),
    ],
    ids=["wrong", "long and wrong", "short", "long", "different"],
)
def test_a_password_that_wont_do_is_refused_beside_its_field(
    clinic: Clinic, sign_in: SignIn_, typed: dict[str, str], sentence: str
) -> None:
    clinic()
    browser = sign_in(ANA)
    page = change_password(browser, **typed)
    assert page.status == 422
    assert sentence in page.all(".error")
    # What was typed into a field for passwords never comes back.
    assert not [field for field in page.soup.select("input[type=password]") if field.get("value")]
    assert is_in(browser)


def test_letters_typed_as_one_character_or_two_are_the_same_password(
    clinic: Clinic, app: Flask, sign_in: SignIn_
) -> None:
    clinic()
    change_password(sign_in(ANA), password="grüne grüße", again="grüne grüße")
    decomposed = "gru\u0308ne gru\u0308ße"
    assert try_to_sign_in(app.test_client(), ANA, decomposed).status_code == 302


def test_tries_of_the_present_password_are_counted(
    clinic: Clinic, app: Flask, sign_in: SignIn_
) -> None:
    clinic()
    browser = sign_in(ANA)
    app.config["SIGN_IN_TRIES"] = "2 per minute"
    statuses = [change_password(browser, "wrong").status for _ in range(3)]
    assert statuses == [422, 422, 429]


def test_the_list_names_the_browsers_and_marks_this_one(
    clinic: Clinic, app: Flask, sign_in: SignIn_
) -> None:
    clinic()
    browser = sign_in(ANA)
    with app.app_context(), transaction() as session:
        firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
        session.execute(update(SignIn).values(browser=firefox))
    sign_in(ANA), sign_in(BEN)
    rows = account(browser).all("#sign-ins li")
    assert len(rows) == 2
    (mine,) = [row for row in rows if "this browser" in row]
    assert mine.startswith("Firefox on Windows")
    assert "from 127.0.0.1" in mine
    assert "Sign out" not in mine


def test_another_browser_is_signed_out_from_here(clinic: Clinic, sign_in: SignIn_) -> None:
    clinic()
    there, here = sign_in(ANA), sign_in(ANA)
    visitor = Visitor(here)
    page = account(here)
    button = page.one("#sign-ins li button")
    assert str(button["aria-label"]).startswith("Sign out: ")
    form = button.find_parent("form")
    assert form
    answer = here.post(str(form["action"]), data={"csrf_token": csrf_token(here, "/account")})
    assert answer.location == "/account?saved=ended"
    assert [is_in(here), is_in(there)] == [True, False]
    assert len(visitor.get("/account").all("#sign-ins li")) == 1


def test_all_others_are_signed_out_at_once(clinic: Clinic, sign_in: SignIn_) -> None:
    clinic()
    others, here, bens = [sign_in(ANA), sign_in(ANA)], sign_in(ANA), sign_in(BEN)
    page = Visitor(here).press(account(here), "Sign out everywhere else")
    assert "Signed out there." in page.text
    assert "Sign out everywhere else" not in page.text
    assert [is_in(browser) for browser in (*others, here, bens)] == [False, False, True, True]


def test_nobody_signs_out_somebody_else(clinic: Clinic, app: Flask, sign_in: SignIn_) -> None:
    clinic()
    anas, bens = sign_in(ANA), sign_in(BEN)
    with app.app_context():
        query = select(SignIn.id).join(Member).where(Member.email == ANA)
        number = db.session.scalars(query).one()
    data = {"csrf_token": csrf_token(bens, "/account")}
    assert bens.post(f"/account/sign-ins/{number}/end", data=data).status_code == 404
    assert is_in(anas)


def test_a_copied_cookie_is_worthless_after_signing_out(
    clinic: Clinic, app: Flask, sign_in: SignIn_
) -> None:
    clinic()
    browser, thief = sign_in(ANA), app.test_client()
    copy = browser.get_cookie("session")
    assert copy
    thief.set_cookie("session", copy.value)
    assert is_in(thief)
    browser.post("/sign-out", data={"csrf_token": csrf_token(browser, "/account")})
    assert not is_in(thief)
    with thief.session_transaction() as session:
        assert not [name for name in session if name not in ("csrf_token",)]


def test_no_get_writes_when_a_browser_was_seen_and_a_form_does_every_quarter_of_an_hour(
    clinic: Clinic, app: Flask, sign_in: SignIn_, time: Clock
) -> None:
    clinic()
    browser, start = sign_in(ANA), time.at

    def seen() -> timedelta:
        with app.app_context():
            return db.session.scalars(select(SignIn.seen_at)).one() - start

    time.pass_(timedelta(minutes=14))
    Visitor(browser).press(account(browser), "Save")
    assert seen() == timedelta(0)
    time.pass_(timedelta(minutes=1))
    account(browser)
    assert seen() == timedelta(0)
    Visitor(browser).press(account(browser), "Save")
    assert seen() == timedelta(minutes=15)


def test_a_sign_in_ends_by_itself(clinic: Clinic, sign_in: SignIn_, time: Clock) -> None:
    clinic()
    browser = sign_in(ANA)
    time.pass_(timedelta(days=14))
    assert not is_in(browser)


AGENTS = {
    "Firefox on Linux": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Edge on Windows": "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0",
    "Chrome on Android": "Mozilla/5.0 (Linux; Android 16) Chrome/140.0 Mobile Safari/537.36",
    "Safari on iPhone": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0) Version/19.0 Safari/604.1",
    "Safari on Mac": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/19 Safari/605.1.15",
    "Another program": "curl/8.5.0",
}


@pytest.mark.parametrize("name", AGENTS)
def test_browsers_have_names(app: Flask, name: str) -> None:
    with app.test_request_context():
        assert browser_name(AGENTS[name]) == name


def test_one_chooses_the_language_of_ones_mails_and_to_hear_of_colleagues_sessions(
    clinic: Clinic, app: Flask, sign_in: SignIn_
) -> None:
    clinic()
    visitor = Visitor(sign_in(ANA))
    form = visitor.get("/account").one("#mails")
    assert [words(each) for each in form.select("option")] == [
        "The practice’s",
        "Deutsch",
        "English",
        "English (United Kingdom)",
    ]
    token = form.select_one("[name=csrf_token]")["value"]
    typed = {"csrf_token": token, "language": "en-GB", "told_of_assigned": "y"}
    assert visitor.client.post("/account/mails", data=typed).status_code == 303
    page = visitor.get("/account")
    assert page.one("#mails option[selected]")["value"] == "en-GB"
    assert page.one("#told_of_assigned").has_attr("checked")
    with app.app_context():
        member = db.session.scalars(select(Member).where(Member.email == ANA)).one()
        assert (member.language, member.told_of_assigned) == ("en-GB", True)
    refused = visitor.client.post("/account/mails", data={**typed, "language": "xx"})
    assert refused.status_code == 422
    assert "Please choose one of these languages." in refused.text
    back = {"csrf_token": token, "language": ""}
    assert visitor.client.post("/account/mails", data=back).status_code == 303
    with app.app_context():
        member = db.session.scalars(select(Member).where(Member.email == ANA)).one()
        assert (member.language, member.told_of_assigned) == (None, False)
