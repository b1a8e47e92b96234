"""The mails about a request that was accepted, declined, or never answered."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.actions import private_links
from portal.actions.requests import accept, decline, lapse_requests
from portal.models import Booking, ClientPackage, Member, Message
from portal.transaction import transaction
from tests.clinics import ANA, CHO, LEE, NOW
from tests.mail.changes import line, sequence
from tests.mail.golden_files import agrees_with_golden_files
from tests.mail.laid_out import calendar_of, html_of, text_of
from tests.mail.messages import TEN, TOKEN, lee_books, messages, one

Clinic = Callable[..., None]
PLACE = {"place": "12 River Street"}
OTHER = TOKEN[::-1]
LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    """The link in the mail is the same in every run."""
    monkeypatch.setattr(private_links, "new_token", lambda: OTHER)


def answered(act: Callable[[int], object]) -> list[Message]:
    """Lee's request to Cho is answered; returns the mails about it, Lee's first."""
    lee_books()
    made = messages()
    act(one(Booking).id)
    return messages()[len(made) :]


def accepted(by: str = ANA) -> list[Message]:
    return answered(lambda id_: accept(id_, one(Member, email=by), LATER))


def declined(by: str = ANA, reason: str = "Cho is away.\nTry <Ben>.") -> list[Message]:
    return answered(lambda id_: decline(id_, reason, one(Member, email=by), LATER))


def test_the_client_reads_that_it_is_confirmed_and_what_is_left(clinic: Clinic) -> None:
    clinic(practice=PLACE)
    to_lee, _ = accepted()
    agrees_with_golden_files(to_lee, "booking_accepted")
    assert to_lee.recipient == LEE
    for words in (f"/bookings/{OTHER}", f"/bookings/{OTHER}/next", "1 of 4 used"):
        assert words in text_of(to_lee)


def test_the_practitioner_is_told_what_somebody_else_answered_for_them(clinic: Clinic) -> None:
    clinic(practice=PLACE)
    _, to_cho = accepted()
    agrees_with_golden_files(to_cho, "booking_answered_accepted")
    assert to_cho.recipient == CHO


def test_and_so_they_are_of_a_request_that_was_declined(clinic: Clinic) -> None:
    clinic(practice=PLACE)
    _, to_cho = declined()
    agrees_with_golden_files(to_cho, "booking_answered_declined")


def test_who_answers_their_own_request_gets_no_mail_about_it(clinic: Clinic) -> None:
    clinic()
    assert [mail.recipient for mail in accepted(CHO)] == [LEE]


def test_the_client_reads_why_it_was_declined_and_that_the_credit_is_back(clinic: Clinic) -> None:
    clinic(practice=PLACE)
    to_lee, _ = declined()
    agrees_with_golden_files(to_lee, "booking_declined")
    assert "0 of 4 used" in text_of(to_lee)


def test_without_a_reason_none_is_mentioned(clinic: Clinic) -> None:
    clinic()
    [to_lee] = declined(CHO, reason=" ")
    assert "reason" not in text_of(to_lee) + html_of(to_lee)


def test_the_client_reads_that_nobody_answered(clinic: Clinic) -> None:
    clinic(practice=PLACE)
    [to_lee] = answered(lambda _id: lapse_requests(TEN))
    agrees_with_golden_files(to_lee, "booking_lapsed")
    assert line(to_lee, "METHOD") == "METHOD:CANCEL"


def test_of_an_expired_package_nothing_more_is_booked(clinic: Clinic) -> None:
    clinic()
    lee_books()
    with transaction() as session:
        session.execute(update(ClientPackage).values(expires_on=NOW.date() - timedelta(days=1)))
    decline(one(Booking).id, "", one(Member, email=CHO), LATER)
    to_lee = messages()[-1]
    for body in (text_of(to_lee), html_of(to_lee)):
        assert "has expired" in body
        assert "/next" not in body


def test_the_calendar_file_confirms_the_entry(clinic: Clinic) -> None:
    clinic()
    to_lee, to_cho = accepted()
    made = messages()[0]
    assert line(made, "UID") == line(to_lee, "UID")
    assert (line(made, "STATUS"), line(to_lee, "STATUS")) == (
        "STATUS:TENTATIVE",
        "STATUS:CONFIRMED",
    )
    assert sequence(to_lee) > sequence(made)
    assert not calendar_of(to_cho)


def test_the_calendar_file_of_a_request_that_was_declined_takes_the_entry_away(
    clinic: Clinic,
) -> None:
    clinic()
    to_lee, _ = declined()
    assert line(to_lee, "METHOD") == "METHOD:CANCEL"
    assert sequence(to_lee) == 1
