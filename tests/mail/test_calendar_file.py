"""A booking as a calendar file."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from icalendar import Calendar, Event

from portal.mail.calendar_file import calendar_file
from portal.models import Booking, Member, Service

NOW = datetime(2027, 3, 1, 13, tzinfo=UTC)
TEN = datetime(2027, 3, 2, 15, tzinfo=UTC)


def booking(**changes: object) -> Booking:
    made = Booking(
        id=7,
        member=Member(name="Cho Park"),
        service=Service(name="Follow-up", place="12 River Street"),
        delivery="in_person",
        starts_at=TEN,
        ends_at=TEN + timedelta(hours=1),
        created_at=NOW,
    )
    for name, value in changes.items():
        setattr(made, name, value)
    return made


@pytest.fixture(autouse=True)
def context(app: Flask) -> object:
    with app.app_context():
        yield


def event_of(made: Booking, now: datetime = NOW) -> Event:
    text = calendar_file(made, "https://book.example.com", now)
    return Calendar.from_ical(text).walk("VEVENT")[0]


def test_names_who_what_when_and_where() -> None:
    event = event_of(booking())
    assert event["SUMMARY"] == "Follow-up with Cho Park"
    assert event["LOCATION"] == "12 River Street"
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (TEN, TEN + timedelta(hours=1))
    assert event["UID"] == "booking-7@book.example.com"


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({}, "TENTATIVE"),
        ({"confirmed_at": NOW}, "CONFIRMED"),
        ({"confirmed_at": NOW, "cancelled_at": NOW}, "CANCELLED"),
    ],
)
def test_says_how_certain_it_is(facts: dict[str, datetime], status: str) -> None:
    assert event_of(booking(**facts))["STATUS"] == status


def test_a_later_file_replaces_an_earlier_one() -> None:
    first, second = event_of(booking()), event_of(booking(), NOW + timedelta(hours=1))
    assert first["UID"] == second["UID"]
    assert first["SEQUENCE"] < second["SEQUENCE"]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "\x0b", "\0", "\x85"])
def test_no_text_starts_a_property_of_its_own(end: str) -> None:
    evil = f"Nice{end}ATTENDEE:mailto:all@example.com{end}END:VEVENT"
    made = booking(
        member=Member(name=evil), service=Service(name=evil, place=evil, video_link=evil)
    )
    for delivery in ("in_person", "video", "phone"):
        made.delivery = delivery
        text = calendar_file(made, "https://book.example.com", NOW)
        lines = text.replace("\r\n ", "").split("\r\n")
        assert not [line for line in lines if line.startswith("ATTENDEE")]
        assert lines.count("END:VEVENT") == 1
        assert not set("\r\n\x0b\0\x85\u2028") & set("".join(lines))
