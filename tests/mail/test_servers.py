"""Which server mail goes through: the environment's, or the one that the practice stored."""

from collections.abc import Callable

import pytest
from flask import Flask

from portal.actions.practice import change_mail_settings, remove_mail_settings
from portal.db import db
from portal.mail.servers import MailServer, Unreadable, is_configured, mail_server
from portal.models import MailSecurity, MailSettings, Member
from portal.worker import send_due_mail
from tests.clinics import NOW
from tests.mail.mail_server import MailServer as RealServer
from tests.mail.mail_server import free_port, use_mail_server
from tests.mail.messages import invite_lee, messages

Clinic = Callable[..., None]


def server(port: int, **changes: object) -> MailServer:
    values: dict[str, object] = {
        "server": "127.0.0.1",
        "port": port,
        "security": MailSecurity.NONE,
        "username": None,
        "password": None,
        "sender": "clinic@example.com",
    }
    return MailServer(**{**values, **changes})  # type: ignore[arg-type]


def owner() -> Member:
    return db.session.query(Member).filter_by(is_owner=True).one()


def test_a_stored_server_is_used_at_once_and_its_sender_with_it(
    clinic: Clinic, app: Flask, mail_server: RealServer
) -> None:
    clinic()
    app.config["MAIL_SERVER"] = ""
    invite_lee()
    assert send_due_mail(NOW) == 0
    change_mail_settings(server(mail_server.port), owner(), NOW)
    assert send_due_mail(NOW) == 1
    [mail] = mail_server.mails
    assert mail["From"].addresses[0].addr_spec == "clinic@example.com"


def test_without_a_server_mail_waits_again(
    clinic: Clinic, app: Flask, mail_server: RealServer
) -> None:
    clinic()
    app.config["MAIL_SERVER"] = ""
    change_mail_settings(server(mail_server.port), owner(), NOW)
    remove_mail_settings(owner(), NOW)
    invite_lee()
    assert not is_configured()
    assert send_due_mail(NOW) == 0


def test_the_environments_server_comes_first(clinic: Clinic, app: Flask) -> None:
    clinic()
    change_mail_settings(server(2525), owner(), NOW)
    port = free_port()
    use_mail_server(app, port)
    found = mail_server()
    assert found
    assert (found.port, found.sender) == (port, "bookings@localhost")


def test_the_password_is_stored_sealed(clinic: Clinic) -> None:
    clinic()
    change_mail_settings(server(25, username="ana", password="open sesame"), owner(), NOW)
    row = db.session.get_one(MailSettings, 1)
    assert "open sesame" not in str(row.password_sealed)
    found = mail_server()
    assert found
    assert found.password == "open sesame"
    assert "open sesame" not in repr(found)


def test_with_another_secret_key_mail_waits_and_says_why(clinic: Clinic, app: Flask) -> None:
    clinic()
    change_mail_settings(server(25, username="ana", password="open sesame"), owner(), NOW)
    invite_lee()
    app.config["SECRET_KEY"] = "another key, as long as the first one was"
    with pytest.raises(Unreadable):
        mail_server()
    assert send_due_mail(NOW) == 0
    db.session.rollback()
    [message] = messages()
    assert "SECRET_KEY" in message.last_error
    assert not message.failed_at
