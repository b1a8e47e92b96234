"""Nothing is open by default: each address declares who may use it."""

from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.web.access import anyone, check_of, open_to, takes_file, whoever_has_the_link
from portal.web.accounts.checks import not_too_often


@pytest.fixture
def app(fresh_app: Flask) -> Flask:
    """One that a test may add an address to."""
    return fresh_app


def test_every_address_declares_who_may_use_it(app: Flask) -> None:
    # An extension may bring addresses that nobody uses; they answer nobody.
    ours = [rule for rule in app.url_map.iter_rules() if rule.endpoint != "security.verify"]
    assert [rule.rule for rule in ours if check_of(app, rule.endpoint) is None] == []


def test_every_address_with_a_private_token_is_for_whoever_has_it(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        private = "<token:" in rule.rule or "<ref:" in rule.rule
        check = check_of(app, rule.endpoint)
        # A link that signs a client in is a try as a password is.
        signs_in = rule.rule.startswith("/my-bookings/sign-in/") and check is not_too_often
        assert private == (check is whoever_has_the_link or signs_in), rule.rule


def test_public_addresses_are_few(app: Flask) -> None:
    public = {
        rule.rule for rule in app.url_map.iter_rules() if check_of(app, rule.endpoint) is anyone
    }
    assert public >= {"/book/<slug:package>", "/s/<code>", "/healthz", "/readyz"}
    assert not [rule for rule in public if rule.startswith(("/practice", "/packages", "/outbox"))]


def test_an_address_that_declares_nothing_answers_nobody(app: Flask, client: FlaskClient) -> None:
    app.add_url_rule("/forgotten", view_func=lambda: "secret")
    answer = client.get("/forgotten")
    assert answer.status_code == 404
    assert b"secret" not in answer.data


def test_a_file_is_taken_only_where_a_form_has_a_field_for_one(
    app: Flask, client: FlaskClient
) -> None:
    def view() -> str:
        return "taken"

    app.config["WTF_CSRF_ENABLED"] = False
    app.add_url_rule("/words", "words", open_to(anyone)(view), methods=["POST"])
    with_field = takes_file("picture")(open_to(anyone)(lambda: "taken"))
    app.add_url_rule("/pictures", "pictures", with_field, methods=["POST"])
    for address, field, status in (
        ("/words", "picture", 400),
        ("/pictures", "picture", 200),
        ("/pictures", "name", 400),
    ):
        answer = client.post(address, data={field: (BytesIO(b"x"), "x.png")})
        assert (answer.status_code, address, field) == (status, address, field)
