"""What is stored, as the entries that a clinic file would have for it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from portal import models
from portal.clinic_file.entries import (
    Client,
    Item,
    Package,
    Person,
    Practice,
    Role,
    Service,
    TeamBooking,
)
from portal.clinic_file.known import Known
from portal.db import db
from portal.models import Delivery
from portal.models.team_booking import TeamBookingColumns
from portal.scheduling.eligibility import Allow, Kind, Sharing


@dataclass
class Rows:
    """The rows of everything that other rows name, by the name that a file has for each."""

    practice: models.Practice | None = None
    roles: dict[str, models.Role] = field(default_factory=dict)
    team: dict[str, models.Member] = field(default_factory=dict)
    services: dict[str, models.Service] = field(default_factory=dict)
    packages: dict[str, models.Package] = field(default_factory=dict)
    clients: dict[str, models.Client] = field(default_factory=dict)

    @classmethod
    def read(cls) -> "Rows":
        """All of them, from the database."""
        service, package = models.Service, models.Package
        shared = (service.owner, service.shared_members, service.shared_roles)
        booked = (package.assigned_to, package.items, package.team_members, package.team_roles)
        return cls(
            practice=db.session.get(models.Practice, 1, populate_existing=True),
            roles={row.name: row for row in all_of(models.Role)},
            team={row.email: row for row in all_of(models.Member, models.Member.role)},
            services={row.slug: row for row in all_of(service, *shared)},
            packages={row.slug: row for row in all_of(package, *booked)},
            clients={_called(row, at): row for at, row in enumerate(all_of(models.Client), 1)},
        )

    def known(self) -> Known:
        """The entries of all this."""
        known = Known(
            practice=practice(self.practice) if self.practice else None,
            roles={name: Role(name=name) for name in self.roles},
            team={email: person(row) for email, row in self.team.items()},
            services={slug: service(row) for slug, row in self.services.items()},
            clients={called: client(called, row) for called, row in self.clients.items()},
        )
        known.packages = {slug: package(row, known) for slug, row in self.packages.items()}
        return known

    def call_clients_as(self, entries: Iterable[Client]) -> None:
        """Name clients without an address as a file does: the nth of a name is the nth there.

        Those whom the file doesn't have keep a name that no file can use.
        """
        nameless = [row for row in self.clients.values() if row.email is None]
        self.clients = {row.email: row for row in self.clients.values() if row.email is not None}
        for entry in entries:
            found = next((row for row in nameless if row.name == entry.name), None)
            if found is not None and entry.email is None and entry.own_key:
                nameless.remove(found)
                self.clients[entry.own_key] = found
        self.clients |= {f"({row.id})": row for row in nameless}


def all_of(model: type[Any], *related: Any) -> list[Any]:
    """All rows of a model, in the order in which they were made, each with what is related."""
    statement = select(model).order_by(model.id).options(*map(selectinload, related))
    return list(db.session.scalars(statement, execution_options={"populate_existing": True}))


def _called(row: models.Client, at: int) -> str:
    return row.email or f"client-{at}"


def practice(row: models.Practice) -> Practice:
    """The entry of the practice."""
    return Practice(
        name=row.name,
        timezone=row.timezone,
        plan=row.plan,
        currency=row.currency,
        confirm=row.confirm,
        min_notice_minutes=row.min_notice_minutes,
        horizon_days=row.horizon_days,
        slot_step_minutes=row.slot_step_minutes,
        late_cancel_hours=row.late_cancel_hours,
        late_cancel_returns_credit=row.late_cancel_returns_credit,
        place=row.place,
        video_link=row.video_link,
        late_cancel_forbidden=row.late_cancel_forbidden,
        cancellation_policy=row.cancellation_policy,
        accent=row.accent,
        language=row.language,
        running_out_at=row.running_out_at,
        reminders=tuple(row.reminders),
    )


def person(row: models.Member) -> Person:
    """The entry of a team member."""
    return Person(
        email=row.email,
        name=row.name,
        role=row.role.name if row.role else None,
        kind=Kind(row.kind),
        owner=row.is_owner,
        timezone=row.timezone,
        active=row.active,
        daily_cap=row.daily_cap,
        language=row.language,
        told_of_assigned=row.told_of_assigned,
    )


def service(row: models.Service) -> Service:
    """The entry of a service."""
    named, kept = _lists(row.sharing, row.shared_members, row.shared_roles)
    return Service(
        slug=row.slug,
        name=row.name,
        owner=row.owner.email,
        minutes=row.minutes,
        buffer_before=row.buffer_before,
        buffer_after=row.buffer_after,
        delivery=tuple(map(Delivery, row.delivery)),
        confirm=row.confirm,
        sharing=row.sharing,
        shared_with=named,
        kept=kept,
        place=row.place,
        video_link=row.video_link,
        description=row.description,
        terms=row.terms,
        price=row.price,
        archived=row.archived_at is not None,
        reminders=None if row.reminders is None else tuple(row.reminders),
    )


def package(row: models.Package, known: Known) -> Package:
    """The entry of a package; outdated where it couldn't be saved like this today."""
    assigned = row.assigned_to
    services, team = known.services or {}, known.team or {}
    able = assigned.kind is Kind.PRACTITIONER and all(
        known.offers(team[assigned.email], services[item.service.slug]) for item in row.items
    )
    return Package(
        slug=row.slug,
        name=row.name,
        description=row.description,
        assigned_to=assigned.email,
        price=row.price,
        valid_days=row.valid_days,
        weekly_limit=row.weekly_limit,
        monthly_limit=row.monthly_limit,
        archived=row.archived_at is not None,
        items=tuple(Item(service=i.service.slug, sessions=i.sessions) for i in row.items),
        team_booking=team_booking(row, row.team_members, row.team_roles),
        terms=row.terms,
        position=row.position,
        outdated=not able,
    )


def team_booking(
    row: TeamBookingColumns, members: Iterable[models.Member], roles: Iterable[models.Role]
) -> TeamBooking:
    """The entry of the team booking of a package, or of a client's."""
    named, kept = _lists(row.team_booking_allow, members, roles)
    return TeamBooking(
        enabled=row.team_booking_enabled,
        allow=row.team_booking_allow,
        restrict_to=named,
        kept=kept,
    )


def client(called: str, row: models.Client) -> Client:
    """The entry of a client, with `called` for a key where there's no address."""
    return Client(
        email=row.email,
        name=row.name,
        phone=row.phone,
        timezone=row.timezone,
        prospective=row.accepted_at is None,
        active=row.deactivated_at is None,
        notes=row.notes,
        language=row.language,
        own_key=called if row.email is None else None,
    )


def _lists(
    mode: Sharing | Allow, members: Iterable[models.Member], roles: Iterable[models.Role]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The list of the mode and the one that is kept for later; a mode without has both in one."""
    emails = tuple(sorted(member.email for member in members))
    names = tuple(sorted(role.name for role in roles))
    both: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
        "members": (emails, names),
        "roles": (names, emails),
    }
    return both.get(mode.value, ((*emails, *names), ()))
