"""A clinic as one JSON file: loading it, dumping it, and the schema of it.

Read `entries` for the format. Loading goes through these, in this order: `json_text`, `shapes`,
`checks`, `plan` with `assigning` and `overlaps`, `writing`.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import DataError, IntegrityError

from portal.actions.activity import record
from portal.actions.guard import OVERLAP, lock_members
from portal.clinic_file.assigning import assign
from portal.clinic_file.checks import check as check_sense
from portal.clinic_file.dumping import stored_clinic
from portal.clinic_file.entries import FORMAT, ClinicFile
from portal.clinic_file.faults import Faults, fine
from portal.clinic_file.json_text import read_text
from portal.clinic_file.known import Known, each
from portal.clinic_file.overlaps import check_overlaps
from portal.clinic_file.plan import Plan, check_uids, make_plan, visits
from portal.clinic_file.rows import Rows
from portal.clinic_file.session_rows import SessionRows, all_at_one_instant, lock_own_packages
from portal.clinic_file.shapes import Record, keys
from portal.clinic_file.writing import write
from portal.errors import NotFound, WrongClinicFile
from portal.models import Act, Practice
from portal.transaction import transaction

__all__ = ["check", "dump", "load", "read_text", "schema"]


def load(document: Any, now: datetime) -> None:
    """Make the stored clinic what the document says, all of it or nothing.

    What the document names becomes as it says; nothing else changes, nobody is removed, and a
    second time changes nothing. Raises WrongClinicFile with every fault.
    """
    try:
        with transaction() as session:
            # Two loads at a time would both make what neither has found.
            session.execute(select(Practice.id).with_for_update()).all()
            rows = Rows.read()
            file, known, plan = _planned(document, rows, now)
            if write(file, known, rows, plan, now):
                clinic = session.get_one(Practice, 1)
                record(session, Act.CLINIC_LOADED, clinic, now, **_counts(file))
    except (IntegrityError, DataError) as error:
        raise WrongClinicFile([_refused(error)]) from error


def check(document: Any, now: datetime) -> None:
    """Raise WrongClinicFile if the document couldn't be loaded into an empty database.

    Needs no database, so that a wrong file doesn't even make one.
    """
    _planned(document, Rows(), now)


def dump() -> dict[str, Any]:
    """The stored clinic as a document. Raises NotFound where there is none."""
    with all_at_one_instant():
        stored = stored_clinic()
    if stored is None or stored.practice is None:
        raise NotFound("There is no clinic in this database.")
    written: dict[str, Any] = Record(ClinicFile).write(stored, Known(stored.practice).zone)
    return written


def schema() -> dict[str, Any]:
    """The JSON Schema of a clinic file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": FORMAT,
        **Record(ClinicFile).schema(),
    }


def read(document: Any) -> tuple[ClinicFile | None, Faults]:
    """The document's entries, None where it isn't even an object, and the faults of their form."""
    faults = Faults()
    file = Record(ClinicFile).read(document, "", faults)
    return (file if fine(file) else None), faults


def _planned(document: Any, rows: Rows, now: datetime) -> tuple[ClinicFile, Known, Plan]:
    """What is to be written. Raises WrongClinicFile with the faults of form, sense and sum."""
    file, faults = read(document)
    if file is None:
        raise WrongClinicFile(faults.lines())
    rows.call_clients_as(each(file.clients))
    known = rows.known().with_file(file)
    check_sense(file, known, faults)
    plan = make_plan(file, known, rows, _stored_sessions(file, known, rows))
    check_uids(plan, faults)
    assign(plan, known, faults)
    check_overlaps(plan, now, faults)
    faults.refuse_any()
    return file, known, plan


def _stored_sessions(file: ClinicFile, known: Known, rows: Rows) -> SessionRows:
    """The stored sessions that the file's may be, or may collide with, under a lock."""
    if rows.practice is None:
        return SessionRows()
    entries = [visit.entry for visit in visits(file, known)]
    emails = {entry.practitioner for entry in entries}
    member_ids = [row.id for email, row in rows.team.items() if email in emails]
    lock_members(member_ids)
    lock_own_packages()
    return SessionRows.around(entries, member_ids)


def _counts(file: ClinicFile) -> dict[str, Any]:
    """How many of each kind the file names."""
    lists = {one.name: getattr(file, one.name) for one, _shape in keys(ClinicFile).values()}
    return {name: len(found) for name, found in lists.items() if isinstance(found, tuple) and found}


def _refused(error: IntegrityError | DataError) -> str:
    """What the database itself wouldn't have, in one line."""
    if OVERLAP in str(error.orig):
        return "bookings: one of them overlaps a session that was booked in the meantime"
    first, *_ = str(error.orig).splitlines() or ["no reason given"]
    return f"file: the database refuses it: {first}"
