"""A mail's bodies and calendar file: made when it's sent, of what was known in the act."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

import pytest
from icalendar import Calendar
from jinja2 import Template
from sqlalchemy import event, select, update

from portal.db import db
from portal.languages import speaking
from portal.mail.bodies import tidied
from portal.mail.calendar_file import Invitation, calendar_file
from portal.mail.letter import as_mail, laid_out
from portal.mail.outbox import Composed, rewrite
from portal.mail.reminder import composed_reminder, reminder
from portal.models import Booking, Delivery, Message, Practice
from portal.transaction import transaction
from portal.worker.sending import send_due_mail
from tests.actions.sessions import book_follow_up
from tests.clinics import LEE, NOW, lee
from tests.every_mail import MAILS, write_every_mail
from tests.mail.calendars import invitation_in, only_event
from tests.mail.laid_out import SENDER, SENDER_NAME, calendar_of, html_of, letter_of, text_of
from tests.mail.mail_server import MailServer
from tests.mail.messages import TOKEN, latest, lee_books, messages, one

Clinic = Callable[..., None]


@pytest.fixture
def made_at_once(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[str, str, str]]:
    """Both bodies and the calendar file as they're made in the act, by the facts that are kept.

    As if messages were still laid out there: of the very values, which were nowhere in between.
    """
    made: dict[str, tuple[str, str, str]] = {}
    keep = Composed.facts

    def remember(composed: Composed, invitation: Invitation | None = None) -> str:
        kept, file = keep(composed, invitation), ""
        if invitation:
            with speaking(composed.language):
                file = calendar_file(invitation, SENDER_NAME, SENDER)
        made[kept] = composed.text, composed.html, file
        return kept

    monkeypatch.setattr(Composed, "facts", remember)
    return made


@pytest.fixture
def making(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The bodies' templates that were rendered so far, and the calendar files that were written."""
    made: list[str] = []
    render, to_ical = Template.render, Calendar.to_ical

    def rendering(template: Template, *args: Any, **context: Any) -> str:
        if "/body." in str(template.name):
            made.append(str(template.name))
        return render(template, *args, **context)

    def writing(file: Calendar, *args: Any, **how: Any) -> bytes:
        made.append("calendar")
        written: bytes = to_ical(file, *args, **how)
        return written

    monkeypatch.setattr(Template, "render", rendering)
    monkeypatch.setattr(Calendar, "to_ical", writing)
    return made


@contextmanager
def statements_counted() -> Iterator[list[str]]:
    """The statements that the database gets meanwhile."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        found.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield found
    event.remove(db.engine, "before_cursor_execute", note)


def to_lee(server: MailServer) -> EmailMessage:
    [mail] = [mail for mail in server.mails if mail["To"] == LEE]
    return mail


def html_in(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert isinstance(part, EmailMessage)
    html: str = part.get_content()
    return html.replace("\r\n", "\n")


def change(message: Message, **values: Any) -> None:
    with transaction() as session:
        session.execute(update(Message).where(Message.id == message.id).values(**values))


def test_every_mail_looks_as_if_it_had_been_laid_out_in_the_act(
    clinic: Clinic, made_at_once: dict[str, tuple[str, str, str]]
) -> None:
    clinic()
    write_every_mail()
    written = messages()
    assert {message.kind for message in written} == {
        path.name for path in MAILS.iterdir() if path.is_dir()
    } - {"test_message"}
    for message in written:
        made = text_of(message), html_of(message), calendar_of(message)
        assert made == made_at_once[message.facts], message.kind
    assert sum(bool(calendar_of(message)) for message in written) > 10


@pytest.mark.parametrize(
    ("delivery", "where"),
    [
        (Delivery.IN_PERSON, "12 River Street"),
        (Delivery.VIDEO, "https://meet.example.com/cho"),
        (Delivery.PHONE, "By phone"),
    ],
)
def test_wherever_a_session_is_its_mails_look_so_too(
    clinic: Clinic, made_at_once: dict[str, tuple[str, str, str]], delivery: Delivery, where: str
) -> None:
    clinic(practice={"place": "12 River Street", "video_link": "https://meet.example.com/cho"})
    for mail in lee_books(delivery=delivery):
        made = text_of(mail), html_of(mail), calendar_of(mail)
        assert made == made_at_once[mail.facts]
        assert where in html_of(mail)
    assert only_event(calendar_of(messages()[0])).location == where


def test_a_body_has_nothing_that_no_database_keeps_and_ends_with_its_line() -> None:
    assert tidied("\n\n<p>\0Hello\0</p>\n\n") == "<p>Hello</p>\n"


def test_laying_mails_out_reads_nothing_from_the_database(clinic: Clinic) -> None:
    clinic()
    write_every_mail()
    letters = [letter_of(message) for message in messages()]
    db.session.rollback()
    with statements_counted() as asked:
        for letter in letters:
            as_mail(letter, SENDER)
    assert asked == []
    with statements_counted() as asked:
        messages()
    assert len(asked) == 1


def test_an_act_makes_none_of_them_and_the_worker_makes_all(
    clinic: Clinic, mail_server: MailServer, making: list[str]
) -> None:
    clinic()
    book_follow_up()
    assert len(messages()) == 2
    assert making == []
    assert send_due_mail(NOW) == 2
    assert sorted(making) == [
        "calendar",
        "mail/booking_made_practitioner/body.html",
        "mail/booking_made_practitioner/body.txt",
        "mail/booking_requested/body.html",
        "mail/booking_requested/body.txt",
    ]
    mail = to_lee(mail_server)
    assert "<h1" in html_in(mail)
    assert invitation_in(mail)


def test_a_reminder_that_is_written_anew_is_laid_out_anew(clinic: Clinic) -> None:
    clinic()
    lee_books(instant=True)
    booking = one(Booking)
    with transaction() as session:
        reminder(session, booking, 60, TOKEN, NOW)
    with transaction() as session:
        rewrite(latest(), composed_reminder(session, booking, TOKEN[::-1]), booking, NOW)
    assert TOKEN[::-1] in html_of(latest())
    assert TOKEN not in html_of(latest())


def test_what_an_older_version_wrote_is_sent_as_it_was_made(
    clinic: Clinic, mail_server: MailServer
) -> None:
    clinic()
    file = "BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nEND:VCALENDAR\r\n"
    for_lee, for_cho = lee_books()
    change(
        for_lee,
        facts=json.dumps({"text": "Zoë.\n", "html": "<p>Zoë made this.</p>\n", "calendar": file}),
    )
    change(
        for_cho,
        facts=json.dumps({"text": "This.\n", "html": "<p>And this.</p>\n", "calendar": None}),
    )
    assert send_due_mail(NOW) == 2
    mail = to_lee(mail_server)
    assert html_in(mail) == "<p>Zoë made this.</p>\n"
    assert mail.get_body(("plain",)).get_content().strip() == "Zoë."
    [attached] = mail.iter_attachments()
    assert attached.get_content() == file.encode()
    [other] = [each for each in mail_server.mails if each is not mail]
    assert html_in(other) == "<p>And this.</p>\n"
    assert list(other.iter_attachments()) == []


def test_a_mail_says_what_was_true_in_the_act(clinic: Clinic, mail_server: MailServer) -> None:
    clinic(practice={"place": "12 River Street"})
    before = lee_books(instant=True)[0]
    looked = html_of(before)
    summary = only_event(calendar_of(before)).summary
    with transaction():
        practice, booking = one(Practice), one(Booking)
        practice.name, practice.place, practice.accent = "Hillside Clinic", "1 Hill", "#aa0000"
        booking.service.name, booking.member.name = "Intake", "Cho Kim"
        booking.client.name = "Lee Kim"
    assert send_due_mail(NOW) == 2
    mail = to_lee(mail_server)
    assert html_in(mail) == looked
    event_ = only_event(invitation_in(mail) or "")
    assert (event_.summary, event_.location) == (summary, "12 River Street")
    assert [user.common_name for user in event_.attendees] == ["Lee Park"]
    # Whoever sends it is called as they're called now.
    assert mail["From"].addresses[0].display_name == "Hillside Clinic"
    assert event_.organizer
    assert event_.organizer.common_name == "Hillside Clinic"


def test_the_organizer_is_at_the_very_address_that_the_mail_leaves_from(clinic: Clinic) -> None:
    clinic()
    mail = as_mail(letter_of(lee_books()[0]), "desk@riverside.example")
    organizer = only_event(mail.alts["calendar"]).organizer
    assert organizer
    assert (organizer.uri, organizer.common_name) == (
        "mailto:desk@riverside.example",
        "Riverside Clinic",
    )
    assert mail.sender == ("Riverside Clinic", "desk@riverside.example")


def test_they_are_in_the_readers_language_whatever_is_spoken_when_they_are_made(
    clinic: Clinic,
) -> None:
    clinic(clients=[lee(language="de")])
    mail = lee_books(delivery="phone")[0]
    with speaking("en"):
        made = laid_out(mail.facts, SENDER_NAME, SENDER)
    assert "Guten Tag Lee Park" in made.text
    assert '<html lang="de">' in made.html
    assert "Dieser Termin ist angefragt" in (made.calendar or "").replace("\r\n ", "")
    assert db.session.scalar(select(Practice.language)) == "en"
