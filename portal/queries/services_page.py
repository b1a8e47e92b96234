"""My Practice > My Services: the services and packages that a member sees there."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager, selectinload

from portal.db import db
from portal.errors import NotFound
from portal.models import ClientPackage, Member, Package, PackageItem, Practice, Right, Service
from portal.queries.paging import Paged, matches, paged
from portal.queries.services import visible_services
from portal.scheduling.eligibility import Allow, Plan, Sharing


@dataclass(frozen=True, slots=True)
class ServiceCard:
    """A service in the list; `shared_with` names whom it's shared with, if not with everybody."""

    id: int
    name: str
    minutes: int
    delivery: tuple[str, ...]
    owner: str
    mine: bool
    archived: bool
    may_edit: bool
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
    may_edit: bool
    price: Decimal | None
    valid_days: int | None
    assigned_to: str
    items: tuple[tuple[int, str], ...]
    team_booking: TeamBookingWords | None


@dataclass(frozen=True, slots=True)
class ServicesPage:
    """Everything on the page: what is on offer, or with `archived` what isn't any more.

    `may_edit`: the member makes and edits packages, and shares services.
    """

    currency: str
    words: str
    archived: bool
    may_edit: bool
    services: Paged[ServiceCard]
    packages: Paged[PackageCard]


def load_services_page(
    member: Member,
    words: str = "",
    archived: bool = False,
    services_page: int = 1,
    packages_page: int = 1,
) -> ServicesPage:
    """The services that the member owns or offers, and the clinic's packages, as `words` find them.

    Whoever may edit them sees every service.
    """
    practice = db.session.get_one(Practice, 1)
    may_edit = member.may(Right.OFFERS)
    return ServicesPage(
        currency=practice.currency,
        words=words,
        archived=archived,
        may_edit=may_edit,
        services=paged(
            _services(member, words, archived),
            services_page,
            lambda service: _service_card(service, member, may_edit),
        ),
        packages=paged(
            _packages(words, archived),
            packages_page,
            lambda package: _package_card(package, practice.plan, may_edit),
        ),
    )


def find_package(package_id: int) -> Package:
    """The package, which every member may see and share. Raises NotFound."""
    package = db.session.get(Package, package_id)
    if package is None:
        raise NotFound(_("There is no such package."))
    return package


def may_replace_short_link(member: Member, package: Package) -> bool:
    """Whoever may edit packages may, and the practitioner whom the package is assigned to.

    Replacing breaks what others have sent, so it isn't for everybody who may share.
    """
    return member.may(Right.OFFERS) or package.assigned_to_id == member.id


def _services(member: Member, words: str, archived: bool) -> Select[Any]:
    return (
        select(Service)
        .join(Service.owner)
        .where(
            Service.id.in_(visible_services(member)),
            Service.archived_at.is_not(None) if archived else Service.archived_at.is_(None),
            matches(words, Service.name, Service.description, Member.name),
        )
        .options(
            contains_eager(Service.owner),
            selectinload(Service.shared_members),
            selectinload(Service.shared_roles),
        )
        .order_by(Service.name, Service.id)
    )


def _packages(words: str, archived: bool) -> Select[Any]:
    return (
        select(Package)
        .join(Package.assigned_to)
        .where(
            Package.archived_at.is_not(None) if archived else Package.archived_at.is_(None),
            matches(words, Package.name, Package.description, Member.name),
        )
        .options(
            contains_eager(Package.assigned_to),
            selectinload(Package.items).joinedload(PackageItem.service),
            selectinload(Package.team_members),
            selectinload(Package.team_roles),
        )
        .order_by(Package.position, Package.name, Package.id)
    )


def _service_card(service: Service, member: Member, may_edit: bool) -> ServiceCard:
    named: dict[Sharing, list[Any]] = {
        Sharing.MEMBERS: service.shared_members,
        Sharing.ROLES: service.shared_roles,
    }
    return ServiceCard(
        id=service.id,
        name=service.name,
        minutes=service.minutes,
        delivery=tuple(service.delivery),
        owner=service.owner.name,
        mine=service.owner_id == member.id,
        archived=service.archived_at is not None,
        may_edit=may_edit or service.owner_id == member.id,
        sharing=service.sharing,
        shared_with=tuple(each.name for each in named.get(service.sharing, [])),
    )


def team_booking_words(package: Package | ClientPackage) -> TeamBookingWords:
    """What cards and tables say about the package's team booking."""
    named: dict[Allow, list[Any]] = {
        Allow.MEMBERS: package.team_members,
        Allow.ROLES: package.team_roles,
    }
    allow = package.team_booking_allow
    names = tuple(each.name for each in named.get(allow, []))
    return TeamBookingWords(package.team_booking_enabled, allow, names)


def _package_card(package: Package, plan: Plan, may_edit: bool) -> PackageCard:
    return PackageCard(
        id=package.id,
        slug=package.slug,
        name=package.name,
        archived=package.archived_at is not None,
        may_edit=may_edit,
        price=package.price,
        valid_days=package.valid_days,
        assigned_to=package.assigned_to.name,
        items=tuple((item.sessions, item.service.name) for item in package.items),
        team_booking=team_booking_words(package) if plan is Plan.TEAM else None,
    )
