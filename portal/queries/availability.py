"""One member's availability, as it's stored and edited: hours, overrides, time off.

The hours themselves are read by portal.queries.hours, as for the openings.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from portal.db import db
from portal.errors import NotFound
from portal.models import Member, Practice, Right, Service, TimeOff
from portal.queries.facts import member_facts, service_facts
from portal.queries.hours import load_hours
from portal.queries.paging import Paged, matches, paged
from portal.scheduling.availability import rows_of, working_minutes
from portal.scheduling.eligibility import Kind
from portal.scheduling.hours import DAY, Hours, HoursRow, day_start, local_date

WEEKDAYS = range(7)
LAST_DATE = date(2998, 12, 31)
"""The last date of a clinic file; see portal/clinic_file/kinds.py."""


@dataclass(frozen=True, slots=True)
class Week:
    """The weekly hours of each weekday (0 is Monday); `seen` changes whenever they do."""

    days: dict[int, tuple[HoursRow, ...]]
    seen: str


@dataclass(frozen=True, slots=True)
class OtherDate:
    """Another date of a week, the hours in force on it, and what its override's `seen` is."""

    day: date
    rows: tuple[HoursRow, ...]
    seen: str


@dataclass(frozen=True, slots=True)
class Override:
    """A date's own hours: None where the weekly ones are in force, empty where it's closed."""

    rows: tuple[HoursRow, ...] | None
    seen: str


@dataclass(frozen=True, slots=True)
class ServiceChoice:
    """A service that hours may be limited to."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Away:
    """Time off, from the first instant to the one after the last.

    `first` and `last` are its dates in the member's zone where it's whole days, else None.
    """

    id: int
    start: datetime
    end: datetime
    first: date | None
    last: date | None


@dataclass(frozen=True, slots=True)
class Person:
    """A practitioner whose availability may be edited; `minutes` is how long they work a week."""

    id: int
    name: str
    role: str | None
    minutes: int


def find_member_to_schedule(member_id: int, by: Member) -> Member:
    """The member whose availability `by` may edit: their own, or with the right anybody's.

    Raises NotFound otherwise.
    """
    member = db.session.get(Member, member_id)
    if member is None or not (member.id == by.id or schedules_others(by)):
        raise NotFound(_("There is no such availability."))
    return member


def is_bookable(member: Member) -> bool:
    """Say whether this kind of member has an availability at all: admins don't."""
    return member.kind is Kind.PRACTITIONER


def require_bookable(member: Member) -> Member:
    """The same member. Raises NotFound for an admin, who has no availability."""
    if not is_bookable(member):
        raise NotFound(_("There is no such availability."))
    return member


def people_to_schedule(by: Member, words: str, page: int) -> Paged[Person]:
    """The active practitioners whose availability `by` may edit, by name."""
    query = (
        select(Member)
        .where(
            Member.kind == Kind.PRACTITIONER,
            Member.deactivated_at.is_(None),
            matches(words, Member.name, Member.email),
        )
        .options(selectinload(Member.role))
        .order_by(Member.name, Member.id)
    )
    if not schedules_others(by):
        query = query.where(Member.id == by.id)

    rows: Paged[Member] = paged(query, page, lambda row: row)
    hours = load_hours({row.id: zone_of(row) for row in rows.shown}, LAST_DATE)
    people = tuple(
        Person(
            id=row.id,
            name=row.name,
            role=row.role.name if row.role else None,
            minutes=sum(map(working_minutes, hours[row.id].weekly.values())),
        )
        for row in rows.shown
    )
    return Paged(people, rows.page, rows.pages, rows.found)


def practice_zone() -> ZoneInfo:
    """The clinic's zone."""
    return ZoneInfo(db.session.get_one(Practice, 1).timezone)


def zone_of(member: Member) -> ZoneInfo:
    """The zone on whose clock the member's hours are."""
    return ZoneInfo(member.timezone) if member.timezone else practice_zone()


def hours_of(member: Member, from_day: date) -> Hours:
    """The member's hours, with the overrides of `from_day` or later."""
    return load_hours({member.id: zone_of(member)}, from_day)[member.id]


def load_week(member: Member) -> Week:
    """The member's weekly hours, each weekday's in order."""
    weekly = hours_of(member, LAST_DATE).weekly
    days = {weekday: in_order(weekly.get(weekday, ())) for weekday in WEEKDAYS}
    return Week(days, fingerprint(days.items()))


def load_override(member: Member, day: date) -> Override:
    """What is stored for one date of the member's zone."""
    return _override(hours_of(member, day), day)


def load_same_week(member: Member, day: date, now: datetime) -> tuple[OtherDate, ...]:
    """The other dates of a date's week, from Monday, that aren't over in the member's zone."""
    monday = day - timedelta(days=day.weekday())
    hours = hours_of(member, monday)
    dates = [monday + timedelta(days=at) for at in WEEKDAYS]
    today = now.astimezone(hours.zone).date()
    return tuple(
        OtherDate(each, in_order(rows_of(hours, each)), _override(hours, each).seen)
        for each in dates
        if each != day and today <= each <= LAST_DATE
    )


def _override(hours: Hours, day: date) -> Override:
    found = hours.overrides.get(day)
    rows = None if found is None else in_order(found)
    return Override(rows, fingerprint([(day.toordinal(), rows)]))


def load_time_off(member: Member, now: datetime) -> tuple[Away, ...]:
    """The member's time off that isn't over, the next first."""
    query = select(TimeOff).where(TimeOff.member_id == member.id, TimeOff.ends_at > now)
    rows = db.session.scalars(query.order_by(TimeOff.starts_at, TimeOff.id))
    zone = zone_of(member)
    return tuple(_away(row, zone) for row in rows)


def schedules_others(by: Member) -> bool:
    """Say whether `by` may edit anybody's availability."""
    return by.may(Right.TEAM)


def in_order(rows: Iterable[HoursRow]) -> tuple[HoursRow, ...]:
    """The rows by their beginning, in an order that is always the same."""
    return tuple(sorted(rows, key=_key))


def fingerprint(values: Iterable[tuple[int, Sequence[HoursRow] | None]]) -> str:
    """A short text that differs when the hours differ, so that a second editor can be told."""
    plain = [(key, None if rows is None else sorted(map(_key, rows))) for key, rows in values]
    return hashlib.sha256(repr(plain).encode()).hexdigest()[:32]


def settings_seen(member: Member) -> str:
    """The same for the member's zone and cap."""
    return hashlib.sha256(repr((member.timezone, member.daily_cap)).encode()).hexdigest()[:32]


def services_to_name(member: Member, rows: Iterable[HoursRow] = ()) -> tuple[ServiceChoice, ...]:
    """The services that hours of the member may be limited to, by name.

    Those the member owns or offers, and those that `rows` name already: a service that is
    archived, or shared no longer, isn't lost from them by saving.
    """
    named = {service_id for row in rows for service_id in row.services or ()}
    facts = member_facts(member)
    query = select(Service).options(
        selectinload(Service.shared_members), selectinload(Service.shared_roles)
    )
    return tuple(
        ServiceChoice(row.id, row.name)
        for row in db.session.scalars(query.order_by(Service.name, Service.id))
        if row.id in named or (row.archived_at is None and service_facts(row).shared_with(facts))
    )


def _away(row: TimeOff, zone: ZoneInfo) -> Away:
    start, end = int(row.starts_at.timestamp()), int(row.ends_at.timestamp())
    first, last = local_date(zone, start), local_date(zone, end - 1)
    whole = start == day_start(zone, first) and end == day_start(zone, last + DAY)
    days = (first, last) if whole else (None, None)
    return Away(row.id, row.starts_at, row.ends_at, *days)


def _key(row: HoursRow) -> tuple[int, int, list[int], list[str], bool, bool]:
    services, delivery = row.services, row.delivery
    return (
        row.start,
        row.end,
        sorted(services or ()),
        sorted(delivery or ()),
        services is None,
        delivery is None,
    )
