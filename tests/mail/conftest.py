"""A clinic with its outbox, and a real mail server on this machine to send to."""

from collections.abc import Callable, Iterator

import pytest
from aiosmtpd.controller import Controller
from flask import Flask

from tests.clinics import NOW, lee, reset_clinic
from tests.loading import load_clinic
from tests.mail.mail_server import MailServer, free_port, use_mail_server


@pytest.fixture
def database_url(sqlite_database: str) -> str:
    """What is in a mail is tested on SQLite: it doesn't depend on the database.

    A module about the outbox, which is a table, takes the fixture of both (see test_sending).
    """
    return sqlite_database


@pytest.fixture
def clinic(app: Flask) -> Iterator[Callable[..., None]]:
    """Load the clinic of the scenarios with the client Lee: see tests/clinics.py."""

    def load(**changes: object) -> None:
        load_clinic(reset_clinic(**{"clients": [lee()], **changes}), NOW)

    with app.app_context():
        yield load


@pytest.fixture
def mail_server(app: Flask) -> Iterator[MailServer]:
    """A mail server that the app sends to; it takes everything until it's told otherwise."""
    server = MailServer(port=free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    use_mail_server(app, server.port)
    yield server
    controller.stop()
