"""The format of a clinic file, `clinic/1`: one class for each kind of object in it.

Its names are a public interface. Members are named by email, roles by name, services and packages
by slug. Keys marked `ours` are additions of this portal: a plain file doesn't need them and a dump
has them only where they say something that would be lost otherwise.
"""

# ruff: noqa: RUF009  (key() makes a dataclass's field, as dataclasses.field() does)

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from portal.clinic_file import kinds
from portal.clinic_file.kinds import Day
from portal.clinic_file.shapes import ListOf, Maybe, OneOf, Pair, Record, Whole, YesNo, key
from portal.models import Confirm, Delivery, Right, Status
from portal.scheduling.eligibility import Allow, Kind, Plan, Sharing

FORMAT = "clinic/1"


class Format(StrEnum):
    """The versions of the format that are understood."""

    ONE = FORMAT


class _AsTemplate:
    """What isn't said of a client's package: it's as the package has it."""

    def __repr__(self) -> str:
        return "AS_TEMPLATE"


AS_TEMPLATE: Final[Any] = _AsTemplate()


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An object of the file; `path` is where it stands, for the faults."""

    path: str = field(default="", compare=False)


@dataclass(frozen=True, kw_only=True)
class Practice(Entry):
    """practice"""

    name: str = key(kinds.name(200))
    timezone: str = key(kinds.ZONE)
    plan: Plan = key(OneOf(Plan), Plan.TEAM)
    currency: str = key(kinds.CURRENCY, "USD")
    confirm: Confirm = key(OneOf(Confirm), Confirm.REQUEST)
    min_notice_minutes: int = key(Whole(0, 1_000_000), 0)
    horizon_days: int = key(Whole(1, 36_500), 60)
    slot_step_minutes: int = key(kinds.SESSION_MINUTES, 15)
    late_cancel_hours: int = key(Whole(0, 100_000), 24)
    late_cancel_returns_credit: bool = key(YesNo(), True)
    place: str | None = key(Maybe(kinds.text()), None, ours=True)
    video_link: str | None = key(Maybe(kinds.LINK), None, ours=True)
    late_cancel_forbidden: bool = key(YesNo(), False, ours=True)
    cancellation_policy: str = key(kinds.text(), "", ours=True)
    accent: str | None = key(Maybe(kinds.COLOUR), None, ours=True)
    language: str = key(kinds.LANGUAGE, "en", ours=True)
    running_out_at: int | None = key(Maybe(kinds.COUNT_OR_NONE), None, ours=True)
    reminders: tuple[int, ...] = key(kinds.REMINDERS, (24 * 60,), ours=True)


@dataclass(frozen=True, kw_only=True)
class Role(Entry):
    """roles[]; `may`: what it lets its members do"""

    name: str = key(kinds.name(100))
    may: tuple[Right, ...] = key(ListOf(OneOf(Right), each_once=True), (), ours=True)


@dataclass(frozen=True, kw_only=True)
class Person(Entry):
    """team[]"""

    email: str = key(kinds.EMAIL)
    name: str = key(kinds.name(200))
    role: str | None = key(Maybe(kinds.name(100)), None)
    kind: Kind = key(OneOf(Kind), Kind.PRACTITIONER)
    owner: bool = key(YesNo(), False)
    timezone: str | None = key(Maybe(kinds.ZONE), None)
    active: bool = key(YesNo(), True)
    daily_cap: int | None = key(Maybe(kinds.COUNT), None)
    language: str | None = key(Maybe(kinds.LANGUAGE), None, ours=True)
    told_of_assigned: bool = key(YesNo(), False, ours=True)


@dataclass(frozen=True, kw_only=True)
class Service(Entry):
    """services[]; `kept` is the other list: roles while sharing is by member, and so on."""

    slug: str = key(kinds.SLUG)
    name: str = key(kinds.name(200))
    owner: str = key(kinds.EMAIL)
    minutes: int = key(kinds.SESSION_MINUTES)
    buffer_before: int = key(kinds.UP_TO_A_DAY, 0)
    buffer_after: int = key(kinds.UP_TO_A_DAY, 0)
    delivery: tuple[Delivery, ...] = key(ListOf(OneOf(Delivery), least=1, each_once=True))
    confirm: Confirm | None = key(Maybe(OneOf(Confirm)), None)
    sharing: Sharing = key(OneOf(Sharing), Sharing.PRIVATE)
    shared_with: tuple[str, ...] = key(ListOf(kinds.name(254)), ())
    kept: tuple[str, ...] = key(ListOf(kinds.name(254)), (), ours=True)
    place: str | None = key(Maybe(kinds.text()), None, ours=True)
    video_link: str | None = key(Maybe(kinds.LINK), None, ours=True)
    description: str = key(kinds.text(), "", ours=True)
    terms: str = key(kinds.text(), "", ours=True)
    price: Decimal | None = key(Maybe(kinds.MONEY), None, ours=True)
    archived: bool = key(YesNo(), False, ours=True)
    reminders: tuple[int, ...] | None = key(Maybe(kinds.REMINDERS), None, ours=True)


_SERVICES = Maybe(ListOf(kinds.SLUG))
_METHODS = Maybe(ListOf(OneOf(Delivery), each_once=True))


@dataclass(frozen=True, kw_only=True)
class Weekly(Entry):
    """availability[].weekly[]"""

    day: Day = key(OneOf(Day))
    start: int = key(kinds.TIME, named="from")
    end: int = key(kinds.END_TIME, named="to")
    services: tuple[str, ...] | None = key(_SERVICES, None)
    delivery: tuple[Delivery, ...] | None = key(_METHODS, None)


@dataclass(frozen=True, kw_only=True)
class Override(Entry):
    """availability[].overrides[]; several of one date belong together, no hours close it"""

    day: date = key(kinds.DATE, named="date")
    hours: tuple[tuple[int, int], ...] = key(ListOf(Pair(kinds.TIME, kinds.END_TIME)))
    services: tuple[str, ...] | None = key(_SERVICES, None, ours=True)
    delivery: tuple[Delivery, ...] | None = key(_METHODS, None, ours=True)


@dataclass(frozen=True, kw_only=True)
class TimeOff(Entry):
    """availability[].time_off[]"""

    start: datetime = key(kinds.BRIEF_INSTANT, named="from")
    end: datetime = key(kinds.BRIEF_INSTANT, named="to")


@dataclass(frozen=True, kw_only=True)
class Availability(Entry):
    """availability[]"""

    member: str = key(kinds.EMAIL)
    weekly: tuple[Weekly, ...] = key(ListOf(Record(Weekly)), ())
    overrides: tuple[Override, ...] = key(ListOf(Record(Override)), ())
    time_off: tuple[TimeOff, ...] = key(ListOf(Record(TimeOff)), ())


@dataclass(frozen=True, kw_only=True)
class TeamBooking(Entry):
    """packages[].team_booking; `kept` is the other list, as with a service"""

    enabled: bool = key(YesNo())
    allow: Allow = key(OneOf(Allow), Allow.ASSIGNED)
    restrict_to: tuple[str, ...] = key(ListOf(kinds.name(254)), ())
    kept: tuple[str, ...] = key(ListOf(kinds.name(254)), (), ours=True)


@dataclass(frozen=True, kw_only=True)
class Item(Entry):
    """packages[].items[]"""

    service: str = key(kinds.SLUG)
    sessions: int = key(kinds.COUNT)


@dataclass(frozen=True, kw_only=True)
class Package(Entry):
    """packages[]; `outdated`: the assigned practitioner was offered its services once, not now"""

    slug: str = key(kinds.SLUG)
    name: str = key(kinds.name(200))
    description: str = key(kinds.text(), "")
    assigned_to: str = key(kinds.EMAIL)
    price: Decimal | None = key(Maybe(kinds.MONEY), None)
    valid_days: int | None = key(Maybe(kinds.COUNT), None)
    weekly_limit: int | None = key(Maybe(kinds.COUNT), None)
    monthly_limit: int | None = key(Maybe(kinds.COUNT), None)
    archived: bool = key(YesNo(), False)
    items: tuple[Item, ...] = key(ListOf(Record(Item)), ())
    team_booking: TeamBooking = key(Record(TeamBooking), TeamBooking(enabled=False))
    terms: str = key(kinds.text(), "", ours=True)
    position: int = key(kinds.COUNT_OR_NONE, 0, ours=True)
    outdated: bool = key(YesNo(), False, ours=True)


@dataclass(frozen=True, kw_only=True)
class Client(Entry):
    """clients[]; one without an email address has a `key` for the rest of the file to name it"""

    email: str | None = key(Maybe(kinds.EMAIL))
    name: str = key(kinds.name(200))
    phone: str | None = key(Maybe(kinds.line(40)), None)
    timezone: str | None = key(Maybe(kinds.ZONE), None)
    prospective: bool = key(YesNo(), False)
    active: bool = key(YesNo(), True)
    notes: str = key(kinds.text(), "", ours=True)
    language: str | None = key(Maybe(kinds.LANGUAGE), None, ours=True)
    own_key: str | None = key(Maybe(kinds.CLIENT_KEY), None, named="key", ours=True)

    @property
    def called(self) -> str | None:
        """What the rest of the file calls this client."""
        return self.own_key if self.email is None else self.email


@dataclass(frozen=True, kw_only=True)
class OwnItem(Entry):
    """client_packages[].items[]: of a service there may be no session left at all"""

    service: str = key(kinds.SLUG)
    sessions: int = key(kinds.COUNT_OR_NONE)


@dataclass(frozen=True, kw_only=True)
class ClientPackage(Entry):
    """client_packages[]; null items and team booking: as the package has them now"""

    client: str = key(kinds.CALLED)
    package: str = key(kinds.SLUG)
    started: date = key(kinds.DATE)
    expires: date | None = key(Maybe(kinds.DATE), AS_TEMPLATE)
    assigned_to: str = key(kinds.EMAIL, AS_TEMPLATE)
    items: tuple[OwnItem, ...] | None = key(Maybe(ListOf(Record(OwnItem))), None)
    team_booking: TeamBooking | None = key(Maybe(Record(TeamBooking)), None)
    price: Decimal | None = key(Maybe(kinds.MONEY), AS_TEMPLATE, ours=True)
    weekly_limit: int | None = key(Maybe(kinds.COUNT), AS_TEMPLATE, ours=True)
    monthly_limit: int | None = key(Maybe(kinds.COUNT), AS_TEMPLATE, ours=True)


@dataclass(frozen=True, kw_only=True)
class Booking(Entry):
    """bookings[]

    minutes and buffers: null means as the service has them now. `package_number`: which of the
    client's packages of that name, counted from one; null: the one that a new booking would use.
    `credit_taken`: null means that every status but cancelled takes one. `outdated`: it was agreed
    on in a way that the service offers no more. `overbooked`: staff put it over another on purpose.
    `uid`: what calendars know it by; null: a new one. `sequence`: how often it was changed.
    """

    client: str = key(kinds.CALLED)
    practitioner: str = key(kinds.EMAIL)
    service: str = key(kinds.SLUG)
    delivery: Delivery = key(OneOf(Delivery))
    start: datetime = key(kinds.INSTANT)
    status: Status = key(OneOf(Status, besides=("held",)))
    package: str | None = key(Maybe(kinds.SLUG), None)
    minutes: int | None = key(Maybe(kinds.SESSION_MINUTES), None, ours=True)
    buffer_before: int | None = key(Maybe(kinds.UP_TO_A_DAY), None, ours=True)
    buffer_after: int | None = key(Maybe(kinds.UP_TO_A_DAY), None, ours=True)
    note: str = key(kinds.text(), "", ours=True)
    staff_note: str = key(kinds.text(), "", ours=True)
    package_number: int | None = key(Maybe(kinds.COUNT), None, ours=True)
    credit_taken: bool | None = key(Maybe(YesNo()), None, ours=True)
    outdated: bool = key(YesNo(), False, ours=True)
    overbooked: bool = key(YesNo(), False, ours=True)
    uid: str | None = key(Maybe(kinds.UID), None, ours=True)
    sequence: int | None = key(Maybe(kinds.CHANGES), None, ours=True)

    @property
    def takes_credit(self) -> bool:
        """Does it use one of the sessions of its package?"""
        if self.package is None:
            return False
        return self.status != Status.CANCELLED if self.credit_taken is None else self.credit_taken


@dataclass(frozen=True, kw_only=True)
class ClinicFile(Entry):
    """A whole file. Every list may be missing, and the practice where there is one already."""

    format: Format = key(OneOf(Format))
    practice: Practice | None = key(Record(Practice), None)
    roles: tuple[Role, ...] = key(ListOf(Record(Role)), ())
    team: tuple[Person, ...] = key(ListOf(Record(Person)), ())
    services: tuple[Service, ...] = key(ListOf(Record(Service)), ())
    availability: tuple[Availability, ...] = key(ListOf(Record(Availability)), ())
    packages: tuple[Package, ...] = key(ListOf(Record(Package)), ())
    clients: tuple[Client, ...] = key(ListOf(Record(Client)), ())
    client_packages: tuple[ClientPackage, ...] = key(ListOf(Record(ClientPackage)), ())
    bookings: tuple[Booking, ...] = key(ListOf(Record(Booking)), ())
