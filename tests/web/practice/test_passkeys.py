"""Passkeys as far as they go without a browser: what is asked of it, and what isn't believed.

A whole ceremony, with keys, is in tests/browser/test_passkeys.py.
"""

import json
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.db import db
from portal.models import Act, Activity, Member, Message, Passkey
from portal.transaction import transaction
from tests.clinics import ANA, BEN, NOW
from tests.mail.laid_out import text_of
from tests.web.practice.people import PASSWORD, csrf_token
from tests.web.visitor import Page, Visitor

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]


def add_passkey(app: Flask, email: str = ANA, usage: str = "first") -> int:
    """Put a passkey into the database that nobody can use."""
    with app.app_context(), transaction() as session:
        member = session.scalars(select(Member).where(Member.email == email)).one()
        passkey = Passkey(
            user_id=member.id,
            credential_id=f"key {email} {usage}".encode(),
            public_key=b"key",
            backup_state=False,
            device_type="single_device",
            create_datetime=NOW,
            lastuse_datetime=NOW,
            name=f"Phone of {email}",
            usage=usage,
        )
        session.add(passkey)
        session.flush()
        return passkey.id


def start(browser: FlaskClient, name: str = "My phone", usage: str = "first") -> Page:
    visitor = Visitor(browser)
    page = visitor.get("/account/passkeys/new")
    return visitor.press(page, "Continue", name=name, usage=usage)


def asked(page: Page) -> dict[str, object]:
    """What the page asks of the browser."""
    found: dict[str, object] = json.loads(str(page.one("[data-passkey]")["data-options"]))
    return found


def left(app: Flask) -> int:
    with app.app_context():
        return len(db.session.scalars(select(Passkey)).all())


def test_a_new_passkey_is_for_the_site_of_the_base_url(clinic: Clinic, app: Flask) -> None:
    clinic()
    app.config["BASE_URL"] = "https://book.example.com:8443"
    browser = app.test_client()
    Visitor(browser).press(
        Visitor(browser).get("/sign-in"), "Sign in", email=ANA, password=PASSWORD
    )
    options = asked(start(browser))
    assert options["rp"] == {"id": "book.example.com", "name": "Riverside Clinic"}
    assert options["user"]["displayName"] == "Ana Ruiz"  # type: ignore[index]


def test_instead_of_a_password_it_must_know_its_owner(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    browser = sign_in(ANA)
    first = asked(start(browser))["authenticatorSelection"]
    second = asked(start(browser, usage="secondary"))["authenticatorSelection"]
    words = ("residentKey", "userVerification")
    assert [first[word] for word in words] == ["required", "required"]  # type: ignore[index]
    assert [second[word] for word in words] == ["discouraged"] * 2  # type: ignore[index]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": ""}, "Please fill this in."),
        ({"name": "x" * 65}, "Please use at most 64 characters."),
        ({"name": f"Phone of {ANA}"}, "You have a passkey of this name already."),
        ({"usage": "both"}, "Please choose one of these."),
    ],
    ids=["no name", "long name", "same name", "no such use"],
)
def test_a_form_that_wont_do_says_why(
    clinic: Clinic, app: Flask, sign_in: SignIn, typed: dict[str, str], sentence: str
) -> None:
    clinic()
    add_passkey(app)
    page = start(sign_in(ANA), **typed)
    assert (page.status, page.all(".error")) == (422, [sentence])


def test_the_page_says_that_it_needs_javascript(clinic: Clinic, app: Flask) -> None:
    clinic()
    visitor = Visitor(app.test_client())
    page = visitor.press(visitor.get("/sign-in"), "Sign in with a passkey")
    assert "Passkeys need JavaScript" in page.one("noscript").get_text()
    assert page.all(".aside a") == ["Sign in with your password"]


def test_the_sign_in_page_tells_nobody_which_passkeys_there_are(clinic: Clinic, app: Flask) -> None:
    clinic()
    add_passkey(app)
    visitor = Visitor(app.test_client())
    page = visitor.press(visitor.get("/sign-in"), "Sign in with a passkey", identity=ANA)
    assert asked(page)["allowCredentials"] == []
    assert asked(page)["userVerification"] == "required"


ANSWERS = ["", "x", "{}", "[]", "null", '{"id": "x"}', "\x00", "9" * 5000]


@pytest.mark.parametrize("answer", ANSWERS, ids=ascii)
def test_nonsense_signs_nobody_in(clinic: Clinic, app: Flask, answer: str) -> None:
    clinic()
    visitor = Visitor(app.test_client())
    page = visitor.press(visitor.get("/sign-in"), "Sign in with a passkey")
    form = page.one("[data-passkey]")
    data = {"csrf_token": str(form.select("[name=csrf_token]")[0]["value"]), "credential": answer}
    page = Visitor(visitor.client).get(visitor.client.post(str(form["action"]), data=data).location)
    assert page.url == "/sign-in/passkey"
    assert "This passkey wasn’t accepted." in page.text
    assert visitor.get("/practice/services").url.startswith("/sign-in")


@pytest.mark.parametrize("answer", ANSWERS, ids=ascii)
def test_nonsense_adds_no_passkey(clinic: Clinic, app: Flask, sign_in: SignIn, answer: str) -> None:
    clinic()
    browser = sign_in(ANA)
    form = start(browser).one("[data-passkey]")
    data = {"csrf_token": csrf_token(browser, "/account"), "credential": answer}
    page = Visitor(browser).get(browser.post(str(form["action"]), data=data).location)
    assert "The passkey wasn’t added." in page.text
    assert left(app) == 0


def test_a_made_up_challenge_is_not_ours(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic()
    browser = sign_in(ANA)
    data = {"csrf_token": csrf_token(browser, "/account"), "credential": "{}"}
    answer = browser.post("/account/passkeys/new/made.up.challenge", data=data)
    assert answer.location == "/account/passkeys/new"
    visitor = app.test_client()
    data["csrf_token"] = csrf_token(visitor, "/sign-in")
    answer = visitor.post("/sign-in/passkey/made.up.challenge", data=data)
    assert answer.location == "/sign-in/passkey"


def test_a_passkey_is_listed_and_removed(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic()
    add_passkey(app)
    browser = sign_in(ANA)
    visitor = Visitor(browser)
    page = visitor.get("/account")
    (row,) = page.all("#passkeys li")
    assert row.startswith(f"Phone of {ANA} instead of the password")
    page = visitor.press(page, "Remove")
    assert "The passkey is removed." in page.text
    assert page.all("#passkeys li") == []
    with app.app_context():
        assert Act.PASSKEY_REMOVED.value in db.session.scalars(select(Activity.act)).all()
        assert "was removed" in text_of(db.session.scalars(select(Message)).one())


def test_another_persons_passkey_isnt_there(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic()
    number = add_passkey(app, ANA)
    browser = sign_in(BEN)
    data = {"csrf_token": csrf_token(browser, "/account")}
    for unknown in (number, number + 1000):
        path = f"/account/passkeys/{unknown}/removal"
        assert browser.post(path, data=data).status_code == 404
    assert left(app) == 1


def test_a_passkey_besides_the_password_is_asked_for_after_it(clinic: Clinic, app: Flask) -> None:
    clinic()
    add_passkey(app, usage="secondary")
    visitor = Visitor(app.test_client())
    page = visitor.press(visitor.get("/sign-in"), "Sign in", email=ANA, password=PASSWORD)
    assert page.all("h1") == ["Your passkey"]
    page = visitor.press(page, "Use my passkey")
    (allowed,) = asked(page)["allowCredentials"]  # type: ignore[misc]
    assert allowed["type"] == "public-key"  # type: ignore[index]
    assert visitor.get("/practice/services").url.startswith("/sign-in?")


def test_whoever_has_both_chooses_and_the_last_second_factor_takes_the_codes_along(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    from tests.web.practice.test_two_factor import turn_on

    clinic()
    browser = sign_in(ANA)
    add_passkey(app, usage="secondary")
    account = Visitor(browser).get("/account")
    assert "You have no recovery codes." in account.text
    turn_on(browser)

    def second_step(way: str) -> Page:
        visitor = Visitor(app.test_client())
        page = visitor.press(visitor.get("/sign-in"), "Sign in", email=ANA, password=PASSWORD)
        assert page.all("h1") == ["Second step"]
        return visitor.press(page, way)

    assert second_step("With a code of my app").all("h1") == ["Your code"]
    assert second_step("With a passkey").all("h1") == ["Your passkey"]
    visitor = Visitor(browser)
    page = visitor.press(visitor.get("/account"), "Turn off")
    assert "8 codes are left" in page.text
    page = visitor.press(page, "Remove")
    assert "codes are left" not in page.text


def test_a_way_that_isnt_offered_is_refused(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    from tests.web.practice.test_two_factor import turn_on

    clinic()
    turn_on(sign_in(ANA))
    add_passkey(app, usage="secondary")
    visitor = Visitor(app.test_client())
    page = visitor.press(visitor.get("/sign-in"), "Sign in", email=ANA, password=PASSWORD)
    token = str(page.one("main [name=csrf_token]")["value"])
    for which in ("", "sms", "email"):
        data = {"csrf_token": token, "which": which}
        assert visitor.client.post("/sign-in/second-step", data=data).status_code == 422
