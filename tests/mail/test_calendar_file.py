"""A booking as a calendar file: as an invitation in a mail, and to download."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm.attributes import set_committed_value as as_if

from portal.mail.calendar_file import calendar_file, invitation_to, media_type, published_file
from portal.mail.practice_facts import practice_facts
from portal.mail.servers import MailServer, settings_row
from portal.models import Booking, Client, MailSecurity, Member
from portal.transaction import transaction
from tests.clinics import CHO, LEE, NOW
from tests.mail.calendars import only_event, properties, read
from tests.mail.messages import TEN, lee_books, one

Clinic = Callable[..., None]
LATER = NOW + timedelta(hours=1)
SENDER = "bookings@localhost"


@pytest.fixture
def booking(clinic: Clinic) -> Booking:
    """Lee's request for a Follow-up with Cho."""
    clinic()
    lee_books()
    found: Booking = one(Booking)
    return found


def mailed(booking: Booking, now: datetime = NOW) -> str:
    """The file for a mail about what the booking is now."""
    return calendar_file(invitation_to(booking, practice_facts(), now), "Riverside Clinic", SENDER)


def test_a_mail_invites_the_client_who_has_agreed_already(booking: Booking) -> None:
    text = mailed(booking, LATER)
    event = only_event(text)
    assert read(text).method == "REQUEST"
    assert (event.uid, event.sequence, event.dtstamp) == (booking.uid, 0, LATER)
    assert (event.dtstart, event.dtend) == (TEN, TEN + timedelta(hours=1))
    assert event.summary == "Follow-up with Cho Park, Riverside Clinic"
    [lee] = event.attendees
    assert (lee.uri, lee.common_name) == (f"mailto:{LEE}", "Lee Park")
    assert (lee.status, lee.rsvp) == ("ACCEPTED", False)
    assert event.organizer
    assert event.organizer.uri == f"mailto:{SENDER}"
    assert event.organizer.common_name == "Riverside Clinic"


def test_the_practitioners_address_is_not_the_clients_to_know(booking: Booking) -> None:
    for text in (mailed(booking), published_file(booking, NOW)):
        assert CHO not in text.replace("\r\n ", "")


@pytest.mark.parametrize(
    ("facts", "method", "status"),
    [
        ({}, "REQUEST", "TENTATIVE"),
        ({"confirmed_at": NOW}, "REQUEST", "CONFIRMED"),
        ({"confirmed_at": NOW, "completed_at": NOW}, "REQUEST", "CONFIRMED"),
        ({"confirmed_at": NOW, "cancelled_at": NOW}, "CANCEL", "CANCELLED"),
        ({"cancelled_at": NOW}, "CANCEL", "CANCELLED"),
    ],
)
def test_a_mail_says_what_becomes_of_the_entry(
    booking: Booking, facts: dict[str, Any], method: str, status: str
) -> None:
    for name, value in facts.items():
        as_if(booking, name, value)
    text = mailed(booking)
    assert (read(text).method, only_event(text).status) == (method, status)
    assert media_type(text) == f"text/calendar; charset=utf-8; method={method}"
    # What RFC 5546 wants of a cancellation, 3.2.5.
    needed = {"ORGANIZER", "ATTENDEE", "UID", "DTSTAMP", "SEQUENCE"}
    assert needed <= set(properties(text))


def test_a_file_to_download_is_the_same_entry_and_names_no_client(booking: Booking) -> None:
    as_if(booking, "sequence", 4)
    text = published_file(booking, NOW)
    event, in_a_mail = only_event(text), only_event(mailed(booking))
    assert read(text).method == "PUBLISH"
    assert (event.uid, event.sequence) == (in_a_mail.uid, in_a_mail.sequence) == (booking.uid, 4)
    assert event.summary == in_a_mail.summary
    assert event.attendees == []
    assert event.organizer
    assert "Lee" not in text
    assert LEE not in text.replace("\r\n ", "")


def test_a_cancelled_one_is_still_one_to_download(booking: Booking) -> None:
    as_if(booking, "cancelled_at", NOW)
    text = published_file(booking, NOW)
    assert (read(text).method, only_event(text).status) == ("PUBLISH", "CANCELLED")


@pytest.mark.parametrize("sender", ["desk@riverside.example", "The desk <desk@riverside.example>"])
def test_a_file_to_download_is_from_where_mail_comes_from(
    booking: Booking, app: Flask, sender: str
) -> None:
    server = MailServer("smtp.example", 587, MailSecurity.STARTTLS, None, None, sender)
    with transaction() as session:
        session.add(settings_row(server))
    organizer = only_event(published_file(booking, NOW)).organizer
    assert organizer
    assert organizer.uri == "mailto:desk@riverside.example"
    # The environment's server comes first, here as when mail is sent.
    app.config |= {"MAIL_SERVER": "smtp.example", "MAIL_SENDER": "other@riverside.example"}
    organizer = only_event(published_file(booking, NOW)).organizer
    assert organizer
    assert organizer.uri == "mailto:other@riverside.example"


def test_what_a_client_is_called_makes_no_second_property(booking: Booking) -> None:
    fine = properties(mailed(booking))
    for name in ('"Lee"; X-A=1:mailto:a@b', "Lee\rATTENDEE:mailto:a@b", "x" * 10_000):
        # Longer than a column is wide: it's here only to be written into a file.
        as_if(one(Client, email=LEE), "name", name)
        as_if(one(Member, email=CHO), "name", name)
        text = mailed(booking)
        assert properties(text) == fine
        assert [user.uri for user in only_event(text).attendees] == [f"mailto:{LEE}"]
