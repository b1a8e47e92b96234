"""Sharing services: who besides its owner offers one. It's in effect as soon as it's saved."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from portal.actions.activity import record
from portal.actions.services import locked_service
from portal.actions.versions import require_version
from portal.errors import Changed, Forbidden, Refused
from portal.mail.outbox import AnySession
from portal.models import Act, Member, Right, Role, Service
from portal.queries.services import active_practitioner
from portal.scheduling.eligibility import Sharing
from portal.transaction import transaction


class NobodyNamed(Refused):
    """Sharing with specific members or roles, and none of them named."""


@dataclass(frozen=True, slots=True)
class SharingSettings:
    """With whom a service is shared; each list is kept while the other, or none, is in force."""

    sharing: Sharing
    members: frozenset[int]
    roles: frozenset[int]


@dataclass(frozen=True, slots=True)
class SharingChange:
    """What a row of the table says of one service; its list of roles stays as it is."""

    service_id: int
    version: int
    sharing: Sharing
    members: frozenset[int]


def share_service(
    service_id: int, version: int, settings: SharingSettings, by: Member, now: datetime
) -> Service:
    """Share the service as the settings say, from now on.

    Raises NotFound, Forbidden, Changed, NobodyNamed, or Refused for somebody who isn't an active
    practitioner and for a role that there isn't.
    """
    with transaction() as session:
        _require_offers(by)
        service = locked_service(session, service_id)
        require_version(service, version)
        _share(session, service, settings, by, now)
    return service


def share_services(changes: Sequence[SharingChange], by: Member, now: datetime) -> list[Service]:
    """Share several services at once; all of them, or none.

    Raises as share_service does; Changed names every service that somebody else saved meanwhile.
    """
    with transaction() as session:
        _require_offers(by)
        services = []
        # In one order, so that two who save many at once don't wait for each other for ever.
        for change in sorted(changes, key=lambda change: change.service_id):
            services.append((locked_service(session, change.service_id), change))
        stale = [service.name for service, seen in services if service.version != seen.version]
        if stale:
            raise Changed(_changed_words(stale))
        for service, change in services:
            require_version(service, change.version)
            roles = frozenset(role.id for role in service.shared_roles)
            settings = SharingSettings(change.sharing, change.members, roles)
            _share(session, service, settings, by, now)
    return [service for service, _change in services]


def _changed_words(names: Iterable[str]) -> str:
    return _(
        "Somebody else changed %(services)s while you were editing. Nothing was saved; what you "
        "chose is still here. Compare it with what is stored now, and save again to keep yours.",
        services=", ".join(names),
    )


def _require_offers(by: Member) -> None:
    if not by.may(Right.OFFERS):
        raise Forbidden(_("Your role doesn’t let you share services."))


def _share(
    session: AnySession, service: Service, settings: SharingSettings, by: Member, now: datetime
) -> None:
    members = session.scalars(
        select(Member).where(Member.id.in_(settings.members), active_practitioner())
    ).all()
    roles = session.scalars(select(Role).where(Role.id.in_(settings.roles))).all()
    if len(members) != len(settings.members) or len(roles) != len(settings.roles):
        raise Refused(
            _("A service can be shared with practitioners who can be booked, and with roles.")
        )
    named: dict[Sharing, Sequence[Any]] = {Sharing.MEMBERS: members, Sharing.ROLES: roles}
    if not named.get(settings.sharing, ("everybody or nobody",)):
        raise NobodyNamed(_("%(service)s: please choose at least one.", service=service.name))
    before = _in_words(service)
    service.sharing = settings.sharing
    service.shared_members, service.shared_roles = list(members), list(roles)
    moved: dict[str, Any] = {"from": before, "to": _in_words(service)}
    record(session, Act.SERVICE_SHARED, service, now, by=by, **moved)


def _in_words(service: Service) -> str:
    """The sharing in force for the log, with ids: "members: 2, 3"."""
    named: dict[Sharing, list[Any]] = {
        Sharing.MEMBERS: service.shared_members,
        Sharing.ROLES: service.shared_roles,
    }
    ids = sorted(each.id for each in named.get(service.sharing, []))
    return ": ".join(filter(None, [service.sharing.value, ", ".join(map(str, ids))]))
