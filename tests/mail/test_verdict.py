"""Whether a message still goes: the rule as a table, and then with real messages."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.actions.outbox import take_next
from portal.db import db
from portal.mail import booking_moved, reminder
from portal.mail.booking_moved import Before
from portal.mail.verdict import (
    ATTEMPTS,
    FURTHEST,
    LONGEST_WAIT,
    About,
    Due,
    Verdict,
    pause_after,
    verdict,
)
from portal.models import Booking, Client, Member, Message
from portal.transaction import transaction
from portal.worker import send_due_mail
from tests.clinics import BEN, CHO, LEE, NOW
from tests.conftest import database_url  # noqa: F401  (here: both databases)
from tests.mail.laid_out import text_of
from tests.mail.mail_server import MailServer
from tests.mail.messages import TEN, TOKEN, invite_lee, lee_books, messages, one

Clinic = Callable[..., None]
SECOND = timedelta(seconds=1)
OTHER = TOKEN[::-1]


def due(**changes: object) -> Due:
    values = {"reminder": False, "created_at": NOW, "expires_at": TEN, "attempts": 0, "about": None}
    return Due(**{**values, **changes})  # type: ignore[arg-type]


def about(**changes: object) -> About:
    values = {"starts_at": TEN, "confirmed": True, "client_active": True, "changes": 0}
    return About(**{**values, "told_since": False, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        pytest.param(due(expires_at=None), Verdict.SEND, id="about no session"),
        pytest.param(due(about=about()), Verdict.SEND, id="a session as it was"),
        pytest.param(due(expires_at=NOW + SECOND), Verdict.SEND, id="a second before it begins"),
        pytest.param(due(expires_at=NOW), Verdict.TOO_LATE, id="it has begun"),
        pytest.param(
            due(expires_at=NOW, attempts=ATTEMPTS), Verdict.TOO_LATE, id="begun, and tried often"
        ),
        pytest.param(due(attempts=ATTEMPTS - 1), Verdict.SEND, id="the last attempt"),
        pytest.param(due(attempts=ATTEMPTS), Verdict.NO_SUCCESS, id="no attempt left"),
        pytest.param(
            due(created_at=NOW - LONGEST_WAIT + SECOND), Verdict.SEND, id="waited for long"
        ),
        pytest.param(due(created_at=NOW - LONGEST_WAIT), Verdict.NO_SUCCESS, id="for too long"),
        pytest.param(due(about=about(changes=1)), Verdict.SEND, id="changed, nobody told"),
        pytest.param(
            due(about=about(changes=1, told_since=True)), Verdict.TOLD_SINCE, id="changed and told"
        ),
        pytest.param(
            due(about=about(told_since=True)), Verdict.SEND, id="told more, nothing changed"
        ),
        pytest.param(due(about=about(confirmed=False)), Verdict.SEND, id="news of a cancellation"),
        pytest.param(
            due(about=about(starts_at=TEN + SECOND)), Verdict.SEND, id="news, moved meanwhile"
        ),
        pytest.param(due(reminder=True, about=about()), Verdict.SEND, id="reminder"),
        pytest.param(
            due(reminder=True, about=about(confirmed=False)),
            Verdict.NOT_TAKING_PLACE,
            id="reminder, cancelled",
        ),
        pytest.param(
            due(reminder=True, about=about(starts_at=TEN + SECOND, changes=1)),
            Verdict.AT_ANOTHER_TIME,
            id="reminder, moved",
        ),
        pytest.param(
            due(reminder=True, about=about(client_active=False)),
            Verdict.NOBODY_TO_REMIND,
            id="reminder, client deactivated",
        ),
        pytest.param(
            due(reminder=True, about=about(changes=1, told_since=True)),
            Verdict.REWRITE,
            id="reminder, another person",
        ),
        pytest.param(due(reminder=True, expires_at=NOW), Verdict.TOO_LATE, id="reminder, begun"),
    ],
)
def test_what_happened_since_decides(message: Due, said: Verdict) -> None:
    assert verdict(message, NOW) is said
    assert said.goes == (said in (Verdict.SEND, Verdict.REWRITE))


def test_pauses_double_up_to_a_limit_and_vary() -> None:
    assert len({pause_after(1) for _ in range(20)}) > 1
    assert all(timedelta(minutes=3) <= pause_after(3) <= timedelta(minutes=5) for _ in range(20))
    assert all(pause_after(10_000) <= FURTHEST for _ in range(20))


def outbox() -> list[Message]:
    db.session.rollback()
    return messages()


def moved(to: str = BEN, by: timedelta = timedelta(0)) -> None:
    """The session goes to somebody else, or to another time, and all it concerns are told."""
    with transaction() as session:
        booking = one(Booking)
        before = Before(booking.member, booking.starts_at)
        booking.member = one(Member, email=to)
        for name in ("starts_at", "ends_at", "busy_start", "busy_end"):
            setattr(booking, name, getattr(booking, name) + by)
        booking.sequence += 1
        booking_moved(session, booking, before, None, OTHER, NOW)


def reminded() -> None:
    with transaction() as session:
        reminder(session, one(Booking), 24 * 60, TOKEN, NOW)


def test_only_the_last_news_goes_to_whoever_gets_both_and_the_first_to_who_gets_no_other(
    clinic: Clinic, mail_server: MailServer
) -> None:
    clinic()
    lee_books(instant=True)
    moved()
    with transaction() as session:
        # Cho, who had it, isn't told of the move: her first mail is all that she has.
        [to_cho] = (each for each in messages() if each.recipient == CHO and "moved" in each.kind)
        session.delete(to_cho)
    assert send_due_mail(NOW) == 3
    told = {(each.recipient, each.kind): each for each in outbox()}
    first = told[LEE, "booking_made"]
    assert (first.dropped_at, first.sent_at, text_of(first)) == (NOW, None, "")
    assert first.last_error == "A later message about the same session took its place."
    assert told[LEE, "booking_moved_by_client"].sent_at
    assert told[CHO, "booking_made_practitioner"].sent_at
    assert sorted(mail["To"] for mail in mail_server.mails) == [BEN, CHO, LEE]


def test_news_whose_successor_failed_still_goes(clinic: Clinic, mail_server: MailServer) -> None:
    clinic()
    lee_books(instant=True)
    moved()
    with transaction() as session:
        session.execute(update(Message).where(Message.id > 2).values(failed_at=NOW))
    assert send_due_mail(NOW) == 2


def test_a_reminder_says_what_is_true_when_it_goes(clinic: Clinic, mail_server: MailServer) -> None:
    clinic()
    lee_books(instant=True)
    reminded()
    before = messages()[-1].message_id
    moved()
    assert send_due_mail(NOW) == 4
    [mail] = (mail for mail in mail_server.mails if mail["Subject"].startswith("Reminder"))
    assert "Ben Okafor" in mail.get_body(("plain",)).get_content()
    assert "Cho Park" not in mail["Subject"]
    # The old text may have arrived, its reply lost: this is another mail.
    assert mail["Message-ID"] != before
    assert mail["Message-ID"] == one(Message, kind="reminder").message_id


@pytest.mark.parametrize(
    ("model", "values", "why"),
    [
        pytest.param(Booking, {"cancelled_at": NOW}, "isn’t taking place any more", id="cancelled"),
        pytest.param(
            Booking, {"confirmed_at": None}, "isn’t taking place any more", id="a request again"
        ),
        pytest.param(Client, {"deactivated_at": NOW}, "client is deactivated", id="deactivated"),
    ],
)
def test_a_reminder_that_nobody_needs_is_dropped(
    clinic: Clinic, mail_server: MailServer, model: type, values: dict[str, object], why: str
) -> None:
    clinic()
    lee_books(instant=True)
    reminded()
    with transaction() as session:
        session.execute(update(model).values(**values))
    send_due_mail(NOW)
    message = one(Message, kind="reminder")
    assert (message.dropped_at, message.sent_at, message.attempts) == (NOW, None, 0)
    assert why in message.last_error
    assert not text_of(message)


def test_a_reminder_of_another_time_is_dropped(clinic: Clinic, mail_server: MailServer) -> None:
    clinic()
    lee_books(instant=True)
    reminded()
    moved(by=timedelta(hours=1))
    send_due_mail(NOW)
    assert "moved to another time" in one(Message, kind="reminder").last_error


def test_nothing_goes_once_the_session_has_begun_and_the_last_refusal_is_kept(
    clinic: Clinic, mail_server: MailServer
) -> None:
    clinic()
    lee_books(instant=True)
    mail_server.to_recipient = "451 4.7.1 Try again later"
    send_due_mail(TEN - SECOND)
    mail_server.to_recipient = "250 OK"
    assert send_due_mail(TEN + timedelta(minutes=5)) == 0
    for message in outbox():
        assert message.dropped_at
        assert message.last_error == (
            "The session had begun before it could be sent. 451 4.7.1 Try again later"
        )


def test_a_message_that_kills_each_worker_is_given_up(clinic: Clinic) -> None:
    clinic()
    number = invite_lee().id
    for attempt in range(ATTEMPTS):
        assert take_next(NOW, {(number, attempt)})
    assert take_next(NOW, {(number, ATTEMPTS)}) is None
    [message] = outbox()
    assert message.failed_at
    assert "couldn’t be sent for a long time" in message.last_error
