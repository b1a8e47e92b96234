"""Sending what is due: a real mail server that takes it, is away, puts it off, or refuses."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from portal.actions.outbox import LEASE, record_not_sent, record_sent, take_next
from portal.db import db
from portal.mail.smtp import Post
from portal.mail.verdict import ATTEMPTS
from portal.models import Message, Practice
from portal.transaction import transaction
from portal.worker.sending import Watch, send_due_mail
from tests.clinics import LEE, NOW
from tests.conftest import database_url  # noqa: F401  (here: both databases)
from tests.mail.laid_out import text_of
from tests.mail.mail_server import MailServer, free_port, use_mail_server
from tests.mail.messages import TOKEN, invite_lee, lee_books, messages

Clinic = Callable[..., None]
A_DAY = timedelta(days=1)


def outbox() -> list[Message]:
    db.session.rollback()
    return messages()


def test_a_due_message_is_sent_once_and_its_text_is_forgotten(
    clinic: Clinic, mail_server: MailServer
) -> None:
    clinic()
    invite_lee()
    assert send_due_mail(NOW) == 1
    assert send_due_mail(NOW + A_DAY) == 0
    [mail] = mail_server.mails
    [message] = outbox()
    assert mail["To"] == LEE
    assert mail["Subject"] == "Riverside Clinic invites you to book: Reset"
    assert mail["Message-ID"] == message.message_id
    assert TOKEN in mail.get_body(("plain",)).get_content()
    assert TOKEN in mail.get_body(("html",)).get_content()
    assert message.sent_at
    assert TOKEN not in text_of(message) + message.facts


def test_what_is_not_ascii_arrives_as_it_was_written(
    clinic: Clinic, mail_server: MailServer
) -> None:
    clinic(practice={"name": "Praxis Müller, Köhler & “Söhne” 🌿"})
    invite_lee(line="Grüße — " + "sehr lang\u00a0" * 95)
    send_due_mail(NOW)
    [mail], [raw] = mail_server.mails, mail_server.raw
    assert mail["Subject"] == "Praxis Müller, Köhler & “Söhne” 🌿 invites you to book: Reset"
    [sender] = mail["From"].addresses
    assert sender.display_name == "Praxis Müller, Köhler & “Söhne” 🌿"
    assert sender.addr_spec == "bookings@localhost"
    assert "Grüße — sehr lang" in mail.get_body(("plain",)).get_content()
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_a_booking_brings_its_calendar_file(clinic: Clinic, mail_server: MailServer) -> None:
    clinic()
    lee_books()
    assert send_due_mail(NOW) == 2
    mail = next(mail for mail in mail_server.mails if mail["To"] == LEE)
    [attached] = mail.iter_attachments()
    assert attached.get_content_type() == "application/ics"
    assert attached.get_filename() == "session.ics"
    file = attached.get_content().decode()
    assert file.startswith("BEGIN:VCALENDAR\r\n")
    # The richest of the ways to show the mail, which are worse first (RFC 2046, 5.1.4): programs
    # that have no calendar show the one before.
    ways = list(mail.get_payload(0).iter_parts())
    types = [part.get_content_type() for part in ways]
    assert types == ["text/plain", "text/html", "text/calendar"]
    assert ways[2].get_param("method") == "REQUEST"
    assert ways[2].get_content().replace("\r\n", "\n") == file.replace("\r\n", "\n")
    assert ways[2].get_content_disposition() is None
    assert mail_server.raw[0].isascii()
    assert max(map(len, mail_server.raw[0].split(b"\r\n"))) <= 998


def test_without_a_mail_server_nothing_is_tried(clinic: Clinic) -> None:
    clinic()
    invite_lee()
    assert send_due_mail(NOW) == 0
    [message] = outbox()
    assert (message.attempts, message.sent_at, message.failed_at) == (0, None, None)


def test_a_server_that_is_down_is_tried_again_later_and_longer_each_time(
    clinic: Clinic, app: Flask
) -> None:
    clinic()
    use_mail_server(app, free_port())
    invite_lee()
    now, pauses = NOW, []
    for _attempt in range(4):
        assert send_due_mail(now) == 0
        [message] = outbox()
        assert "refused" in message.last_error
        assert not message.failed_at
        pauses.append(message.due_at - now)
        assert send_due_mail(message.due_at - timedelta(seconds=5)) == 0
        now = message.due_at
    assert pauses == sorted(pauses)
    assert timedelta(seconds=40) < pauses[0] < timedelta(seconds=80)
    [message] = outbox()
    assert message.attempts == 4


def test_a_server_that_puts_it_off_gets_it_later(clinic: Clinic, mail_server: MailServer) -> None:
    clinic()
    invite_lee()
    mail_server.to_recipient = "451 4.7.1 Try again later"
    assert send_due_mail(NOW) == 0
    assert outbox()[0].last_error == "451 4.7.1 Try again later"
    mail_server.to_recipient = "250 OK"
    assert send_due_mail(NOW + A_DAY) == 1
    [message] = outbox()
    assert message.sent_at
    assert message.last_error == ""


@pytest.mark.parametrize("step", ["to_recipient", "to_data"])
def test_a_refusal_for_good_fails_at_once(
    clinic: Clinic, mail_server: MailServer, step: str
) -> None:
    clinic()
    invite_lee()
    setattr(mail_server, step, "550 5.1.1 No such mailbox")
    assert send_due_mail(NOW) == 0
    [message] = outbox()
    assert message.failed_at
    assert message.last_error == "550 5.1.1 No such mailbox"
    assert send_due_mail(NOW + A_DAY) == 0


def test_our_own_account_being_refused_is_not_the_messages_fault(
    clinic: Clinic, mail_server: MailServer
) -> None:
    clinic()
    invite_lee()
    mail_server.to_recipient = "530 5.7.0 Authentication required"
    send_due_mail(NOW)
    [message] = outbox()
    assert not message.failed_at


def test_a_reply_that_is_lost_leads_to_the_same_message_id(
    clinic: Clinic, mail_server: MailServer
) -> None:
    clinic()
    invite_lee()
    mail_server.to_data = "drop"
    assert send_due_mail(NOW) == 0
    mail_server.to_data = "250 OK"
    assert send_due_mail(NOW + A_DAY) == 1
    first, second = mail_server.mails
    assert first["Message-ID"] == second["Message-ID"]


def test_it_is_given_up_in_the_end(clinic: Clinic, app: Flask) -> None:
    clinic()
    use_mail_server(app, free_port())
    invite_lee()
    now = NOW
    for _attempt in range(ATTEMPTS):
        send_due_mail(now)
        now = outbox()[0].due_at
    [message] = outbox()
    assert message.failed_at
    assert message.attempts == ATTEMPTS
    assert timedelta(days=1) < message.failed_at - NOW < timedelta(days=4)


def test_one_bad_message_does_not_stop_the_others(clinic: Clinic, mail_server: MailServer) -> None:
    clinic()
    lee_books()
    with transaction():
        messages()[0].recipient = "lee@example.com\r\nBcc: eve@example.com"
    assert send_due_mail(NOW) == 1
    bad, good = outbox()
    assert bad.failed_at
    assert good.sent_at


def test_a_message_that_a_dead_worker_had_is_free_again_after_its_lease(
    clinic: Clinic, mail_server: MailServer
) -> None:
    clinic()
    invite_lee()
    assert take_next(NOW)
    stopwatch = iter((0.0, LEASE.total_seconds() - 1, LEASE.total_seconds()))
    watch = Watch(lambda: next(stopwatch))
    assert send_due_mail(NOW, watch) == 0
    # The clock may say what it wants: somebody may still be sending it.
    assert send_due_mail(NOW + 2 * A_DAY, watch) == 0
    assert send_due_mail(NOW, watch) == 1


def test_who_had_a_message_for_too_long_has_no_say_in_it_any_more(
    clinic: Clinic, mail_server: MailServer
) -> None:
    clinic()
    invite_lee()
    late = take_next(NOW)
    assert late
    second = take_next(NOW, {(late.message_id, late.attempt)})
    assert second
    record_not_sent(late.message_id, late.attempt, "too slow", NOW, permanent=True)
    record_sent(late.message_id, late.attempt, NOW)
    [message] = outbox()
    assert (message.sent_at, message.failed_at, message.last_error) == (None, None, "")
    # Nor is it taken a third time from the second by whoever saw the first die.
    assert take_next(NOW, {(late.message_id, late.attempt)}) is None


def test_what_a_wrong_clock_put_off_for_years_is_sent_once_the_clock_is_right(
    clinic: Clinic, mail_server: MailServer
) -> None:
    clinic()
    invite_lee(now=NOW + 400 * A_DAY)
    assert send_due_mail(NOW) == 1


def test_one_mail_has_one_recipient(clinic: Clinic, mail_server: MailServer) -> None:
    clinic()
    lee_books()
    send_due_mail(NOW)
    assert sorted(mail_server.recipients) == [["cho@example.com"], ["lee@example.com"]]
    for mail in mail_server.mails:
        assert len(mail["To"].addresses) == 1
        assert mail["Cc"] is mail["Bcc"] is None
        assert mail["Auto-Submitted"] == "auto-generated"


def test_no_transaction_is_open_while_the_server_is_spoken_to(
    clinic: Clinic, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic()
    invite_lee()
    open_ones = []
    monkeypatch.setattr(
        Post, "send", lambda *_letter: open_ones.append(db.session().in_transaction())
    )
    assert send_due_mail(NOW) == 1
    assert open_ones == [False]
    assert db.session.get_one(Practice, 1)
