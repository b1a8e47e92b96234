"""The mails about a session that its client cancelled, and about taking that back."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from portal.actions import private_links
from portal.actions.client_cancelling import cancel_by_client, take_back_cancellation
from portal.models import Booking, Message
from tests.clinics import CHO, LEE, NOW, lee
from tests.mail.changes import line, sequence
from tests.mail.golden_files import agrees_with_golden_files
from tests.mail.laid_out import calendar_of, html_of, text_of
from tests.mail.messages import TEN, TOKEN, lee_books, messages, one

Clinic = Callable[..., None]
PLACE = {"place": "12 River Street"}
OTHER = TOKEN[::-1]
LATER = NOW + timedelta(hours=1)
REASON = "I’m ill.\nSee <you>."


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    """The links in the mails are the same in every run."""
    tokens = iter([OTHER, "b" * 22, "c" * 22, "d" * 22])
    monkeypatch.setattr(private_links, "new_token", lambda: next(tokens))


def cancelled(now: datetime = LATER, **booking: object) -> tuple[Message, Message]:
    """Lee cancels the session with Cho; returns both mails."""
    lee_books(**booking)  # type: ignore[arg-type]
    cancel_by_client(one(Booking).id, REASON, now)
    to_lee, to_cho = messages()[-2:]
    return to_lee, to_cho


def test_the_client_reads_that_it_is_done_and_how_to_take_it_back(clinic: Clinic) -> None:
    clinic(practice=PLACE)
    to_lee, _ = cancelled(instant=True)
    agrees_with_golden_files(to_lee, "booking_cancelled_by_client")
    assert to_lee.recipient == LEE
    for words in ("0 of 4 used", f"/bookings/{OTHER}\n", f"/bookings/{OTHER}/next"):
        assert words in text_of(to_lee)


def test_the_practitioner_reads_the_reason_and_has_no_link(clinic: Clinic) -> None:
    clinic(practice=PLACE)
    _, to_cho = cancelled(instant=True)
    agrees_with_golden_files(to_cho, "booking_cancelled_by_client_practitioner")
    assert to_cho.recipient == CHO
    assert OTHER not in text_of(to_cho) + html_of(to_cho)


def test_a_late_one_says_that_the_credit_is_kept(clinic: Clinic) -> None:
    clinic(practice={**PLACE, "late_cancel_returns_credit": False})
    to_lee, to_cho = cancelled(TEN - timedelta(hours=2), instant=True)
    agrees_with_golden_files(to_lee, "booking_cancelled_late")
    assert "1 of 4 used" in text_of(to_lee)
    for body in (text_of(to_lee), html_of(to_lee), text_of(to_cho), html_of(to_cho)):
        assert "counts as used" in body


@pytest.mark.parametrize(("instant", "golden"), [(True, ""), (False, "_request")])
def test_taking_it_back_is_told_to_both(clinic: Clinic, instant: bool, golden: str) -> None:
    clinic(practice=PLACE, clients=[lee(timezone="Europe/Berlin")])
    cancelled(instant=instant)
    take_back_cancellation(one(Booking).id, LATER + timedelta(minutes=9))
    to_lee, to_cho = messages()[-2:]
    agrees_with_golden_files(to_lee, f"booking_restored{golden}")
    agrees_with_golden_files(to_cho, f"booking_restored_practitioner{golden}")
    for told in (to_lee, to_cho):
        assert ("request" in text_of(told), "after all" in text_of(told)) == (
            not instant,
            instant,
        )


def test_the_calendar_file_takes_the_entry_away_and_brings_it_back(clinic: Clinic) -> None:
    clinic()
    gone, for_cho = cancelled(instant=True)
    take_back_cancellation(one(Booking).id, LATER + timedelta(minutes=9))
    back = messages()[-2]
    assert line(messages()[0], "UID") == line(gone, "UID") == line(back, "UID")
    assert (line(gone, "METHOD"), line(back, "METHOD")) == ("METHOD:CANCEL", "METHOD:REQUEST")
    assert (line(gone, "STATUS"), line(back, "STATUS")) == ("STATUS:CANCELLED", "STATUS:CONFIRMED")
    assert (sequence(gone), sequence(back)) == (1, 2)
    assert not calendar_of(for_cho)


def test_cancelling_again_and_again_makes_mails_of_their_own(clinic: Clinic) -> None:
    clinic()
    cancelled()
    booking = one(Booking).id
    take_back_cancellation(booking, LATER)
    cancel_by_client(booking, REASON, LATER)
    take_back_cancellation(booking, LATER)
    assert len(messages()) == 2 + 4 * 2
