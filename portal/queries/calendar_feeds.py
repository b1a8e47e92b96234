"""Calendar feeds: whose an address is, and what stands in it.

A feed is a snapshot of a calendar and no message, so it has no METHOD (RFC 5545, 3.7.2). Programs
that subscribe to it show what's in it when they look, so what isn't in it any more is gone there:
cancelled sessions are left out. So is time off: a member has it from a calendar of their own.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from icalendar import Event, vDuration
from sqlalchemy import Row, Select, and_, func, or_, select
from sqlalchemy.orm import contains_eager

from portal.db import db
from portal.errors import NotFound
from portal.mail import links
from portal.mail.calendar_entries import Entry, calendar, for_client, for_practitioner
from portal.models import (
    Activity,
    Booking,
    CalendarFeed,
    Client,
    Delivery,
    Detail,
    Member,
    Practice,
    Service,
)
from portal.tokens import token_hash

PAST = timedelta(days=60)
"""How far back a feed goes: a session is still there when somebody writes down what came of it."""

REFRESH = timedelta(hours=1)
"""How often programs are asked to look again; most look less often."""


@dataclass(frozen=True, slots=True)
class FeedLine:
    """A feed that answers, as its owner sees it: without its address, which nobody knows again."""

    id: int
    detail: Detail
    made_at: datetime


def feeds_of(owner: Member | Client) -> tuple[FeedLine, ...]:
    """The owner's feeds that answer, the newest first."""
    rows = db.session.scalars(
        select(CalendarFeed)
        .where(owned_by(owner), CalendarFeed.revoked_at.is_(None))
        .order_by(CalendarFeed.created_at.desc(), CalendarFeed.id.desc())
    )
    return tuple(FeedLine(row.id, row.detail, row.created_at) for row in rows)


def owned_by(owner: Member | Client) -> Any:
    """Say in SQL that a feed is this member's or client's."""
    column = CalendarFeed.member_id if isinstance(owner, Member) else CalendarFeed.client_id
    return column == owner.id


def find_feed(token: str) -> CalendarFeed:
    """The feed whose address has this token, with its owner.

    Raises NotFound for one that is unknown, revoked, or of somebody who has left or is deactivated:
    they look the same, so that whoever has an address that isn't theirs learns nothing from it.
    """
    feed = db.session.scalar(
        select(CalendarFeed)
        .outerjoin(CalendarFeed.member)
        .outerjoin(CalendarFeed.client)
        .options(contains_eager(CalendarFeed.member), contains_eager(CalendarFeed.client))
        .where(
            CalendarFeed.token_hash == token_hash(token),
            CalendarFeed.revoked_at.is_(None),
            or_(
                and_(Member.id.is_not(None), Member.deactivated_at.is_(None)),
                and_(Client.id.is_not(None), Client.deactivated_at.is_(None)),
            ),
        )
    )
    if feed is None:
        raise NotFound(_("There is no such calendar."))
    return feed


@dataclass(frozen=True, slots=True)
class Content:
    """What a feed has in it now: plain values, written down only where somebody needs the text."""

    feed: CalendarFeed
    practice: Practice
    rows: Sequence[Row[Any]]

    @property
    def version(self) -> str:
        """A word that changes with the content: most looks find what was there before.

        Texts of a newer portal reach programs with the next change.
        """
        practice = (self.practice.name, self.practice.place, self.practice.video_link)
        said = repr((practice, self.feed.detail.value, [tuple(row) for row in self.rows]))
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def text(self) -> str:
        """The feed as a calendar program reads it."""
        return calendar(
            map(self._event, self.rows),
            name=self.practice.name,
            x_wr_calname=self.practice.name,
            refresh_interval=vDuration(REFRESH, params={"VALUE": "DURATION"}),
            x_published_ttl=vDuration(REFRESH),
        )

    def _event(self, row: Any) -> Event:
        entry = _entry(row, self.practice)
        if self.feed.client_id is not None:
            return for_client(entry, self.practice.name)
        page = links.session_page(row.id)
        return for_practitioner(entry, row.client, row.phone, page, self.feed.detail)


def load_feed(feed: CalendarFeed, now: datetime) -> Content:
    """What is in the feed now."""
    practice = db.session.get_one(Practice, 1)
    return Content(feed, practice, db.session.execute(sessions_in(feed, now)).all())


def sessions_in(feed: CalendarFeed, now: datetime) -> Select[Any]:
    """Plain rows of the feed's sessions and requests, by their start, whatever number there is."""
    since = now - PAST
    last_changed = (
        select(func.max(Activity.at))
        .where(Activity.subject == Booking.__tablename__, Activity.subject_id == Booking.id)
        .scalar_subquery()
    )
    query: Select[Any] = (
        select(  # type: ignore[assignment]
            Booking.id,
            Booking.uid,
            Booking.sequence,
            Booking.starts_at,
            Booking.ends_at,
            Booking.delivery,
            Booking.created_at,
            Booking.confirmed_at,
            func.coalesce(last_changed, Booking.created_at).label("changed_at"),
            Service.name.label("service"),
            Service.place,
            Service.video_link,
            Member.name.label("practitioner"),
            Client.name.label("client"),
            Client.phone,
        )
        .join(Service, Service.id == Booking.service_id)
        .join(Member, Member.id == Booking.member_id)
        # A time that's only held has no client.
        .join(Client, Client.id == Booking.client_id)
        .where(Booking.cancelled_at.is_(None), Booking.starts_at > since)
        .order_by(Booking.starts_at, Booking.id)
    )
    if feed.client_id is not None:
        return query.where(Booking.client_id == feed.client_id)
    # It follows from the start; said for the index on (member_id, busy_end).
    return query.where(Booking.member_id == feed.member_id, Booking.busy_end > since)


def _entry(row: Any, practice: Practice) -> Entry:
    return Entry(
        uid=row.uid,
        sequence=row.sequence,
        changed_at=row.changed_at,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        requested=row.confirmed_at is None,
        cancelled=False,
        delivery=Delivery(row.delivery),
        service=row.service,
        practitioner=row.practitioner,
        place=row.place or practice.place or practice.name,
        video_link=row.video_link or practice.video_link,
    )
