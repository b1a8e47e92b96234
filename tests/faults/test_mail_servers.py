"""A mail server that is down, slow, refuses, or goes away in mid-sentence; and what staff see then.

Each fault is met by real messages over a real connection. The clinic waits for half a second where
it would wait for thirty, and the server that is slow is silent for that much longer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from flask.testing import FlaskClient

from portal import clock
from portal.db import db
from portal.mail import smtp
from portal.worker import send_due_mail
from tests.clinics import ANA, NOW
from tests.faults.certificates import of_ones_own_making
from tests.mail.laid_out import letter_of
from tests.mail.mail_server import MailServer, free_port, use_mail_server
from tests.mail.messages import invite_lee, messages
from tests.web.practice.people import soup, words

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]
LATER = timedelta(minutes=2)


@dataclass(frozen=True)
class Fault:
    """What the server does, the state of the message then, what staff read, and what arrived."""

    does: dict[str, Any]
    says: str
    state: str = "waiting"
    arrived: int = 0


FAULTS = {
    "down": Fault({"down": True}, "can’t be reached: Connection refused"),
    "slow": Fault({"pause": 0.8}, "timed out", arrived=1),
    "421 to the sender": Fault({"to_sender": "421 4.3.2 Closing"}, "421 4.3.2 Closing"),
    "421 to the message": Fault({"to_data": "421 4.3.2 Closing"}, "421 4.3.2 Closing", arrived=1),
    "451": Fault({"to_recipient": "451 4.7.1 Greylisted"}, "451 4.7.1 Greylisted"),
    "550": Fault({"to_recipient": "550 5.1.1 No such box"}, "550 5.1.1 No such box", "failed"),
    "no TLS": Fault({"tls": "refused"}, "STARTTLS extension not supported"),
    "certificate": Fault({"tls": "untrusted"}, "certificate isn’t trusted: self-signed"),
    "gone before the text": Fault({"to_recipient": "drop"}, "closed"),
    "gone after the text": Fault({"to_data": "drop"}, "closed", arrived=1),
}


@pytest.fixture
def clinic_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clinic waits for an answer for half a second."""
    patient = partial(smtp.open_connection, patience=timedelta(seconds=0.5))
    monkeypatch.setattr(smtp, "open_connection", patient)


@pytest.fixture
def untrusted(tmp_path: Path) -> Iterator[MailServer]:
    """A mail server with a certificate of its own making."""
    server, context = MailServer(port=free_port()), of_ones_own_making(tmp_path)
    controller = Controller(server, "127.0.0.1", server.port, tls_context=context)
    controller.start()
    yield server
    controller.stop()


@pytest.mark.usefixtures("clinic_waits")
@pytest.mark.parametrize("fault", [pytest.param(fault, id=name) for name, fault in FAULTS.items()])
def test_every_message_ends_up_sent_or_failed_and_staff_see_why(
    clinic: Clinic,
    app: Flask,
    mail_server: MailServer,
    untrusted: MailServer,
    sign_in: SignIn,
    time: Any,
    fault: Fault,
) -> None:
    clinic()
    browser = sign_in(ANA)
    with app.app_context():
        invite_lee()
        _let(app, mail_server, untrusted, fault.does)
        assert send_due_mail(clock.now()) == 0
        assert len(mail_server.mails) == fault.arrived
        assert fault.says in _row(browser, fault.state)
        assert ("Next try" in _row(browser, fault.state)) == (fault.state == "waiting")

        time.pass_(LATER)
        _let(app, mail_server, untrusted, {})
        if fault.state == "failed":
            assert send_due_mail(clock.now()) == 0
            _press(browser, ".rows form")
        assert send_due_mail(clock.now()) == 1
        assert "Sent Mon, Mar 1, 08:02" in _row(browser, "sent")
        assert send_due_mail(clock.now() + timedelta(days=2)) == 0
    assert len(mail_server.mails) == fault.arrived + 1
    assert len({mail["Message-ID"] for mail in mail_server.mails}) == 1


@pytest.mark.usefixtures("clinic_waits")
def test_many_go_over_one_connection_and_another_where_the_server_has_had_enough(
    clinic: Clinic, app: Flask, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic()
    with app.app_context():
        for number in range(4):
            invite_lee(f"{number:022}")
        assert send_due_mail(NOW) == 4
        assert mail_server.connections == 1
        # What one recipient's server refuses is no reason to hang up.
        for number in range(4, 7):
            invite_lee(f"{number:022}")
        monkeypatch.setattr(smtp, "MOST", 2)
        mail_server.connections = 0
        assert send_due_mail(NOW) == 3
        assert mail_server.connections == 2


@pytest.mark.usefixtures("clinic_waits")
@pytest.mark.parametrize("ends", ["hangs up", "421"])
def test_a_connection_that_ends_between_two_messages_costs_no_attempt(
    clinic: Clinic, app: Flask, mail_server: MailServer, ends: str
) -> None:
    clinic()
    sessions = []

    async def hang_up(server: Any, session: Any, envelope: Any, address: str, _o: Any) -> str:
        if session in sessions and ends == "421":
            return "421 4.7.0 Too many messages"
        sessions.append(session)
        envelope.mail_from = address
        if len(sessions) == 1 and ends == "hangs up":
            server.loop.call_later(0.1, server.transport.close)
        return "250 OK"

    mail_server.handle_MAIL = hang_up  # type: ignore[method-assign]
    with app.app_context():
        for number in range(3):
            invite_lee(f"{number:022}")
        with smtp.Post() as post:
            for message in messages():
                post.send(letter_of(message))
                if len(sessions) == 1:
                    sleep(0.3)
    assert len(mail_server.mails) == 3


def test_the_last_messages_failing_is_seen_on_every_page(
    clinic: Clinic, app: Flask, mail_server: MailServer, sign_in: SignIn, time: Any
) -> None:
    clinic()
    browser = sign_in(ANA)
    mail_server.to_recipient = "550 5.7.1 Relaying denied"
    with app.app_context():
        for number in range(3):
            invite_lee(f"{number:022}")
        send_due_mail(clock.now())
        page = soup(browser.get("/practice/services"))
        assert "550 5.7.1 Relaying denied" in words(page.select_one("main > .notice.warning"))
        mail_server.to_recipient = "250 OK"
        _press(browser, "form[action='/outbox/attempts']")
        assert send_due_mail(clock.now()) == 3
    page = soup(browser.get("/practice/services"))
    assert page.select_one("main > .notice.warning") is None


def _let(app: Flask, good: MailServer, untrusted: MailServer, does: dict[str, Any]) -> None:
    """Let the app's mail server do this, and nothing else that's wrong."""
    for name, usual in vars(MailServer()).items():
        if name.startswith("to_") or name == "pause":
            setattr(good, name, does.get(name, usual))
    tls, port = does.get("tls"), free_port() if does.get("down") else good.port
    use_mail_server(app, untrusted.port if tls == "untrusted" else port)
    app.extensions["mail"].use_tls = bool(tls)


def _row(browser: FlaskClient, state: str) -> str:
    db.session.rollback()
    page = soup(browser.get(f"/outbox?state={state}"))
    [row] = page.select(".rows > li")
    return words(row)


def _press(browser: FlaskClient, which: str) -> None:
    """Send a form of the page that lists what failed."""
    form = soup(browser.get("/outbox?state=failed")).select_one(which)
    assert form
    token = form.select_one("[name=csrf_token]")
    assert token
    answer = browser.post(str(form["action"]), data={"csrf_token": token["value"]})
    assert answer.status_code == 303
