"""The mails about a session that was moved: by its client, or by staff."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from portal import mail
from portal.actions import private_links
from portal.actions.rescheduling import reschedule
from portal.mail.booking_moved import Before
from portal.models import Booking, ClientPackage, Member, Message
from portal.scheduling.eligibility import Allow
from portal.transaction import transaction
from tests.clinics import ANA, BEN, CHO, LEE, NOW, lee
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


def moved_by_lee(to: str = CHO, **booking: object) -> list[Message]:
    """Lee moves the session with Cho to eleven on Thursday; returns the mails, Lee's first."""
    lee_books(**booking)  # type: ignore[arg-type]
    made = messages()
    with transaction() as session:
        anybody = {"team_booking_enabled": True, "team_booking_allow": Allow.ANY}
        session.execute(update(ClientPackage).values(anybody))
    start = TEN + timedelta(days=2, hours=1)
    to_id = one(Member, email=to).id
    reschedule(one(Booking).id, member_id=to_id, start=start, method="in_person", now=LATER)
    return messages()[len(made) :]


def moved_by_staff(by: str, to: str = CHO) -> list[Message]:
    """Somebody on the team moves it; returns the mails."""
    lee_books(instant=True)
    made = messages()
    with transaction() as session:
        booking, member = one(Booking), one(Member, email=to)
        before = Before(booking.member, booking.starts_at)
        booking.member = member
        for name in ("starts_at", "ends_at", "busy_start", "busy_end"):
            setattr(booking, name, getattr(booking, name) + timedelta(hours=1))
        mail.booking_moved(session, booking, before, one(Member, email=by), OTHER, LATER)
    return messages()[len(made) :]


def test_the_client_reads_the_new_time_and_the_old_one(clinic: Clinic) -> None:
    clinic(practice=PLACE)
    to_lee, _ = moved_by_lee(instant=True)
    agrees_with_golden_files(to_lee, "booking_moved")
    assert to_lee.recipient == LEE
    assert f"/bookings/{OTHER}" in text_of(to_lee)


def test_the_practitioner_reads_who_moved_it_and_has_no_link(clinic: Clinic) -> None:
    clinic(practice=PLACE, clients=[lee(phone="+1 212 555 0100")])
    _, to_cho = moved_by_lee(instant=True, note="I’ll be <late>.", staff_note="Ask <why>.")
    agrees_with_golden_files(to_cho, "booking_moved_practitioner")
    assert to_cho.recipient == CHO
    assert OTHER not in text_of(to_cho) + html_of(to_cho)


def test_a_session_that_went_to_a_colleague_is_a_request_and_all_three_are_told(
    clinic: Clinic,
) -> None:
    clinic(practice=PLACE, clients=[lee(phone="+1 212 555 0100", timezone="Europe/Berlin")])
    to_lee, to_ben, to_cho = moved_by_lee(
        BEN, instant=True, note="I’ll be <late>.", staff_note="Ask <why>."
    )
    agrees_with_golden_files(to_lee, "booking_moved_to_a_colleague")
    agrees_with_golden_files(to_ben, "booking_moved_taken")
    agrees_with_golden_files(to_cho, "booking_moved_given")
    assert [each.recipient for each in (to_lee, to_ben, to_cho)] == [LEE, BEN, CHO]
    assert "Ask" not in text_of(to_lee) + html_of(to_lee)
    for words in (LEE, "555 0100", "late", "Ask", "request"):
        assert words not in text_of(to_cho) + html_of(to_cho)


@pytest.mark.parametrize(
    ("by", "to", "words"),
    [
        (ANA, CHO, ["Ana Ruiz moved this session of yours with Lee Park."]),
        (CHO, CHO, ["You moved this session with Lee Park."]),
        (ANA, BEN, ["Ana Ruiz gave you a session that was Cho", "Ana Ruiz gave your session"]),
        (BEN, BEN, ["You took over this session with Lee Park", "Ben Okafor gave your session"]),
        (CHO, BEN, ["Cho Park gave you a session that was Cho", "You gave this session"]),
    ],
)
def test_each_of_the_team_reads_who_did_it(
    clinic: Clinic, by: str, to: str, words: list[str]
) -> None:
    clinic()
    to_lee, *to_team = moved_by_staff(by, to)
    assert "The clinic has moved your session:" in text_of(to_lee)
    assert len(to_team) == len(words)
    for each, said in zip(to_team, words, strict=True):
        assert said in text_of(each)
        assert said.split("’")[0] in html_of(each)


def test_the_calendar_file_moves_the_same_entry(clinic: Clinic) -> None:
    clinic()
    to_lee, to_cho = moved_by_lee(instant=True)
    made = messages()[0]
    assert line(made, "UID") == line(to_lee, "UID")
    assert (sequence(made), sequence(to_lee)) == (0, 1)
    assert line(to_lee, "DTSTART") == "DTSTART:20270304T160000Z"
    assert line(to_lee, "METHOD") == "METHOD:REQUEST"
    assert not calendar_of(to_cho)
