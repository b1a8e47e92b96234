"""My Practice > My Services: the services and packages that a member sees there."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload, selectinload

from portal.db import db
from portal.errors import NotFound
from portal.models import Member, Package, PackageItem, Practice, Right, Service
from portal.models.service import service_shared_member, service_shared_role
from portal.scheduling.eligibility import Allow, Plan, Sharing


@dataclass(frozen=True, slots=True)
class ServiceCard:
    """A service in the list; `shared_with` names whom it's shared with, if not with everybody."""

    name: str
    minutes: int
    delivery: tuple[str, ...]
    owner: str
    mine: bool
    sharing: Sharing
    shared_with: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TeamBookingWords:
    """What the card says about team booking: `names` are those of the field *Restrict to*."""

    enabled: bool
    allow: Allow
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PackageCard:
    """A package in the list. `team_booking` is None on the solo plan, which hides it."""

    id: int
    slug: str
    name: str
    archived: bool
    price: Decimal | None
    valid_days: int | None
    assigned_to: str
    items: tuple[tuple[int, str], ...]
    team_booking: TeamBookingWords | None


@dataclass(frozen=True, slots=True)
class ServicesPage:
    """Everything on the page; the packages on offer come before the archived ones."""

    currency: str
    services: tuple[ServiceCard, ...]
    packages: tuple[PackageCard, ...]


def load_services_page(member: Member) -> ServicesPage:
    """The services that the member owns or offers, and the clinic's packages.

    Whoever may edit them sees every service.
    """
    practice = db.session.get_one(Practice, 1)
    services = db.session.scalars(
        select(Service)
        .where(Service.id.in_(_visible_services(member)))
        .options(
            joinedload(Service.owner),
            selectinload(Service.shared_members),
            selectinload(Service.shared_roles),
        )
        .order_by(Service.name, Service.id)
    )
    packages = db.session.scalars(
        select(Package)
        .options(
            joinedload(Package.assigned_to),
            selectinload(Package.items).joinedload(PackageItem.service),
            selectinload(Package.team_members),
            selectinload(Package.team_roles),
        )
        .order_by(Package.archived_at.is_not(None), Package.name, Package.id)
    )
    return ServicesPage(
        currency=practice.currency,
        services=tuple(_service_card(service, member) for service in services),
        packages=tuple(_package_card(package, practice.plan) for package in packages),
    )


def find_package(package_id: int) -> Package:
    """The package, which every member may see and share. Raises NotFound."""
    package = db.session.get(Package, package_id)
    if package is None:
        raise NotFound("There is no such package.")
    return package


def may_replace_short_link(member: Member, package: Package) -> bool:
    """Whoever may edit packages may, and the practitioner whom the package is assigned to.

    Replacing breaks what others have sent, so it isn't for everybody who may share.
    """
    return member.may(Right.OFFERS) or package.assigned_to_id == member.id


def _visible_services(member: Member) -> Select[Any]:
    query = select(Service.id)
    if member.may(Right.OFFERS):
        return query
    named = select(service_shared_member.c.service_id).where(
        service_shared_member.c.member_id == member.id
    )
    by_role = select(service_shared_role.c.service_id).where(
        service_shared_role.c.role_id == member.role_id
    )
    return query.where(
        or_(
            Service.owner_id == member.id,
            Service.sharing == Sharing.ALL,
            (Service.sharing == Sharing.MEMBERS) & Service.id.in_(named),
            (Service.sharing == Sharing.ROLES) & Service.id.in_(by_role),
        )
    )


def _service_card(service: Service, member: Member) -> ServiceCard:
    named: dict[Sharing, list[Any]] = {
        Sharing.MEMBERS: service.shared_members,
        Sharing.ROLES: service.shared_roles,
    }
    return ServiceCard(
        name=service.name,
        minutes=service.minutes,
        delivery=tuple(service.delivery),
        owner=service.owner.name,
        mine=service.owner_id == member.id,
        sharing=service.sharing,
        shared_with=tuple(each.name for each in named.get(service.sharing, [])),
    )


def _package_card(package: Package, plan: Plan) -> PackageCard:
    named: dict[Allow, list[Any]] = {
        Allow.MEMBERS: package.team_members,
        Allow.ROLES: package.team_roles,
    }
    allow = package.team_booking_allow
    words = TeamBookingWords(
        package.team_booking_enabled, allow, tuple(each.name for each in named.get(allow, []))
    )
    return PackageCard(
        id=package.id,
        slug=package.slug,
        name=package.name,
        archived=package.archived_at is not None,
        price=package.price,
        valid_days=package.valid_days,
        assigned_to=package.assigned_to.name,
        items=tuple((item.sessions, item.service.name) for item in package.items),
        team_booking=words if plan is Plan.TEAM else None,
    )
