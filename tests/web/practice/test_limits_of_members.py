"""Whoever gets hold of a member's browser can't mail the town, or try out passwords, all day."""

import io
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.db import db
from portal.models import ClientImport, Invite, Message
from portal.tokens import new_token
from tests.clinics import ANA, BEN
from tests.mail.laid_out import text_of
from tests.web.practice.people import PASSWORD, csrf_token, try_to_sign_in
from tests.web.visitor import Page, Visitor

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]
A_FILE = "name,email\nKim Doe,kim@example.com\n"


def post(browser: FlaskClient, address: str, **fields: object) -> int:
    data = {"csrf_token": csrf_token(browser, "/practice/services"), **fields}
    return browser.post(address, data=data).status_code


def a_file() -> tuple[io.BytesIO, str]:
    return io.BytesIO(A_FILE.encode()), "clients.csv"


def test_invites_are_counted_whoever_they_are_for(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic()
    app.config["INVITES"] = "2 per hour"
    browser, colleague = sign_in(ANA), sign_in(BEN)
    to_eve = {"name": "Eve Lund", "email": "eve@example.com", "kind": "practitioner"}
    assert post(browser, "/team/invitations", **to_eve) == 303
    assert post(browser, "/packages/1/invitations", client="1", token=new_token()) == 303
    assert post(browser, "/packages/1/invitations", client="1", token=new_token()) == 429
    assert post(browser, "/team/invitations/1/mails") == 429
    with app.app_context():
        assert db.session.query(Invite).count() == 1
    # Each member has their own.
    assert post(colleague, "/packages/1/invitations", client="1", token=new_token()) != 429


def test_tests_of_a_mail_server_are_counted(clinic: Clinic, sign_in: SignIn, app: Flask) -> None:
    clinic()
    app.config["TEST_MAILS"] = "1 per hour"
    browser = sign_in(ANA)
    assert post(browser, "/practice/settings/mail/test") == 422
    assert post(browser, "/practice/settings/mail/test") == 429


def test_files_of_clients_are_counted(clinic: Clinic, sign_in: SignIn, app: Flask) -> None:
    clinic()
    app.config["IMPORTS"] = "1 per hour"
    browser = sign_in(ANA)
    assert post(browser, "/clients/imports", file=a_file()) == 303
    assert post(browser, "/clients/imports", file=a_file()) == 429
    with app.app_context():
        assert db.session.query(ClientImport).count() == 1


def test_files_with_clients_data_are_counted(clinic: Clinic, sign_in: SignIn, app: Flask) -> None:
    clinic()
    app.config["EXPORTS"] = "1 per hour"
    browser = sign_in(ANA)
    assert post(browser, "/clients/export") == 200
    assert post(browser, "/clients/export") == 429


@pytest.mark.parametrize("address", [ANA, "nobody@example.com"])
def test_passwords_of_one_address_cannot_be_tried_from_everywhere(
    clinic: Clinic, app: Flask, address: str
) -> None:
    clinic()
    app.config["PASSWORD_TRIES"] = "3 per hour"

    def tried(number: int, email: str, password: str) -> int:
        browser = app.test_client()
        data = {"csrf_token": csrf_token(browser, "/sign-in"), "email": email, "password": password}
        elsewhere = {"REMOTE_ADDR": f"198.51.100.{number}"}
        return browser.post("/sign-in", data=data, environ_base=elsewhere).status_code

    written = (address, address.upper(), f" {address} ")
    assert [tried(number, email, "no") for number, email in enumerate(written)] == [422] * 3
    assert tried(4, address, PASSWORD) == 429
    assert tried(5, BEN, PASSWORD) == 302


def test_whoever_is_locked_out_by_others_is_told_and_gets_in_with_a_new_password(
    clinic: Clinic, app: Flask
) -> None:
    clinic()
    app.config["PASSWORD_TRIES"] = "2 per 10 minutes; 3 per day"
    for number in range(4):
        somebody = app.test_client()
        somebody.environ_base["REMOTE_ADDR"] = f"198.51.100.{number}"
        for address in (ANA, BEN):
            try_to_sign_in(somebody, address, "no")
    refused = Page(try_to_sign_in(app.test_client(), ANA))
    assert refused.status == 429
    assert "too many tries for this account" in refused.text
    assert "from your connection" not in refused.text
    visitor = Visitor(app.test_client())
    (way,) = refused.soup.select("#problem a")
    page = visitor.get(str(way["href"]))
    visitor.press(page, "Mail me a link", email=ANA)
    # Asking for the link opens nothing; the new password does.
    assert try_to_sign_in(app.test_client(), ANA).status_code == 429
    with app.app_context():
        mail = text_of(db.session.scalars(select(Message)).one())
    link = re.search(r"/forgotten-password/\S+", mail)
    assert link
    new = "correct horse battery"
    visitor.press(visitor.get(link[0]), "Save the new password", password=new, again=new)
    assert try_to_sign_in(app.test_client(), ANA, new).status_code == 302
    assert try_to_sign_in(app.test_client(), BEN).status_code == 429
    # And from then on it's counted as ever.
    tries = [try_to_sign_in(app.test_client(), ANA, "no").status_code for _number in range(2)]
    assert tries == [422, 429]


def test_whoever_finds_a_browser_open_cannot_try_out_the_password(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic()
    browser = sign_in(ANA)
    app.config["PASSWORD_TRIES"] = "2 per hour"
    tries = [post(browser, "/account/confirmation", password="no") for _number in range(3)]
    assert tries[2] == 429
    assert 429 not in tries[:2]
