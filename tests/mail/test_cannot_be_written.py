"""Mail that can't be laid out when it's sent: it fails where everybody sees it, and alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader
from sqlalchemy import update

from portal.db import db
from portal.models import Booking, Message
from portal.transaction import transaction
from portal.worker.sending import send_due_mail
from tests.actions.sessions import book_follow_up
from tests.clinics import BEN, LEE, NOW
from tests.mail.mail_server import MailServer
from tests.mail.messages import invite_lee, messages, one

Clinic = Callable[..., None]


@contextmanager
def template_says(app: Flask, name: str, source: str) -> Iterator[None]:
    """Let a template be another one meanwhile."""
    jinja = app.jinja_env
    before = jinja.loader
    assert before
    assert jinja.cache is not None
    jinja.loader = ChoiceLoader([DictLoader({name: source}), before])
    jinja.cache.clear()
    yield
    jinja.loader = before
    jinja.cache.clear()


@pytest.mark.parametrize(
    ("source", "why"),
    [
        pytest.param("{{ 1 / 0 }}", "ZeroDivisionError: division by zero", id="that fails"),
        pytest.param("{{ unheard_of }}", "'unheard_of' is undefined", id="that asks for more"),
        pytest.param(
            "{% extends 'mail/gone.html' %}",
            "TemplateNotFound: mail/gone.html",
            id="without its base",
        ),
        pytest.param("{% if %}", "Expected an expression", id="that can't be read"),
    ],
)
def test_a_template_fails_its_mail_where_everybody_sees_it_and_not_the_booking(
    clinic: Clinic, app: Flask, mail_server: MailServer, source: str, why: str
) -> None:
    clinic()
    with template_says(app, "mail/booking_requested/body.html", source):
        book_follow_up()
        assert send_due_mail(NOW) == 1
    db.session.rollback()
    bad, good = messages()
    assert one(Booking).client.email == LEE
    assert bad.failed_at
    assert why in bad.last_error
    assert bad.facts
    assert good.sent_at
    assert [mail["To"] for mail in mail_server.mails] == [BEN]


@pytest.mark.parametrize(
    "facts", ["", "{", "{}", '{"kind":"gone","language":"en","values":{},"invitation":null}']
)
def test_facts_that_make_no_mail_fail_it_at_once(
    clinic: Clinic, mail_server: MailServer, facts: str
) -> None:
    clinic()
    invite_lee()
    with transaction() as session:
        session.execute(update(Message).values(facts=facts))
    assert send_due_mail(NOW) == 0
    db.session.rollback()
    [message] = messages()
    assert message.failed_at
    assert message.last_error
    assert "reached" not in message.last_error
    assert mail_server.mails == []
