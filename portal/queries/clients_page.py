"""The list of clients, and one client's page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, select, true
from sqlalchemy.orm import joinedload

from portal.db import db
from portal.models import Booking, Client, Member, Practice, Right
from portal.queries.clients import (
    find_visible_client,
    listed,
    may_read_notes,
    sees,
    sees_everyone,
)
from portal.queries.duplicates import Twin, likely_duplicates
from portal.queries.outbox import count_to_mend
from portal.queries.paging import Paged, has_words, paged, paged_by
from portal.queries.staff_bookings import may_change


class Shown(StrEnum):
    """Which clients are listed."""

    EVERYBODY = "everybody"
    PROSPECTIVE = "prospective"
    DEACTIVATED = "deactivated"


CONDITIONS: dict[Shown, ColumnElement[bool] | None] = {
    Shown.EVERYBODY: None,
    Shown.PROSPECTIVE: Client.accepted_at.is_(None) & Client.deactivated_at.is_(None),
    Shown.DEACTIVATED: Client.deactivated_at.is_not(None),
}


@dataclass(frozen=True, slots=True)
class ClientLine:
    """One client in the list; `since` is when they were first known."""

    id: int
    name: str
    email: str | None
    phone: str | None
    prospective: bool
    deactivated: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class ClientList:
    """One page of the list, by name; prospective clients the newest first.

    `counts` says how many the member sees of each kind, whatever is searched for. `manages`: they
    may import, export and merge.
    """

    clients: Paged[ClientLine]
    shown: Shown
    counts: dict[Shown, int]
    words: str
    zone: ZoneInfo
    manages: bool


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session to come; `may_change`: it's the reader's to cancel."""

    id: int
    start: datetime
    service: str
    practitioner: str
    requested: bool
    may_change: bool


@dataclass(frozen=True, slots=True)
class ClientPage:
    """One client's details, who they may be once more, and what they have still to come.

    `reads_notes`: the notes are the reader's to read and to change. `mails_failed`: how many mails
    to their address did that the reader can send again.
    """

    client: Client
    zone: ZoneInfo
    duplicates: tuple[Twin, ...]
    coming: tuple[SessionLine, ...]
    may_deactivate: bool
    reads_notes: bool
    mails_failed: int


@dataclass(frozen=True, slots=True)
class Exported:
    """One client as they are written into a file."""

    name: str
    email: str | None
    phone: str | None
    timezone: str | None
    notes: str
    state: str
    since: datetime


def load_clients(member: Member, shown: Shown, words: str, page: int) -> ClientList:
    """The clients that the member may see, with each of the words in name, address or phone."""
    kinds = [true() if kind is None else kind for kind in CONDITIONS.values()]
    kind, by_name = CONDITIONS[shown], (Client.name_key, Client.id)
    is_found = and_(true() if kind is None else kind, has_words(words, Client.found_by))
    sums = [func.count().filter(each) for each in (*kinds, is_found)]
    # One look at all of them for what is found and for what there is.
    *seen, found = db.session.execute(select(*sums).select_from(Client).where(sees(member))).one()
    query = listed(member, words, kind)
    return ClientList(
        clients=paged(query.order_by(Client.created_at.desc(), Client.id), page, _line)
        if shown is Shown.PROSPECTIVE
        else paged_by(query, by_name, found, page, _line),
        shown=shown,
        counts=dict(zip(CONDITIONS, seen, strict=True)),
        words=words,
        zone=_zone(),
        manages=sees_everyone(member),
    )


def load_client(client_id: int, member: Member, now: datetime) -> ClientPage:
    """One client's page. Raises NotFound for one whom the member may not see."""
    client = find_visible_client(client_id, member)
    manages = member.may(Right.CLIENTS)
    return ClientPage(
        client=client,
        zone=_zone(),
        duplicates=likely_duplicates(client, member) if manages else (),
        coming=tuple(_session(row, member) for row in sessions_to_come(client, now)),
        may_deactivate=manages,
        reads_notes=may_read_notes(client, member),
        mails_failed=count_to_mend(member, client.email) if client.email else 0,
    )


def sessions_to_come(client: Client, now: datetime) -> Sequence[Booking]:
    """The client's sessions and requests that aren't over yet, the earliest first."""
    return db.session.scalars(
        select(Booking)
        .where(
            Booking.client_id == client.id,
            Booking.cancelled_at.is_(None),
            Booking.completed_at.is_(None),
            Booking.no_show_at.is_(None),
            Booking.ends_at > now,
        )
        .options(joinedload(Booking.service), joinedload(Booking.member))
        .order_by(Booking.starts_at, Booking.id)
    ).all()


def clients_to_export(member: Member) -> list[Exported]:
    """Every client that the member may see and who isn't erased, by name."""
    visible = select(Client).where(sees(member), Client.erased_at.is_(None))
    rows = db.session.scalars(visible.order_by(Client.name_key, Client.id))
    return [
        Exported(
            row.name,
            row.email,
            row.phone,
            row.timezone,
            row.notes,
            "deactivated"
            if row.deactivated_at is not None
            else "active"
            if row.accepted_at is not None
            else "prospective",
            row.created_at,
        )
        for row in rows
    ]


def _line(client: Client) -> ClientLine:
    return ClientLine(
        id=client.id,
        name=client.name,
        email=client.email,
        phone=client.phone,
        prospective=client.accepted_at is None,
        deactivated=client.deactivated_at is not None,
        since=client.created_at,
    )


def _session(booking: Booking, member: Member) -> SessionLine:
    return SessionLine(
        id=booking.id,
        start=booking.starts_at,
        service=booking.service.name,
        practitioner=booking.member.name,
        requested=booking.confirmed_at is None,
        may_change=may_change(booking, member),
    )


def _zone() -> ZoneInfo:
    return ZoneInfo(db.session.get_one(Practice, 1).timezone)
