"""Nobody empties a clinic's calendar from outside, and nobody trips a parser that isn't needed."""

from collections.abc import Callable

import pytest
from flask import Flask

from portal.db import db
from portal.models import Booking
from tests.web.conftest import Clock
from tests.web.visitor import Visitor

BOOK = "/book/reset?service=follow-up"


@pytest.fixture
def limits(app: Flask, reset_clinic: Callable[..., None]) -> None:
    """The clinic of the scenarios; a visitor may hold three times, and book two of them."""
    reset_clinic()
    app.config["HOLDS"], app.config["BOOKINGS"] = "3 per 10 minutes", "2 per hour"


def stranger(app: Flask) -> Visitor:
    """Somebody without cookies; all of them come from one network address."""
    return Visitor(app.test_client())


def test_a_visitor_who_throws_cookies_away_holds_a_few_times_and_no_more(
    app: Flask, limits: None
) -> None:
    for _number in range(3):
        visitor = stranger(app)
        page = visitor.get(BOOK)
        assert visitor.press(page, page.openings()[0]).status == 200
    visitor = stranger(app)
    page = visitor.get(BOOK)
    answer = visitor.press(page, page.openings()[0])
    assert answer.status == 429
    assert int(answer.response.headers["Retry-After"]) > 0
    with app.app_context():
        assert db.session.query(Booking).count() == 3


def test_a_visitor_books_a_few_times_and_what_they_typed_is_kept(app: Flask, limits: None) -> None:
    app.config["HOLDS"] = "9 per 10 minutes"
    for _number in range(2):
        visitor = stranger(app)
        page = visitor.get(BOOK)
        assert visitor.book(page, page.openings()[0]).status == 200
    visitor = stranger(app)
    page = visitor.get(BOOK)
    assert visitor.book(page, page.openings()[0], name="Kim Doe").status == 429
    again = visitor.get(BOOK)
    form = visitor.press(again, again.openings()[0])
    assert form.one("[name=name]")["value"] == "Kim Doe"
    with app.app_context():
        booked = [row for row in db.session.query(Booking) if row.client_id is not None]
        assert len(booked) == 2


def test_looking_is_not_counted(app: Flask, limits: None, time: Clock) -> None:
    visitor = stranger(app)
    assert {visitor.get(BOOK).status for _number in range(10)} == {200}


@pytest.mark.parametrize("address", ["/", "/book/reset/holds", "/sign-in", "/healthz", "/nowhere"])
def test_json_is_refused_however_deep_it_is(app: Flask, limits: None, address: str) -> None:
    answer = app.test_client().post(address, data="[" * 5000, content_type="application/json")
    assert answer.status_code in (404, 405, 415)
    assert "<h1" in answer.text
