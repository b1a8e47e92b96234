"""The mails about a session that the clinic cancelled."""

from collections.abc import Callable

import pytest

from portal.actions import private_links
from portal.actions.cancelling import cancel
from portal.models import Member, Message
from tests.clinics import ANA, CHO, NOW, lee
from tests.mail.golden_files import agrees_with_golden_files
from tests.mail.laid_out import calendar_of, html_of, text_of
from tests.mail.messages import TOKEN, lee_books, messages, one

Clinic = Callable[..., None]
PLACE = {"place": "12 River Street"}
REASON = "Cho is ill.\nWe’re <sorry>."


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    """The link in the mail is the same in every run."""
    monkeypatch.setattr(private_links, "new_token", lambda: TOKEN[::-1])


def cancelled(by: str = ANA) -> tuple[Message, Message]:
    """Lee's session with Cho, the second of four, is cancelled; returns both mails."""
    lee_books(instant=True, used=2)
    booking = messages()[-1].booking
    assert booking
    cancel(booking.id, REASON, one(Member, email=by), NOW)
    to_lee, to_cho = messages()[-2:]
    return to_lee, to_cho


def test_the_client_reads_the_reason_and_that_the_credit_is_back(clinic: Clinic) -> None:
    clinic(practice=PLACE)
    mail, _ = cancelled()
    agrees_with_golden_files(mail, "booking_cancelled")
    for words in ("1 of 4 used", f"/bookings/{TOKEN[::-1]}/next"):
        assert words in text_of(mail)
        assert words in html_of(mail)


def test_the_practitioner_reads_who_did_it_and_has_no_link(clinic: Clinic) -> None:
    clinic(practice=PLACE)
    _, mail = cancelled()
    agrees_with_golden_files(mail, "booking_cancelled_practitioner")
    assert mail.recipient == CHO
    assert TOKEN[::-1] not in text_of(mail) + html_of(mail)


def test_who_cancelled_their_own_reads_it_as_such(clinic: Clinic) -> None:
    clinic()
    _, mail = cancelled(CHO)
    assert "You cancelled this session with Lee Park." in text_of(mail)
    assert "You cancelled this session with Lee Park." in html_of(mail)


def test_the_clients_own_time_is_beside_the_clinics(clinic: Clinic) -> None:
    clinic(clients=[lee(timezone="Europe/Berlin")])
    assert "For you: Tuesday, March 2, 2027, 16:00" in text_of(cancelled()[0])


def test_the_calendar_file_takes_the_entry_away(clinic: Clinic) -> None:
    clinic()
    mail, for_cho = cancelled()
    made = next(each for each in messages() if each.event.endswith("made:client"))
    uid = next(line for line in calendar_of(made).split("\r\n") if line.startswith("UID"))
    for line in (uid, "STATUS:CANCELLED", "METHOD:CANCEL"):
        assert f"\r\n{line}\r\n" in calendar_of(mail)
    assert not calendar_of(for_cho)
