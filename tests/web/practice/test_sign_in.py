"""Signing in and out: who can, what a stranger learns, and where it leads."""

from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password
from sqlalchemy import select, update

from portal.actions.accounts import renew_hash
from portal.db import db
from portal.models import Member
from portal.transaction import transaction
from tests.clinics import ANA, BEN, NOW
from tests.conftest import LIGHT_HASHES
from tests.web.practice.people import FRAGMENT, PASSWORD, csrf_token, soup, try_to_sign_in, words
from tests.web.stopwatch import least_seconds

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]


def change(app: Flask, whose: str, **values: object) -> None:
    with app.app_context(), transaction() as session:
        session.execute(update(Member).where(Member.email == whose).values(**values))


def test_a_member_signs_in_and_lands_on_my_services(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    page = sign_in(ANA).get("/practice/services")
    assert words(soup(page).h1) == "My Services"
    assert "Ana Ruiz" in page.text


def test_passwords_are_argon2id_hashes(clinic: Clinic, app: Flask) -> None:
    clinic()
    with app.app_context():
        password = db.session.scalars(select(Member.password)).first()
        assert password
        assert password.startswith("$argon2id$")


def test_a_hash_takes_the_work_that_makes_guessing_slow(fresh_app: Flask) -> None:
    with fresh_app.app_context():
        assert "$m=19456,t=2,p=1$" in hash_password(PASSWORD)


def test_a_weaker_hash_is_made_anew_when_its_member_signs_in(
    clinic: Clinic, app: Flask, real_hashes: None
) -> None:
    clinic()
    weaker = app.extensions["security"].pwd_context.copy(**LIGHT_HASHES)
    for whose in (ANA, BEN):
        change(app, whose, password=weaker.hash(PASSWORD))
    assert try_to_sign_in(app.test_client(), ANA, "wrong").status_code == 422
    assert "$m=19456," not in hash_of(app, ANA)
    for _ in range(2):
        assert try_to_sign_in(app.test_client(), ANA).status_code == 302
        assert "$m=19456," in hash_of(app, ANA)
    assert "$m=19456," not in hash_of(app, BEN)


def test_a_password_that_was_changed_meanwhile_stays(clinic: Clinic, app: Flask) -> None:
    clinic()
    with app.app_context():
        ana = db.session.scalars(select(Member).where(Member.email == ANA)).one()
        renew_hash(ana.id, "the hash that was there when it was typed", "another")
    assert try_to_sign_in(app.test_client(), ANA).status_code == 302


def hash_of(app: Flask, email: str) -> str:
    with app.app_context():
        return db.session.scalars(select(Member.password).where(Member.email == email)).one() or ""


def test_the_hash_needs_no_secret_that_can_be_lost(clinic: Clinic, app: Flask) -> None:
    clinic()
    app.config["SECURITY_PASSWORD_SALT"] = "another"
    assert try_to_sign_in(app.test_client(), ANA).status_code == 302


@pytest.mark.parametrize(
    "make_impossible",
    [
        pytest.param({"email": "nobody@example.com"}, id="unknown address"),
        pytest.param({"password": "wrong"}, id="wrong password"),
        pytest.param({"deactivated_at": NOW}, id="deactivated"),
        pytest.param({"password": None}, id="no password yet"),
    ],
)
def test_there_is_one_answer_for_all_that_is_wrong(
    clinic: Clinic, app: Flask, make_impossible: dict[str, object]
) -> None:
    clinic()
    change(app, ANA, **make_impossible)
    change(app, BEN, password=None)
    answers = [try_to_sign_in(app.test_client(), email) for email in (ANA, BEN)]
    assert [answer.status_code for answer in answers] == [422, 422]
    first, second = (soup(answer).main for answer in answers)
    for main in (first, second):
        for field in main.find_all("input"):
            del field["value"]
    assert first == second
    assert "The address or the password isn’t right." in words(first)


@pytest.mark.usefixtures("real_hashes")
def test_an_unknown_address_takes_as_long_as_a_wrong_password(clinic: Clinic, app: Flask) -> None:
    clinic()
    app.config["SIGN_IN_TRIES"] = "100 per minute"

    def sign_in_as(email: str) -> Callable[[], object]:
        browser = app.test_client()
        token = csrf_token(browser, "/sign-in")
        data = {"csrf_token": token, "email": email, "password": "wrong"}
        return lambda: browser.post("/sign-in", data=data)

    known, unknown = least_seconds(sign_in_as(ANA), sign_in_as("nobody@example.com"))
    assert 0.5 < known / unknown < 2


@pytest.mark.parametrize(
    "password",
    ["", " ", "x" * 5000, "\x00", "ä" * 999],
    ids=["none", "space", "long", "nul", "wide"],
)
def test_no_password_breaks_it(clinic: Clinic, app: Flask, password: str) -> None:
    clinic()
    assert try_to_sign_in(app.test_client(), ANA, password).status_code == 422


@pytest.mark.parametrize("email", ["", "a\x00b@example.com", "ana", "a@b, c@d", "'; --@x.org"])
def test_no_address_breaks_it(clinic: Clinic, app: Flask, email: str) -> None:
    clinic()
    assert try_to_sign_in(app.test_client(), email).status_code == 422


def test_too_many_tries_are_put_off(clinic: Clinic, app: Flask) -> None:
    clinic()
    app.config["SIGN_IN_TRIES"] = "3 per minute"
    statuses = [try_to_sign_in(app.test_client(), ANA, "wrong").status_code for _ in range(4)]
    assert statuses == [422, 422, 422, 429]
    assert try_to_sign_in(app.test_client(), ANA).status_code == 429


def test_the_session_is_a_new_one_after_signing_in(clinic: Clinic, app: Flask) -> None:
    clinic()
    browser = app.test_client()
    with browser.session_transaction() as session:
        session["planted"] = "by somebody else"
    before = csrf_token(browser, "/sign-in")
    data = {"csrf_token": before, "email": ANA, "password": PASSWORD}
    assert browser.post("/sign-in", data=data).status_code == 302
    with browser.session_transaction() as session:
        assert "planted" not in session
    assert csrf_token(browser, "/practice/services") != before


INSIDE = ["/outbox", "/outbox?state=sent", "/packages/1/invitations"]
OUTSIDE = [
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    " //evil.example",
    "javascript:alert(1)",
    "https:evil.example",
    "http://localhost@evil.example",
]


@pytest.mark.parametrize("address", INSIDE)
def test_next_leads_on_within_the_site(clinic: Clinic, app: Flask, address: str) -> None:
    clinic()
    answer = try_to_sign_in(app.test_client(), ANA, next=address)
    assert answer.status_code == 302
    assert answer.location == address


@pytest.mark.parametrize("address", OUTSIDE, ids=ascii)
def test_next_leads_nowhere_else(clinic: Clinic, app: Flask, address: str) -> None:
    clinic()
    answer = try_to_sign_in(app.test_client(), ANA, next=address)
    assert answer.status_code == 302, "what leads elsewhere is as good as nothing"
    where = answer.location
    # Browsers read a backslash as a slash and leave tabs out.
    where = where.replace("\\", "/").replace("\t", "").strip()
    assert urlsplit(urljoin("http://localhost/sign-in", where)).netloc == "localhost"
    if "\\" in address:
        assert answer.location == "/calendar?view=day", "rather than a page that isn’t there"


def test_somebody_who_is_not_signed_in_is_led_back_afterwards(clinic: Clinic, app: Flask) -> None:
    clinic()
    browser = app.test_client()
    answer = browser.get("/outbox?state=failed")
    assert answer.status_code == 303
    assert answer.location == "/sign-in?next=/outbox?state%3Dfailed"
    field = soup(browser.get(answer.location)).find("input", attrs={"name": "next"})
    assert field["value"] == "/outbox?state=failed"


def test_a_fragment_never_gets_a_sign_in_page(clinic: Clinic, app: Flask) -> None:
    clinic()
    answer = app.test_client().get("/packages/1/share", headers=FRAGMENT)
    assert answer.text == ""
    assert answer.headers["HX-Redirect"] == "/sign-in?next=/packages/1/share"


def test_a_deactivated_member_does_not_stay_signed_in(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    browser = sign_in(BEN)
    change(app, BEN, deactivated_at=NOW)
    assert browser.get("/practice/services").status_code == 303


def test_a_new_uniquifier_ends_every_session(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic()
    browser = sign_in(BEN)
    change(app, BEN, fs_uniquifier="another")
    assert browser.get("/practice/services").status_code == 303


def test_signing_out_takes_a_form_with_a_token(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    browser = sign_in(ANA)
    assert browser.get("/sign-out").status_code == 405
    assert browser.post("/sign-out").status_code == 400
    assert browser.get("/practice/services").status_code == 200
    token = csrf_token(browser, "/practice/services")
    assert browser.post("/sign-out", data={"csrf_token": token}).location == "/sign-in"
    assert browser.get("/practice/services").status_code == 303


def test_signing_in_needs_the_forms_token(clinic: Clinic, client: FlaskClient) -> None:
    clinic()
    assert client.post("/sign-in", data={"email": ANA, "password": PASSWORD}).status_code == 400


def test_what_flask_security_adds_beside_is_not_there(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    browser = sign_in(ANA)
    for path in (
        *("/verify", "/register", "/reset", "/confirm", "/login", "/fs-static/x.js"),
        *("/tf-setup", "/tf-rescue", "/mf-recovery-codes", "/wan-delete", "/change"),
    ):
        assert browser.get(path).status_code == 404
