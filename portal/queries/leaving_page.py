"""The page of a member who leaves: one list for each kind of thing that has to be settled."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy.orm import joinedload

from portal.db import db
from portal.errors import NotFound
from portal.models import Booking, Client, ClientPackage, Member, Practice, Status
from portal.queries.clients import sees_everyone, visible_clients
from portal.queries.leaving import (
    Heir,
    assigned_packages,
    client_packages_in_use,
    colleagues_of,
    heirs_of,
    left_to_settle,
    owned_services,
    sessions_to_come,
    why_not_deactivated,
)
from portal.queries.obstacles import Colleague, colleagues_for
from portal.queries.paging import Paged, in_order
from portal.queries.staff_bookings import find_booking_for_staff, may_change
from portal.queries.team import find_member, why_not_manage

SESSIONS = 10  # on a page


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session to come. `client` and `package` are None where the reader may not know whose it is.

    Whoever lacks the right to see all clients knows of a colleague's sessions only when they are.
    """

    id: int
    member_id: int
    start: datetime
    end: datetime
    service: str
    client: str | None
    package: str | None
    requested: bool
    may_change: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """The session that is being settled, and who is free to take it over."""

    line: SessionLine
    within: tuple[Colleague, ...]
    outside: tuple[Colleague, ...]


@dataclass(frozen=True, slots=True)
class Thing:
    """A service, a package or a client's package to hand over, with who could take it."""

    id: int
    name: str
    archived: bool
    heirs: tuple[Heir, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Clients' packages of one package: `heirs` could take all of them at once."""

    package_id: int
    name: str
    heirs: tuple[Heir, ...]
    each: tuple[Thing, ...]


@dataclass(frozen=True, slots=True)
class LeavingPage:
    """Everything on the page. `why_not` says why this account can't be deactivated at all."""

    member: Member
    zone: ZoneInfo
    why_not: str | None
    sessions: Paged[SessionLine]
    every_session: tuple[SessionLine, ...]
    chosen: Chosen | None
    services: tuple[Thing, ...]
    packages: tuple[Thing, ...]
    groups: tuple[Group, ...]
    settled: bool


def load_leaving_page(
    member_id: int, reader: Member, now: datetime, page: int, session_id: int | None
) -> LeavingPage:
    """What stands in the way of the member's leaving. Raises NotFound."""
    member = find_member(member_id)
    colleagues = colleagues_of(member)
    everybody = tuple(Heir(each.id, each.name) for each in colleagues)
    rows = db.session.scalars(
        sessions_to_come(member, now).options(
            joinedload(Booking.service),
            joinedload(Booking.client),
            joinedload(Booking.client_package).joinedload(ClientPackage.package),
        )
    ).all()
    visible = _visible(reader) if sees_everyone(reader) or reader.id == member.id else set()
    lines = tuple(_line(booking, reader, visible) for booking in rows)
    left = left_to_settle(member, now)
    return LeavingPage(
        member=member,
        zone=ZoneInfo(db.session.get_one(Practice, 1).timezone),
        why_not=why_not_deactivated(member, reader) or why_not_manage(reader, member),
        sessions=in_order(lines, page, SESSIONS),
        every_session=lines,
        chosen=_chosen(lines, session_id, reader, now),
        services=tuple(
            Thing(each.id, each.name, each.archived_at is not None, everybody)
            for each in owned_services(member)
        ),
        packages=tuple(
            Thing(each.id, each.name, each.archived_at is not None, heirs_of([each], colleagues))
            for each in assigned_packages(member)
        ),
        groups=_groups(client_packages_in_use(member, now), list(colleagues), visible),
        settled=not (left.services or left.packages or left.client_packages),
    )


def _visible(reader: Member) -> set[int]:
    return set(db.session.scalars(visible_clients(reader)))


def _line(booking: Booking, reader: Member, visible: set[int]) -> SessionLine:
    client, own = booking.client, booking.client_package
    known = client is not None and (client.id in visible or booking.member_id == reader.id)
    return SessionLine(
        id=booking.id,
        member_id=booking.member_id,
        start=booking.starts_at,
        end=booking.ends_at,
        service=booking.service.name,
        client=client.name if client and known else None,
        package=own.package.name if own and known else None,
        requested=booking.status is Status.REQUESTED,
        may_change=may_change(booking, reader),
    )


def _chosen(
    lines: tuple[SessionLine, ...], session_id: int | None, reader: Member, now: datetime
) -> Chosen | None:
    line = next((each for each in lines if each.id == session_id and each.may_change), None)
    if line is None:
        return None
    try:
        free = colleagues_for(find_booking_for_staff(line.id, reader), now)
    except NotFound:
        return None
    return Chosen(
        line=line,
        within=tuple(person for person in free if not person.obstacles),
        outside=tuple(person for person in free if person.obstacles),
    )


def _groups(
    owned: list[ClientPackage], colleagues: list[Member], visible: set[int]
) -> tuple[Group, ...]:
    groups = []
    for package, rows in groupby(owned, key=lambda own: own.package):
        of_this = list(rows)
        each = tuple(
            Thing(own.id, _whose(own.client, visible), False, heirs_of([own], colleagues))
            for own in of_this
        )
        groups.append(Group(package.id, package.name, heirs_of(of_this, colleagues), each))
    return tuple(groups)


def _whose(client: Client, visible: set[int]) -> str:
    return client.name if client.id in visible else ""
