"""Reminding clients: who is reminded, when, and each once however many workers run."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text, update

from portal import clinic_file
from portal.actions.reminders import remind_clients
from portal.db import db
from portal.models import Act, Activity, Actor, Booking, Client, Message, Practice, Service
from portal.queries.reminders import due_reminders
from portal.transaction import transaction
from tests.clinics import LEE, NOW, lee, reset_clinic
from tests.mail.laid_out import html_of
from tests.mail.messages import TEN, lee_books, one

DAY = timedelta(days=1)
LONG_AGO = NOW - 30 * DAY
AT = TEN - DAY
"""When a day's reminder of the session at ten is due."""


@pytest.fixture
def booked(app: Flask) -> Iterator[Callable[..., None]]:
    """Lee's confirmed session at ten on Tuesday, which was booked long ago."""

    def book(reminders: list[int] | None = None, **values: Any) -> None:
        clinic_file.load(reset_clinic(clients=[lee()]), LONG_AGO)
        values = {"created_at": LONG_AGO, "confirmed_at": LONG_AGO, **values}
        lee_books(**values)
        with transaction() as session:
            session.execute(update(Message).values(sent_at=LONG_AGO))
            if reminders is not None:
                session.execute(update(Practice).values(reminders=reminders))

    with app.app_context():
        yield book


def reminders() -> list[str]:
    """Of each reminder in the outbox, how many minutes before the session it is."""
    db.session.rollback()
    found = db.session.query(Message).filter_by(kind="reminder").order_by(Message.id)
    return [message.event.split(":")[3] for message in found]


def test_a_client_is_reminded_a_day_before_and_once(booked: Callable[..., None]) -> None:
    booked()
    assert remind_clients(AT - timedelta(seconds=1)) == 0
    assert remind_clients(AT) == 1
    assert remind_clients(AT) == remind_clients(AT + timedelta(hours=3)) == 0
    # The clock is set back, and goes there a second time.
    assert remind_clients(AT - DAY) == remind_clients(AT) == 0
    message = one(Message, kind="reminder")
    assert (message.recipient, message.due_at, message.expires_at) == (LEE, AT, TEN)
    assert "See, reschedule or cancel" in html_of(message)


def test_there_are_as_many_as_the_practice_wants(booked: Callable[..., None]) -> None:
    booked([7 * 24 * 60, 24 * 60, 60])
    for now in (TEN - 7 * DAY, AT, TEN - timedelta(hours=1)):
        assert remind_clients(now) == 1
    assert reminders() == ["10080", "1440", "60"]


def test_a_service_has_its_own_or_none(booked: Callable[..., None]) -> None:
    booked()
    for own, written in (([], []), ([180], ["180"])):
        with transaction() as session:
            session.execute(update(Service).values(reminders=own))
        for now in (AT, TEN - timedelta(hours=3)):
            remind_clients(now)
        assert reminders() == written


def test_after_a_pause_of_the_worker_only_what_still_helps_is_sent(
    booked: Callable[..., None],
) -> None:
    booked([3 * 24 * 60, 2 * 24 * 60])
    assert remind_clients(TEN - timedelta(days=0.9)) == 0
    assert remind_clients(TEN - timedelta(days=1.5)) == 1
    assert reminders() == ["2880"]


@pytest.mark.parametrize(
    ("model", "values"),
    [
        pytest.param(Booking, {"cancelled_at": NOW}, id="cancelled"),
        pytest.param(Booking, {"confirmed_at": None}, id="not confirmed"),
        pytest.param(Booking, {"completed_at": NOW}, id="marked as over"),
        pytest.param(Client, {"deactivated_at": NOW}, id="deactivated"),
        pytest.param(Client, {"email": None}, id="no address"),
        pytest.param(Booking, {"created_at": AT + timedelta(minutes=1)}, id="booked later"),
        pytest.param(Booking, {"confirmed_at": AT + timedelta(minutes=1)}, id="confirmed later"),
    ],
)
def test_who_needs_none_gets_none(
    booked: Callable[..., None], model: type, values: dict[str, Any]
) -> None:
    booked()
    with transaction() as session:
        session.execute(update(model).values(**values))
    assert remind_clients(AT + timedelta(hours=1)) == 0


@pytest.mark.parametrize(
    ("moved_at", "written"),
    [(AT - timedelta(seconds=1), 1), (AT, 0), (AT + timedelta(minutes=5), 0)],
)
def test_whoever_was_told_of_a_move_after_its_moment_needs_none(
    booked: Callable[..., None], moved_at: datetime, written: int
) -> None:
    booked()
    with transaction() as session:
        what = {"subject": "booking", "subject_id": one(Booking).id, "actor": Actor.CLIENT}
        session.add(Activity(at=moved_at, act=Act.BOOKING_RESCHEDULED.value, **what))
    assert remind_clients(AT + timedelta(minutes=10)) == written


def test_a_session_that_was_moved_is_reminded_of_again(booked: Callable[..., None]) -> None:
    booked()
    assert remind_clients(AT) == 1
    with transaction():
        booking = one(Booking)
        for name in ("starts_at", "ends_at", "busy_start", "busy_end"):
            setattr(booking, name, getattr(booking, name) + 7 * DAY)
    assert remind_clients(AT) == 0
    assert remind_clients(AT + 7 * DAY) == 1


def test_several_workers_write_each_reminder_once(booked: Callable[..., None], app: Flask) -> None:
    booked([24 * 60, 60], used=3)
    with transaction() as session:
        # All three on the same day, one after the other.
        for number, booking in enumerate(session.query(Booking).order_by(Booking.id)):
            begins = TEN + timedelta(hours=2 - number)
            booking.starts_at = booking.busy_start = begins
            booking.ends_at = booking.busy_end = begins + timedelta(minutes=30)
            session.flush()

    def work(number: int) -> int:
        with app.app_context():
            # Their clocks differ, too.
            return remind_clients(AT + timedelta(hours=2, minutes=number % 3))

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(work, range(12))) == 3
    assert reminders() == ["1440"] * 3


def test_looking_for_them_reads_sessions_by_their_start_and_no_table_as_a_whole(
    booked: Callable[..., None],
) -> None:
    booked()
    statements: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        statements.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert due_reminders(AT)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    db.session.rollback()
    large = [each for each in statements if "FROM practice" not in each[0]]
    assert len([each for each in large if each[0].startswith("SELECT")]) <= 4
    if db.engine.dialect.name == "sqlite":
        plans = [
            row.detail
            for statement, values in large
            if statement.startswith("SELECT") and "FROM service" not in statement
            for row in db.session.connection().exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}", values
            )
        ]
        assert any("booking USING INDEX ix_booking_starts_at" in plan for plan in plans), plans
        assert not [plan for plan in plans if plan.startswith("SCAN")], plans
    else:
        _add_past_sessions(3000)
        [(statement, values)] = [each for each in large if "FROM booking" in each[0]]
        plan = db.session.connection().exec_driver_sql(f"EXPLAIN {statement}", values)
        assert "Index Scan using ix_booking_starts_at" in " ".join(row[0] for row in plan)


def _add_past_sessions(number: int) -> None:
    """So that reading a PostgreSQL table as a whole is dearer than its index."""
    db.session.execute(
        text(
            "INSERT INTO booking (uid, sequence, member_id, service_id, delivery, starts_at, "
            "ends_at, busy_start, busy_end, client_id, note, staff_note, created_at, cancel_reason)"
            "SELECT n, 0, member_id, service_id, delivery, starts_at - n * 3600, "
            "ends_at - n * 3600, busy_start - n * 3600, busy_end - n * 3600, client_id, '', '', 0, "
            "'' FROM booking, generate_series(1, :number) n"
        ),
        {"number": number},
    )
    db.session.execute(text("ANALYZE booking"))
