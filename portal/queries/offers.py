"""What can be booked: a package's template as a newcomer sees it, or a client's own package.

An Offer is plain values and knows no database, so that the rule, the openings, the page and the
write all look at the same thing. It's loaded in two queries (four for a client's own package).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import LABEL_STYLE_TABLENAME_PLUS_COL, Row, bindparam, literal, select, union_all

from portal.as_set_up import as_set_up
from portal.db import columns_of, db
from portal.errors import NotFound
from portal.ledger import credits_of
from portal.models import (
    Client,
    ClientPackage,
    ClientPackageItem,
    Confirm,
    Package,
    PackageItem,
    Practice,
    Service,
)
from portal.models.client_package import client_package_team_member, client_package_team_role
from portal.models.package import package_team_member, package_team_role
from portal.models.service import service_shared_member, service_shared_role
from portal.plain_rows import Part, named_rows, plain_rows
from portal.queries.facts import PracticeInfo, ServiceInfo, practice_info, service_info
from portal.scheduling.eligibility import Holder, TeamBooking

_TEMPLATE = (
    select(*columns_of(Practice, Package, Service), PackageItem.sessions)
    .set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL)
    .join_from(Package, Practice, literal(True))
    .outerjoin(PackageItem, PackageItem.package_id == Package.id)
    .outerjoin(Service, Service.id == PackageItem.service_id)
    .where(Package.slug == bindparam("slug"))
    .order_by(PackageItem.position, PackageItem.id)
)
_OWN = (
    select(Practice, Package, ClientPackage, Client, Service)
    .join_from(ClientPackage, Practice, literal(True))
    .join(Package, Package.id == ClientPackage.package_id)
    .join(Client, Client.id == ClientPackage.client_id)
    .outerjoin(ClientPackageItem, ClientPackageItem.client_package_id == ClientPackage.id)
    .outerjoin(Service, Service.id == ClientPackageItem.service_id)
    .where(ClientPackage.id == bindparam("id"))
    .order_by(ClientPackageItem.position, ClientPackageItem.id)
)


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the package: how many sessions there are in all, and how many are left."""

    service: ServiceInfo
    sessions: int
    left: int


@dataclass(frozen=True, slots=True)
class Offer:
    """What is booked from. `client_package_id` is None for a newcomer."""

    practice: PracticeInfo
    package_id: int
    slug: str
    name: str
    description: str
    terms: str
    price: Decimal | None
    valid_days: int | None
    archived: bool
    items: tuple[Item, ...]
    holder: Holder
    weekly_limit: int | None
    monthly_limit: int | None
    client_package_id: int | None = None
    client_id: int | None = None

    def item(self, service: str | int) -> Item | None:
        """The line of the service with this slug or id, if the package has one."""
        return next((i for i in self.items if service in (i.service.slug, i.service.id)), None)


def load_offer(slug: str, now: datetime) -> Offer:
    """The package with this slug, as a newcomer would get it now. Raises NotFound.

    An archived package is returned as such: its holder isn't active.
    """
    found = as_set_up(_template, slug)
    if not found:
        raise NotFound(_("There is no package called “%(slug)s”.", slug=slug))
    (offer,) = found
    if not offer.valid_days:
        return offer
    expires = offer.practice.today(now) + timedelta(days=offer.valid_days)
    return replace(offer, holder=replace(offer.holder, expires=expires))


def _template(slug: str) -> tuple[Offer, ...]:
    """The package with this slug, if there is one, with all that doesn't depend on the day."""
    rows = named_rows(_TEMPLATE, {"slug": slug})
    if not rows:
        return ()
    practice, package = practice_info(Part(rows[0], "practice")), Part(rows[0], "package")
    lines = [row for row in rows if row.service_id is not None]
    lists = _Lists(package.id, _TEMPLATE_LISTS, [row.service_id for row in lines])
    items = tuple(
        Item(
            lists.service(Part(row, "service"), practice.confirm),
            row.package_item_sessions,
            row.package_item_sessions,
        )
        for row in lines
    )
    holder = Holder(
        assigned_to=package.assigned_to_id,
        team_booking=lists.team_booking(package),
        active=package.archived_at is None,
        expires=None,
        credits={item.service.id: item.left for item in items},
    )
    return (Offer(items=items, holder=holder, **_about(practice, package, package)),)


def load_client_offer(client_package_id: int, now: datetime) -> Offer:
    """A client's own package, with what is left of it. Raises NotFound."""
    rows = _rows(_OWN, {"id": client_package_id})
    if not rows:
        raise NotFound(_("There is no such package."))
    practice, own, client = practice_info(rows[0].Practice), rows[0].ClientPackage, rows[0].Client
    lists = _Lists(own.id, _OWN_LISTS, [row.Service.id for row in rows if row.Service is not None])
    credits = credits_of([own.id])
    items = tuple(
        Item(
            lists.service(row.Service, practice.confirm),
            *credits.get((own.id, row.Service.id), (0, 0)),
        )
        for row in rows
        if row.Service is not None
    )
    holder = Holder(
        assigned_to=own.assigned_to_id,
        team_booking=lists.team_booking(own),
        active=True,
        expires=own.expires_on,
        credits={item.service.id: item.left for item in items},
        client_active=client.deactivated_at is None,
    )
    about = _about(practice, rows[0].Package, own)
    return Offer(items=items, holder=holder, client_package_id=own.id, client_id=client.id, **about)


def load_offer_for_client(slug: str, email: str, service_slug: str, now: datetime) -> Offer | None:
    """The client's own package of this template that a booking of the service would use.

    None when the client never had one. Raises NotFound for an unknown client or package.
    """
    package_id = db.session.scalar(select(Package.id).where(Package.slug == slug))
    if package_id is None:
        raise NotFound(_("There is no package called “%(slug)s”.", slug=slug))
    client_id = db.session.scalar(select(Client.id).where(Client.email == email.lower()))
    if client_id is None:
        raise NotFound(_("There is no client with the address %(email)s.", email=email))
    return most_suitable(load_own_offers(package_id, client_id, now), service_slug, now)


def load_own_offers(package_id: int, client_id: int, now: datetime) -> list[Offer]:
    """The client's own packages of this template, the earliest expiry first."""
    ids = db.session.scalars(
        select(ClientPackage.id)
        .where(ClientPackage.package_id == package_id, ClientPackage.client_id == client_id)
        .order_by(ClientPackage.expires_on.is_(None), ClientPackage.expires_on, ClientPackage.id)
    ).all()
    return [load_client_offer(own_id, now) for own_id in ids]


def most_suitable(owned: Sequence[Offer], service_slug: str, now: datetime) -> Offer | None:
    """The package in force with a credit of the service left, the earliest expiry first.

    Where there's none, the one that comes nearest says why not: an expired one, or one that is
    used up. None when there are none at all.
    """

    def unsuitable(offer: Offer) -> tuple[bool, bool]:
        item = offer.item(service_slug)
        expires, today = offer.holder.expires, offer.practice.today(now)
        return expires is not None and expires < today, item is None or item.left < 1

    # Sorting is stable: among equally suitable ones the earliest expiry stays first.
    return min(owned, key=unsuitable, default=None)


class _Lists:
    """The members and roles that the package's and the services' settings name: one query."""

    def __init__(self, owner_id: int, query: Any, service_ids: Sequence[int]) -> None:
        named: dict[tuple[str, str, int], set[int]] = {}
        asked = {"owner": owner_id, "services": service_ids}
        for whose, kind, of_id, id_ in plain_rows(query, asked):
            named.setdefault((whose, kind, of_id), set()).add(id_)
        self._owner_id = owner_id
        self._named = {key: frozenset(ids) for key, ids in named.items()}

    def _of(self, whose: str, kind: str, of_id: int) -> frozenset[int]:
        return self._named.get((whose, kind, of_id), frozenset())

    def team_booking(self, columns: Any) -> TeamBooking:
        return TeamBooking(
            enabled=columns.team_booking_enabled,
            allow=columns.team_booking_allow,
            members=self._of("team", "members", self._owner_id),
            roles=self._of("team", "roles", self._owner_id),
        )

    def service(self, row: Any, practice_confirm: Confirm) -> ServiceInfo:
        members = self._of("service", "members", row.id)
        return service_info(row, practice_confirm, members, self._of("service", "roles", row.id))


def _lists(members: Any, roles: Any) -> Any:
    """The query of `_Lists`; the tables have the id of what names, then of who is named."""

    def named(whose: str, table: Any, condition: Any, kind: str) -> Any:
        return select(literal(whose), literal(kind), table.c[0], table.c[1]).where(condition)

    owner: Any = bindparam("owner")
    services: Any = bindparam("services", expanding=True)
    shared = ((service_shared_member, "members"), (service_shared_role, "roles"))
    return union_all(
        named("team", members, members.c[0] == owner, "members"),
        named("team", roles, roles.c[0] == owner, "roles"),
        *(named("service", table, table.c[0].in_(services), kind) for table, kind in shared),
    )


_TEMPLATE_LISTS = _lists(package_team_member, package_team_role)
_OWN_LISTS = _lists(client_package_team_member, client_package_team_role)


def _rows(statement: Any, asked: dict[str, Any]) -> Sequence[Row[Any]]:
    # Read afresh even inside an act: what was loaded before its lock may be old.
    afresh = {"populate_existing": True}
    return db.session.execute(statement, asked, execution_options=afresh).all()


def _about(practice: PracticeInfo, package: Any, terms_of: Any) -> dict[str, Any]:
    """What a newcomer's offer has from the template, and a client's own from their copy."""
    return {
        "practice": practice,
        "package_id": package.id,
        "slug": package.slug,
        "name": package.name,
        "description": package.description,
        "terms": package.terms,
        "valid_days": package.valid_days,
        "archived": package.archived_at is not None,
        "price": terms_of.price,
        "weekly_limit": terms_of.weekly_limit,
        "monthly_limit": terms_of.monthly_limit,
    }
