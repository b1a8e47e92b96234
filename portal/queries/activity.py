"""The activity log as staff read it: what was done, to what, by whom, newest first."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from portal.db import db
from portal.models import (
    Activity,
    Actor,
    Booking,
    Client,
    ClientPackage,
    Member,
    Package,
    Practice,
    Role,
    Service,
    TeamInvitation,
)
from portal.queries.paging import Paged, paged

NAMED: dict[str, type[Any]] = {
    model.__tablename__: model
    for model in (Client, Member, Package, Practice, Role, Service, TeamInvitation)
}
"""Subjects that have a name of their own."""

MENTIONED = {
    "package": "package",
    "copied_from": "package",
    "copy_of": "service",
    "service": "service",
}
"""Details that are the number of a row, and its table; members and roles are read anyway."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked for; `noun` is what stands before the dot in a value of Act."""

    noun: str = ""
    by: int | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One act. `about` is the name that its subject has now, empty where it has gone."""

    at: datetime
    act: str
    actor: Actor
    by: str | None
    about: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Log:
    """One page of the log, the clinic's zone, and the people by whom it can be filtered.

    `names` has what the rows that are mentioned are called now, by table and number.
    """

    entries: Paged[Entry]
    zone: ZoneInfo
    people: tuple[tuple[int, str], ...]
    names: Mapping[tuple[str, int], str]


def load_log(filters: Filters, page: int) -> Log:
    """The page of what the filters leave; dates are the clinic's."""
    zone = ZoneInfo(db.session.get_one(Practice, 1).timezone)
    return _log(paged(_query(filters, zone), page, lambda row: row), zone)


def history_of(subject: str, subject_id: int) -> Log:
    """All that was done to one row of the table `subject`, newest first, on one page."""
    query = (
        select(Activity)
        .options(joinedload(Activity.by))
        .where(Activity.subject == subject, Activity.subject_id == subject_id)
        .order_by(Activity.at.desc(), Activity.id.desc())
    )
    rows = tuple(db.session.scalars(query))
    zone = ZoneInfo(db.session.get_one(Practice, 1).timezone)
    return _log(Paged(rows, 1, 1, len(rows)), zone)


def _log(found: Paged[Activity], zone: ZoneInfo) -> Log:
    names = _names(found.shown)
    entries = tuple(
        Entry(
            at=row.at,
            act=row.act,
            actor=row.actor,
            by=row.by.name if row.by else None,
            about=names.get((row.subject, row.subject_id), ""),
            details=row.details,
        )
        for row in found.shown
    )
    people = db.session.execute(select(Member.id, Member.name).order_by(Member.name)).all()
    names |= {("member", row.id): row.name for row in people}
    names |= {("role", row.id): row.name for row in db.session.execute(select(Role.id, Role.name))}
    shown = Paged(entries, found.page, found.pages, found.found)
    return Log(shown, zone, tuple((row.id, row.name) for row in people), names)


def _query(filters: Filters, zone: ZoneInfo) -> Select[Any]:
    query = (
        select(Activity)
        .options(joinedload(Activity.by))
        .order_by(Activity.at.desc(), Activity.id.desc())
    )
    if filters.noun:
        query = query.where(Activity.act.startswith(f"{filters.noun}.", autoescape=True))
    if filters.by is not None:
        query = query.where(Activity.by_id == filters.by)
    if filters.first is not None:
        query = query.where(Activity.at >= _midnight(filters.first, zone))
    if filters.last is not None:
        query = query.where(Activity.at < _midnight(filters.last + timedelta(days=1), zone))
    return query


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _names(rows: Iterable[Activity]) -> dict[tuple[str, int], str]:
    """What these acts are about is called now: one query for each kind of it."""
    ids: defaultdict[str, set[int]] = defaultdict(set)
    for row in rows:
        ids[row.subject].add(row.subject_id)
        for detail in MENTIONED.keys() & row.details.keys():
            ids[MENTIONED[detail]].add(row.details[detail])
    names: dict[tuple[str, int], str] = {}
    for subject, wanted in ids.items():
        names |= {(subject, id_): name for id_, name in _named(subject, wanted)}
    return names


def _named(subject: str, ids: set[int]) -> Iterable[tuple[int, str]]:
    if subject in NAMED:
        model = NAMED[subject]
        query = select(model.id, model.name).where(model.id.in_(ids))
        return [(row.id, row.name) for row in db.session.execute(query)]
    if subject == Booking.__tablename__:
        bookings = db.session.execute(
            select(Booking.id, Service.name.label("service"), Client.name.label("client"))
            .join(Service, Service.id == Booking.service_id)
            .outerjoin(Client, Client.id == Booking.client_id)
            .where(Booking.id.in_(ids))
        )
        return [(row.id, " · ".join(filter(None, (row.client, row.service)))) for row in bookings]
    if subject == ClientPackage.__tablename__:
        own = db.session.execute(
            select(ClientPackage.id, Package.name.label("package"), Client.name.label("client"))
            .join(Package, Package.id == ClientPackage.package_id)
            .join(Client, Client.id == ClientPackage.client_id)
            .where(ClientPackage.id.in_(ids))
        )
        return [(row.id, f"{row.client} · {row.package}") for row in own]
    return []
