"""Writing a clinic file without faults: what it names becomes as it says, nothing else changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.clinic_file.entries import ClinicFile
from portal.clinic_file.known import Known
from portal.clinic_file.plan import Plan
from portal.clinic_file.rows import Rows
from portal.clinic_file.writing import credits, offers, people, sessions
from portal.db import db


def write(file: ClinicFile, known: Known, rows: Rows, plan: Plan, now: datetime) -> bool:
    """Write all of it into the current transaction; return whether anything wasn't so already."""
    with _changes() as changed:
        people.write(file, rows, now)
        offers.write_services(file, rows, now)
        people.write_hours(file, rows)
        offers.write_packages(file, rows, now)
        sessions.write_own(plan, known, rows, now)
        sessions.write_bookings(plan, rows, now)
        credits.write(plan, rows, now)
        db.session.flush()
    return bool(changed)


@contextmanager
def _changes() -> Iterator[list[Any]]:
    """Collect the rows that are added, changed or removed meanwhile."""
    session = db.session()
    changed: list[Any] = []

    def note(session: Session, *_flush: Any) -> None:
        changed.extend([*session.new, *session.deleted])
        changed.extend(filter(session.is_modified, session.dirty))

    event.listen(session, "before_flush", note)
    try:
        yield changed
    finally:
        event.remove(session, "before_flush", note)
