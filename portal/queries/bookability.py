"""Who can clients book? A package's services across, the team down, and the reason why not.

Nothing is decided here: each column is the board that the booking page has for that service, so the
table says what the page does. An editor's unsaved values make an offer of the same kind.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from portal.db import db
from portal.models import Client, Member, Package, Practice, Role, Service
from portal.queries.client_package_values import OwnValues, Taken
from portal.queries.facts import load_service, practice_info
from portal.queries.offers import Item, Offer, load_offer, load_own_offers, most_suitable
from portal.queries.openings import Board, Person, load_board
from portal.queries.packages import PackageValues
from portal.scheduling.eligibility import Holder, Reason, TeamBooking
from portal.scheduling.openings import Opening


@dataclass(frozen=True, slots=True)
class Column:
    """One service, and what it is booked from: the template or one of the client's own packages."""

    item: Item
    offer: Offer


@dataclass(frozen=True, slots=True)
class Cell:
    """One person and one service; the column comes along, because its offer explains the reason.

    Without a reason they can be booked; `earliest` is None when they have no time within the
    horizon. `openings` are those of the date that was asked about.
    """

    column: Column
    reason: Reason | None
    earliest: Opening | None
    openings: tuple[Opening, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One team member, with a cell for each column. `role` is the name of their role, if any.

    `never`: an admin or deactivated, and so not bookable with anything.
    """

    person: Person
    role: str | None
    never: Reason | None
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Bookability:
    """The table: whoever can be booked with something, or could be, before those who never can."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    last_day: date

    @property
    def bookable(self) -> tuple[Person, ...]:
        """Whoever can be booked with at least one of the services."""
        return tuple(
            row.person for row in self.rows if any(cell.reason is None for cell in row.cells)
        )


def draft_offer(values: PackageValues, package: Package | None, now: datetime) -> Offer:
    """What a newcomer would get if these values were stored in the package (None: a new one)."""
    practice = practice_info(db.session.get_one(Practice, 1))
    items = _items([(line.service_id, line.sessions) for line in values.lines])
    archived = package is not None and package.archived_at is not None
    valid_days = values.valid_days
    return Offer(
        practice=practice,
        package_id=package.id if package else 0,
        slug=values.slug or "",
        name=values.name,
        description=values.description,
        terms=values.terms,
        price=values.price,
        valid_days=valid_days,
        archived=archived,
        items=items,
        holder=Holder(
            assigned_to=values.assigned_to,
            team_booking=values.team_booking or TeamBooking(),
            active=not archived,
            expires=practice.today(now) + timedelta(days=valid_days) if valid_days else None,
            credits={item.service.id: item.left for item in items},
        ),
        weekly_limit=values.weekly_limit,
        monthly_limit=values.monthly_limit,
    )


def own_draft(
    values: OwnValues,
    package: Package,
    client: Client,
    taken: Taken,
    now: datetime,
    own_id: int | None = None,
) -> Offer:
    """What the client would have if these values were stored in their package (None: a new one)."""
    items = tuple(
        replace(item, left=max(0, item.sessions - taken.get(item.service.id, 0)))
        for item in _items([(line.service_id, line.sessions) for line in values.lines])
    )
    return Offer(
        practice=practice_info(db.session.get_one(Practice, 1)),
        package_id=package.id,
        slug=package.slug,
        name=package.name,
        description=package.description,
        terms=package.terms,
        price=values.price,
        valid_days=package.valid_days,
        archived=package.archived_at is not None,
        items=items,
        holder=Holder(
            assigned_to=values.assigned_to,
            team_booking=values.team_booking or TeamBooking(),
            active=True,
            expires=values.expires_on,
            credits={item.service.id: item.left for item in items},
            client_active=client.deactivated_at is None,
        ),
        weekly_limit=values.weekly_limit,
        monthly_limit=values.monthly_limit,
        client_package_id=own_id,
        client_id=client.id,
    )


def newcomers_columns(offer: Offer) -> list[Column]:
    """A column for each line of the package, as a newcomer would book it."""
    return [Column(item, offer) for item in offer.items]


def columns_for(package: Package, client: Client | None, now: datetime) -> list[Column]:
    """A column for each service of the package, or of the client's own packages of this template.

    For each service it is the package that a booking would use. A client who has none books the
    template like a newcomer, unless they're deactivated.
    """
    template = load_offer(package.slug, now)
    if client is None:
        return newcomers_columns(template)
    owned = load_own_offers(package.id, client.id, now)
    if not owned:
        holder = replace(template.holder, client_active=client.deactivated_at is None)
        return newcomers_columns(replace(template, holder=holder, client_id=client.id))
    items = {item.service.id: replace(item, sessions=0, left=0) for item in template.items}
    items |= {item.service.id: item for offer in owned for item in offer.items}
    columns = []
    for item in items.values():
        offer = most_suitable(owned, item.service.slug, now) or owned[0]
        columns.append(Column(offer.item(item.service.id) or item, offer))
    return columns


def load_bookability(
    columns: Sequence[Column], now: datetime, day: date | None = None
) -> Bookability:
    """The table as of `now`; with `day`, the openings of that date and the earliest from then on.

    Reads each service's board once, however many people there are.
    """
    boards = [load_board(column.offer, column.item.service, now) for column in columns]
    people = _people(boards)
    roles = _role_names()
    rows = [
        _row(person, roles.get(person.id), columns, boards, reasons, day)
        for person, reasons in people
    ]
    rows.sort(key=lambda row: row.never is not None)
    practice = columns[0].offer.practice if columns else None
    horizon = timedelta(days=practice.horizon_days) if practice else timedelta()
    last_day = practice.today(now + horizon) if practice else now.date()
    return Bookability(tuple(columns), tuple(rows), last_day)


def _people(boards: Sequence[Board]) -> list[tuple[Person, list[Reason | None]]]:
    """Everybody, with a reason for each board; the assigned practitioner first, then by name."""
    reasons: dict[int, list[Reason | None]] = {}
    people: dict[int, Person] = {}
    for board in boards:
        for person, reason in board.verdicts:
            people.setdefault(person.id, person)
            reasons.setdefault(person.id, []).append(reason)
    return [(person, reasons[id_]) for id_, person in people.items()]


def _row(
    person: Person,
    role: str | None,
    columns: Sequence[Column],
    boards: Sequence[Board],
    reasons: Sequence[Reason | None],
    day: date | None,
) -> Row:
    cells = tuple(
        Cell(
            column=column,
            reason=reason,
            earliest=board.earliest(day, member_id=person.id) if reason is None else None,
            openings=_openings(board, day, person) if reason is None else (),
        )
        for column, board, reason in zip(columns, boards, reasons, strict=True)
    )
    never = reasons[0] if reasons and reasons[0] in (Reason.ADMIN, Reason.INACTIVE) else None
    return Row(person, role, never, cells)


def _openings(board: Board, day: date | None, person: Person) -> tuple[Opening, ...]:
    return tuple(board.openings(day, 1, member_id=person.id)) if day else ()


def _items(lines: Sequence[tuple[int, int]]) -> tuple[Item, ...]:
    """The lines whose service exists, each service once."""
    practice = db.session.get_one(Practice, 1)
    services = db.session.scalars(select(Service).where(Service.id.in_([id_ for id_, _ in lines])))
    found: dict[int, Any] = {row.id: row for row in services}
    items: dict[int, Item] = {}
    for service_id, sessions in lines:
        if (row := found.get(service_id)) is not None and service_id not in items:
            items[service_id] = Item(load_service(row, practice.confirm), sessions, sessions)
    return tuple(items.values())


def _role_names() -> dict[int, str]:
    rows = db.session.execute(select(Member.id, Role.name).join(Role, Role.id == Member.role_id))
    return {row.id: row.name for row in rows}
