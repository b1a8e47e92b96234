"""A booking as the mails about it know it, for an act that hasn't made objects of its rows.

To make those takes as long as to write the mails. The names are those of the models, so that a mail
is written of either in one way.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from portal.models import Booking, Client, ClientPackage, Member, Status


@dataclass(frozen=True, slots=True)
class PlainMember:
    """Who on the team has the session."""

    id: int
    name: str
    email: str
    timezone: str | None
    language: str | None


@dataclass(frozen=True, slots=True)
class PlainClient:
    """Whose session it is."""

    id: int
    name: str
    email: str | None
    phone: str | None
    timezone: str | None
    language: str | None


@dataclass(frozen=True, slots=True)
class PlainService:
    """What the session is, and where."""

    slug: str
    name: str
    place: str | None
    video_link: str | None


@dataclass(frozen=True, slots=True)
class PlainPackage:
    """The template of the client's package."""

    slug: str
    name: str
    archived_at: datetime | None


@dataclass(frozen=True, slots=True)
class PlainClientPackage:
    """The client's package that the session is of."""

    id: int
    assigned_to_id: int
    expires_on: date | None
    package: PlainPackage


@dataclass(frozen=True, slots=True)
class PlainBooking:
    """The booking's row, and the rows that it names."""

    __tablename__: ClassVar[str] = Booking.__tablename__

    id: int
    uid: str
    sequence: int
    status: Status
    delivery: str
    starts_at: datetime
    ends_at: datetime
    note: str
    staff_note: str
    service_id: int
    client_package_id: int
    member: PlainMember
    service: PlainService
    client: PlainClient
    client_package: PlainClientPackage


AnyBooking = Booking | PlainBooking
AnyClientPackage = ClientPackage | PlainClientPackage
Reader = Client | Member | PlainClient | PlainMember
