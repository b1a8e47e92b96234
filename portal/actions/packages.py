"""Packages: made, edited, duplicated, archived, put in order. Clients' own packages never change.

What can't be stored, and what is only warned about, is said in portal/queries/package_faults.py.
"""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _

from portal.actions.activity import record
from portal.actions.guard import lock_members
from portal.actions.slugs import free_slug, one_at_a_time
from portal.actions.terms import changed_fields, mode_of, write_team_booking
from portal.actions.versions import require_version
from portal.errors import NotFound, Refused, WrongFields
from portal.mail.outbox import AnySession
from portal.models import Act, Member, Package, PackageItem, Practice
from portal.queries.package_faults import faults_in
from portal.queries.packages import Line, PackageValues, listed_packages, values_of
from portal.scheduling.eligibility import Plan
from portal.transaction import transaction

NAME = 200  # characters


class Direction(StrEnum):
    """Where a package goes in the list."""

    UP = "up"
    DOWN = "down"


def create_package(values: PackageValues, by: Member, now: datetime) -> Package:
    """Make a package, last in the list. Raises WrongFields for values that can't be stored."""
    with transaction() as session:
        practice = _lock_list(session)
        _lock_people(values)
        if faults := faults_in(_in_plan(values, practice), None):
            raise WrongFields(faults)
        package = Package()
        _write(session, package, _in_plan(values, practice))
        _put_at(session, package, len(_list(session)))
        record(session, Act.PACKAGE_ADDED, package, now, by=by)
    return package


def save_package(
    package_id: int, values: PackageValues, seen: int, by: Member, now: datetime
) -> Package:
    """Store what was edited; `seen` is the version that the editor showed.

    Raises NotFound, Changed where somebody else saved meanwhile, and WrongFields for values that
    can't be stored.
    """
    with transaction() as session:
        practice = _lock_list(session)
        _lock_people(values)
        package = locked_package(session, package_id)
        require_version(package, seen)
        values = _in_plan(values, practice)
        if faults := faults_in(values, package):
            raise WrongFields(faults)
        before = values_of(package)
        _write(session, package, values)
        session.flush()
        fields = changed_fields(before, values_of(package))
        mode: dict[str, Any] = {}
        if "team_booking" in fields:
            mode["team_booking"] = mode_of(package)
        record(session, Act.PACKAGE_CHANGED, package, now, by=by, fields=fields, **mode)
    return package


def duplicate_package(package_id: int, by: Member, now: datetime) -> Package:
    """Make a copy, below the package: its items and team booking, an address of its own.

    It has no short link, and is on offer also where the package is archived. Raises NotFound, or
    Refused where one of its services is archived.
    """
    with transaction() as session:
        _lock_list(session)
        original = locked_package(session, package_id)
        _require_services_on_offer(original)
        place = _list(session).index(original) + 1
        name = _("Copy of %(package)s", package=original.name)[:NAME].strip()
        copy = Package()
        _write(session, copy, replace(values_of(original), name=name, slug=None))
        _put_at(session, copy, place)
        record(session, Act.PACKAGE_ADDED, copy, now, by=by, copied_from=original.id)
    return copy


def archive_package(package_id: int, by: Member, now: datetime) -> Package:
    """Offer the package to nobody new; who has it already goes on booking. Raises NotFound."""
    with transaction() as session:
        package = locked_package(session, package_id)
        if package.archived_at is None:
            package.archived_at = now
            record(session, Act.PACKAGE_ARCHIVED, package, now, by=by)
    return package


def restore_package(package_id: int, by: Member, now: datetime) -> Package:
    """Offer an archived package again.

    Raises NotFound, or Refused where one of its services is archived.
    """
    with transaction() as session:
        _lock_list(session)
        package = locked_package(session, package_id)
        if package.archived_at is not None:
            _require_services_on_offer(package)
            package.archived_at = None
            record(session, Act.PACKAGE_RESTORED, package, now, by=by)
    return package


def move_package(package_id: int, direction: Direction, by: Member, now: datetime) -> Package:
    """Change places with the neighbour in the list, if there is one. Raises NotFound.

    Packages on offer and archived ones are two lists, one below the other.
    """
    with transaction() as session:
        _lock_list(session)
        package = locked_package(session, package_id)
        packages = _list(session)
        at = packages.index(package)
        to = at + (1 if direction is Direction.DOWN else -1)
        if 0 <= to < len(packages):
            is_archived = package.archived_at is not None
            if (packages[to].archived_at is not None) == is_archived:
                _put_at(session, package, to)
                record(session, Act.PACKAGES_REORDERED, package, now, by=by)
    return package


def _in_plan(values: PackageValues, practice: Practice) -> PackageValues:
    """The values, without team booking on the solo plan: what is stored of it is kept."""
    return values if practice.plan is Plan.TEAM else replace(values, team_booking=None)


def _write(session: AnySession, package: Package, values: PackageValues) -> None:
    package.name = values.name
    if values.slug or not package.slug:
        package.slug = values.slug or free_slug(session, Package, values.name, "package")
    package.description = values.description
    package.terms = values.terms
    package.assigned_to_id = values.assigned_to
    package.price = values.price
    package.valid_days = values.valid_days
    package.weekly_limit = values.weekly_limit
    package.monthly_limit = values.monthly_limit
    package.items = _items(package, values.lines)
    if values.team_booking is not None:
        write_team_booking(session, package, values.team_booking)
    session.add(package)


def _items(package: Package, lines: tuple[Line, ...]) -> list[PackageItem]:
    """The rows of the lines. A service keeps its row, as no package may have two of one service."""
    rows: dict[int, Any] = {item.service_id: item for item in package.items}
    items = []
    for position, line in enumerate(lines):
        item = rows.get(line.service_id) or PackageItem(service_id=line.service_id)
        item.position, item.sessions = position, line.sessions
        items.append(item)
    return items


def _require_services_on_offer(package: Package) -> None:
    for item in package.items:
        if item.service.archived_at is not None:
            raise Refused(
                _(
                    "%(service)s is archived, so nobody can be offered this package. Restore the "
                    "service first.",
                    service=item.service.name,
                )
            )


def _lock_people(values: PackageValues) -> None:
    # So that nobody leaves the team while a package is given to them.
    lock_members([values.assigned_to])


def _list(session: AnySession) -> list[Package]:
    return list(session.scalars(listed_packages()))


def _put_at(session: AnySession, package: Package, place: int) -> None:
    """Put the package at a place of the list, counted from nought, and number all of them."""
    session.flush()
    packages = [each for each in _list(session) if each is not package]
    packages.insert(place, package)
    for position, each in enumerate(packages, start=1):
        each.position = position


def _lock_list(session: AnySession) -> Practice:
    # Addresses and places in the list are given out one at a time, and no service is archived
    # meanwhile. The order of all locks is: practice, members, packages, services.
    return one_at_a_time(session)


def locked_package(session: AnySession, package_id: int) -> Package:
    """The package, which nobody else changes until this act is over. Raises NotFound."""
    package = session.get(Package, package_id, with_for_update={"of": Package})
    if package is None:
        raise NotFound(_("There is no such package."))
    return package
