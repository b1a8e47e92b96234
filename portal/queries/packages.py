"""A package as its editor has it: plain values, stored or not, and what there is to choose from."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload, selectinload

from portal.db import db
from portal.models import Member, Package, PackageItem, Practice, Role, Service
from portal.queries.paging import Paged, matches, paged
from portal.scheduling.eligibility import Kind, Plan, TeamBooking


@dataclass(frozen=True, slots=True)
class Line:
    """One item as it's edited: a service and how many sessions of it."""

    service_id: int
    sessions: int


class Terms(Protocol):
    """What a package and a client's own package both have, as it's edited."""

    @property
    def assigned_to(self) -> int:
        """The member whom it's assigned to; nought, nobody yet."""

    @property
    def price(self) -> Decimal | None:
        """In the practice's currency."""

    @property
    def weekly_limit(self) -> int | None:
        """Sessions a week."""

    @property
    def monthly_limit(self) -> int | None:
        """Sessions a month."""

    @property
    def lines(self) -> tuple[Line, ...]:
        """Its services, and how many sessions of each."""

    @property
    def team_booking(self) -> TeamBooking | None:
        """None: as it is stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageValues:
    """Everything that the editor of a package changes.

    `slug` None: made from the name. `team_booking` None: as it is stored, because the form doesn't
    show it on the solo plan.
    """

    name: str
    slug: str | None
    description: str
    terms: str
    assigned_to: int
    price: Decimal | None
    valid_days: int | None
    weekly_limit: int | None
    monthly_limit: int | None
    lines: tuple[Line, ...]
    team_booking: TeamBooking | None


@dataclass(frozen=True, slots=True)
class Colleague:
    """A practitioner to choose. One who isn't offered is only kept, where a package names them."""

    id: int
    name: str
    role: str | None
    offered: bool


@dataclass(frozen=True, slots=True)
class RoleChoice:
    """A role to choose, and the active practitioners who have it."""

    id: int
    name: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServiceChoice:
    """A service to choose. An archived one isn't offered, only kept."""

    id: int
    name: str
    minutes: int
    offered: bool


@dataclass(frozen=True, slots=True)
class EditorChoices:
    """What the editor offers. `team`: the practice's plan has team booking."""

    team: bool
    currency: str
    practitioners: tuple[Colleague, ...]
    roles: tuple[RoleChoice, ...]
    services: tuple[ServiceChoice, ...]


@dataclass(frozen=True, slots=True)
class TemplateChoice:
    """A package that could be made for a client. From an archived one none is made."""

    id: int
    name: str
    archived: bool
    items: tuple[tuple[int, str], ...]
    assigned_to: str
    price: Decimal | None
    valid_days: int | None


def values_of(package: Package) -> PackageValues:
    """What is stored of the package."""
    return PackageValues(
        name=package.name,
        slug=package.slug,
        description=package.description,
        terms=package.terms,
        assigned_to=package.assigned_to_id,
        price=package.price,
        valid_days=package.valid_days,
        weekly_limit=package.weekly_limit,
        monthly_limit=package.monthly_limit,
        lines=tuple(Line(item.service_id, item.sessions) for item in package.items),
        team_booking=TeamBooking(
            enabled=package.team_booking_enabled,
            allow=package.team_booking_allow,
            members=frozenset(member.id for member in package.team_members),
            roles=frozenset(role.id for role in package.team_roles),
        ),
    )


def blank_values(member: Member) -> PackageValues:
    """What a new package begins with: assigned to whoever makes it, if they can be booked."""
    active = _active_practitioners()
    first = db.session.scalar(active.order_by(Member.id != member.id, Member.name, Member.id))
    return PackageValues(
        name="",
        slug=None,
        description="",
        terms="",
        assigned_to=first.id if first else 0,
        price=None,
        valid_days=None,
        weekly_limit=None,
        monthly_limit=None,
        lines=(),
        team_booking=TeamBooking(),
    )


def load_choices(*kept: Terms | None) -> EditorChoices:
    """What there is to choose from, with what stored packages have although it isn't offered.

    Practitioners, roles and services by name.
    """
    practice = db.session.get_one(Practice, 1)
    stored = [each for each in kept if each is not None]
    named = {id_ for each in stored if each.team_booking for id_ in each.team_booking.members}
    practitioners = _practitioners(named | {each.assigned_to for each in stored})
    with_role = [person for person in practitioners if person.offered]
    roles = db.session.execute(select(Role.id, Role.name).order_by(Role.name, Role.id))
    return EditorChoices(
        team=practice.plan is Plan.TEAM,
        currency=practice.currency,
        practitioners=practitioners,
        roles=tuple(
            RoleChoice(id_, name, tuple(p.name for p in with_role if p.role == name))
            for id_, name in roles
        ),
        services=_services({line.service_id for each in stored for line in each.lines}),
    )


def services_on_offer() -> tuple[int, ...]:
    """The numbers of the services that a line of a package can have."""
    return tuple(db.session.scalars(select(Service.id).where(Service.archived_at.is_(None))))


def listed_packages() -> Select[Package]:
    """The packages in the order of the list: those on offer first, then as they were moved."""
    return select(Package).order_by(
        Package.archived_at.is_not(None), Package.position, Package.name, Package.id
    )


def templates_to_make(words: str, page: int) -> Paged[TemplateChoice]:
    """The packages that `words` find, to make one of them for a client."""
    query = (
        listed_packages()
        .where(matches(words, Package.name, Package.description))
        .options(
            joinedload(Package.assigned_to),
            selectinload(Package.items).joinedload(PackageItem.service),
        )
    )
    return paged(query, page, _template_choice)


def _template_choice(row: Package) -> TemplateChoice:
    return TemplateChoice(
        id=row.id,
        name=row.name,
        archived=row.archived_at is not None,
        items=tuple((item.sessions, item.service.name) for item in row.items),
        assigned_to=row.assigned_to.name,
        price=row.price,
        valid_days=row.valid_days,
    )


def load_listed_packages() -> list[Package]:
    """The packages to choose from, in the order of the list."""
    return list(db.session.scalars(listed_packages()))


def is_slug_taken(slug: str, besides: int | None) -> bool:
    """Does a package other than the one with the id `besides` have this slug?"""
    query = select(Package.id).where(Package.slug == slug, Package.id != (besides or 0))
    return db.session.scalar(query) is not None


def _active_practitioners() -> Select[Member]:
    return select(Member).where(Member.kind == Kind.PRACTITIONER, Member.deactivated_at.is_(None))


def _practitioners(kept: Iterable[int]) -> tuple[Colleague, ...]:
    offered = {member.id for member in db.session.scalars(_active_practitioners())}
    rows = db.session.scalars(
        select(Member)
        .where(Member.id.in_({*offered, *kept}))
        .options(joinedload(Member.role))
        .order_by(Member.name, Member.id)
    )
    return tuple(
        Colleague(row.id, row.name, row.role.name if row.role else None, row.id in offered)
        for row in rows
    )


def _services(kept: Iterable[int]) -> tuple[ServiceChoice, ...]:
    rows = db.session.scalars(
        select(Service)
        .where(or_(Service.archived_at.is_(None), Service.id.in_(list(kept))))
        .order_by(Service.name, Service.id)
    )
    return tuple(
        ServiceChoice(row.id, row.name, row.minutes, row.archived_at is None) for row in rows
    )
