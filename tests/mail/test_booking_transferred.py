"""The mails about a session that went to a colleague."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from portal.actions import private_links
from portal.actions.moving import transfer
from portal.models import Member, Message
from tests.clinics import ANA, BEN, CHO, LEE, NOW, lee
from tests.mail.golden_files import agrees_with_golden_files
from tests.mail.messages import TOKEN, lee_books, messages, one

Clinic = Callable[..., None]
PLACE = {"place": "12 River Street"}
OTHER = TOKEN[::-1]


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    """The link in the mail is the same in every run."""
    monkeypatch.setattr(private_links, "new_token", lambda: OTHER)


def moved(by: str = ANA, **booking: object) -> tuple[Message, Message, Message]:
    """Lee's session goes from Cho to Ben; returns the mails to Lee, Ben and Cho."""
    lee_books(**booking)  # type: ignore[arg-type]
    made = messages()[-1].booking
    assert made
    later = NOW + timedelta(hours=1)
    transfer(made.id, one(Member, email=BEN).id, one(Member, email=by), later, True)
    to_lee, to_ben, to_cho = messages()[-3:]
    return to_lee, to_ben, to_cho


def test_the_client_reads_who_it_is_now_and_gets_the_link(clinic: Clinic) -> None:
    clinic(practice=PLACE)
    mail, _, _ = moved(instant=True)
    agrees_with_golden_files(mail, "booking_transferred")
    assert mail.recipient == LEE
    assert f"/bookings/{OTHER}" in mail.text_body


def test_whoever_has_it_now_reads_all_they_need(clinic: Clinic) -> None:
    clinic(practice=PLACE, clients=[lee(phone="+1 212 555 0100")])
    _, mail, _ = moved(note="I’ll be <late>.")
    agrees_with_golden_files(mail, "booking_transferred_taken")
    assert mail.recipient == BEN
    assert OTHER not in mail.text_body + mail.html_body


def test_whoever_had_it_reads_no_more_of_the_client_than_their_name(clinic: Clinic) -> None:
    clinic(practice=PLACE, clients=[lee(phone="+1 212 555 0100")])
    _, _, mail = moved(note="I’ll be <late>.")
    agrees_with_golden_files(mail, "booking_transferred_given")
    assert mail.recipient == CHO
    for words in (LEE, "555 0100", "late"):
        assert words not in mail.text_body + mail.html_body


def test_who_moved_it_reads_so(clinic: Clinic) -> None:
    clinic()
    _, _, mail = moved(CHO)
    for body in (mail.text_body, mail.html_body):
        assert "You gave this session with Lee Park to Ben Okafor." in body


def test_a_request_is_still_one(clinic: Clinic) -> None:
    clinic()
    mail, for_ben, for_cho = moved()
    assert "still a request" in mail.text_body
    assert "has to be answered" in for_ben.text_body
    assert "request" not in for_cho.text_body


def test_the_calendar_file_names_the_colleague_in_the_same_entry(clinic: Clinic) -> None:
    clinic()
    mail, _, _ = moved()
    made = next(each for each in messages() if each.event.endswith("made:client"))
    assert made.calendar
    assert mail.calendar

    def line(file: str, name: str) -> str:
        return next(each for each in file.split("\r\n") if each.startswith(name))

    assert line(made.calendar, "UID") == line(mail.calendar, "UID")
    assert line(mail.calendar, "SUMMARY") == "SUMMARY:Follow-up with Ben Okafor"
    sequences = [
        int(line(file, "SEQUENCE").split(":")[1]) for file in (made.calendar, mail.calendar)
    ]
    assert sequences == [0, 3600]
    assert "METHOD:PUBLISH" in mail.calendar
