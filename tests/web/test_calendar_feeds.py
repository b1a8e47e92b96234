"""A calendar feed as a program fetches it: privately, and only when something changed."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.actions.calendar_feeds import make_client_feed, make_member_feed, revoke_feed
from portal.db import db
from portal.models import Booking, CalendarFeed, Client, Detail, Member, Practice
from portal.tokens import new_token
from portal.transaction import transaction
from tests.actions.sessions import outside_any_package
from tests.clinics import BEN, LEE, NOW, lee
from tests.mail.calendars import only_event, properties, read
from tests.mail.messages import TEN

Load = Callable[..., None]
AN_HOUR = "REFRESH-INTERVAL;VALUE=DURATION:PT1H"


@pytest.fixture
def token(reset_clinic: Load, app: Flask) -> str:
    """A feed of Ben's, who has one session with Lee."""
    reset_clinic(clients=[lee(phone="+1 555 0199")], practice={"name": "Riverside; Clinic, Inc."})
    with app.app_context():
        ben = db.session.scalars(select(Member.id).where(Member.email == BEN)).one()
        outside_any_package(BEN, TEN)
        return make_member_feed(ben, Detail.FULL, NOW)


def test_a_program_gets_the_sessions_and_when_to_look_again(
    token: str, client: FlaskClient
) -> None:
    answer = client.get(f"/calendar/{token}.ics")
    assert answer.status_code == 200
    assert answer.content_type == "text/calendar; charset=utf-8"
    text = answer.get_data(as_text=True)
    assert only_event(text).summary == "Lee Park · Follow-up"
    for line in (AN_HOUR, "X-PUBLISHED-TTL:PT1H", "X-WR-CALNAME:Riverside\\; Clinic\\, Inc."):
        assert f"\r\n{line}\r\n" in text
    # A snapshot and no message, so that nobody is invited to anything.
    assert not {"METHOD", "ORGANIZER", "ATTENDEE"} & set(properties(text))


def test_it_is_private_and_asked_for_again_each_time(token: str, client: FlaskClient) -> None:
    answer = client.get(f"/calendar/{token}.ics")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "Set-Cookie" not in answer.headers


def test_what_a_program_has_already_is_not_sent_again(token: str, client: FlaskClient) -> None:
    address = f"/calendar/{token}.ics"
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    packed = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["ETag"] == first.headers["ETag"]


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        (Booking, "sequence", 1),
        (Booking, "confirmed_at", None),
        (Booking, "delivery", "phone"),
        (Booking, "cancelled_at", NOW),
        (Client, "name", "Lee Park-Ng"),
        (Client, "phone", None),
        (Practice, "name", "Hillside"),
        (Practice, "place", "2 River Street"),
    ],
)
def test_a_program_learns_of_each_change(
    token: str, client: FlaskClient, app: Flask, table: Any, column: str, value: object
) -> None:
    first = client.get(f"/calendar/{token}.ics")
    with app.app_context(), transaction() as session:
        setattr(session.scalars(select(table)).one(), column, value)
    known = {"If-None-Match": first.headers["ETag"]}
    changed = client.get(f"/calendar/{token}.ics", headers=known)
    assert changed.status_code == 200
    assert changed.get_data() != first.get_data()


def test_somebody_elses_feed_of_the_same_session_is_another_one(
    token: str, client: FlaskClient, app: Flask
) -> None:
    with app.app_context():
        ben = db.session.scalars(select(Member.id).where(Member.email == BEN)).one()
        busy = make_member_feed(ben, Detail.BUSY, NOW)
    full, less = (client.get(f"/calendar/{each}.ics") for each in (token, busy))
    assert full.headers["ETag"] != less.headers["ETag"]
    assert b"Lee" not in less.get_data()


def test_a_look_without_the_content_is_answered(token: str, client: FlaskClient) -> None:
    answer = client.head(f"/calendar/{token}.ics")
    assert (answer.status_code, answer.get_data()) == (200, b"")
    assert answer.headers["ETag"] == client.get(f"/calendar/{token}.ics").headers["ETag"]


def test_looking_changes_nothing(token: str, client: FlaskClient, app: Flask) -> None:
    def everything() -> list[object]:
        with app.app_context():
            tables = db.metadata.sorted_tables
            return [db.session.execute(table.select()).all() for table in tables]

    before = everything()
    for _ in range(2):
        client.get(f"/calendar/{token}.ics")
        client.head(f"/calendar/{token}.ics")
    assert everything() == before


def test_what_leads_nowhere_says_nothing_of_why(
    token: str, client: FlaskClient, app: Flask
) -> None:
    with app.app_context():
        lees = db.session.scalars(select(Client.id).where(Client.email == LEE)).one()
        deactivated = make_client_feed(lees, NOW)
        with transaction() as session:
            session.get_one(Client, lees).deactivated_at = NOW
        feed = db.session.scalars(select(CalendarFeed.id).order_by(CalendarFeed.id)).first()
        ben = db.session.scalars(select(Member).where(Member.email == BEN)).one()
        revoke_feed(feed or 0, ben, NOW)
    answers = [client.get(f"/calendar/{each}.ics") for each in (token, deactivated, new_token())]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.get_data() for answer in answers}) == 1


def test_guessing_is_limited_and_a_feed_that_is_there_never(
    token: str, app: Flask, client: FlaskClient
) -> None:
    app.config["LINK_MISSES"] = "3 per minute"
    for _ in range(5):
        assert client.get(f"/calendar/{token}.ics").status_code == 200
    answers = [client.get(f"/calendar/{new_token()}.ics").status_code for _ in range(4)]
    assert answers == [404, 404, 404, 429]


def test_an_empty_feed_is_a_calendar_too(token: str, client: FlaskClient, app: Flask) -> None:
    with app.app_context():
        lees = db.session.scalars(select(Client.id).where(Client.email == LEE)).one()
        with transaction() as session:
            session.scalars(select(Booking)).one().cancelled_at = NOW
        empty = make_client_feed(lees, NOW)
    assert read(client.get(f"/calendar/{empty}.ics").get_data(as_text=True)).events == []
