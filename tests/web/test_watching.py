"""Each request has an id, and a line in the log that says nothing of a person."""

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from portal.db import db
from portal.web.access import anyone, open_to
from tests.web.visitor import HTMX, Visitor

Load = Callable[..., None]


@pytest.fixture
def app(fresh_app: Flask) -> Flask:
    """One that a test may add an address to."""
    fresh_app.config["PROPAGATE_EXCEPTIONS"] = False
    return fresh_app


def add(app: Flask, view: Callable[..., Any], rule: str = "/trial/<token>") -> None:
    app.add_url_rule(rule, view_func=open_to(anyone)(view))


def facts(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [record.facts for record in caplog.records if hasattr(record, "facts")]


def test_the_route_is_written_and_neither_path_nor_query(
    app: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    def view(token: str) -> str:
        for _ in range(int(token)):
            db.session.execute(text("SELECT 1"))
        return token

    add(app, view)
    for number in (77, 74):
        client.get(f"/trial/{number}?name=Lee")
    more, fewer = facts(caplog)
    assert more["route"] == "/trial/<token>"
    assert (more["method"], more["status"]) == ("GET", 200)
    assert more["queries"] - fewer["queries"] == 3
    assert "GET /trial/<token> 200, " in caplog.text
    assert "trial/7" not in caplog.text
    assert "Lee" not in caplog.text


def test_what_a_visitor_makes_up_is_not_written(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    client.open("/lee-park", method="LEE")
    assert [(line["method"], line["route"]) for line in facts(caplog)] == [("(other)", "(none)")]
    assert "LEE" not in caplog.text
    assert "lee-park" not in caplog.text


def test_health_checks_are_written_only_when_they_fail_or_are_slow(
    app: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    client.get("/healthz")
    client.get("/static/portal.css")
    assert facts(caplog) == []
    app.config["SLOW_REQUEST_MS"] = 0
    client.get("/healthz")
    assert [line["route"] for line in facts(caplog)] == ["/healthz"]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "Slow: GET /healthz 200" in caplog.text


def test_an_id_of_our_own_is_new_each_time(client: FlaskClient) -> None:
    ids = {
        client.get("/healthz", headers={"X-Request-ID": "chosen-by-me"}).headers["X-Request-ID"]
        for _ in range(5)
    }
    assert len(ids) == 5
    assert all(re.fullmatch("[0-9a-f]{16}", one) for one in ids)


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("4bf92f35-77b3.4da6_a3ce", True),
        ("short", False),
        ("a" * 65, False),
        ("lee@example.com", False),
        ("has a space in it", False),
        ("-begins-with-a-dash", False),
    ],
)
def test_a_trusted_proxys_id_is_taken_over_where_it_is_well_formed(
    app: Flask, client: FlaskClient, given: str, taken: bool
) -> None:
    app.config["TRUSTED_PROXIES"] = 1
    answer = client.get("/healthz", headers={"X-Request-ID": given})
    assert (answer.headers["X-Request-ID"] == given) is taken


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_an_error_page_shows_the_id_that_the_log_has(
    app: Flask, visitor: Visitor, caplog: pytest.LogCaptureFixture, headers: dict[str, str]
) -> None:
    def view(token: str) -> str:
        raise ZeroDivisionError("of Lee Park")

    add(app, view)
    answer = visitor.get("/trial/AAAA", headers=headers)
    assert answer.status == 500
    reference = answer.response.headers["X-Request-ID"]
    assert f"please name this number: {reference}" in answer.text
    (error,) = [record for record in caplog.records if record.exc_info]
    assert error.getMessage() == "An error in GET /trial/<token>"


def test_a_page_that_is_not_there_shows_no_id(visitor: Visitor) -> None:
    answer = visitor.get("/nothing")
    assert answer.response.headers["X-Request-ID"] not in answer.text
