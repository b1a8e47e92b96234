"""Everything that `flask doctor` looks at, in order, with what it says when nothing is wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from portal.db import db
from portal.health.addresses import base_url_is_public, proxies_are_counted
from portal.health.backups import backup_is_fresh
from portal.health.faults import Fault
from portal.health.files import (
    backups_can_be_written,
    database_is_private,
    languages_are_compiled,
)
from portal.health.heartbeat import worker_is_running
from portal.health.machine import clock_is_right, disk_has_room, secret_is_kept, zones_are_known
from portal.health.mail import mail_goes_out, outbox_is_empty_enough
from portal.health.readiness import faults_now, first_line
from portal.queries.guard import double_bookings


@dataclass(frozen=True, slots=True)
class Examination:
    """One thing to look at: its name, what is said when it's well, and the check.

    One that needs the database isn't made where it can't be read, or not as this code would.
    """

    name: str
    well: str
    check: Callable[[datetime], Sequence[Fault]]
    needs_database: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """What an examination came to. `mend` is empty where nothing is wrong."""

    name: str
    well: bool
    sentence: str
    mend: str = ""


def sessions_are_sound(now: datetime) -> Sequence[Fault]:
    """No two sessions of a practitioner overlap, and SQLite's file is in order."""
    faults = []
    if doubled := double_bookings():
        sentence = f"{doubled} sessions begin while another one of their practitioner's goes on."
        mend = "Move or cancel one of each; the calendar shows them. Then run `flask selftest`."
        faults.append(Fault("sessions", sentence, mend))
    if db.engine.dialect.name == "sqlite":
        said = db.session.execute(text("PRAGMA quick_check(1)")).scalar()
        if said != "ok":
            mend = "Stop the site, keep a copy of the file, and restore the last backup."
            faults.append(Fault("sessions", f"The database's file is damaged: {said}.", mend))
    return faults


EXAMINATIONS = (
    Examination("sessions", "No two sessions of a practitioner overlap.", sessions_are_sound),
    Examination("clock", "The clock is right.", clock_is_right),
    Examination("zones", "The time zones are known, by recent rules.", zones_are_known),
    Examination("mail", "The mail server accepts us.", mail_goes_out),
    Examination("outbox", "No message is stuck in the outbox.", outbox_is_empty_enough),
    Examination("worker", "A worker is running.", worker_is_running, needs_database=False),
    Examination("backup", "There is a fresh backup.", backup_is_fresh),
    Examination(
        "backup_folder", "Backups can be written.", backups_can_be_written, needs_database=False
    ),
    Examination(
        "database_file",
        "The database's file is nobody else's.",
        database_is_private,
        needs_database=False,
    ),
    Examination("disk", "The disk has room.", disk_has_room, needs_database=False),
    Examination(
        "languages", "All languages are compiled.", languages_are_compiled, needs_database=False
    ),
    Examination("base_url", "Links lead to the site.", base_url_is_public, needs_database=False),
    Examination(
        "proxies", "The number of proxies is plausible.", proxies_are_counted, needs_database=False
    ),
    Examination("secret_key", "The secret key is kept.", secret_is_kept, needs_database=False),
)
"""After what must hold before anybody may book. A check of another part is one more line here."""

UNREADABLE = {"database", "schema"}
"""The faults with which nothing can be asked of the database."""

READY = "The database answers, has the newest schema, and refuses to book anybody twice."


def examine(now: datetime) -> list[Finding]:
    """Look at everything; what can't be looked at is a fault too."""
    blocking = faults_now()
    readable = not UNREADABLE & {fault.name for fault in blocking}
    findings = _findings("database", READY, blocking)
    for one in EXAMINATIONS:
        if one.needs_database and not readable:
            continue
        try:
            faults = one.check(now)
        except SQLAlchemyError as error:
            faults = [Fault(one.name, f"It can't be looked at: {first_line(error)}", "Try again.")]
        finally:
            db.session.rollback()
        findings += _findings(one.name, one.well, faults)
    return findings


def _findings(name: str, well: str, faults: Sequence[Fault]) -> list[Finding]:
    if not faults:
        return [Finding(name, True, well)]
    return [Finding(fault.name, False, fault.sentence, fault.mend) for fault in faults]
