"""Workers as processes and threads: the queue on each database, and several of them at once."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from flask import Flask

from portal.db import db
from portal.models import Booking, Ending
from portal.worker import make_huey, send_due_mail
from tests.clinics import NOW
from tests.conftest import (
    SECRET_KEY,
    database_url,  # noqa: F401  (here: both databases)
)
from tests.mail.mail_server import MailServer
from tests.mail.messages import invite_lee, lee_books, messages, one

Clinic = Callable[..., None]
ROOT = Path(__file__).resolve().parents[2]


def test_the_queue_is_where_the_database_is(app: Flask, tmp_path: Path) -> None:
    huey = make_huey(app)
    huey.storage.enqueue(b"task")
    assert huey.storage.dequeue() == b"task"
    if "sqlite" in app.config["DATABASE_URL"]:
        assert (tmp_path / "worker.db").exists()
    huey.storage.close()


def test_several_workers_send_each_message_once(
    clinic: Clinic, app: Flask, mail_server: MailServer
) -> None:
    clinic()
    for number in range(12):
        invite_lee(f"{number:022}")

    def work(_number: int) -> int:
        with app.app_context():
            return send_due_mail(NOW)

    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(work, range(4)))
    assert sum(sent) == 12
    ids = [mail["Message-ID"] for mail in mail_server.mails]
    assert len(ids) == len(set(ids)) == 12


def test_a_worker_process_ends_and_sends_what_is_due_and_stops_when_it_is_told_to(
    clinic: Clinic, app: Flask, mail_server: MailServer
) -> None:
    clinic()
    lee_books()
    settings = {
        "DATABASE_URL": app.config["DATABASE_URL"],
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_USE_TLS": "no",
    }
    settings |= {"MAIL_PORT": str(mail_server.port), "SECRET_KEY": SECRET_KEY}
    program = "from portal import create_app, worker; worker.run(create_app())"
    # By the process's clock the year of the tests is yet to come, so all of it is put before.
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE message SET due_at = 0")
        connection.exec_driver_sql(
            "UPDATE booking SET starts_at = 60, busy_start = 60, ends_at = 120, busy_end = 120"
        )
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, env={**os.environ, **settings}
    )
    deadline = time.monotonic() + 30
    while not all_dealt_with() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) in (0, -signal.SIGTERM)
    assert all_dealt_with()
    assert one(Booking).ending is Ending.LAPSED
    sent = [message for message in messages() if message.sent_at]
    assert len(mail_server.mails) == len(sent)
    assert {message.kind for message in sent} >= {"booking_made_practitioner", "booking_lapsed"}


def all_dealt_with() -> bool:
    """The request has lapsed, and every message was sent or had its place taken by a later one."""
    db.session.rollback()
    found = messages()
    return len(found) == 3 and all(message.sent_at or message.dropped_at for message in found)
