"""Clients' packages and bookings."""

from datetime import UTC, datetime, time
from typing import Any

from sqlalchemy import insert

from portal.actions.guard import let_go_of_stale_holds
from portal.clinic_file.entries import AS_TEMPLATE, ClientPackage, Package
from portal.clinic_file.known import Known
from portal.clinic_file.own import Own
from portal.clinic_file.plan import Plan, Visit
from portal.clinic_file.rows import Rows
from portal.clinic_file.writing.becoming import become, become_team_booking, since
from portal.clinic_file.writing.offers import become_items
from portal.db import db
from portal.models import Booking, ClientPackageItem, Status
from portal.models import ClientPackage as ClientPackageRow
from portal.models.booking import new_uid

FACTS = (
    "confirmed_at",
    "cancelled_at",
    "cancelled_by_id",
    "cancel_reason",
    "ending",
    "completed_at",
    "no_show_at",
)


def write_own(plan: Plan, known: Known, rows: Rows, now: datetime) -> None:
    """Write the clients' packages of the file; how many sessions they have, the ledger says."""
    assert known.packages is not None
    for own in plan.own:
        if own.entry is not None:
            _write_own(own, own.entry, known.packages[own.package], known, rows, now)
    db.session.flush()


def _write_own(
    own: Own, entry: ClientPackage, template: Package, known: Known, rows: Rows, now: datetime
) -> None:
    if own.row is None:
        midnight = datetime.combine(entry.started, time(), known.zone).astimezone(UTC)
        own.row = ClientPackageRow(
            client=rows.clients[entry.client],
            package=rows.packages[entry.package],
            started_on=entry.started,
            created_at=min(now, midnight),
        )
    become(
        own.row,
        assigned_to=rows.team[_given(entry.assigned_to, template.assigned_to)],
        expires_on=own.expires,
        price=_given(entry.price, template.price),
        weekly_limit=_given(entry.weekly_limit, template.weekly_limit),
        monthly_limit=_given(entry.monthly_limit, template.monthly_limit),
    )
    become_team_booking(own.row, entry.team_booking or template.team_booking, rows)
    become_items(own.row, list(own.totals), ClientPackageItem, rows)
    db.session.add(own.row)


def _given(value: Any, otherwise: Any) -> Any:
    return otherwise if value is AS_TEMPLATE else value


def write_bookings(plan: Plan, rows: Rows, now: datetime) -> None:
    """Write the bookings; those that move leave the guard's sight first, or they'd collide."""
    let_go_of_stale_holds({rows.team[visit.entry.practitioner].id for visit in plan.visits}, now)
    stored = [
        (visit.row, _counted(visit.row, _values(visit, visit.row, now)))
        for visit in plan.visits
        if visit.row
    ]
    for row, values in stored:
        if _changes_for_the_guard(row, values):
            become(row, cancelled_at=row.cancelled_at or now)
        elif values["cancelled_at"] is not None:
            become(row, cancelled_at=values["cancelled_at"])
    db.session.flush()
    for row, values in stored:
        become(row, **values)
    db.session.flush()
    # Plain values and no objects: a clinic may bring years of sessions along.
    new = [visit for visit in plan.visits if visit.row is None]
    if new:
        ids = db.session.scalars(
            insert(Booking).returning(Booking.id, sort_by_parameter_order=True),
            [_values(visit, None, now) | _whose(visit, rows) for visit in new],
        )
        for visit, booking_id in zip(new, ids, strict=True):
            visit.booking_id = booking_id


def _changes_for_the_guard(row: Booking, values: dict[str, Any]) -> bool:
    overbooked = (row.overbooked_at is not None, values["overbooked_at"] is not None)
    times = ("busy_start", "busy_end")
    return len(set(overbooked)) > 1 or any(getattr(row, name) != values[name] for name in times)


def _whose(visit: Visit, rows: Rows) -> dict[str, Any]:
    return {
        "member_id": rows.team[visit.entry.practitioner].id,
        "service_id": rows.services[visit.entry.service].id,
        "client_id": rows.clients[visit.entry.client].id,
    }


def _values(visit: Visit, row: Booking | None, now: datetime) -> dict[str, Any]:
    """What the file says of a booking, by column."""
    return {
        "delivery": visit.entry.delivery.value,
        "starts_at": visit.start,
        "ends_at": visit.end,
        "busy_start": visit.busy_start,
        "busy_end": visit.busy_end,
        "note": visit.entry.note,
        "staff_note": visit.entry.staff_note,
        "client_package_id": visit.own.row.id if visit.own and visit.own.row else None,
        "created_at": made_at(visit, now),
        "overbooked_at": since(
            visit.row.overbooked_at if visit.row else None,
            visit.entry.overbooked,
            made_at(visit, now),
        ),
        "uid": visit.entry.uid or (row.uid if row else new_uid()),
        "sequence": visit.entry.sequence or 0,
        **_facts(visit, row, now),
    }


def _counted(row: Booking, values: dict[str, Any]) -> dict[str, Any]:
    """The values with the sequence that calendars need: it only ever rises.

    It does where the file changes what an entry in a calendar says.
    """
    facts = ("confirmed_at", "cancelled_at")
    changed = any(getattr(row, name) != values[name] for name in ("ends_at", "delivery")) or any(
        (getattr(row, name) is None) != (values[name] is None) for name in facts
    )
    return values | {"sequence": max(values["sequence"], row.sequence + changed)}


def made_at(visit: Visit, now: datetime) -> datetime:
    """When the booking was made: as it's known, or before it took place."""
    return visit.row.created_at if visit.row else min(now, visit.start)


def _facts(visit: Visit, row: Booking | None, now: datetime) -> dict[str, Any]:
    """The facts that its status follows from: as they are known, or else at plausible times."""
    if row is not None and row.status is visit.entry.status:
        return {name: getattr(row, name) for name in FACTS}
    facts: dict[str, Any] = {**dict.fromkeys(FACTS), "cancel_reason": ""}
    confirmed_at = row.confirmed_at if row else None
    match visit.entry.status:
        case Status.REQUESTED:
            return facts
        case Status.CANCELLED:
            return facts | {"confirmed_at": confirmed_at, "cancelled_at": min(now, visit.start)}
        case Status.CONFIRMED:
            return facts | {"confirmed_at": confirmed_at or made_at(visit, now)}
        case happened:
            facts["confirmed_at"] = confirmed_at or made_at(visit, now)
            return facts | {f"{happened.value}_at": min(now, visit.end)}
