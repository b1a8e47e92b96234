"""A form that is sent again, because no answer came or a button was pressed twice, is one act."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.db import db
from portal.models import Activity, Booking, CreditEntry, Message
from tests.web.conftest import Clock
from tests.web.test_changing_a_booking import cancel, follow
from tests.web.visitor import Page, Visitor, fields

Load = Callable[..., None]
FOLLOW_UP = "/book/reset?service=follow-up&week=2027-03-02"
LEE = {"name": "Lee Park", "email": "lee@example.com"}
DAY = timedelta(days=1)


class Form:
    """A form as it was filled in, which its browser can send as often as it likes."""

    def __init__(self, on: Page, action: str, **typed: str) -> None:
        form = on.one(f"form[action='{action}']")
        self.action, self.values = action, fields(form) | typed

    def send(self, visitor: Visitor) -> Page:
        """Send it, and follow where the answer leads."""
        return Page(visitor.client.post(self.action, data=self.values, follow_redirects=True))


def rows(app: Flask) -> list[int]:
    """How many rows a booking, its credits, its mails and its entries in the log come to."""
    with app.app_context():
        tables = (Booking, CreditEntry, Message, Activity)
        return [db.session.scalar(select(func.count()).select_from(each)) or 0 for each in tables]


@pytest.fixture
def confirmed(reset_clinic: Load, visitor: Visitor) -> tuple[Form, Page]:
    """The form that booked Lee's session with Ben at ten, and the session's page."""
    reset_clinic()
    held = visitor.press(visitor.get(FOLLOW_UP), "10:00 Ben Okafor")
    form = Form(held, held.url, **LEE)
    return form, form.send(visitor)


def test_an_opening_that_is_pressed_twice_leads_to_ones_own_hold(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic()
    start = visitor.get(FOLLOW_UP)
    button = next(each for each in start.soup.select(".slots button") if "Ben" in each.text)
    form = Form(start, "/book/reset/holds", opening=str(button["value"]))
    # The second click leaves before the answer to the first has come: its cookie is the old one.
    before = visitor.client.get_cookie("session")
    assert before is not None
    first = form.send(visitor)
    visitor.client.set_cookie("session", before.value)
    second = form.send(visitor)
    assert (second.status, second.url) == (200, first.url)
    assert second.all("h1") == ["Request your session"]
    assert rows(app)[0] == 1
    # Somebody else is told, also with the same time on their page.
    other = Visitor(app.test_client())
    theirs = Form(other.get(FOLLOW_UP), "/book/reset/holds", opening=str(button["value"]))
    assert theirs.send(other).status == 409
    # And whoever chose another time meanwhile gets the first one anew, not what they let go of.
    visitor.press(visitor.get(FOLLOW_UP), "11:00 Cho Park")
    third = form.send(visitor)
    assert third.status == 200
    assert third.url != first.url


@pytest.mark.parametrize("later", [timedelta(), timedelta(minutes=11), DAY], ids=str)
def test_a_booking_that_is_sent_again_is_answered_as_it_was_the_first_time(
    confirmed: tuple[Form, Page], visitor: Visitor, app: Flask, time: Clock, later: timedelta
) -> None:
    form, first = confirmed
    before = rows(app)
    time.pass_(later)
    again = form.send(visitor)
    assert (again.status, again.url) == (200, first.url)
    assert again.all("h1") == first.all("h1")
    assert rows(app) == before


def test_sent_again_with_something_else_typed_it_stays_what_was_booked(
    confirmed: tuple[Form, Page], visitor: Visitor, app: Flask
) -> None:
    form, _first = confirmed
    before = rows(app)
    form.values |= {"name": "Kim Doe", "email": "kim@example.com"}
    assert form.send(visitor).status == 200
    assert rows(app) == before


def test_sent_again_after_it_was_cancelled_nothing_is_booked(
    confirmed: tuple[Form, Page], visitor: Visitor, app: Flask
) -> None:
    form, first = confirmed
    cancel(visitor, first)
    before = rows(app)
    assert form.send(visitor).all("h1") == ["You cancelled this session"]
    assert rows(app) == before


def test_sent_again_after_it_was_moved_it_leads_to_the_new_time(
    confirmed: tuple[Form, Page], visitor: Visitor, app: Flask
) -> None:
    form, first = confirmed
    openings = follow(visitor, first, "Reschedule")
    confirmation = visitor.press(openings, "11:00 Ben Okafor")
    moving = confirmation.soup.select_one("form[method=post]")
    assert moving
    move = Form(confirmation, str(moving["action"]))
    moved = move.send(visitor)
    before = rows(app)
    assert "11:00" in moved.text
    # The form that moved it as well as the one that booked it.
    for again in (move, form):
        assert "11:00" in again.send(visitor).text
        assert rows(app) == before


def test_a_cancellation_sent_again_is_one(
    confirmed: tuple[Form, Page], visitor: Visitor, app: Flask
) -> None:
    asked = follow(visitor, confirmed[1], "Cancel session")
    form = Form(asked, asked.url, reason="I am away.")
    assert form.send(visitor).all("h1") == ["You cancelled this session"]
    before = rows(app)
    again = form.send(visitor)
    assert (again.status, again.all("h1")) == (409, ["You cancelled this session"])
    assert rows(app) == before


def test_a_browser_that_has_lost_its_cookies_is_led_to_the_booking_by_reloading(
    confirmed: tuple[Form, Page], app: Flask
) -> None:
    form, first = confirmed
    before = rows(app)
    other = Visitor(app.test_client())
    refused = form.send(other)
    assert refused.status == 400
    assert "reload the page" in refused.text
    assert other.get(form.action).url == first.url
    assert rows(app) == before
