"""Old mail: what is given up, when a text goes, and how long a row is kept."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from portal.actions import forgetting_mail
from portal.actions.forgetting_mail import KEPT, TEXT_KEPT, forget_old_mail, give_up_waiting
from portal.actions.outbox import take_next
from portal.db import db
from portal.mail.verdict import LONGEST_WAIT
from portal.models import Message
from portal.transaction import transaction
from tests.clinics import NOW
from tests.conftest import database_url  # noqa: F401  (here: both databases)
from tests.mail.messages import TEN, invite_lee, lee_books, messages

Clinic = Callable[..., None]
SECOND = timedelta(seconds=1)


def put(**values: Any) -> None:
    with transaction() as session:
        session.execute(update(Message).values(**values))


def only() -> Message:
    db.session.rollback()
    [message] = messages()
    return message


def test_without_a_mail_server_too_mail_is_dropped_once_its_session_begins(
    clinic: Clinic,
) -> None:
    clinic()
    lee_books()
    assert give_up_waiting(TEN - SECOND) == 0
    assert give_up_waiting(TEN) == 2
    assert give_up_waiting(TEN) == 0
    db.session.rollback()
    for message in messages():
        assert (message.dropped_at, message.facts) == (TEN, "")
        assert message.last_error == "The session had begun before it could be sent."


def test_what_waits_for_a_month_is_given_up(clinic: Clinic) -> None:
    clinic()
    invite_lee()
    assert give_up_waiting(NOW + LONGEST_WAIT - SECOND) == 0
    assert give_up_waiting(NOW + LONGEST_WAIT) == 1
    assert only().failed_at == NOW + LONGEST_WAIT


def test_what_is_being_sent_is_left_to_who_sends_it(clinic: Clinic) -> None:
    clinic()
    invite_lee()
    assert take_next(NOW)
    assert give_up_waiting(NOW + 2 * LONGEST_WAIT) == 0


def test_the_text_of_what_failed_goes_after_a_week_and_the_row_stays(clinic: Clinic) -> None:
    clinic()
    invite_lee()
    put(failed_at=NOW, last_error="550 No such mailbox")
    assert forget_old_mail(NOW + TEXT_KEPT - SECOND) == 0
    assert only().facts
    assert forget_old_mail(NOW + TEXT_KEPT) == 1
    assert forget_old_mail(NOW + TEXT_KEPT) == 0
    message = only()
    assert message.facts == ""
    assert message.last_error == "550 No such mailbox"


@pytest.mark.parametrize("ended", ["sent_at", "failed_at", "dropped_at"])
def test_a_row_is_kept_for_a_year(clinic: Clinic, ended: str) -> None:
    clinic()
    invite_lee()
    put(**{ended: NOW}, facts="")
    assert forget_old_mail(NOW + KEPT - SECOND) == 0
    assert forget_old_mail(NOW + KEPT) == 1
    assert messages() == []


def test_a_row_that_waits_is_never_deleted(clinic: Clinic) -> None:
    clinic()
    invite_lee()
    assert forget_old_mail(NOW + 3 * KEPT) == 0
    assert only()


def test_many_go_in_small_batches(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic()
    monkeypatch.setattr(forgetting_mail, "BATCH", 3)
    with transaction() as session:
        session.execute(insert(Message), [_row(number, NOW) for number in range(7)])
    went = [forget_old_mail(NOW + KEPT) for _number in range(4)]
    assert went == [3, 3, 1, 0]


def _row(number: int, now: datetime) -> dict[str, Any]:
    texts = dict.fromkeys(("recipient", "subject", "facts"), "")
    ids = {"event": f"test:{number}", "message_id": f"<{number}@localhost>"}
    return {**texts, **ids, "created_at": now, "due_at": now, "sent_at": now}
