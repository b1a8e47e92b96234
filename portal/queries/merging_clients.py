"""Two clients side by side, before they're merged, and whether they can be one person."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import aliased

from portal.db import db
from portal.errors import NotFound
from portal.mail.dates import full_date
from portal.models import Booking, Client, ClientPackage, Invite, Member, Practice
from portal.queries.clients import find_visible_client


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: the row, and how much hangs on it."""

    client: Client
    sessions: int
    packages: int
    invites: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both, the one who has been known longer first; `why_not` says why they can't be one."""

    sides: tuple[Side, Side]
    zone: ZoneInfo
    why_not: str | None


def load_comparison(one_id: int, other_id: int, member: Member) -> Comparison:
    """The two clients. Raises NotFound unless the member may see both, and they're two."""
    if one_id == other_id:
        raise NotFound(_("This is one client."))
    both = [find_visible_client(client_id, member) for client_id in (one_id, other_id)]
    first, second = sorted(both, key=lambda client: (client.created_at, client.id))
    return Comparison(
        (_side(first), _side(second)),
        ZoneInfo(db.session.get_one(Practice, 1).timezone),
        clash_of(first, second),
    )


def clash_of(one: Client, other: Client) -> str | None:
    """Why the two can't be one person: nobody is in two sessions at once. None: they can."""
    mine, theirs = aliased(Booking), aliased(Booking)
    start: datetime | None = db.session.scalar(
        select(func.min(mine.starts_at)).join(
            theirs,
            and_(
                _takes_place(mine, one),
                _takes_place(theirs, other),
                mine.starts_at < theirs.ends_at,
                theirs.starts_at < mine.ends_at,
            ),
        )
    )
    if start is None:
        return None
    zone = ZoneInfo(db.session.get_one(Practice, 1).timezone)
    return _(
        "Both have a session at the same time, at %(time)s on %(day)s, so they’re two people. If "
        "they’re one all the same, cancel one of these sessions, or mark it as missed, first.",
        day=full_date(start, zone),
        time=f"{start.astimezone(zone):%H:%M}",
    )


def _takes_place(booking: type[Booking], client: Client) -> ColumnElement[bool]:
    return and_(
        booking.client_id == client.id,
        booking.cancelled_at.is_(None),
        booking.no_show_at.is_(None),
    )


def _side(client: Client) -> Side:
    counts = [
        db.session.scalar(select(func.count(table.id)).where(table.client_id == client.id)) or 0
        for table in (Booking, ClientPackage, Invite)
    ]
    return Side(client, *counts)
