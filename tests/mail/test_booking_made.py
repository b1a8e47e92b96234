"""The mails about a booking that was made."""

from collections.abc import Callable

import pytest
from sqlalchemy import update

from portal.db import db
from portal.mail.booking_made import booking_made
from portal.mail.composing import compose
from portal.mail.outbox import put_in_outbox, together
from portal.mail.practice_facts import PracticeFacts
from portal.models import Booking, Client, Service
from portal.transaction import transaction
from tests.clinics import CHO, LEE, NOW, lee
from tests.mail.golden_files import agrees_with_golden_files
from tests.mail.laid_out import calendar_of, html_of, text_of
from tests.mail.messages import TOKEN, lee_books, messages, one

Clinic = Callable[..., None]
PLACE = {"place": "12 River Street"}


def test_scenario_32_the_confirmation_says_who_where_how_many_are_left_and_how_to_go_on(
    clinic: Clinic,
) -> None:
    clinic(practice=PLACE)
    mail, _ = lee_books(instant=True, used=2)
    agrees_with_golden_files(mail, "booking_made_confirmed")
    for words in ("Cho Park", "12 River Street", "2 of 4 used", f"/bookings/{TOKEN}/next"):
        assert words in text_of(mail)
        assert words in html_of(mail)


def test_a_request_is_told_as_one(clinic: Clinic) -> None:
    clinic(practice=PLACE)
    agrees_with_golden_files(lee_books()[0], "booking_made_requested")


def test_the_practitioner_booked_is_told_with_the_clients_note_and_without_their_link(
    clinic: Clinic,
) -> None:
    clinic(practice=PLACE, clients=[lee(phone="+1 212 555 0100")])
    for_lee, mail = lee_books(
        note="I’ll be <late>.\n-- The clinic asks you to call 555", staff_note="Ask <why>."
    )
    agrees_with_golden_files(mail, "booking_made_practitioner")
    assert "Ask" not in text_of(for_lee) + html_of(for_lee)
    assert mail.recipient == CHO
    assert TOKEN not in text_of(mail) + html_of(mail)


def test_the_clients_own_time_is_beside_the_clinics_where_it_differs(clinic: Clinic) -> None:
    clinic(practice=PLACE, clients=[lee(timezone="Europe/Berlin")])
    mail, for_cho = lee_books()
    agrees_with_golden_files(mail, "booking_made_in_another_zone")
    assert "16:00" not in text_of(for_cho)


def test_a_zone_with_the_same_time_is_not_told_twice(clinic: Clinic) -> None:
    clinic(clients=[lee(timezone="America/Toronto")])
    assert "For you" not in text_of(lee_books()[0])


@pytest.mark.parametrize(
    ("delivery", "words"),
    [
        pytest.param("video", "By video: https://meet.example.com/cho", id="video with a link"),
        pytest.param("phone", "By phone: +1 212 555 0100", id="phone with a number"),
        pytest.param("in_person", "Where: 12 River Street", id="in person at the clinic"),
    ],
)
def test_it_says_where(clinic: Clinic, delivery: str, words: str) -> None:
    clinic(practice=PLACE, clients=[lee(phone="+1 212 555 0100")])
    with transaction() as session:
        session.execute(update(Service).values(video_link="https://meet.example.com/cho"))
    mail, _ = lee_books(delivery=delivery)
    assert words in text_of(mail)


def test_a_package_that_is_used_up_offers_no_next_session(clinic: Clinic) -> None:
    clinic(package={"items": [{"service": "follow-up", "sessions": 2}]})
    mail, _ = lee_books(used=2)
    assert "2 of 2 used" in text_of(mail)
    assert "/next" not in text_of(mail) + html_of(mail)


def test_the_clients_mail_brings_a_calendar_file_along(clinic: Clinic) -> None:
    clinic()
    mail, for_cho = lee_books()
    assert calendar_of(mail).startswith("BEGIN:VCALENDAR\r\n")
    assert "DTSTART:20270302T150000Z" in calendar_of(mail)
    assert not calendar_of(for_cho)


def test_one_booking_makes_one_mail_to_each_even_if_it_is_told_twice(clinic: Clinic) -> None:
    clinic()
    lee_books()
    with pytest.raises(Exception, match="event"), transaction() as session:  # noqa: PT012
        booking_made(session, one(Booking), TOKEN, one(Booking).created_at)
        session.flush()
    assert [mail.recipient for mail in messages()] == [LEE, CHO]


def test_an_address_that_no_mail_reaches_does_not_stop_the_booking(clinic: Clinic) -> None:
    clinic()
    two = "lee@example.com, eve@example.com"
    with transaction() as session:
        session.execute(update(Client).values(email=two))
    mail, _ = lee_books(email=two)
    assert mail.failed_at
    assert mail.last_error == "This isn’t one email address."


def test_when_it_can_not_be_told_whatever_comes_next_is_told_all_the_same(clinic: Clinic) -> None:
    clinic()
    with pytest.raises(LookupError), transaction(), together():  # noqa: PT012
        tell("the first")
        raise LookupError
    with transaction():
        tell("the second")
    with transaction(), together():
        tell("the third")
        tell("the fourth")
        assert len(messages()) == 1
    assert [mail.event for mail in messages()] == ["the second", "the third", "the fourth"]


def tell(event: str) -> None:
    mail = compose("test_message", PracticeFacts("Riverside"), None)
    put_in_outbox(db.session, event, LEE, mail, NOW)
