"""The mail server's page: kept and tested, its password never shown and never sent elsewhere."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.clock import now
from portal.db import db
from portal.mail.servers import mail_server as server_in_use
from portal.models import MailSettings, Message
from portal.transaction import transaction
from tests.clinics import ANA, BEN
from tests.mail.mail_server import MailServer, free_port
from tests.web.practice.people import FRAGMENT
from tests.web.visitor import Page, fields

MAIL = "/practice/settings/mail"
TEST = f"{MAIL}/test"
TYPED = {
    "server": "smtp.example.com",
    "port": "587",
    "security": "starttls",
    "username": "ana",
    "smtp_password": "open sesame",
    "sender": "Clinic@Example.com",
}

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def smtp() -> Iterator[MailServer]:
    """A mail server on this machine, which the site knows nothing of."""
    server = MailServer(port=free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    yield server
    controller.stop()


def send(
    browser: FlaskClient, to: str = MAIL, headers: dict[str, str] | None = None, **typed: str
) -> Page:
    form = Page(browser.get(MAIL)).one("#mail-editor")
    data = {**fields(form), **typed}
    return Page(browser.post(to, data=data, headers=headers or {}, follow_redirects=True))


def test_only_those_who_may(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    assert sign_in(BEN).get(MAIL).status_code == 403


def test_it_is_stored_and_the_password_never_shown(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic()
    browser = sign_in(ANA)
    shown = send(browser, **TYPED)
    assert shown.all(".notice.good") == ["Saved."]
    assert "open sesame" not in shown.response.text
    with app.app_context():
        found = server_in_use()
        assert found
        assert (found.server, found.username) == ("smtp.example.com", "ana")
        assert (found.password, found.sender) == ("open sesame", "clinic@example.com")


def test_an_empty_password_keeps_the_stored_one(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic()
    browser = sign_in(ANA)
    send(browser, **TYPED)
    send(browser, port="2525")
    with app.app_context():
        found = server_in_use()
        assert found
        assert (found.port, found.password) == (2525, "open sesame")


@pytest.mark.parametrize("changed", [{"server": "evil.example.com"}, {"username": "ben"}])
@pytest.mark.parametrize("to", [MAIL, TEST])
def test_the_stored_password_goes_to_no_other_server(
    clinic: Clinic, sign_in: SignIn, app: Flask, changed: dict[str, str], to: str
) -> None:
    clinic()
    browser = sign_in(ANA)
    send(browser, **TYPED)
    shown = send(browser, to, **changed)
    assert shown.status == 422
    assert "please type the password again" in shown.text
    with app.app_context():
        assert db.session.get_one(MailSettings, 1).server == "smtp.example.com"


def test_without_a_user_the_password_is_forgotten(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic()
    browser = sign_in(ANA)
    send(browser, **TYPED)
    send(browser, username="")
    with app.app_context():
        assert db.session.get_one(MailSettings, 1).password_sealed is None


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        pytest.param({"server": ""}, "Please fill this in.", id="no server"),
        pytest.param({"server": "a b"}, "such as smtp.example.com", id="spaces"),
        pytest.param({"port": "70000"}, "from 1 to 65535", id="port"),
        pytest.param({"security": "magic"}, "choose one of these", id="security"),
        pytest.param({"sender": "clinic"}, "isn’t an email address", id="sender"),
        pytest.param({"smtp_password": ""}, "Please type the password.", id="password"),
    ],
)
def test_what_is_wrong_is_said_in_place(
    clinic: Clinic, sign_in: SignIn, app: Flask, typed: dict[str, str], sentence: str
) -> None:
    clinic()
    shown = send(sign_in(ANA), **{**TYPED, **typed})
    assert shown.status == 422
    [error] = shown.all(".error")
    assert sentence in error
    with app.app_context():
        assert db.session.get(MailSettings, 1) is None


@pytest.mark.parametrize("headers", [{}, FRAGMENT], ids=["page", "fragment"])
def test_a_test_goes_through_what_is_typed_and_stores_nothing(
    clinic: Clinic, sign_in: SignIn, app: Flask, smtp: MailServer, headers: dict[str, str]
) -> None:
    clinic()
    typed = {**TYPED, "server": "127.0.0.1", "port": str(smtp.port), "security": "none"}
    shown = send(sign_in(ANA), TEST, headers, **{**typed, "username": "", "smtp_password": ""})
    assert bool(shown.soup.select("html")) is not bool(headers)
    assert f"The server took the test for {ANA}" in shown.one("#conversation").get_text()
    assert "← 250 OK" in shown.one("pre").get_text()
    assert [mail["To"] for mail in smtp.mails] == [ANA]
    with app.app_context():
        assert db.session.get(MailSettings, 1) is None


def test_a_test_that_fails_says_what_to_change(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    typed = {**TYPED, "server": "127.0.0.1", "port": str(free_port())}
    shown = send(sign_in(ANA), TEST, FRAGMENT, **typed)
    assert "Nothing answers at this port" in shown.one(".notice.warning").get_text()
    assert "open sesame" not in shown.response.text


def test_a_test_that_lacks_something_says_what(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    shown = send(sign_in(ANA), TEST, FRAGMENT, **{**TYPED, "server": ""})
    assert shown.status == 422
    assert "Mail server: Please fill this in." in shown.one("#conversation").get_text()


def test_what_waits_for_its_next_attempt_is_due_with_the_new_server(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic()
    later, other = now() + timedelta(hours=5), {"kind": "trial", "recipient": ANA, "subject": "Hi"}
    with app.app_context(), transaction() as session:
        for attempts, error in ((4, "Connection refused"), (1, ""), (0, "")):
            session.add(
                Message(
                    **other,
                    event=f"trial:{attempts}",
                    message_id=f"{attempts}@example.com",
                    facts="{}",
                    created_at=now(),
                    due_at=later,
                    attempts=attempts,
                    last_error=error,
                )
            )
    send(sign_in(ANA), **TYPED)
    with app.app_context():
        due = db.session.scalars(select(Message.due_at).order_by(Message.id)).all()
    # The second is with a worker at this moment, the third was never meant for now.
    assert due[0] < later
    assert due[1:] == [later, later]


def test_it_is_removed(clinic: Clinic, sign_in: SignIn, app: Flask) -> None:
    clinic()
    browser = sign_in(ANA)
    form = send(browser, **TYPED).one("form[action$='/removal']")
    browser.post(str(form["action"]), data=fields(form))
    with app.app_context():
        assert db.session.get(MailSettings, 1) is None


def test_the_environments_server_is_shown_and_cannot_be_changed(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic()
    app.config["MAIL_SERVER"] = "smtp.example.com"
    shown = Page(sign_in(ANA).get(MAIL))
    assert "The environment names the mail server" in shown.text
    assert not shown.soup.select("#mail-editor")
    assert shown.soup.select(f"form[action='{TEST}']")


def test_another_secret_key_asks_for_the_password_again(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic()
    browser = sign_in(ANA)
    send(browser, **TYPED)
    with app.app_context(), transaction() as session:
        session.get_one(MailSettings, 1).password_sealed = "sealed with another key"
    shown = Page(browser.get(MAIL))
    assert "can’t be read any more" in shown.text
    assert "Please type the password." in send(browser).text
