"""Nobody empties a clinic's calendar from outside, and nobody trips a parser that isn't needed."""

from collections.abc import Callable

import pytest
from flask import Flask

from portal import create_app
from portal.db import db
from portal.models import Booking, Client
from portal.tokens import new_token
from tests.clinics import LEE, lee
from tests.conftest import SECRET_KEY, dispose
from tests.web.clients import sign_in
from tests.web.conftest import Clock
from tests.web.visitor import Page, Visitor

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


@pytest.mark.parametrize("address", [LEE, "nobody@example.com"])
def test_an_address_is_booked_a_few_times_from_everywhere_and_what_was_typed_is_kept(
    app: Flask, reset_clinic: Callable[..., None], address: str
) -> None:
    reset_clinic(clients=[lee()])
    app.config["ADDRESS_BOOKINGS"] = "2 per day"

    def books(number: int, email: str) -> Page:
        visitor = stranger(app)
        visitor.client.environ_base["REMOTE_ADDR"] = f"198.51.100.{number}"
        page = visitor.get(BOOK)
        return visitor.book(page, page.openings()[0], name="Kim Doe", email=email, note="My knee.")

    booked = [books(number, email) for number, email in enumerate((address, address.upper()))]
    refused = books(3, address)
    assert [page.status for page in (*booked, refused)] == [200, 200, 429]
    assert int(refused.response.headers["Retry-After"]) > 0
    assert "Too many sessions were booked with this" in refused.one("#email-error").get_text()
    typed = {name: refused.one(f"[name={name}]") for name in ("name", "email", "note")}
    assert (typed["name"]["value"], typed["email"]["value"]) == ("Kim Doe", address)
    assert typed["note"].get_text() == "My knee."
    # The time stays held, so another address will do; and so will one's own package.
    visitor = stranger(app)
    page = visitor.get(f"{booked[0].url.split('?')[0]}/next?service=follow-up")
    form = visitor.press(page, page.openings()[-1])
    assert visitor.press(form, "Request booking").status == 200
    assert books(4, "kim@example.com").status == 200
    with app.app_context():
        rows = db.session.query(Booking)
        assert len([row for row in rows if row.client_id is not None]) == 4
        assert db.session.query(Client).count() == (2 if address == LEE else 3)


def test_whoever_is_signed_in_books_with_their_address_as_often_as_they_like(
    app: Flask, reset_clinic: Callable[..., None]
) -> None:
    reset_clinic(clients=[lee()])
    app.config["ADDRESS_BOOKINGS"] = "1 per day"
    visitor = stranger(app)
    sign_in(app, visitor)

    def books(email: str) -> int:
        page = visitor.get("/book/reset/new-package?service=follow-up")
        return visitor.book(page, page.openings()[0], name="Lee Park", email=email).status

    assert [books(LEE) for _number in range(3)] == [200] * 3
    # That's said of no other address.
    assert [books("kim@example.com") for _number in range(2)] == [200, 429]


def test_holds_of_an_own_package_are_counted_too(app: Flask, limits: None) -> None:
    visitor = stranger(app)
    page = visitor.get(BOOK)
    booked = visitor.book(page, page.openings()[0])
    app.config["HOLDS"] = "1 per 10 minutes"
    statuses = []
    for _number in range(2):
        visitor = stranger(app)
        page = visitor.get(f"{booked.url.split('?')[0]}/next?service=follow-up")
        statuses.append(visitor.press(page, page.openings()[-1]).status)
    assert statuses == [200, 429]


def test_a_visitor_changes_a_session_a_few_times(app: Flask, limits: None) -> None:
    app.config["CHANGES"] = "2 per hour"
    visitor = stranger(app)
    page = visitor.get(BOOK)
    address = visitor.book(page, page.openings()[0]).url.split("?")[0]

    def cancels() -> Page:
        form = visitor.get(f"{address}/cancellation")
        return visitor.press(form, "Take back the request", reason="I have to work.")

    gone = cancels()
    assert visitor.press(gone, "Undo the cancellation").status == 200
    assert cancels().status == 429
    with app.app_context():
        assert db.session.query(Booking).one().cancelled_at is None


@pytest.mark.parametrize("address", ["/bookings/{}", "/holds/{}", "/join/{}", "/bookings/{}/next"])
def test_private_links_cannot_be_tried_out(app: Flask, limits: None, address: str) -> None:
    visitor = stranger(app)
    page = visitor.get(BOOK)
    booked = visitor.book(page, page.openings()[0]).url
    app.config["LINK_MISSES"] = "3 per minute"
    tries = [visitor.get(address.format(new_token())).status for _number in range(4)]
    assert tries == [404, 404, 404, 429]
    # Not even a link that works: whoever guesses learns nothing more.
    assert visitor.get(booked).status == 429
    elsewhere = {"REMOTE_ADDR": "198.51.100.7"}
    assert app.test_client().get(booked, environ_base=elsewhere).status_code == 200


def test_opening_a_link_that_works_is_not_counted(app: Flask, limits: None) -> None:
    visitor = stranger(app)
    page = visitor.get(BOOK)
    booked = visitor.book(page, page.openings()[0]).url
    app.config["LINK_MISSES"] = "1 per minute"
    assert {visitor.get(booked).status for _number in range(3)} == {200}


def test_what_was_counted_is_known_to_every_process_and_after_a_restart(
    app: Flask, limits: None, database_url: str
) -> None:
    settings = {"TESTING": True, "SECRET_KEY": SECRET_KEY, "DATABASE_URL": database_url}
    for number in range(4):
        process = create_app({**settings, "HOLDS": "3 per 10 minutes"})
        visitor = stranger(process)
        page = visitor.get(BOOK)
        held = visitor.press(page, page.openings()[0])
        dispose(process)
        assert held.status == (200 if number < 3 else 429)


def test_looking_is_not_counted(app: Flask, limits: None, time: Clock) -> None:
    visitor = stranger(app)
    assert {visitor.get(BOOK).status for _number in range(10)} == {200}


@pytest.mark.parametrize("address", ["/", "/book/reset/holds", "/sign-in", "/healthz", "/nowhere"])
def test_json_is_refused_however_deep_it_is(app: Flask, limits: None, address: str) -> None:
    answer = app.test_client().post(address, data="[" * 5000, content_type="application/json")
    assert answer.status_code in (404, 405, 415)
    assert "<h1" in answer.text
