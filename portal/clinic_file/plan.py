"""What loading a file will do to client's packages and bookings, before anything is written."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from portal import models
from portal.clinic_file.entries import Booking, ClientPackage, ClinicFile, Service
from portal.clinic_file.faults import Faults, fine, shown
from portal.clinic_file.known import Known, each
from portal.clinic_file.matching import matched
from portal.clinic_file.own import Own, planned_own
from portal.clinic_file.rows import Rows
from portal.clinic_file.session_rows import SessionRows


@dataclass
class Visit:
    """One booking of the file: its times, its row if it's stored already, the package it uses.

    `booking_id`: its id, from when it's written.
    """

    entry: Booking
    start: datetime
    end: datetime
    busy_start: datetime
    busy_end: datetime
    row: models.Booking | None = None
    own: Own | None = None
    booking_id: int | None = None


@dataclass
class Plan:
    """What is to be written of sessions.

    `others`: stored bookings that the file doesn't name. `unsure`: a fault hides whose some
    client's packages are.
    """

    stored: SessionRows
    own: list[Own] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    others: list[models.Booking] = field(default_factory=list)
    unsure: bool = False


class Names:
    """The name that the file has for a stored row's member, service, client or package."""

    def __init__(self, rows: Rows) -> None:
        self.member = {row.id: email for email, row in rows.team.items()}
        self.service = {row.id: slug for slug, row in rows.services.items()}
        self.client = {row.id: called for called, row in rows.clients.items()}
        self.package = {row.id: slug for slug, row in rows.packages.items()}


def make_plan(file: ClinicFile, known: Known, rows: Rows, stored: SessionRows) -> Plan:
    """Match the file's client's packages and bookings with the stored ones.

    Entries with a fault that hides when or whose they are aren't part of the plan.
    """
    names = Names(rows)
    plan = Plan(stored, visits=visits(file, known))
    _match_own(plan, file, known, names)
    _match_bookings(plan, names)
    _count_used(plan, names)
    return plan


def check_uids(plan: Plan, faults: Faults) -> None:
    """Note each booking whose UID calendars know as that of another session.

    One that was moved since, say: this file would put a second one beside it.
    """
    for visit in plan.visits:
        stored = plan.stored.uids.get(visit.entry.uid or "")
        if stored is not None and stored != visit.booking_id:
            faults.of_meaning(
                f"{visit.entry.path}.uid",
                f"{shown(visit.entry.uid)} is that of a session at another time, or with or of "
                "somebody else",
            )


def visits(file: ClinicFile, known: Known) -> list[Visit]:
    """The file's bookings with their times, as far as these can be told."""
    found = []
    for entry in each(file.bookings):
        service = known.services.get(entry.service) if known.services else None
        whose = (entry.client, entry.practitioner, entry.status, entry.package)
        how = (entry.package_number, entry.credit_taken, entry.overbooked)
        in_calendars = (entry.uid, entry.sequence)
        if service is not None and fine(*whose, *how, *in_calendars):
            minutes = frozen_minutes(entry, service)
            if fine(entry.start, *minutes):
                found.append(Visit(entry, *times(entry.start, *minutes)))
    return found


def frozen_minutes(entry: Booking, service: Service) -> tuple[int, int, int]:
    """Minutes of the session, buffer before and buffer after: the file's, or the service's."""
    return (
        service.minutes if entry.minutes is None else entry.minutes,
        service.buffer_before if entry.buffer_before is None else entry.buffer_before,
        service.buffer_after if entry.buffer_after is None else entry.buffer_after,
    )


def times(
    start: datetime, minutes: int, before: int, after: int
) -> tuple[datetime, datetime, datetime, datetime]:
    """Start, end, and the same with the buffers."""
    end = start + timedelta(minutes=minutes)
    return start, end, start - timedelta(minutes=before), end + timedelta(minutes=after)


def _match_own(plan: Plan, file: ClinicFile, known: Known, names: Names) -> None:
    listed: list[ClientPackage] = [
        entry
        for entry in each(file.client_packages)
        if fine(entry.client, entry.package, entry.started)
    ]
    plan.unsure = not fine(file.client_packages) or len(listed) < len(file.client_packages)
    plan.own = [planned_own(entry, known) for entry in listed]
    found = matched(
        listed,
        plan.stored.own,
        (
            lambda entry: (entry.client, entry.package, entry.started),
            lambda row: (
                names.client[row.client_id],
                names.package[row.package_id],
                row.started_on,
            ),
        ),
    )
    for own, row in zip(plan.own, found, strict=True):
        own.row = row
    mentioned = {id(row) for row in found}
    for row in plan.stored.own:
        if id(row) not in mentioned:
            plan.own.append(_stored_own(row, plan.stored, names))


def _stored_own(row: models.ClientPackage, stored: SessionRows, names: Names) -> Own:
    slugs = {item.service_id: names.service[item.service_id] for item in row.items}
    return Own(
        client=names.client[row.client_id],
        package=names.package[row.package_id],
        expires=row.expires_on,
        totals={slug: stored.totals[row.id][service_id] for service_id, slug in slugs.items()},
        row=row,
    )


def _match_bookings(plan: Plan, names: Names) -> None:
    bookings = [row for row in plan.stored.bookings if row.client_id is not None]

    def of_row(row: models.Booking) -> tuple[Any, ...]:
        client = names.client[row.client_id] if row.client_id is not None else None
        return names.member[row.member_id], names.service[row.service_id], client, row.starts_at

    def of_visit(visit: Visit) -> tuple[Any, ...]:
        entry = visit.entry
        return entry.practitioner, entry.service, entry.client, entry.start

    found = matched(
        plan.visits,
        bookings,
        (
            lambda visit: (*of_visit(visit), visit.entry.uid),
            lambda row: (*of_row(row), row.uid),
        ),
        (
            lambda visit: (*of_visit(visit), visit.entry.status),
            lambda row: (*of_row(row), row.status),
        ),
        (of_visit, of_row),
    )
    for visit, row in zip(plan.visits, found, strict=True):
        visit.row, visit.booking_id = row, row.id if row else None
    mentioned = {id(row) for row in found}
    plan.others = [row for row in plan.stored.bookings if id(row) not in mentioned]


def _count_used(plan: Plan, names: Names) -> None:
    """Count what bookings that the file doesn't name use of each client's package."""
    used = plan.stored.used.copy()
    for visit in plan.visits:
        if visit.row is not None:
            used.subtract(plan.stored.taken.get(visit.row.id, {}))
    by_row: dict[int, Own] = {own.row.id: own for own in plan.own if own.row is not None}
    for (own_id, service_id), count in used.items():
        by_row[own_id].used[names.service[service_id]] = count
