"""Workers that are killed, that wait for a silent server, and whose clocks step.

Real processes and real sockets; `make test-long` has the numbers that the promises are made for.
"""

import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time as stopwatch
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from portal import clock
from portal.actions.reminders import remind_clients
from portal.actions.requests import lapse_requests
from portal.db import db
from portal.models import Activity, Booking, Ending, Message
from portal.queries.outbox import load_leased
from portal.transaction import transaction
from portal.worker.sending import SENDERS, Senders
from tests.actions.sessions import book_follow_up
from tests.clinics import ANA, BEN, CHO, NOW
from tests.conftest import ROOT, SECRET_KEY
from tests.how_often import on_fewer_engines, tries
from tests.mail.mail_server import MailServer
from tests.mail.messages import TEN, invite_lee, lee_books, messages, one

Clinic = Callable[..., None]

KILLS = tries(2, 10)
MAILS = tries(30, 200)


class Nursery:
    """Starts workers, and kills them."""

    def __init__(self, database_url: str, port: int) -> None:
        settings = {"DATABASE_URL": database_url, "SECRET_KEY": SECRET_KEY}
        settings |= {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": port, "MAIL_USE_TLS": False}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery", json.dumps(settings)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.workers: list[int] = []
        assert self._says() == "ready"

    def start(self) -> int:
        """Start a worker; return its process id."""
        assert self.process.stdin
        print(file=self.process.stdin, flush=True)
        self.workers.append(int(self._says()))
        return self.workers[-1]

    def kill(self, worker: int) -> None:
        """End it without a word."""
        self.workers.remove(worker)
        os.kill(worker, signal.SIGKILL)

    def close(self) -> None:
        """End all that is left."""
        for worker in list(self.workers):
            with suppress(ProcessLookupError):
                self.kill(worker)
        self.process.communicate(timeout=10)

    def _says(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()


@pytest.fixture
def nursery(database_url: str) -> Iterator[Callable[[int], Nursery]]:
    """A nursery whose workers send to the mail server at a port."""
    made: list[Nursery] = []

    def make(port: int) -> Nursery:
        made.append(Nursery(database_url, port))
        return made[0]

    yield make
    for each in made:
        each.close()


def wait_until(what: Callable[[], object], seconds: float = 30) -> None:
    deadline = stopwatch.monotonic() + seconds
    while not what():
        assert stopwatch.monotonic() < deadline, "it didn't happen in time"
        stopwatch.sleep(0.02)


@pytest.mark.timeout(tries(120, 600))
def test_a_worker_killed_in_mid_send_loses_nothing_and_doubles_only_what_it_had(
    clinic: Clinic, app: Flask, mail_server: MailServer, nursery: Callable[[int], Nursery]
) -> None:
    clinic()
    with app.app_context():
        for number in range(MAILS):
            invite_lee(f"{number:022}", now=clock.now())
        mail_server.pause = 0.05
        workers = nursery(mail_server.port)
        workers.start()
        at_most_twice: set[str] = set()
        for _number in range(KILLS):
            worker = workers.start()
            wait_until(lambda: mail_server.under_way >= 2)
            # Both at once every other time: nobody is left who could know of anything.
            workers.kill(worker)
            workers.kill(workers.workers[0])
            at_most_twice |= being_sent()
            workers.start()
        wait_until(lambda: all_sent(MAILS), tries(60, 300))
    arrived = Counter(str(mail["Message-ID"]) for mail in mail_server.mails)
    assert set(arrived) == {message.message_id for message in messages_of(app)}
    twice = {name for name, number in arrived.items() if number > 1}
    assert twice <= at_most_twice
    # What one kill can double is what its workers had in their hands.
    assert max(arrived.values()) <= KILLS + 1
    assert len(twice) <= KILLS * 2 * SENDERS
    # A kill that doubles nothing may happen; that none does would mean that the test tests nothing.
    assert at_most_twice


def being_sent() -> set[str]:
    # What is true now, and not when this session last began to read.
    db.session.rollback()
    leased = {message_id for message_id, _attempt in load_leased()}
    return {message.message_id for message in messages() if message.id in leased}


def all_sent(number: int) -> bool:
    db.session.rollback()
    return db.session.query(Message).filter(Message.sent_at.is_not(None)).count() == number


def messages_of(app: Flask) -> list[Message]:
    with app.app_context():
        return messages()


@pytest.fixture
def silent_server() -> Iterator[tuple[int, list[socket.socket]]]:
    """A port where connections are taken and nothing is ever said, and those connections."""
    connections: list[socket.socket] = []
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connections.append(listener.accept()[0])

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield listener.getsockname()[1], connections
    # Wakes up who accepts.
    listener.shutdown(socket.SHUT_RDWR)
    thread.join()
    for each in (listener, *connections):
        each.close()


@pytest.mark.timeout(120)
@on_fewer_engines
def test_a_silent_server_holds_up_neither_requests_nor_reminders_nor_bookings(
    clinic: Clinic,
    app: Flask,
    silent_server: tuple[int, list[socket.socket]],
    nursery: Callable[[int], Nursery],
) -> None:
    clinic()
    port, connections = silent_server
    number = tries(6, 20)
    with app.app_context():
        for each in range(2 * SENDERS):
            invite_lee(f"{each:022}", now=clock.now())
        alone = [seconds_for_a_booking(each) for each in range(number)]
        workers = nursery(port)
        workers.start()
        wait_until(lambda: len(connections) >= SENDERS)
        meanwhile = [seconds_for_a_booking(number + each) for each in range(number)]

        # Now an unanswered request's time comes, and a reminder's.
        soon = clock.now() + timedelta(hours=23)
        with transaction() as session:
            lapsing, reminded, *_rest = session.query(Booking).order_by(Booking.id)
            put_at(lapsing, clock.now() - timedelta(minutes=1))
            put_at(reminded, soon)
            reminded.confirmed_at = reminded.created_at = clock.now() - timedelta(days=9)
        wait_until(lambda: ending_of(lapsing.id) is Ending.LAPSED)
        wait_until(lambda: has_reminder(reminded.id))
        assert len(connections) == SENDERS
        assert not db.session.query(Message).filter(Message.sent_at.is_not(None)).count()
        assert db.session.query(Booking).filter(Booking.client_id.is_not(None)).count() == len(
            alone + meanwhile
        )
    # As a ratio within one run, and generous: other things go on on this machine.
    assert statistics.median(meanwhile) < 5 * statistics.median(alone) + 0.05


def seconds_for_a_booking(number: int) -> float:
    """Another client books another time; how long that took."""
    day, place = divmod(number, 9)
    who, hour = (ANA, BEN, CHO)[place % 3], place // 3
    # From Tuesday on, before clocks change.
    start = TEN + timedelta(days=(0, 1, 2, 3, 6, 7, 8)[day], hours=hour - 1)
    begun = stopwatch.perf_counter()
    book_follow_up(who, start, email=f"client-{number}@example.com")
    return stopwatch.perf_counter() - begun


def put_at(booking: Booking, start: datetime) -> None:
    booking.starts_at = booking.busy_start = start
    booking.ends_at = booking.busy_end = start + timedelta(minutes=60)


def ending_of(booking_id: int) -> Ending | None:
    db.session.rollback()
    return one(Booking, id=booking_id).ending


def has_reminder(booking_id: int) -> bool:
    db.session.rollback()
    found = db.session.query(Message).filter_by(kind="reminder", booking_id=booking_id)
    return found.count() == 1


def test_who_is_to_stop_finishes_what_is_under_way_and_begins_nothing_else(
    clinic: Clinic, app: Flask, mail_server: MailServer, time: Any
) -> None:
    clinic()
    mail_server.pause = 0.3
    with app.app_context():
        for number in range(SENDERS + 2):
            invite_lee(f"{number:022}")
        senders = Senders(app)
        senders.look()
        wait_until(lambda: mail_server.under_way == SENDERS)
        senders.stop(timedelta(seconds=10))
        assert len(mail_server.mails) == SENDERS
        assert all_sent(SENDERS)
        assert not load_leased()
        senders.look()
        assert not mail_server.under_way


def test_two_workers_whose_clocks_step_do_nothing_twice(
    clinic: Clinic, app: Flask, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic()
    mail_server.pause = 0.03
    steps = random.Random(1)  # noqa: S311
    with app.app_context():
        lee_books(instant=True, created_at=NOW - timedelta(days=30))
        with transaction() as session:
            session.execute(update(Message).values(sent_at=NOW))
            session.execute(update(Booking).values(confirmed_at=NOW - timedelta(days=30)))
        outside = TEN - timedelta(hours=18)
        lapsing = book_follow_up(BEN, TEN).id
        with transaction() as session:
            session.execute(update(Message).values(sent_at=NOW))
            put_at(one(Booking, id=lapsing), outside)
        for number in range(12):
            invite_lee(f"{number:022}")

    def stepping() -> datetime:
        # By hours, which is many leases, to and fro; a reminder and a request are due in between.
        return TEN - timedelta(minutes=steps.randrange(13 * 60, 23 * 60))

    monkeypatch.setattr(clock, "now", stepping)
    workers = [Senders(app), Senders(app)]

    def work(senders: Senders) -> None:
        with app.app_context():
            for _number in range(8):
                senders.look()
                remind_clients(clock.now())
                lapse_requests(clock.now())

    threads = [threading.Thread(target=work, args=(each,)) for each in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    def all_have_gone() -> bool:
        db.session.rollback()
        for each in workers:
            each.look()
        return all(each.sent_at for each in messages() if each.kind == "invite_to_book")

    with app.app_context():
        # They stop at once when they're told to, whatever is left.
        wait_until(all_have_gone)
    for each in workers:
        each.stop(timedelta(seconds=10))
    monkeypatch.undo()
    arrived = Counter(str(mail["Message-ID"]) for mail in mail_server.mails)
    assert set(arrived.values()) == {1}
    with app.app_context():
        kinds = Counter(message.kind for message in messages())
        assert (kinds["reminder"], kinds["booking_lapsed"]) == (1, 1)
        lapses = db.session.query(Activity).filter_by(act="booking.lapsed").count()
        assert lapses == 1
        due = [each for each in messages() if each.kind == "invite_to_book"]
        assert len(arrived) >= len(due) == 12
