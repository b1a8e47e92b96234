"""A member who leaves: what of theirs has to be settled first, and who could take it over."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import joinedload, selectinload

from portal.db import db
from portal.ledger import credits_of
from portal.models import (
    Booking,
    Client,
    ClientPackage,
    ClientPackageItem,
    Member,
    Package,
    PackageItem,
    Practice,
    Service,
)
from portal.queries.facts import member_facts, service_facts
from portal.scheduling.eligibility import Kind


@dataclass(frozen=True, slots=True)
class Leftovers:
    """The ids of what isn't settled yet; true where there is something."""

    sessions: tuple[int, ...]
    services: tuple[int, ...]
    packages: tuple[int, ...]
    client_packages: tuple[int, ...]

    def __bool__(self) -> bool:
        return bool(self.sessions or self.services or self.packages or self.client_packages)

    @property
    def words(self) -> str:
        """What is left, such as "2 sessions, 1 service"."""
        found = [
            (self.sessions, ngettext("%(num)d session", "%(num)d sessions", len(self.sessions))),
            (self.services, ngettext("%(num)d service", "%(num)d services", len(self.services))),
            (self.packages, ngettext("%(num)d package", "%(num)d packages", len(self.packages))),
            (
                self.client_packages,
                ngettext(
                    "%(num)d client’s package",
                    "%(num)d clients’ packages",
                    len(self.client_packages),
                ),
            ),
        ]
        return ", ".join(words for ids, words in found if ids)


@dataclass(frozen=True, slots=True)
class Heir:
    """A colleague. `missing` names the services that they neither own nor are shared."""

    id: int
    name: str
    missing: tuple[str, ...] = ()


def left_to_settle(member: Member, now: datetime, kept: Iterable[int] = ()) -> Leftovers:
    """What stands in the way of the member's leaving.

    Sessions to come, requests included and holds not, besides those that are `kept`; every service
    and package of theirs, archived ones too; and clients' packages that can still be used.
    """
    ids = db.session.scalars(sessions_to_come(member, now).with_only_columns(Booking.id))
    services = select(Service.id).where(Service.owner_id == member.id)
    packages = select(Package.id).where(Package.assigned_to_id == member.id)
    return Leftovers(
        sessions=tuple(sorted(set(ids) - set(kept))),
        services=tuple(db.session.scalars(services)),
        packages=tuple(db.session.scalars(packages)),
        client_packages=tuple(own.id for own in client_packages_in_use(member, now)),
    )


def sessions_to_come(member: Member, now: datetime) -> Select[Any]:
    """The member's requested and confirmed sessions that haven't begun, by time, as a query."""
    return (
        select(Booking)
        .where(
            Booking.member_id == member.id,
            Booking.starts_at > now,
            Booking.held_until.is_(None),
            Booking.cancelled_at.is_(None),
            Booking.completed_at.is_(None),
            Booking.no_show_at.is_(None),
        )
        .order_by(Booking.starts_at, Booking.id)
    )


def client_packages_in_use(member: Member, now: datetime) -> list[ClientPackage]:
    """Clients' packages assigned to the member that still matter, by package and client.

    That is: not expired, of an active client, and with a credit left or a session to come, whose
    credit may come back.
    """
    today = now.astimezone(ZoneInfo(db.session.get_one(Practice, 1).timezone)).date()
    to_come = exists().where(
        Booking.client_package_id == ClientPackage.id,
        Booking.starts_at > now,
        Booking.held_until.is_(None),
        Booking.cancelled_at.is_(None),
    )
    rows = db.session.execute(
        select(ClientPackage, to_come)
        .join(Client, Client.id == ClientPackage.client_id)
        .join(Package, Package.id == ClientPackage.package_id)
        .where(
            ClientPackage.assigned_to_id == member.id,
            or_(ClientPackage.expires_on.is_(None), ClientPackage.expires_on >= today),
            Client.deactivated_at.is_(None),
        )
        .options(
            joinedload(ClientPackage.client),
            joinedload(ClientPackage.package),
            selectinload(ClientPackage.items).options(_with_sharing(ClientPackageItem.service)),
        )
        .order_by(Package.name, Package.id, Client.name, ClientPackage.id)
    ).all()
    credits = credits_of([own.id for own, _to_come in rows])
    left = {own_id for (own_id, _service), (_all, left) in credits.items() if left > 0}
    return [own for own, is_to_come in rows if is_to_come or own.id in left]


def owned_services(member: Member) -> Sequence[Service]:
    """The services of which the member is the owner, archived ones last."""
    return db.session.scalars(
        select(Service)
        .where(Service.owner_id == member.id)
        .order_by(Service.archived_at.is_not(None), Service.name, Service.id)
    ).all()


def assigned_packages(member: Member) -> Sequence[Package]:
    """The packages that are assigned to the member, archived ones last."""
    return db.session.scalars(
        select(Package)
        .where(Package.assigned_to_id == member.id)
        .options(selectinload(Package.items).options(_with_sharing(PackageItem.service)))
        .order_by(Package.archived_at.is_not(None), Package.name, Package.id)
    ).all()


def colleagues_of(member: Member) -> Sequence[Member]:
    """The other active practitioners, by name."""
    return db.session.scalars(
        select(Member)
        .where(
            Member.kind == Kind.PRACTITIONER,
            Member.deactivated_at.is_(None),
            Member.id != member.id,
        )
        .order_by(Member.name, Member.id)
    ).all()


def heirs_of(
    holders: Iterable[Package | ClientPackage], colleagues: Iterable[Member]
) -> tuple[Heir, ...]:
    """The colleagues, with what they can't give of these packages, whoever can take them first.

    It's the rule for saving a package: its assigned practitioner owns, or is shared, the service of
    each item. Of an archived package nobody has to give anything.
    """
    services = {item.service for holder in holders if _on_offer(holder) for item in holder.items}
    found = [
        Heir(
            each.id,
            each.name,
            tuple(
                sorted(
                    service.name
                    for service in services
                    if not service_facts(service).shared_with(member_facts(each))
                )
            ),
        )
        for each in colleagues
    ]
    return tuple(sorted(found, key=lambda heir: bool(heir.missing)))


def why_not_deactivated(member: Member, by: Member) -> str | None:
    """The reason why the member can't leave whatever is settled; None if they can."""
    if member.is_owner:
        return _(
            "%(name)s owns the practice. Hand the practice over to somebody else first.",
            name=member.name,
        )
    if member is by:
        return _("You can’t deactivate your own account: ask somebody who manages the team.")
    return None


def _on_offer(holder: Package | ClientPackage) -> bool:
    return isinstance(holder, ClientPackage) or holder.archived_at is None


def _with_sharing(service: Any) -> Any:
    return joinedload(service).options(
        selectinload(Service.shared_members), selectinload(Service.shared_roles)
    )
