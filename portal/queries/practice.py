"""The practice as people see it: its settings, its logo, and what changing its zone would do."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import exists, func, select
from sqlalchemy.orm import undefer

from portal.db import db
from portal.errors import NotFound
from portal.mail.servers import MailServer, Unreadable, as_server, from_environment
from portal.models import (
    Booking,
    DateOverride,
    MailSettings,
    Member,
    Practice,
    SetUpToken,
    WeeklyHours,
)
from portal.queries.facts import PracticeInfo, practice_info
from portal.tokens import token_hash


@dataclass(frozen=True, slots=True)
class Logo:
    """The logo as it was uploaded; `version` changes with it."""

    content: bytes
    media_type: str
    version: int


@dataclass(frozen=True, slots=True)
class ZoneChange:
    """What moving the practice to another zone would do.

    `members` are those whose hours follow the practice's clock; `example` is the next session to
    come, an instant that stays the same and is shown at another time.
    """

    old: ZoneInfo
    new: ZoneInfo
    members: tuple[str, ...]
    own_zone: int
    sessions: int
    example: datetime | None


@dataclass(frozen=True, slots=True)
class MailState:
    """The mail server in use. `fixed`: the environment names it, and the page can't change it.

    `unreadable`: its password is stored, but was sealed with another SECRET_KEY.
    """

    server: MailServer | None
    fixed: bool = False
    unreadable: bool = False


def load_mail_state() -> MailState:
    """The mail server that messages go through at present."""
    if named := from_environment():
        return MailState(named, fixed=True)
    row = db.session.get(MailSettings, 1)
    if row is None:
        return MailState(None)
    try:
        return MailState(as_server(row))
    except Unreadable:
        return MailState(as_server(row, without_password=True), unreadable=True)


def load_practice() -> PracticeInfo | None:
    """The practice's settings; None before it's set up."""
    row = db.session.get(Practice, 1)
    return practice_info(row) if row else None


def load_settings() -> Practice:
    """The practice's row, to edit. Raises NotFound before it's set up."""
    row = db.session.get(Practice, 1)
    if row is None:
        raise NotFound(_("This clinic isn’t set up yet."))
    return row


def is_set_up() -> bool:
    """Say whether there is a practice."""
    return bool(db.session.scalar(select(exists().where(Practice.id == 1))))


def opens_set_up(token: str) -> bool:
    """Say whether the token is the one that the site's last start has printed."""
    row = db.session.get(SetUpToken, 1)
    return row is not None and row.token_hash == token_hash(token)


def load_logo() -> Logo:
    """The logo. Raises NotFound where the practice has none."""
    row = db.session.get(Practice, 1, options=[undefer(Practice.logo)])
    if row is None or row.logo is None or row.logo_type is None:
        raise NotFound(_("There is no logo."))
    return Logo(row.logo, row.logo_type, row.version)


def load_zone_change(new: str, now: datetime) -> ZoneChange:
    """What would change if the practice moved to the zone `new`."""
    practice = db.session.get_one(Practice, 1)
    has_hours = Member.id.in_(select(WeeklyHours.member_id)) | Member.id.in_(
        select(DateOverride.member_id)
    )
    active = Member.deactivated_at.is_(None)
    names = db.session.scalars(
        select(Member.name)
        .where(active, has_hours, Member.timezone.is_(None))
        .order_by(Member.name)
    )
    own_zone = select(func.count(Member.id)).where(active, has_hours, Member.timezone.is_not(None))
    to_come = (
        (Booking.starts_at > now) & Booking.cancelled_at.is_(None) & Booking.held_until.is_(None)
    )
    count, first = db.session.execute(
        select(func.count(Booking.id), func.min(Booking.starts_at)).where(to_come)
    ).one()
    return ZoneChange(
        old=ZoneInfo(practice.timezone),
        new=ZoneInfo(new),
        members=tuple(names),
        own_zone=db.session.scalar(own_zone) or 0,
        sessions=count,
        example=first,
    )
