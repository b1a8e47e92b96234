"""What the log says of tries in vain: what was tried, and nobody's name, address or password."""

import logging
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError

from portal.models import Member
from portal.transaction import transaction
from tests.clinics import ANA, BEN
from tests.web.practice.people import try_to_sign_in

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]
SECRET = "open sesame, they said"


def test_a_wrong_password_is_logged_with_the_members_number(
    clinic: Clinic, app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    clinic()
    caplog.set_level(logging.INFO)
    for email in (ANA, "nobody@example.com"):
        try_to_sign_in(app.test_client(), email, SECRET)
    lines = [line for record in caplog.records if "refused" in (line := record.getMessage())]
    assert lines == [
        "Sign-in refused: wrong password of member 1",
        "Sign-in refused: wrong password of nobody here",
    ]
    assert SECRET not in caplog.text
    assert ANA not in caplog.text


def test_what_is_not_allowed_and_what_is_too_often_is_logged(
    clinic: Clinic, sign_in: SignIn, app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    clinic()
    sign_in(BEN).get("/activity")
    app.config["SIGN_IN_TRIES"] = "1 per minute"
    for _time in range(2):
        try_to_sign_in(app.test_client(), ANA, SECRET)
    assert "Not allowed: activity.index" in caplog.text
    assert "Too often: security.login" in caplog.text
    assert SECRET not in caplog.text
    assert "@example.com" not in caplog.text


def test_a_statement_that_fails_is_logged_without_what_it_was_about(
    clinic: Clinic, app: Flask
) -> None:
    clinic()
    hidden = pytest.raises(IntegrityError, match="parameters hidden")
    with app.app_context(), hidden as failed, transaction() as session:
        session.add(Member(email=ANA, name="Leocadia", kind="practitioner"))
    assert "Leocadia" not in str(failed.value)
