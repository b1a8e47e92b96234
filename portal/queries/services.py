"""Services as staff edit them: who may see which, who may edit it, and where it's used."""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, or_, select

from portal.db import db
from portal.errors import Forbidden, NotFound
from portal.models import (
    DateOverride,
    Delivery,
    Member,
    OverrideHours,
    Package,
    PackageItem,
    Practice,
    Right,
    Service,
    WeeklyHours,
)
from portal.models.service import service_shared_member, service_shared_role
from portal.scheduling.eligibility import Kind, Sharing


@dataclass(frozen=True, slots=True)
class Person:
    """A team member, or a role, to choose."""

    id: int
    name: str

    @property
    def choice(self) -> tuple[int, str, str]:
        """Value, words and no hint, for a list of ticks."""
        return self.id, self.name, ""


@dataclass(frozen=True, slots=True)
class PackageUse:
    """A package on offer that has the service as an item, and who it's assigned to."""

    id: int
    name: str
    assigned_to: int
    assigned_name: str


@dataclass(frozen=True, slots=True)
class EditorFacts:
    """What the service's editor shows beside the service itself.

    `owners` is who may be chosen as its owner, and is empty for whoever can't give it away.
    """

    practice_place: str
    practice_link: str | None
    practice_instant: bool
    practice_reminders: list[int]
    currency: str
    owners: tuple[Person, ...]
    packages: tuple[PackageUse, ...]

    @property
    def owner_choices(self) -> list[tuple[int, str]]:
        """Ids and names, for the picklist."""
        return [(person.id, person.name) for person in self.owners]


def visible_services(member: Member) -> Select[Any]:
    """The ids of the services that the member owns or offers, as a query; archived ones too.

    Whoever may edit them sees every service.
    """
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


def find_service(service_id: int) -> Service:
    """The service. Raises NotFound."""
    service = db.session.get(Service, service_id)
    if service is None:
        raise NotFound(_("There is no such service."))
    return service


def find_editable_service(service_id: int, member: Member) -> Service:
    """The service, for its owner and whoever's role lets them edit services.

    Raises NotFound where the member doesn't see it, and Forbidden where it's only shared with them.
    """
    query = select(Service).where(
        Service.id == service_id, Service.id.in_(visible_services(member))
    )
    service = db.session.scalar(query)
    if service is None:
        raise NotFound(_("There is no such service."))
    require_may_edit(service, member)
    return service


def require_may_edit(service: Service, member: Member) -> None:
    """Let the service's owner and whoever may edit offers go on. Raises Forbidden for others."""
    if service.owner_id != member.id and not member.may(Right.OFFERS):
        raise Forbidden(
            _(
                "%(service)s is shared with you, so you can offer it but not edit it. "
                "%(owner)s can, who owns it, and so can whoever manages your services.",
                service=service.name,
                owner=service.owner.name,
            )
        )


def load_editor_facts(service: Service | None, member: Member) -> EditorFacts:
    """What the editor of the service, or of a new one, shows beside it."""
    practice = db.session.get_one(Practice, 1)
    return EditorFacts(
        practice_place=practice.place or practice.name,
        practice_link=practice.video_link,
        practice_instant=practice.confirm.value == "instant",
        practice_reminders=practice.reminders,
        currency=practice.currency,
        owners=possible_owners(service) if member.may(Right.OFFERS) else (),
        packages=packages_with(service.id) if service else (),
    )


def possible_owners(service: Service | None) -> tuple[Person, ...]:
    """The active practitioners, and the service's present owner whoever that is, by name."""
    owner_id = service.owner_id if service else 0
    members = db.session.scalars(
        select(Member)
        .where(or_(active_practitioner(), Member.id == owner_id))
        .order_by(Member.name, Member.id)
    )
    return tuple(Person(member.id, member.name) for member in members)


def active_practitioner() -> Any:
    """The condition, in SQL, that a member can be booked at all."""
    return (Member.kind == Kind.PRACTITIONER) & Member.deactivated_at.is_(None)


def packages_with(service_id: int) -> tuple[PackageUse, ...]:
    """The packages on offer that have the service as an item, in the order of the list."""
    rows = db.session.execute(
        select(Package.id, Package.name, Package.assigned_to_id, Member.name)
        .join(PackageItem, PackageItem.package_id == Package.id)
        .join(Member, Member.id == Package.assigned_to_id)
        .where(PackageItem.service_id == service_id, Package.archived_at.is_(None))
        .order_by(Package.position, Package.name, Package.id)
    )
    return tuple(PackageUse(*row) for row in rows)


def left_without_hours(service: Service, removed: set[Delivery]) -> tuple[str, ...]:
    """Who has hours that are kept for this service and by delivery methods that it just lost.

    Such hours offer nothing of the service any more. Names, in order.
    """
    names = set()
    overrides = select(OverrideHours, DateOverride.member_id).join(DateOverride)
    weekly = select(WeeklyHours, WeeklyHours.member_id)
    for query in (weekly, overrides):
        for row, member_id in db.session.execute(query).all():
            methods = set(row.delivery or ())
            for_it = not row.only_services or service in row.services
            if methods & removed and not methods & set(service.delivery) and for_it:
                names.add(member_id)
    members = select(Member.name).where(
        Member.id.in_(names), Member.id.in_(members_who_offer(service))
    )
    return tuple(sorted(db.session.scalars(members)))


def members_who_offer(service: Service) -> Select[Any]:
    """The ids of the members who own the service or have it shared with them, as a query."""
    named = [each.id for each in service.shared_members]
    roles = [each.id for each in service.shared_roles]
    shared = {
        Sharing.PRIVATE: Member.id.in_([]),
        Sharing.ALL: Member.id.is_not(None),
        Sharing.MEMBERS: Member.id.in_(named),
        Sharing.ROLES: Member.role_id.in_(roles),
    }
    return select(Member.id).where(or_(Member.id == service.owner_id, shared[service.sharing]))
