"""The first run in the browser, without JavaScript: from an empty database to what to do next."""

import re

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.actions.set_up import make_set_up_token
from portal.db import db
from portal.models import Activity, MailSettings, Member, Practice, SetUpToken, WeeklyHours
from tests.clinics import NOW
from tests.conftest import database_url  # noqa: F401  (here: both databases)
from tests.mail.mail_server import MailServer, free_port
from tests.web.conftest import Clock
from tests.web.visitor import Page, Visitor, fields

PASSWORD = "nine sheep in a red field"
TYPED = {
    "practice_name": "Donau Praxis",
    "zone": "Europe/Vienna",
    "currency": "EUR",
    "owner_name": "Ana Ruiz",
    "email": "Ana@example.com",
    "password": PASSWORD,
    "again": PASSWORD,
    "service_name": "First consultation",
    "weekdays": ["mon", "tue"],
}


@pytest.fixture
def token(app: Flask) -> str:
    """The token of the console."""
    with app.app_context():
        made = make_set_up_token(NOW)
    assert made
    return made


def send(
    visitor: Visitor,
    token: str,
    action: str = "/set-up",
    headers: dict[str, str] | None = None,
    **typed: object,
) -> Page:
    """Fill in the form of the page and send it."""
    form = visitor.get(f"/set-up?token={token}").one("form")
    values = {**fields(form), **TYPED, **typed}
    return Page(
        visitor.client.post(action, data=values, headers=headers or {}, follow_redirects=True)
    )


def test_every_way_in_leads_to_where_the_token_is(visitor: Visitor) -> None:
    for address in ("/", "/sign-in", "/practice/services", "/set-up", "/set-up?token=wrong"):
        shown = visitor.get(address)
        assert shown.status == 404
        assert "This clinic isn’t set up yet" in shown.text
        assert "on the console" in shown.text


def test_opening_the_page_changes_nothing(visitor: Visitor, app: Flask, token: str) -> None:
    visitor.get(f"/set-up?token={token}")
    assert visitor.get(f"/set-up?token={token}").status == 200
    with app.app_context():
        assert db.session.get(SetUpToken, 1)
        assert not db.session.get(Practice, 1)


def test_tokens_cannot_be_tried_out(visitor: Visitor, token: str, time: Clock) -> None:
    statuses = [visitor.get(f"/set-up?token={number}").status for number in range(21)]
    assert statuses == [404] * 20 + [429]


def test_the_right_token_is_no_try(visitor: Visitor, token: str, time: Clock) -> None:
    assert {visitor.get(f"/set-up?token={token}").status for _ in range(25)} == {200}


def test_the_form_makes_the_clinic_and_signs_its_owner_in(
    visitor: Visitor, app: Flask, token: str, time: Clock
) -> None:
    shown = send(visitor, token)
    assert shown.url == "/practice/services"
    assert "Ana Ruiz" in shown.text
    assert "First consultation" in shown.text
    with app.app_context():
        assert db.session.get_one(Practice, 1).timezone == "Europe/Vienna"
        [owner] = db.session.scalars(select(Member))
        assert (owner.email, owner.is_owner) == ("ana@example.com", True)
        assert [h.weekday for h in db.session.scalars(select(WeeklyHours))] == [0, 1]
        assert db.session.scalars(select(Activity)).all()
    assert visitor.get("/practice/settings").status == 200


def test_afterwards_the_page_is_gone(visitor: Visitor, app: Flask, token: str) -> None:
    other = Visitor(app.test_client())
    form = fields(other.get(f"/set-up?token={token}").one("form"))
    send(visitor, token)
    shown = other.get(f"/set-up?token={token}")
    assert shown.status == 404
    assert "set up already" in shown.text
    late = Page(other.client.post("/set-up", data={**form, **TYPED}))
    assert late.status == 404
    assert "set up already. Its team can sign in." in late.text
    assert other.get("/").url.startswith("/sign-in")


def test_what_can_be_done_next_gets_shorter(
    visitor: Visitor, app: Flask, token: str, time: Clock
) -> None:
    shown = send(visitor, token)
    steps = shown.all(".next li")
    assert "2 of 8 done" in shown.text
    assert steps == [
        "Invite a colleague",
        "Share a service with your team",
        "Make a package",
        "Invite a client, or share a package’s link",
        "Set up mail",
        "Add your logo and colour",
    ]
    app.config["MAIL_SERVER"] = "smtp.example.com"
    assert "Set up mail" not in visitor.get("/practice/services").all(".next li")


def test_on_the_solo_plan_nothing_is_said_of_a_team(visitor: Visitor, token: str) -> None:
    steps = send(visitor, token, plan="solo", weekdays=[]).all(".next li")
    assert "Invite a colleague" not in steps
    assert "Share a service with your team" not in steps
    assert "Set your weekly hours" in steps


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        pytest.param({"practice_name": " "}, "Please fill this in.", id="no name"),
        pytest.param({"zone": "Middle/Earth"}, "There is no time zone", id="no such zone"),
        pytest.param({"currency": "XXY"}, "Please choose a currency.", id="no such currency"),
        pytest.param({"email": "ana"}, "This isn’t an email address.", id="no address"),
        pytest.param({"password": "short", "again": "short"}, "at least 10", id="short password"),
        pytest.param({"again": "another password"}, "the same password", id="not the same"),
        pytest.param({"minutes": "0"}, "a whole number from 1", id="no minutes"),
        pytest.param({"delivery": []}, "Please choose at least one.", id="no delivery"),
        pytest.param({"start": "17:00", "end": "09:00"}, "later than", id="backwards"),
        pytest.param({"kind": "robot"}, "Please choose one of these.", id="no such kind"),
        pytest.param(
            {"server": "mail host", "sender": "a@example.com"}, "such as smtp", id="no such host"
        ),
        pytest.param({"server": "mail", "sender": ""}, "Please fill this in.", id="no sender"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    visitor: Visitor, app: Flask, token: str, typed: dict[str, object], sentence: str
) -> None:
    shown = send(visitor, token, **typed)
    assert shown.status == 422
    [error] = shown.all(".error")
    assert sentence in error
    assert shown.one("#owner_name")["value"] == "Ana Ruiz"
    assert not shown.one("#password").get("value")
    with app.app_context():
        assert not db.session.get(Practice, 1)


def test_hours_that_end_at_midnight_and_an_owner_without_hours(
    visitor: Visitor, app: Flask, token: str
) -> None:
    send(visitor, token, start="18:00", end="00:00")
    with app.app_context():
        rows = db.session.scalars(select(WeeklyHours)).all()
        assert {(row.start_minute, row.end_minute) for row in rows} == {(1080, 1440)}


def test_a_test_mail_shows_the_conversation_and_stores_nothing(
    visitor: Visitor, app: Flask, token: str
) -> None:
    server = MailServer(port=free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    mail = {
        "server": "127.0.0.1",
        "port": str(server.port),
        "security": "none",
        "sender": "clinic@example.com",
        "owner_name": "",
    }
    shown = send(visitor, token, "/set-up/test-mail", **mail)
    controller.stop()
    assert shown.status == 200
    assert "The server took the test for ana@example.com" in shown.text
    assert "→ " in shown.one("pre").get_text()
    assert len(server.mails) == 1
    # The whole page, with what was typed.
    assert shown.one("#practice_name")["value"] == "Donau Praxis"
    again = send(
        visitor,
        token,
        "/set-up/test-mail",
        {"HX-Request": "true", "HX-Request-Type": "partial"},
        **mail,
    )
    assert not again.soup.select("html")
    assert "Nothing answers at this port" in again.one("#conversation").get_text()
    with app.app_context():
        assert not db.session.get(MailSettings, 1)


def test_a_test_mail_says_what_it_lacks(visitor: Visitor, token: str) -> None:
    shown = send(visitor, token, "/set-up/test-mail", email="", server="")
    assert shown.status == 422
    assert "Mail server: Please fill this in." in shown.one("#conversation").get_text()
    assert "Your email address: Please fill this in." in shown.one("#conversation").get_text()


def test_the_test_mail_needs_the_token_too(client: FlaskClient, token: str) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = False
    assert client.post("/set-up/test-mail", data={"token": "wrong"}).status_code == 404


def test_up_prints_the_address_with_a_token_until_there_is_a_clinic(
    app: Flask, visitor: Visitor
) -> None:
    from portal.cli.up import _what_to_open

    with app.app_context():
        lines = "\n".join(_what_to_open())
    found = re.search(r"/set-up\?token=[\w-]{22}", lines)
    assert found
    assert visitor.get(found[0]).status == 200
    send(visitor, found[0].partition("=")[2])
    with app.app_context():
        assert "set-up" not in "\n".join(_what_to_open())
