"""The checks that races and the soak rest on: each finds what it's there for."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal import clinic_file
from portal.db import db
from portal.models import Booking, Message
from portal.tokens import token_hash
from portal.transaction import transaction
from tests.actions.sessions import TEN, book_follow_up, member, outside_any_package
from tests.clinics import BEN, CHO, LEE, NOW, lee, reset_clinic
from tests.databases import run, without_guard
from tests.faults import promises
from tests.faults.promises import Shown

TOKEN = "a" * 22


@pytest.fixture
def shown(app: Flask) -> Iterator[Shown]:
    """Lee's session with Ben at ten, as Lee saw it."""
    with app.app_context():
        clinic_file.load(reset_clinic(clients=[lee()]), NOW)
        book_follow_up(BEN, TEN)
        run(f"UPDATE private_link SET token_hash = '{token_hash(TOKEN)}'")  # noqa: S608  # ours
        yield Shown(TOKEN, LEE, TEN, member(BEN).id)


def test_of_what_is_as_it_should_be_nothing_is_said(shown: Shown) -> None:
    for found in (
        promises.doubles(),
        promises.halves(),
        promises.wrong_credits(),
        promises.lost([shown]),
        promises.doubled([shown]),
    ):
        assert list(found) == []


@pytest.mark.parametrize("wrong", ["token", "email", "start", "member_id", "cancelled"])
def test_a_session_that_is_not_as_its_client_saw_it_is_lost(shown: Shown, wrong: str) -> None:
    values = {"token": "b" * 22, "email": "kim@example.com", "start": NOW, "cancelled": True}
    values["member_id"] = member(CHO).id
    saw = Shown(**{**{name: getattr(shown, name) for name in values}, wrong: values[wrong]})
    assert len(list(promises.lost([saw]))) == 1


@pytest.mark.parametrize(
    ("actor", "act", "is_known"),
    [
        ("member", "booking.moved", True),
        ("member", "booking.accepted", False),
        ("operator", "booking.lapsed", True),
        ("client", "booking.rescheduled", False),
    ],
)
def test_what_staff_changed_and_what_lapsed_is_not_lost(
    shown: Shown, actor: str, act: str, is_known: bool
) -> None:
    by = 1 if actor == "member" else "NULL"
    run(
        "INSERT INTO activity (at, actor, by_id, act, subject, subject_id, details) "  # noqa: S608
        f"VALUES (0, '{actor}', {by}, '{act}', 'booking', 1, '{{}}')",
        "UPDATE booking SET starts_at = starts_at + 60",
    )
    assert (list(promises.lost([shown])) == []) is is_known


def test_a_second_booking_of_one_form_is_found(shown: Shown) -> None:
    outside_any_package(CHO, TEN)
    assert list(promises.doubled([shown])) == [f"{LEE} made 1 bookings and has 2"]


def test_a_booking_without_its_credit_mail_and_entry_is_half(shown: Shown) -> None:
    outside_any_package(CHO, TEN)
    lacks = [line.removeprefix("1 bookings lack ") for line in promises.halves()]
    assert lacks == ["a credit that was taken", "an entry in the activity log", "a mail to anybody"]


def test_a_session_over_another_is_found(shown: Shown) -> None:
    without_guard()
    outside_any_package(BEN, TEN)
    assert list(promises.doubles()) == ["1 pairs of sessions overlap"]


def test_mails_that_wait_that_failed_and_that_nobody_got_are_found(shown: Shown) -> None:
    waiting = promises.waiting_mails()
    assert waiting >= 2
    assert list(promises.unsent()) == [f"{waiting} mails wait in the outbox"]
    ids = db.session.scalars(select(Message.message_id)).all()
    with transaction() as session:
        session.execute(update(Message).values(sent_at=NOW))
    assert list(promises.unsent()) == []
    assert list(promises.not_received(ids)) == []
    assert list(promises.not_received(ids[1:])) == ["1 mails were sent and never received"]
    with transaction() as session:
        session.execute(update(Message).values(sent_at=None, failed_at=NOW))
    assert list(promises.unsent()) == [f"{waiting} mails failed"]


def test_a_cancelled_session_may_have_given_its_credit_back_and_another_may_not(
    shown: Shown,
) -> None:
    give_back = (
        "INSERT INTO credit_entry "
        "(client_package_id, service_id, booking_id, kind, amount, at, by_id, why) "
        "SELECT client_package_id, service_id, booking_id, 'return', 1, 0, NULL, '' "
        "FROM credit_entry WHERE kind = 'take'"
    )
    run(give_back)
    assert list(promises.wrong_credits()) == ["booking 1 has taken 0 credits"]
    with transaction() as session:
        session.execute(update(Booking).values(cancelled_at=NOW))
    assert list(promises.wrong_credits()) == []
