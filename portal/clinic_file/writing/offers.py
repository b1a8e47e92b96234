"""Services, packages, and the clients."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from portal.clinic_file.entries import Client, ClinicFile, Package, Service
from portal.clinic_file.rows import Rows
from portal.clinic_file.writing.becoming import (
    become,
    become_team_booking,
    lists,
    same_members,
    since,
)
from portal.db import db
from portal.models import Client as ClientRow
from portal.models import Package as PackageRow
from portal.models import PackageItem
from portal.models import Service as ServiceRow


def write_services(file: ClinicFile, rows: Rows, now: datetime) -> None:
    """Write the services and with whom each is shared."""
    for entry in file.services:
        row = rows.services.setdefault(entry.slug, ServiceRow(slug=entry.slug))
        _write_service(entry, row, rows, now)
        db.session.add(row)
    db.session.flush()


def _write_service(entry: Service, row: ServiceRow, rows: Rows, now: datetime) -> None:
    become(
        row,
        name=entry.name,
        owner=rows.team[entry.owner],
        minutes=entry.minutes,
        buffer_before=entry.buffer_before,
        buffer_after=entry.buffer_after,
        delivery=[method.value for method in entry.delivery],
        place=entry.place,
        video_link=entry.video_link,
        confirm=entry.confirm,
        sharing=entry.sharing,
        description=entry.description,
        terms=entry.terms,
        price=entry.price,
        archived_at=since(row.archived_at, entry.archived, now),
        reminders=None if entry.reminders is None else list(entry.reminders),
    )
    members, roles = lists(entry.sharing, entry.shared_with, entry.kept, rows)
    if not same_members(row.shared_members, members):
        row.shared_members = members
    if not same_members(row.shared_roles, roles):
        row.shared_roles = roles


def write_packages(file: ClinicFile, rows: Rows, now: datetime) -> None:
    """Write the packages with their items and team booking, and the clients."""
    for entry in file.packages:
        row = rows.packages.setdefault(entry.slug, PackageRow(slug=entry.slug))
        _write_package(entry, row, rows, now)
        db.session.add(row)
    for client in file.clients:
        _write_client(client, rows, now)
    db.session.flush()


def _write_package(entry: Package, row: PackageRow, rows: Rows, now: datetime) -> None:
    become(
        row,
        name=entry.name,
        description=entry.description,
        terms=entry.terms,
        assigned_to=rows.team[entry.assigned_to],
        price=entry.price,
        valid_days=entry.valid_days,
        weekly_limit=entry.weekly_limit,
        monthly_limit=entry.monthly_limit,
        position=entry.position,
        archived_at=since(row.archived_at, entry.archived, now),
    )
    become_team_booking(row, entry.team_booking, rows)
    become_items(row, [item.service for item in entry.items], PackageItem, rows)
    sessions = {item.service: item.sessions for item in entry.items}
    for item in row.items:
        become(item, sessions=sessions[item.service.slug])


def become_items(row: Any, slugs: Sequence[str], make: Callable[..., Any], rows: Rows) -> None:
    """Give a package, or a client's, items of exactly these services, in this order."""
    current = {item.service.slug: item for item in row.items}
    if list(current) == list(slugs):
        return
    row.items = [current.get(slug) or make(service=rows.services[slug]) for slug in slugs]
    for position, item in enumerate(row.items):
        become(item, position=position)


def _write_client(entry: Client, rows: Rows, now: datetime) -> None:
    assert entry.called is not None, "a client without a name was refused"
    row = rows.clients.get(entry.called)
    if row is None:
        row = rows.clients[entry.called] = ClientRow(email=entry.email, created_at=now)
    become(
        row,
        name=entry.name,
        phone=entry.phone,
        timezone=entry.timezone,
        accepted_at=since(row.accepted_at, not entry.prospective, now),
        deactivated_at=since(row.deactivated_at, not entry.active, now),
        notes=entry.notes,
        language=entry.language,
    )
    db.session.add(row)
