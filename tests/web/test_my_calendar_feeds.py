"""My bookings: a client's own sessions in their calendar program."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.actions.sessions import outside_any_package
from tests.clinics import BEN, lee
from tests.mail.calendars import only_event
from tests.mail.messages import TEN
from tests.web.clients import sign_in
from tests.web.visitor import Visitor

Load = Callable[..., None]
ADD = "Add to my calendar app"
SITE = "http://127.0.0.1:8000"


@pytest.fixture
def lees(reset_clinic: Load, visitor: Visitor, app: Flask) -> Visitor:
    """Lee's browser; Lee has one session with Ben."""
    reset_clinic(clients=[lee()])
    with app.app_context():
        outside_any_package(BEN, TEN)
    sign_in(app, visitor)
    return visitor


def test_one_button_makes_it_and_shows_its_address_once(lees: Visitor) -> None:
    page = lees.press(lees.get("/my-bookings"), ADD)
    address = str(page.one("#feed-address")["value"])
    path = address.removeprefix(SITE)
    assert str(page.one('.new-feed a[role="button"]')["href"]) == f"webcal{SITE[4:]}{path}"
    event = only_event(lees.get(path).response.get_data(as_text=True))
    assert event.summary == "Follow-up with Ben Okafor, Riverside Clinic"
    again = lees.get("/my-bookings")
    assert path not in again.response.get_data(as_text=True)
    assert len(again.all(".own-feeds li")) == 1
    assert "Added on" in again.all(".own-feeds li")[0]


def test_it_is_stopped(lees: Visitor) -> None:
    page = lees.press(lees.get("/my-bookings"), ADD)
    path = str(page.one("#feed-address")["value"]).removeprefix(SITE)
    page = lees.press(page, "Stop")
    assert page.all(".own-feeds li") == []
    assert lees.get(path).status == 404


def test_too_many_are_refused_with_a_sentence(lees: Visitor) -> None:
    for _ in range(10):
        page = lees.press(lees.get("/my-bookings"), ADD)
        assert page.status == 200
    page = lees.press(lees.get("/my-bookings"), ADD)
    assert page.status == 409
    assert "There are 10 already." in page.text


def test_it_is_part_of_the_clients_data(lees: Visitor) -> None:
    lees.press(lees.get("/my-bookings"), ADD)
    [feed] = lees.get("/my-bookings/data.json").response.get_json()["calendar_feeds"]
    assert feed["ended"] is None
