"""With whom a service is shared: who could offer it, by the booking page's own rule, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.db import db
from portal.models import Member, Practice, Role
from portal.queries.facts import member_facts, service_facts
from portal.queries.services import PackageUse, Person, find_service, packages_with
from portal.scheduling.eligibility import Kind, MemberFacts, Plan, ServiceFacts, Sharing


class Why(StrEnum):
    """Why a member can offer a service, or can't."""

    OWNER = "owner"
    SHARED_WITH_ALL = "shared_with_all"
    NAMED = "named"
    ROLE_NAMED = "role_named"
    PRIVATE = "private"
    NOT_NAMED = "not_named"
    ROLE_NOT_NAMED = "role_not_named"
    NO_ROLE = "no_role"
    ADMIN = "admin"
    DEACTIVATED = "deactivated"


@dataclass(frozen=True, slots=True)
class Offering:
    """Whether a member can offer the service, and why."""

    member_id: int
    name: str
    role: str | None
    offers: bool
    why: Why


@dataclass(frozen=True, slots=True)
class SharingPage:
    """Everything on the page Manage sharing; `who` and `losing` are as the form's choices say.

    `people` and `roles` may be named: the active practitioners besides the owner, and all roles.
    `losing`: the packages whose assigned practitioner can't offer the service.
    """

    service_id: int
    name: str
    owner: Person
    version: int
    sharing: Sharing
    members: tuple[int, ...]
    role_ids: tuple[int, ...]
    plan: Plan
    people: tuple[Person, ...]
    roles: tuple[Person, ...]
    who: tuple[Offering, ...]
    packages: tuple[PackageUse, ...]
    losing: tuple[PackageUse, ...]


def load_sharing_page(
    service_id: int,
    sharing: Sharing | None = None,
    members: Iterable[int] = (),
    roles: Iterable[int] = (),
) -> SharingPage:
    """The page for the sharing that is stored, or for another one that isn't saved yet.

    Raises NotFound.
    """
    service = find_service(service_id)
    facts = service_facts(service)
    if sharing is not None:
        named, in_roles = frozenset(members), frozenset(roles)
        facts = ServiceFacts(service.id, service.owner_id, sharing, named, in_roles)
    team, packages = load_team(), packages_with(service.id)
    who = tuple(_offering(facts, member, role) for member, role in team)
    unable = {member.id for member, _role in team if not facts.shared_with(member)}
    return SharingPage(
        service_id=service.id,
        name=service.name,
        owner=Person(service.owner_id, service.owner.name),
        version=service.version,
        sharing=service.sharing,
        members=tuple(member.id for member in service.shared_members),
        role_ids=tuple(role.id for role in service.shared_roles),
        plan=db.session.get_one(Practice, 1).plan,
        people=tuple(
            Person(member.id, member.name)
            for member, _role in team
            if can_be_named(member) and member.id != service.owner_id
        ),
        roles=load_roles(),
        who=who,
        packages=packages,
        losing=tuple(package for package in packages if package.assigned_to in unable),
    )


def load_team() -> list[tuple[MemberFacts, str | None]]:
    """Every member with the name of their role: those who can be booked first, then by name."""
    members = db.session.scalars(
        select(Member).options(joinedload(Member.role)).order_by(Member.name, Member.id)
    )
    team = [(member_facts(member), member.role.name if member.role else None) for member in members]
    return sorted(team, key=lambda one: not can_be_named(one[0]))


def load_roles() -> tuple[Person, ...]:
    """Every role, by name."""
    roles = db.session.scalars(select(Role).order_by(Role.name))
    return tuple(Person(role.id, role.name) for role in roles)


def can_be_named(member: MemberFacts) -> bool:
    """Say whether a service can be shared with the member at all: an active practitioner."""
    return member.active and member.kind is Kind.PRACTITIONER


def why(facts: ServiceFacts, member: MemberFacts) -> Why:
    """Why the member can offer the service, or the first reason why not."""
    if not can_be_named(member):
        return Why.ADMIN if member.kind is not Kind.PRACTITIONER else Why.DEACTIVATED
    if member.id == facts.owner_id:
        return Why.OWNER
    offers = facts.shared_with(member)
    match facts.sharing:
        case Sharing.PRIVATE:
            return Why.PRIVATE
        case Sharing.ALL:
            return Why.SHARED_WITH_ALL
        case Sharing.MEMBERS:
            return Why.NAMED if offers else Why.NOT_NAMED
        case Sharing.ROLES if member.role_id is None:
            return Why.NO_ROLE
        case Sharing.ROLES:
            return Why.ROLE_NAMED if offers else Why.ROLE_NOT_NAMED


def _offering(facts: ServiceFacts, member: MemberFacts, role: str | None) -> Offering:
    offers = can_be_named(member) and facts.shared_with(member)
    return Offering(member.id, member.name, role, offers, why(facts, member))
