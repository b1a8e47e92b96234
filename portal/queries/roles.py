"""Roles: what they let their members do, who has them, and which settings name them."""

import hashlib
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from portal.db import db
from portal.errors import NotFound
from portal.models import Member, Package, Right, Role, Service, TeamInvitation
from portal.models.client_package import client_package_team_role
from portal.models.package import package_team_role
from portal.models.service import service_shared_role
from portal.queries.paging import Paged, matches, paged


@dataclass(frozen=True, slots=True)
class RoleLine:
    """A role in the list."""

    id: int
    name: str
    rights: tuple[Right, ...]
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """Where a role is named: `members` have it, `invited` will; the settings of the others list it.

    `client_packages` is how many clients' packages do: whose they are isn't for everybody.
    """

    members: tuple[str, ...]
    invited: tuple[str, ...]
    packages: tuple[str, ...]
    services: tuple[str, ...]
    client_packages: int

    @property
    def words(self) -> str:
        """What stands in the way of removing the role, as a list; empty when nothing does."""
        parts = [
            _("it’s the role of %(names)s", names=", ".join(self.members)) if self.members else "",
            _("%(names)s is invited with it", names=", ".join(self.invited))
            if self.invited
            else "",
            self.settings,
        ]
        return "; ".join(part for part in parts if part)

    @property
    def settings(self) -> str:
        """Which settings would mean other people if the role were another one."""
        parts = [_("%(name)s (package)", name=name) for name in self.packages]
        parts += [_("%(name)s (service)", name=name) for name in self.services]
        if count := self.client_packages:
            parts.append(ngettext("%(num)d client’s package", "%(num)d clients’ packages", count))
        return _("it’s named by %(settings)s", settings=", ".join(parts)) if parts else ""


def load_roles(words: str, page: int) -> Paged[RoleLine]:
    """The roles with who has them, by name."""
    query = (
        select(Role)
        .where(matches(words, Role.name))
        .options(selectinload(Role.members))
        .order_by(Role.name, Role.id)
    )
    return paged(query, page, _line)


def find_role(role_id: int) -> Role:
    """The role with this number. Raises NotFound."""
    role = db.session.get(Role, role_id)
    if role is None:
        raise NotFound(_("There is no such role."))
    return role


def role_seen(role: Role) -> str:
    """A text that changes whenever the name or the rights of a role do."""
    values = (role.name, sorted(role.rights))
    return hashlib.sha256(repr(values).encode()).hexdigest()[:32]


def use_of(role: Role) -> Use:
    """Everything that names the role."""
    return Use(
        members=_names(select(Member.name).where(Member.role_id == role.id).order_by(Member.name)),
        invited=_names(
            select(TeamInvitation.name).where(
                TeamInvitation.role_id == role.id,
                TeamInvitation.accepted_at.is_(None),
                TeamInvitation.revoked_at.is_(None),
            )
        ),
        packages=_names(
            select(Package.name)
            .join(package_team_role, package_team_role.c.package_id == Package.id)
            .where(package_team_role.c.role_id == role.id)
            .order_by(Package.name)
        ),
        services=_names(
            select(Service.name)
            .join(service_shared_role, service_shared_role.c.service_id == Service.id)
            .where(service_shared_role.c.role_id == role.id)
            .order_by(Service.name)
        ),
        client_packages=db.session.scalar(
            select(func.count())
            .select_from(client_package_team_role)
            .where(client_package_team_role.c.role_id == role.id)
        )
        or 0,
    )


def _names(query: object) -> tuple[str, ...]:
    return tuple(db.session.scalars(query))  # type: ignore[call-overload]


def _line(role: Role) -> RoleLine:
    return RoleLine(
        id=role.id,
        name=role.name,
        rights=tuple(right for right in Right if right.value in role.rights),
        members=tuple(sorted(member.name for member in role.members if member.active)),
    )
