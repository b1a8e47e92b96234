"""A site under load for as long as it's told, whose processes are killed: `make soak`.

    SOAK_MINUTES=30 SOAK_DATABASE=sqlite|postgresql python -m tests.faults.soak

Prints what was measured and which promises were broken; ends with 1 if any was. `make test` runs it
for some seconds (see test_soak.py).
"""

import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

from flask import Flask
from flask_security import hash_password
from sqlalchemy import update

from portal import create_app
from portal.actions.outbox import LEASE
from portal.db import db
from portal.models import Member
from portal.transaction import transaction
from tests.clinics import ANA, BEN, CHO
from tests.conftest import SECRET_KEY, dispose, migrated, server_of_our_own
from tests.faults import promises
from tests.faults.clinics import SEVERAL_AT_ONCE, open_clinic
from tests.faults.people import Diary, Staff, Visitors
from tests.faults.processes import Installation, installed
from tests.web.practice.people import PASSWORD

GOOD_ANSWERS = 0.999
"""The share of answers that must not be 5xx."""

GROWTH = 1.0
"""Megabytes a minute that a process may grow by once it's warm: noise, and not a leak."""

WARM_AFTER = 0.4
"""The part of the time after which a process has loaded and cached what it ever will."""


LONG_ENOUGH = 120
"""Seconds over which growth is told from what loads late."""


@dataclass(frozen=True)
class Plan:
    """How long, how many, and how often something is killed; all times in seconds.

    It goes on after `seconds`, with nothing killed any more, until each of `things` has been done:
    a few seconds are long on one machine and short on another. `longest` is the end of it.
    """

    seconds: float
    things: tuple[str, ...] = ()
    longest: float = 0
    visitors: int = 6
    pause: float = 0.5
    kill_web_every: float = 60
    kill_worker_every: float = 290
    sample_every: float = 5


@dataclass
class Report:
    """What was measured, and what was broken."""

    diary: Diary
    rows: dict[str, int] = field(default_factory=dict)
    killed: dict[str, int] = field(default_factory=lambda: {"web": 0, "worker": 0})
    megabytes: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def growth(self, process: str) -> float | None:
        """Megabytes a minute by which the process grew once it was warm; None: too short to say."""
        samples = self.megabytes.get(process, [])
        samples = samples[int(len(samples) * WARM_AFTER) :]
        if not samples or samples[-1][0] - samples[0][0] < LONG_ENOUGH:
            return None
        return 60 * _slope(samples)

    def lines(self) -> Iterator[str]:
        """The report, as people read it."""
        answers, waits = self.diary.statuses, sorted(self.diary.waits)
        yield f"{answers.total()} answers, of which {_failures(self.diary)} were 5xx"
        yield "    " + ", ".join(f"{status}: {n}" for status, n in sorted(answers.items()))
        if waits:
            middle, late = waits[len(waits) // 2], waits[len(waits) * 99 // 100]
            yield f"waits: median {middle:.3f} s, 99 % {late:.3f} s, longest {waits[-1]:.3f} s"
        for what, count in sorted(self.diary.done.items()):
            yield f"{count:8} {what}"
        for what, count in self.rows.items():
            yield f"{count:8} {what} in the database"
        for process, count in self.killed.items():
            yield f"{count:8} times a {process} process was killed"
        for process, samples in self.megabytes.items():
            grew = self.growth(process)
            words = "too short to tell" if grew is None else f"{grew:+.2f} MB a minute once warm"
            yield f"memory of a {process} process: {samples[-1][1]:.0f} MB, {words}"
        yield "Broken: nothing." if not self.broken else "BROKEN:"
        yield from (f"    {line}" for line in self.broken)


def soak(database_url: str, folder: Path, plan: Plan) -> Report:
    """Let everybody loose on a fresh, migrated database for the time planned; report."""
    diary, over = Diary(), Event()
    report = Report(diary)
    app = create_app({"TESTING": True, "SECRET_KEY": SECRET_KEY, "DATABASE_URL": database_url})
    _make_clinic(app)
    with installed(folder, database_url, **SEVERAL_AT_ONCE) as site:
        people = [
            Visitors(site.site.url, diary, seed, plan.pause, over).come
            for seed in range(plan.visitors)
        ]
        staff = Staff(site.site.url, diary, ANA, plan.pause, over)
        threads = [Thread(target=each) for each in (*people, staff.work)]
        for thread in threads:
            thread.start()
        _kill_and_measure(site, plan, report)
        over.set()
        for thread in threads:
            thread.join()
        with app.app_context():
            _wait_for_mail(LEASE.total_seconds() + 60 if report.killed["worker"] else 60)
            report.rows = promises.counts()
            report.broken = list(_broken(report, site))
    dispose(app)
    return report


def _make_clinic(app: Flask) -> None:
    people = [ANA, BEN, CHO, *(f"p{number}@example.com" for number in range(7))]
    open_clinic(
        app,
        hours=dict.fromkeys(people, ("08:00", "18:00")),
        intake={"sharing": "all"},
        follow_up={"confirm": "instant", "minutes": 30},
        practice={"horizon_days": 300, "slot_step_minutes": 30},
        package={"items": [{"service": s, "sessions": 3} for s in ("intake", "follow-up")]},
    )
    with app.app_context():
        with transaction() as session:
            session.execute(update(Member).values(password=hash_password(PASSWORD)))
        db.session.remove()
    dispose(app)


def _kill_and_measure(site: Installation, plan: Plan, report: Report) -> None:
    began = time.monotonic()
    next_web, next_worker = plan.kill_web_every, plan.kill_worker_every
    while (passed := time.monotonic() - began) < plan.seconds or (
        passed < plan.longest and not all(report.diary.done[thing] for thing in plan.things)
    ):
        if next_web <= passed < plan.seconds:
            site.kill_a_web_process()
            report.killed["web"] += 1
            next_web += plan.kill_web_every
        if next_worker <= passed < plan.seconds:
            site.worker.kill()
            site.worker.start()
            report.killed["worker"] += 1
            report.megabytes.pop("worker", None)
            next_worker += plan.kill_worker_every
        for process, size in site.megabytes().items():
            report.megabytes.setdefault(process, []).append((passed, size))
        time.sleep(min(plan.sample_every, plan.seconds / 20))


def _wait_for_mail(seconds: float) -> None:
    """Wait until the outbox is empty, or until nothing has left it for so many seconds."""
    left, since = promises.waiting_mails(), time.monotonic()
    while left and time.monotonic() - since < seconds:
        time.sleep(0.5)
        # What the worker writes meanwhile is seen by a transaction that begins after it.
        db.session.rollback()
        if (now := promises.waiting_mails()) < left:
            left, since = now, time.monotonic()


def _broken(report: Report, site: Installation) -> Iterator[str]:
    diary = report.diary
    yield from dict.fromkeys(diary.troubles)
    if _failures(diary) > (1 - GOOD_ANSWERS) * diary.statuses.total():
        yield f"{_failures(diary)} of {diary.statuses.total()} answers were 5xx"
    if not diary.done["sessions booked"]:
        yield "nobody could book anything"
    for process in report.megabytes:
        if (grew := report.growth(process)) is not None and grew > GROWTH:
            yield f"a {process} process grows by {grew:.2f} MB a minute"
    shown = diary.shown.values()
    received = [str(mail["Message-ID"]) for mail in site.mail.mails]
    for check in (promises.doubles(), promises.halves(), promises.wrong_credits()):
        yield from check
    for check in (promises.lost(shown), promises.doubled(shown), promises.unsent()):
        yield from check
    yield from promises.not_received(received)


def _failures(diary: Diary) -> int:
    return sum(count for status, count in diary.statuses.items() if status >= 500)


def _slope(samples: list[tuple[float, float]]) -> float:
    """The slope of the line through the samples, by least squares."""
    x_mean = sum(x for x, _ in samples) / len(samples)
    y_mean = sum(y for _, y in samples) / len(samples)
    spread = sum((x - x_mean) ** 2 for x, _ in samples)
    return sum((x - x_mean) * (y - y_mean) for x, y in samples) / spread if spread else 0


@contextmanager
def _fresh_database(engine: str, folder: Path) -> Iterator[str]:
    if engine == "sqlite":
        yield f"sqlite:///{folder / 'clinic.db'}"
    elif engine == "postgresql":
        with server_of_our_own() as (server, _folder):
            yield server.get_uri()
    else:
        sys.exit(f"SOAK_DATABASE={engine!r}: sqlite or postgresql is needed")


def main() -> int:
    """Soak as the environment says, and print the report."""
    # The mail server, which is ours, reports each connection that a killed worker left.
    logging.disable(logging.WARNING)
    minutes = float(os.environ.get("SOAK_MINUTES", "30"))
    engine = os.environ.get("SOAK_DATABASE", "sqlite")
    with (
        tempfile.TemporaryDirectory(prefix="clinic-soak-") as name,
        _fresh_database(engine, Path(name)) as database_url,
    ):
        migrated(database_url)
        print(f"{minutes:g} minutes on {engine} …", flush=True)
        report = soak(database_url, Path(name), Plan(seconds=60 * minutes))
    print(*report.lines(), sep="\n")
    return 1 if report.broken else 0


if __name__ == "__main__":
    sys.exit(main())
