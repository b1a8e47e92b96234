"""The mail that reminds a client of a session to come."""

from collections.abc import Callable

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from portal.mail import composed_reminder, reminder
from portal.models import Booking, Client, Member, Message
from portal.transaction import transaction
from tests.clinics import BEN, LEE, NOW, lee
from tests.mail.golden_files import agrees_with_golden_files
from tests.mail.laid_out import calendar_of, html_of, text_of
from tests.mail.messages import TEN, TOKEN, latest, lee_books, messages, one

Clinic = Callable[..., None]
PLACE = {"place": "12 River Street"}
OTHER = TOKEN[::-1]


def reminded(minutes_before: int = 24 * 60) -> Message:
    """Lee is reminded of the session with Cho; returns the mail."""
    with transaction() as session:
        reminder(session, one(Booking, starts_at=TEN), minutes_before, OTHER, NOW)
    return latest()


def test_it_says_who_when_where_how_many_are_used_and_how_to_change_it(clinic: Clinic) -> None:
    clinic(practice=PLACE, clients=[lee(timezone="Europe/Berlin")])
    lee_books(instant=True, used=2)
    mail = reminded()
    agrees_with_golden_files(mail, "reminder")
    assert mail.event == f"booking:{mail.booking_id}:reminder:1440:{int(TEN.timestamp())}"
    assert (mail.recipient, mail.kind, calendar_of(mail)) == (LEE, "reminder", "")
    assert mail.expires_at == TEN


def test_of_a_request_it_says_that_it_is_one(clinic: Clinic) -> None:
    clinic()
    lee_books()
    mail = reminded()
    for body in (text_of(mail), html_of(mail)):
        assert "It’s a request" in body


def test_there_is_one_for_each_time_before_the_session_and_no_second(clinic: Clinic) -> None:
    clinic()
    lee_books()
    reminded(24 * 60)
    reminded(60)
    with pytest.raises(IntegrityError, match="event"):
        reminded(60)
    assert [mail.kind for mail in messages()].count("reminder") == 2


def test_a_client_without_an_address_gets_none(clinic: Clinic) -> None:
    clinic()
    lee_books()
    with transaction() as session:
        session.execute(update(Client).values(email=None))
    assert reminded().kind != "reminder"


def test_it_can_be_composed_again_from_what_the_booking_says_now(clinic: Clinic) -> None:
    clinic()
    lee_books(instant=True)
    mail = reminded()
    with transaction() as session:
        one(Booking).member = one(Member, email=BEN)
        again = composed_reminder(session, one(Booking), OTHER)
    assert again.text == text_of(mail).replace("Cho Park", "Ben Okafor")
    assert again.kind == mail.kind
