"""Members who are signed in, in a clinic with the client Lee."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password
from sqlalchemy import select

from portal.models import Member
from portal.transaction import transaction
from tests.clinics import NOW, lee, reset_clinic
from tests.conftest import LIGHT_HASHES
from tests.loading import load_clinic
from tests.web.practice.people import PASSWORD, try_to_sign_in


@pytest.fixture
def clinic(app: Flask) -> Callable[..., None]:
    """Load the clinic of the scenarios, everybody's password being PASSWORD.

    Dee is at the front desk, and may edit offers and see all clients unless `dee_may` says else.
    """

    def load(**changes: Any) -> None:
        with app.app_context():
            usual = {"clients": [lee()], "dee_may": ["offers", "clients"]}
            load_clinic(reset_clinic(**{**usual, **changes}), NOW, then=give_passwords)

    return load


def give_passwords() -> None:
    """Let everybody sign in with PASSWORD."""
    with transaction() as session:
        hashed = hash_password(PASSWORD)
        for member in session.scalars(select(Member)):
            member.password = hashed


@pytest.fixture
def real_hashes(app: Flask) -> Iterator[None]:
    """Hashes that take the time that they take on a real site, for tests about that time."""
    context = app.extensions["security"].pwd_context
    context.update(**app.config["SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS"])
    yield
    context.update(**LIGHT_HASHES)


@pytest.fixture
def sign_in(app: Flask) -> Callable[[str], FlaskClient]:
    """Sign in: `sign_in(ANA)` gives a browser of hers."""

    def signed_in(email: str) -> FlaskClient:
        browser = app.test_client()
        answer = try_to_sign_in(browser, email)
        assert answer.status_code == 302, answer.text
        return browser

    return signed_in
