"""The stored clinic as a clinic file, in the one form that every equal clinic has."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from portal import models
from portal.clinic_file.entries import (
    AS_TEMPLATE,
    Booking,
    ClientPackage,
    ClinicFile,
    Format,
    OwnItem,
    Package,
    Role,
    Service,
)
from portal.clinic_file.hours import read_hours
from portal.clinic_file.known import Known
from portal.clinic_file.own import default_choice, planned_own
from portal.clinic_file.plan import Names
from portal.clinic_file.rows import Rows, team_booking
from portal.clinic_file.session_rows import SessionRows
from portal.models import Delivery, Right, Status


def stored_clinic() -> ClinicFile | None:
    """Everything that is stored, as the entries of a file; None where there is no clinic."""
    rows = Rows.read()
    known = rows.known()
    if known.practice is None or known.team is None:
        return None
    hours = read_hours()
    sessions = SessionRows.read(models.Booking.held_until.is_(None))
    names = Names(rows)
    return ClinicFile(
        format=Format.ONE,
        practice=known.practice,
        roles=tuple(
            Role(name=row.name, may=tuple(map(Right, row.rights))) for row in rows.roles.values()
        ),
        team=tuple(known.team.values()),
        services=tuple((known.services or {}).values()),
        availability=tuple(
            hours[row.id].entry(row.email) for row in rows.team.values() if row.id in hours
        ),
        packages=tuple((known.packages or {}).values()),
        clients=tuple((known.clients or {}).values()),
        client_packages=tuple(_own(row, sessions, known, names) for row in sessions.own),
        bookings=_bookings(sessions, known, names),
    )


def _own(
    row: models.ClientPackage, sessions: SessionRows, known: Known, names: Names
) -> ClientPackage:
    """A client's package; what it has as the package has it now is left open."""
    template: Package = (known.packages or {})[names.package[row.package_id]]
    totals = sessions.totals[row.id]
    items = [(names.service[i.service_id], totals[i.service_id]) for i in row.items]
    as_template = items == [(item.service, item.sessions) for item in template.items]
    booked = team_booking(row, row.team_members, row.team_roles)
    return ClientPackage(
        client=names.client[row.client_id],
        package=template.slug,
        started=row.started_on,
        expires=row.expires_on,
        assigned_to=names.member[row.assigned_to_id],
        items=None if as_template else tuple(OwnItem(service=s, sessions=n) for s, n in items),
        team_booking=None if booked == template.team_booking else booked,
        price=_unless(row.price, template.price),
        weekly_limit=_unless(row.weekly_limit, template.weekly_limit),
        monthly_limit=_unless(row.monthly_limit, template.monthly_limit),
    )


def _unless(value: Any, default: Any) -> Any:
    return AS_TEMPLATE if value == default else value


def _bookings(sessions: SessionRows, known: Known, names: Names) -> tuple[Booking, ...]:
    by_id = {row.id: row for row in sessions.own}
    numbers = _numbers(sessions, known, names)
    found = []
    for row in sessions.bookings:
        own = by_id.get(row.client_package_id or 0)
        service: Service = (known.services or {})[names.service[row.service_id]]
        package = names.package[own.package_id] if own else None
        found.append(_booking(row, service, package, numbers.get(row.id), sessions, names))
    return tuple(found)


def _booking(
    row: models.Booking,
    service: Service,
    package: str | None,
    number: int | None,
    sessions: SessionRows,
    names: Names,
) -> Booking:
    assert row.client_id is not None, "a booking that isn't only held has a client"
    delivery = Delivery(row.delivery)
    taken = _takes(row, sessions)
    usual = row.status is not Status.CANCELLED
    return Booking(
        client=names.client[row.client_id],
        practitioner=names.member[row.member_id],
        service=service.slug,
        delivery=delivery,
        start=row.starts_at,
        status=row.status,
        package=package,
        minutes=_unless_none(_minutes(row.ends_at - row.starts_at), service.minutes),
        buffer_before=_unless_none(_minutes(row.starts_at - row.busy_start), service.buffer_before),
        buffer_after=_unless_none(_minutes(row.busy_end - row.ends_at), service.buffer_after),
        note=row.note,
        staff_note=row.staff_note,
        package_number=number,
        credit_taken=None if package is None or taken == usual else taken,
        outdated=delivery not in service.delivery,
        overbooked=row.overbooked_at is not None,
        uid=row.uid,
        sequence=row.sequence or None,
    )


def _unless_none(value: int, default: int) -> int | None:
    return None if value == default else value


def _minutes(time: timedelta) -> int:
    return time // timedelta(minutes=1)


def _takes(row: models.Booking, sessions: SessionRows) -> bool:
    """Does it use a session of the package that it's linked to?"""
    own_id = row.client_package_id
    return own_id is not None and sessions.takes(row.id, own_id, row.service_id)


def _numbers(sessions: SessionRows, known: Known, names: Names) -> dict[int, int]:
    """By booking, which of the client's packages of that name it's linked to, counted from one.

    Only where somebody who loads the file would link it, or one like it, to another of them.
    """
    groups: defaultdict[tuple[int, int], list[models.ClientPackage]] = defaultdict(list)
    for row in sessions.own:
        groups[row.client_id, row.package_id].append(row)
    of_own = {row.id: group for group in groups.values() for row in group if len(group) > 1}
    linked: defaultdict[int, list[models.Booking]] = defaultdict(list)
    for booking in sessions.bookings:
        if group := of_own.get(booking.client_package_id or 0):
            linked[id(group)].append(booking)
    numbers: dict[int, int] = {}
    for group in groups.values():
        bookings = linked[id(group)]
        if not _would_be_linked_so(bookings, group, sessions, known, names):
            order = {row.id: number for number, row in enumerate(group, 1)}
            numbers |= {b.id: order[b.client_package_id or 0] for b in bookings}
    return numbers


def _would_be_linked_so(
    bookings: Sequence[models.Booking],
    group: Sequence[models.ClientPackage],
    sessions: SessionRows,
    known: Known,
    names: Names,
) -> bool:
    """Would loading these bookings, in this order, link each to the package that it has now?"""
    owned = [planned_own(_own(row, sessions, known, names), known) for row in group]
    for booking in bookings:
        service, takes = names.service[booking.service_id], _takes(booking, sessions)
        day = booking.starts_at.astimezone(known.zone).date()
        chosen = default_choice(owned, service, day, takes)
        if chosen is None or group[owned.index(chosen)].id != booking.client_package_id:
            return False
        chosen.used[service] += takes
    return True
