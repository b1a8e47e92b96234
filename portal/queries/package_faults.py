"""Whether a package can be saved: every fault, by field, and what staff should know.

A package is refused when its assigned practitioner neither owns nor is shared the service of one of
its lines. That can also become true later, when sharing changes: then the practitioner stays
bookable, staff see a warning, and the next save is refused until it's mended.

Whoever is deactivated stays in a package that names them already, and can't be added to another
one; and an archived service stays in the package that has it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from portal.db import db
from portal.models import Member, Package, Role, Service
from portal.queries.facts import member_facts, service_facts
from portal.queries.packages import PackageValues, Terms, is_slug_taken, values_of
from portal.scheduling.eligibility import (
    Allow,
    Kind,
    TeamBooking,
)

Faults = dict[str, str]
"""A sentence for each field. A line is the field `line-0`, `line-1` and so on."""


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A line that the assigned practitioner can't give; `index` counts from nought.

    `kept`: it's stored like this, with this practitioner, who can be booked for it all the same.
    """

    index: int
    service: str
    assigned_to: str
    kept: bool


def faults_in(values: PackageValues, package: Package | None) -> Faults:
    """Why these values can't be stored in the package (None: a new one); empty if they can."""
    faults = faults_of_terms(values, values_of(package) if package else None)
    if values.slug and is_slug_taken(values.slug, package.id if package else None):
        faults["slug"] = _("Another package has this address.")
    return faults


def faults_of_terms(values: Terms, stored: Terms | None) -> Faults:
    """What of this can't be stored in a package or a client's own one; `stored` is kept there."""
    team = {member.id: member for member in db.session.scalars(select(Member))}
    faults = _faults_of_lines(values, stored, team)
    is_kept = stored is not None and stored.assigned_to == values.assigned_to
    if not is_kept and not _is_offered(team.get(values.assigned_to)):
        faults["assigned_to"] = _("Please choose an active practitioner.")
    if values.team_booking:
        kept = stored.team_booking if stored and stored.team_booking else TeamBooking()
        faults |= _faults_of_team_booking(values.team_booking, kept, team)
    return faults


def undelivered(values: Terms, stored: Terms | None) -> list[Undelivered]:
    """The lines whose service the assigned practitioner neither owns nor is shared."""
    assigned = db.session.get(Member, values.assigned_to)
    services = _services(line.service_id for line in values.lines)
    return _undelivered(values, stored, services, assigned)


def _undelivered(
    values: Terms,
    stored: Terms | None,
    services: dict[int, Service],
    assigned: Member | None,
) -> list[Undelivered]:
    if assigned is None:
        return []
    same_person = stored is not None and stored.assigned_to == values.assigned_to
    kept = set(stored.lines) if stored and same_person else set()
    found = []
    for index, line in enumerate(values.lines):
        service = services.get(line.service_id)
        if service and not service_facts(service).shared_with(member_facts(assigned)):
            found.append(Undelivered(index, service.name, assigned.name, line in kept))
    return found


def _faults_of_lines(values: Terms, stored: Terms | None, team: dict[int, Member]) -> Faults:
    services = _services(line.service_id for line in values.lines)
    kept_services = {line.service_id for line in stored.lines} if stored else set()
    first: dict[int, int] = {}
    faults: Faults = {}
    for each in _undelivered(values, stored, services, team.get(values.assigned_to)):
        faults[f"line-{each.index}"] = _(
            "%(name)s can’t give %(service)s: they neither own it nor is it shared with them.",
            name=each.assigned_to,
            service=each.service,
        )
    for index, line in enumerate(values.lines):
        service = services.get(line.service_id)
        before = first.setdefault(line.service_id, index)
        if service is None or (service.archived_at and line.service_id not in kept_services):
            faults[f"line-{index}"] = _("Please choose a service that isn’t archived.")
        elif before != index:
            faults[f"line-{index}"] = _(
                "%(service)s is in line %(line)d already.", service=service.name, line=before + 1
            )
    return faults


def _faults_of_team_booking(
    settings: TeamBooking, kept: TeamBooking, team: dict[int, Member]
) -> Faults:
    faults: Faults = {}
    known_roles = set(db.session.scalars(select(Role.id)))
    added = settings.members - kept.members
    if not all(_is_offered(team.get(id_)) for id_ in added):
        faults["members"] = _("Please choose active practitioners only.")
    elif settings.enabled and settings.allow is Allow.MEMBERS and not settings.members:
        faults["members"] = _("Please choose at least one team member.")
    if not settings.roles <= known_roles:
        faults["roles"] = _("Please choose roles of this practice only.")
    elif settings.enabled and settings.allow is Allow.ROLES and not settings.roles:
        faults["roles"] = _("Please choose at least one role.")
    return faults


def _is_offered(member: Member | None) -> bool:
    return member is not None and member.kind is Kind.PRACTITIONER and member.active


def _services(ids: Iterable[int]) -> dict[int, Service]:
    rows = db.session.scalars(
        select(Service)
        .where(Service.id.in_(set(ids)))
        .options(selectinload(Service.shared_members), selectinload(Service.shared_roles))
    )
    return {row.id: row for row in rows}
