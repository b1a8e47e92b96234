"""Editing services: what a client books, how long it takes, where, for how much."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from portal.actions.activity import record
from portal.actions.guard import lock_members
from portal.actions.slugs import free_slug, one_at_a_time
from portal.actions.versions import require_version
from portal.errors import Forbidden, NotFound, Refused
from portal.mail.outbox import AnySession
from portal.models import Act, Confirm, Delivery, Member, Right, Service
from portal.queries.services import packages_with, possible_owners, require_may_edit
from portal.scheduling.eligibility import Sharing
from portal.transaction import transaction

NAME = 200  # characters


class SlugTaken(Refused):
    """Another service has this address."""


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """All that the editor sets. Times are minutes; `price` is of one session.

    None means: `place`, `video_link`, `confirm` and `reminders` (minutes before a session, the
    longest first) as the practice has them; `owner_id` as it is, or for a new service whoever adds
    it; `slug` as it is, or for a new service from its name.
    """

    name: str
    minutes: int
    delivery: tuple[Delivery, ...]
    description: str = ""
    buffer_before: int = 0
    buffer_after: int = 0
    place: str | None = None
    video_link: str | None = None
    price: Decimal | None = None
    confirm: Confirm | None = None
    reminders: list[int] | None = None
    terms: str = ""
    owner_id: int | None = None
    slug: str | None = None


PLAIN = (
    "name",
    "description",
    "minutes",
    "buffer_before",
    "buffer_after",
    "place",
    "video_link",
    "price",
    "confirm",
    "reminders",
    "terms",
)
"""The settings that are columns as they stand."""


def add_service(settings: ServiceSettings, by: Member, now: datetime) -> Service:
    """Add a service, which is private at first.

    Raises Forbidden, SlugTaken, or Refused for an owner who can't be one.
    """
    with transaction() as session:
        _require_offers(by)
        owner_id = settings.owner_id or by.id
        _lock(session, owner_id)
        _require_owner(owner_id, by)
        service = Service(sharing=Sharing.PRIVATE, owner_id=owner_id)
        service.slug = free_slug(session, Service, settings.name, "service")
        _become(session, service, settings, by)
        session.add(service)
        record(session, Act.SERVICE_ADDED, service, now, by=by)
    return service


def save_service(
    service_id: int, version: int, settings: ServiceSettings, by: Member, now: datetime
) -> Service:
    """Change the service. Sessions that are booked already stay as they were booked.

    Raises NotFound, Forbidden, Changed, SlugTaken, or Refused for an owner who can't be one.
    """
    with transaction() as session:
        _lock(session, settings.owner_id)
        service = locked_service(session, service_id)
        require_may_edit(service, by)
        require_version(service, version)
        before = service.owner_id
        changed = _become(session, service, settings, by)
        record(session, Act.SERVICE_CHANGED, service, now, by=by, fields=changed)
        if service.owner_id != before:
            moved: dict[str, Any] = {"from": before, "to": service.owner_id}
            record(session, Act.SERVICE_HANDED_OVER, service, now, by=by, **moved)
    return service


def duplicate_service(service_id: int, by: Member, now: datetime) -> Service:
    """Make a private copy of the service, of the same owner. Raises NotFound or Forbidden."""
    with transaction() as session:
        _require_offers(by)
        one_at_a_time(session)
        service = locked_service(session, service_id)
        name = _("Copy of %(service)s", service=service.name)[:NAME].rstrip()
        copy = Service(
            **{field: getattr(service, field) for field in PLAIN if field != "name"},
            name=name,
            slug=free_slug(session, Service, name, "service"),
            delivery=list(service.delivery),
            owner_id=service.owner_id,
            sharing=Sharing.PRIVATE,
        )
        session.add(copy)
        record(session, Act.SERVICE_ADDED, copy, now, by=by, copy_of=service.id)
    return copy


def archive_service(service_id: int, by: Member, now: datetime) -> Service:
    """Take the service off the lists. Clients who have sessions of it left go on booking them.

    Raises NotFound, Forbidden, or Refused while a package on offer has it as an item.
    """
    with transaction() as session:
        # No package gets this service meanwhile.
        one_at_a_time(session)
        service = locked_service(session, service_id)
        require_may_edit(service, by)
        if packages := packages_with(service.id):
            raise Refused(
                _(
                    "%(service)s can’t be archived while a package on offer contains it: "
                    "%(packages)s. Take it out there first, or archive the package.",
                    service=service.name,
                    packages=", ".join(package.name for package in packages),
                )
            )
        if service.archived_at is None:
            service.archived_at = now
            service.version += 1
            record(session, Act.SERVICE_ARCHIVED, service, now, by=by)
    return service


def restore_service(service_id: int, by: Member, now: datetime) -> Service:
    """Put an archived service back on the lists. Raises NotFound or Forbidden."""
    with transaction() as session:
        service = locked_service(session, service_id)
        require_may_edit(service, by)
        if service.archived_at is not None:
            service.archived_at = None
            service.version += 1
            record(session, Act.SERVICE_RESTORED, service, now, by=by)
    return service


def locked_service(session: AnySession, service_id: int) -> Service:
    """The service, which nobody else changes until the act is done. Raises NotFound."""
    service = session.get(Service, service_id, with_for_update={"of": Service})
    if service is None:
        raise NotFound(_("There is no such service."))
    return service


def _lock(session: AnySession, owner_id: int | None) -> None:
    # So that nobody leaves the team while a service is given to them.
    one_at_a_time(session)
    if owner_id is not None:
        lock_members([owner_id])


def _require_offers(by: Member) -> None:
    if not by.may(Right.OFFERS):
        raise Forbidden(_("Your role doesn’t let you add services."))


def _become(
    session: AnySession, service: Service, settings: ServiceSettings, by: Member
) -> list[str]:
    """Give the service these settings; the names of what changed, in order."""
    values: dict[str, Any] = {field: getattr(settings, field) for field in PLAIN}
    offered = set(settings.delivery)
    values["delivery"] = [method.value for method in Delivery if method in offered]
    if settings.owner_id is not None and settings.owner_id != service.owner_id:
        _require_owner(settings.owner_id, by)
        values["owner_id"] = settings.owner_id
    if settings.slug is not None:
        _require_free(session, service, settings.slug)
        values["slug"] = settings.slug
    changed = [field for field, value in values.items() if getattr(service, field) != value]
    for field in changed:
        setattr(service, field, values[field])
    return sorted(changed)


def _require_owner(owner_id: int, by: Member) -> None:
    if not by.may(Right.OFFERS):
        raise Forbidden(_("Your role doesn’t let you give a service to somebody else."))
    if owner_id not in [person.id for person in possible_owners(None)]:
        raise Refused(_("A service belongs to a practitioner who can be booked."))


def _require_free(session: AnySession, service: Service, slug: str) -> None:
    one_at_a_time(session)
    taken = select(Service.id).where(Service.slug == slug, Service.id.is_distinct_from(service.id))
    if session.scalar(taken) is not None:
        raise SlugTaken(_("Another service has this address already."))
