"""All services and packages against people, for whoever shares many at once."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from portal.db import db
from portal.models import Package, Practice, Service
from portal.queries.facts import service_facts
from portal.queries.paging import Paged, matches, paged
from portal.queries.services_page import TeamBookingWords, team_booking_words
from portal.queries.sharing import can_be_named, load_team
from portal.scheduling.eligibility import MemberFacts, Plan, Sharing, TeamBooking


@dataclass(frozen=True, slots=True)
class Row:
    """A service; `members` are whom its sharing names, of the people in the table.

    `by_role` are the people whose role it names, `roles` the names of those roles; both lists are
    there whatever sharing is in force.
    """

    id: int
    name: str
    owner_id: int
    version: int
    sharing: Sharing
    members: frozenset[int]
    by_role: frozenset[int]
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PackageRow:
    """A package, and whom its own settings let clients book: `team_booking` is None on solo."""

    id: int
    name: str
    assigned_to_id: int
    assigned_to: str
    team_booking: TeamBookingWords | None
    included: frozenset[int]


@dataclass(frozen=True, slots=True)
class SharingTable:
    """One page of each table; `people` are the active practitioners, by name."""

    words: str
    plan: Plan
    people: tuple[MemberFacts, ...]
    services: Paged[Row]
    packages: Paged[PackageRow]


def load_sharing_table(words: str = "", services: int = 1, packages: int = 1) -> SharingTable:
    """These pages of the services and packages on offer that the words find."""
    plan = db.session.get_one(Practice, 1).plan
    people = tuple(member for member, _role in load_team() if can_be_named(member))
    offered = (
        select(Service)
        .where(Service.archived_at.is_(None), matches(words, Service.name))
        .options(selectinload(Service.shared_members), selectinload(Service.shared_roles))
        .order_by(Service.name, Service.id)
    )
    templates = (
        select(Package)
        .where(Package.archived_at.is_(None), matches(words, Package.name))
        .options(
            joinedload(Package.assigned_to),
            selectinload(Package.team_members),
            selectinload(Package.team_roles),
        )
        .order_by(Package.position, Package.name, Package.id)
    )
    return SharingTable(
        words=words,
        plan=plan,
        people=people,
        services=paged(offered, services, lambda service: _row(service, people)),
        packages=paged(templates, packages, lambda package: _package_row(package, people, plan)),
    )


def _row(service: Service, people: tuple[MemberFacts, ...]) -> Row:
    facts = service_facts(service)
    return Row(
        id=service.id,
        name=service.name,
        owner_id=service.owner_id,
        version=service.version,
        sharing=service.sharing,
        members=frozenset(each.id for each in people if each.id in facts.members)
        - {service.owner_id},
        by_role=frozenset(each.id for each in people if each.role_id in facts.roles),
        roles=tuple(role.name for role in service.shared_roles),
    )


def _package_row(package: Package, people: tuple[MemberFacts, ...], plan: Plan) -> PackageRow:
    team = TeamBooking(
        enabled=package.team_booking_enabled,
        allow=package.team_booking_allow,
        members=frozenset(member.id for member in package.team_members),
        roles=frozenset(role.id for role in package.team_roles),
    )
    in_force = plan is Plan.TEAM and team.enabled
    return PackageRow(
        id=package.id,
        name=package.name,
        assigned_to_id=package.assigned_to_id,
        assigned_to=package.assigned_to.name,
        team_booking=team_booking_words(package) if plan is Plan.TEAM else None,
        included=frozenset(each.id for each in people if in_force and team.allows(each)),
    )
