"""What `flask doctor` finds, one thing wrong at a time, and how it says so."""

import json
import zoneinfo
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask

from portal import clinic_file, clock
from portal.actions.activity import record
from portal.actions.outbox import ATTEMPTS
from portal.db import db
from portal.health import addresses, doctor, heartbeat, machine
from portal.health.backups import TOO_OLD, backup_is_fresh
from portal.health.faults import Fault
from portal.health.mail import mail_goes_out, outbox_is_empty_enough
from portal.models import Act, Actor, Practice
from portal.queries.guard import double_bookings
from portal.transaction import transaction
from portal.work_queue import open_queue, queue_file
from tests.clinics import ANA, NOW, lee, reset_clinic
from tests.databases import run, without_guard
from tests.mail.mail_server import MailServer, free_port, use_mail_server

Check = Callable[[datetime], Any]


@pytest.fixture(autouse=True)
def _clinic(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The clinic of the scenarios, on both databases, at a time that stands still."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with app.app_context():
        clinic_file.load(reset_clinic(clients=[lee()]), NOW)
        yield


def sentences(check: Check, now: datetime = NOW) -> str:
    return " ".join(f"{fault.sentence} {fault.mend}" for fault in check(now))


def booking(start: str) -> dict[str, Any]:
    return {
        "client": "lee@example.com",
        "practitioner": ANA,
        "service": "follow-up",
        "delivery": "in_person",
        "start": start,
        "status": "confirmed",
        "package": None,
    }


def test_sessions_that_overlap_are_counted_and_those_that_touch_are_not() -> None:
    sessions = [booking(f"2027-03-15T{time}:00-04:00") for time in ("09:00", "10:00", "11:00")]
    clinic_file.load(reset_clinic(clients=[lee()], bookings=sessions), NOW)
    assert doctor.sessions_are_sound(NOW) == []
    without_guard()
    run("UPDATE booking SET busy_end = busy_end + 3660 WHERE id = (SELECT min(id) FROM booking)")
    # An hour and a minute longer, the first one reaches over the second one into the third.
    assert double_bookings() == 2
    assert "2 sessions begin while" in sentences(doctor.sessions_are_sound)
    run("UPDATE booking SET overbooked_at = 1 WHERE id > (SELECT min(id) FROM booking)")
    assert double_bookings() == 0


def test_a_clock_that_was_put_back_is_noticed() -> None:
    # Loading the clinic was written into the log, at NOW.
    assert "was put back" not in sentences(machine.clock_is_right, NOW - timedelta(minutes=4))
    assert "was put back" in sentences(machine.clock_is_right, NOW - timedelta(minutes=6))


def test_a_database_on_another_machine_has_to_have_the_same_time() -> None:
    present = datetime.now(UTC)
    assert "seconds apart" not in sentences(machine.clock_is_right, present)
    apart = "seconds apart" in sentences(machine.clock_is_right, present + timedelta(seconds=30))
    assert apart is (db.engine.dialect.name == "postgresql")


@pytest.mark.parametrize(
    ("first_line", "release"),
    [("# version 2025b\n", "2025b"), ("2026a\n", "2026a"), ("# This file\n", None), ("", None)],
)
def test_the_release_of_the_machines_zones_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first_line: str, release: str | None
) -> None:
    (tmp_path / "UTC").touch()
    (tmp_path / "tzdata.zi").write_text(first_line)
    monkeypatch.setattr(zoneinfo, "TZPATH", (str(tmp_path),))
    assert machine.zones_version() == release


def test_without_zones_of_the_machine_the_packages_release_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(zoneinfo, "TZPATH", ())
    release = machine.zones_version()
    assert release
    assert release[:2] == "20"


def test_old_zones_and_unknown_ones_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "zones_version", lambda: "2026a")
    assert machine.zones_are_known(NOW) == []
    assert "those of 2026a" in sentences(machine.zones_are_known, NOW.replace(year=2028))
    run("UPDATE practice SET timezone = 'Mars/Olympus'")
    assert "Mars/Olympus isn't known" in sentences(machine.zones_are_known)


def test_a_full_disk_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: SimpleNamespace(free=2**30))
    assert machine.disk_has_room(NOW) == []
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _: SimpleNamespace(free=3 * 2**20))
    assert "Only 3 MB are free" in sentences(machine.disk_has_room)


def test_a_secret_that_is_short_or_readable_is_named(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "INSTANCE", tmp_path)
    assert machine.secret_is_kept(NOW) == []
    kept = tmp_path / "secret_key"
    kept.write_text(app.config["SECRET_KEY"])
    kept.chmod(0o640)
    assert "mode 640" in sentences(machine.secret_is_kept)
    kept.chmod(0o600)
    alone = db.engine.dialect.name == "sqlite"
    assert bool(machine.secret_is_kept(NOW)) is not alone
    app.config["SECRET_KEY"] = "short"
    assert "may be guessed" in sentences(machine.secret_is_kept)


@pytest.mark.parametrize(
    ("address", "proxies", "about_address", "about_proxies"),
    [
        ("https://book.example.com", 1, "", ""),
        ("https://book.example.com", 0, "", "all visitors seem to be one"),
        ("http://book.example.com", 1, "can be read on their way", ""),
        ("http://127.0.0.1:8000", 0, "on this machine alone", ""),
        ("http://localhost:8000", 1, "on this machine alone", "claim to be anybody"),
        ("http://[::1]:8000", 0, "on this machine alone", ""),
    ],
)
def test_address_and_proxies_have_to_fit(
    app: Flask, address: str, proxies: int, about_address: str, about_proxies: str
) -> None:
    app.config.update(BASE_URL=address, TRUSTED_PROXIES=proxies)
    for check, words in (
        (addresses.base_url_is_public, about_address),
        (addresses.proxies_are_counted, about_proxies),
    ):
        said = sentences(check)
        assert words in said
        assert bool(words) == bool(said)


def test_a_worker_that_is_silent_is_noticed(app: Flask) -> None:
    assert "No worker has run yet" in sentences(heartbeat.worker_is_running)
    file = queue_file(app)
    assert file is None or not file.exists(), "asking makes no file that the worker can't write"
    queue = open_queue(app)
    heartbeat.beat(queue, NOW)
    queue.storage.close()
    assert heartbeat.last_beat(app) == NOW
    assert heartbeat.worker_is_running(NOW + heartbeat.LATE) == []
    late = NOW + heartbeat.LATE + timedelta(seconds=1)
    assert "since 2027-03-01 13:00:00 UTC" in sentences(heartbeat.worker_is_running, late)


def test_a_backup_that_was_never_made_or_is_old_is_named(app: Flask) -> None:
    assert "No backup has been made yet" in sentences(backup_is_fresh)
    with transaction() as session:
        record(session, Act.BACKED_UP, session.get_one(Practice, 1), NOW, actor=Actor.OPERATOR)
    assert sentences(backup_is_fresh, NOW + TOO_OLD) == ""
    assert f"{NOW:%Y-%m-%d %H:%M} UTC" in sentences(
        backup_is_fresh, NOW + TOO_OLD + timedelta(seconds=1)
    )
    app.config["BACKUP_KEEP_DAYS"] = 0
    assert sentences(backup_is_fresh, NOW + timedelta(days=400)) == ""


def test_mail_without_a_server_or_with_one_that_is_away_is_named(app: Flask) -> None:
    app.config.update(MAIL_SERVER="", MAIL_SENDER="bookings@clinic.example")
    assert "No mail server is set up" in sentences(mail_goes_out)
    server = MailServer(port=free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    use_mail_server(app, server.port)
    assert mail_goes_out(NOW) == []
    app.config["MAIL_SENDER"] = "bookings@localhost"
    assert "nobody's address" in sentences(mail_goes_out)
    controller.stop()
    assert server.mails == [], "it's asked, and nothing is sent"
    assert "Nothing answers at this port" in sentences(mail_goes_out)


def message(number: int, **columns: int) -> None:
    values = {"created_at": 0, "due_at": 0, "attempts": 0} | columns
    names = "event, message_id, recipient, subject, facts, last_error, kind"
    texts = ", ".join(f"'{number}'" for _ in names.split(","))
    run(
        f"INSERT INTO message ({names}, {', '.join(values)}) "  # noqa: S608
        f"VALUES ({texts}, {', '.join(map(str, values.values()))})"
    )


def test_messages_that_are_stuck_or_given_up_are_counted() -> None:
    now = int(NOW.timestamp())
    message(1, due_at=now - 60)
    message(2, due_at=now + 3600, attempts=3)
    message(3, due_at=0, sent_at=now)
    message(4, due_at=0, failed_at=now - 8 * 24 * 3600, attempts=ATTEMPTS)
    assert outbox_is_empty_enough(NOW) == []
    message(5, due_at=now - 3600)
    assert "3 messages wait in the outbox, one of them since 2027-03-01 12:00 UTC" in sentences(
        outbox_is_empty_enough
    )
    run("DELETE FROM message WHERE event = '5'")
    message(6, due_at=now + 3600, attempts=4)
    assert "1 messages were tried several times" in sentences(outbox_is_empty_enough)
    message(7, failed_at=now - 3600)
    assert "1 messages of the last 7 days were given up" in sentences(outbox_is_empty_enough)


def well() -> list[doctor.Examination]:
    return [doctor.Examination("disk", "The disk has room.", lambda _: [])]


def ask(app: Flask, *args: str) -> Any:
    return app.test_cli_runner().invoke(args=["doctor", *args])


def test_with_nothing_wrong_the_exit_code_is_0(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "EXAMINATIONS", well())
    monkeypatch.setattr(doctor, "faults_now", list)
    result = ask(app)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "ok     disk      The disk has room." in result.stdout
    assert json.loads(ask(app, "--json").stdout)["well"] is True


def test_with_anything_wrong_it_is_1_and_says_how_to_mend_it(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = doctor.Examination("mail", "", lambda _: [Fault("mail", "No mail.", "Set it up.")])
    monkeypatch.setattr(doctor, "EXAMINATIONS", [*well(), wrong])
    monkeypatch.setattr(doctor, "faults_now", list)
    result = ask(app)
    assert result.exit_code == 1
    assert "WRONG  mail      No mail.\n" in result.stdout
    assert "Set it up.\n" in result.stdout
    answer = json.loads(ask(app, "--json").stdout)
    assert answer["well"] is False
    assert answer["checks"][-1] == {
        "name": "mail",
        "well": False,
        "sentence": "No mail.",
        "mend": "Set it up.",
    }


def test_the_whole_of_it_runs_and_names_what_this_installation_lacks(app: Flask) -> None:
    result = ask(app, "--json")
    found = {check["name"]: check["well"] for check in json.loads(result.stdout)["checks"]}
    assert result.exit_code == 1
    assert found["sessions"]
    assert found["outbox"]
    assert not found["mail"]
    assert not found["worker"]


def test_without_a_schema_the_rest_is_still_looked_at(app: Flask) -> None:
    run("DELETE FROM alembic_version")
    names = [finding.name for finding in doctor.examine(NOW)]
    assert "schema" in names
    assert "outbox" not in names
    assert "base_url" in names
