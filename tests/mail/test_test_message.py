"""Sending a test: what was said, without the password, and what to change when it fails."""

import base64
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from flask import Flask

from portal.db import db
from portal.mail import test_message
from portal.mail.servers import MailServer
from portal.mail.test_message import Conversation, send_test_message
from portal.models import MailSecurity
from tests.faults.certificates import of_ones_own_making
from tests.mail.mail_server import MailServer as RealServer
from tests.mail.mail_server import free_port

PASSWORD = "open sesame"


@pytest.fixture
def port(app: Flask) -> Iterator[int]:
    """A port that nobody listens on, in the app's context."""
    with app.app_context():
        yield free_port()


def send(port: int, security: str = "none", **changes: object) -> Conversation:
    values: dict[str, object] = {"username": None, "password": None, "server": "127.0.0.1"}
    server = MailServer(
        port=port,
        security=MailSecurity(security),
        sender="clinic@example.com",
        **{**values, **changes},  # type: ignore[arg-type]
    )
    return send_test_message(server, "ana@example.com", "Riverside Clinic")


def test_a_message_arrives_and_the_conversation_is_shown(
    app: Flask, mail_server: RealServer
) -> None:
    with app.app_context():
        conversation = send(mail_server.port)
    [mail] = mail_server.mails
    assert mail["Subject"] == "Riverside Clinic: mail works"
    assert mail["To"] == "ana@example.com"
    assert "This is a test from the booking portal" in mail.get_body(("plain",)).get_content()
    assert conversation.advice == ""
    said = "\n".join(conversation.lines)
    assert "→ rcpt TO:<ana@example.com>" in said.replace("RCPT", "rcpt")
    assert "← 250 OK" in said


def test_the_password_is_masked_however_it_is_asked_for(port: int) -> None:
    given: list[bytes] = []

    def authenticate(_server: Any, _session: Any, _envelope: Any, _how: str, data: Any) -> Any:
        given.append(data.password)
        return AuthResult(success=True)

    for method in ("LOGIN", "PLAIN"):
        controller = Controller(
            RealServer(),
            hostname="127.0.0.1",
            port=port,
            authenticator=authenticate,
            auth_require_tls=False,
            auth_exclude_mechanism=[{"LOGIN": "PLAIN", "PLAIN": "LOGIN"}[method]],
        )
        controller.start()
        conversation = send(port, username="ana", password=PASSWORD)
        controller.stop()
        assert conversation.advice == "", conversation.lines
        said = "\n".join(conversation.lines)
        assert f"AUTH {method} ••••••" in said
        for secret in (PASSWORD, "ana\0", "\0ana\0" + PASSWORD):
            assert base64.b64encode(secret.encode()).decode().rstrip("=") not in said
        assert PASSWORD not in said
    assert given == [PASSWORD.encode()] * 2


@pytest.mark.parametrize(
    ("step", "answer", "words"),
    [
        pytest.param("to_recipient", "550 5.7.1 No relaying", "recipient", id="recipient"),
        pytest.param("to_recipient", "530 5.7.0 Auth first", "user name and a pass", id="no user"),
        pytest.param("to_recipient", "530 Issue STARTTLS first", "Choose STARTTLS", id="no tls"),
        pytest.param("to_data", "554 5.6.0 Spam", "Its answer above", id="data"),
        pytest.param("to_data", "drop", "hung up", id="hung up"),
    ],
)
def test_a_refusal_says_what_to_change(
    app: Flask, mail_server: RealServer, step: str, answer: str, words: str
) -> None:
    setattr(mail_server, step, answer)
    with app.app_context():
        conversation = send(mail_server.port)
    assert words in conversation.advice
    if answer != "drop":
        assert any(answer in line for line in conversation.lines)


def test_a_sender_of_somebody_elses_is_refused(app: Flask, mail_server: RealServer) -> None:
    mail_server.to_sender = "553 5.7.1 Sender address rejected: not owned by user"
    with app.app_context():
        conversation = send(mail_server.port)
    assert "Use an address of your account" in conversation.advice


def test_a_wrong_password_is_told_and_not_shown(port: int) -> None:
    controller = Controller(
        RealServer(),
        hostname="127.0.0.1",
        port=port,
        authenticator=lambda *_: AuthResult(success=False, handled=False),
        auth_require_tls=False,
    )
    controller.start()
    conversation = send(port, username="ana", password=PASSWORD)
    controller.stop()
    assert "doesn’t accept the user name or the password" in conversation.advice
    assert PASSWORD not in "".join(conversation.lines)


@pytest.mark.parametrize(("trusted", "words"), [(False, "isn’t trusted"), (True, "to this name")])
def test_a_certificate_that_nobody_vouches_for_or_of_another_name(
    port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool, words: str
) -> None:
    context = of_ones_own_making(tmp_path)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
    controller = Controller(RealServer(), "127.0.0.1", port, tls_context=context)
    controller.start()
    conversation = send(port, "starttls")
    controller.stop()
    assert words in conversation.advice, conversation.lines


def test_a_server_without_starttls_or_users_says_so(app: Flask, mail_server: RealServer) -> None:
    with app.app_context():
        assert "knows no STARTTLS" in _known(send(mail_server.port, "starttls").advice)
        assert (
            "user and password empty"
            in send(mail_server.port, username="ana", password=PASSWORD).advice
        )
        assert "no TLS from the first byte" in send(mail_server.port, "tls").advice


def _known(advice: str) -> str:
    return advice.replace("doesn’t know STARTTLS", "knows no STARTTLS")


def test_nobody_there_or_no_such_name(port: int) -> None:
    assert "Nothing answers at this port" in send(port).advice
    assert "no server of this name" in send(25, server="nowhere.invalid").advice


def test_a_silent_server_is_not_waited_for_long(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_message, "PATIENCE", test_message.PATIENCE / 50)
    with closing(socket.create_server(("127.0.0.1", port))) as listener:
        accepted: list[socket.socket] = []
        thread = threading.Thread(target=lambda: accepted.append(listener.accept()[0]))
        thread.start()
        conversation = send(port)
        thread.join()
        accepted[0].close()
    assert "said nothing for ten seconds" in conversation.advice


def test_no_transaction_is_open_meanwhile(
    app: Flask, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_ones = []
    monkeypatch.setattr(
        test_message, "deliver", lambda *_: open_ones.append(db.session().in_transaction())
    )
    db.session.execute(db.text("SELECT 1"))
    send(port)
    assert open_ones == [False]
