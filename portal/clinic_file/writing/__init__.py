"""Writing a clinic file without faults: what it names becomes as it says, nothing else changes."""

from datetime import datetime

from portal.clinic_file.entries import ClinicFile
from portal.clinic_file.known import Known
from portal.clinic_file.plan import Plan
from portal.clinic_file.rows import Rows
from portal.clinic_file.writing import credits, offers, people, sessions


def write(file: ClinicFile, known: Known, rows: Rows, plan: Plan, now: datetime) -> None:
    """Write all of it into the current transaction."""
    people.write(file, rows, now)
    offers.write_services(file, rows)
    people.write_hours(file, rows)
    offers.write_packages(file, rows, now)
    sessions.write_own(plan, known, rows, now)
    sessions.write_bookings(plan, rows, now)
    credits.write(plan, rows, now)
