"""Calendar feeds: made by their owner, revoked by them, and ended when the owner leaves."""

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, func, select, update

from portal.actions.activity import record
from portal.errors import NotFound, Refused
from portal.mail.outbox import AnySession
from portal.models import Act, Actor, CalendarFeed, Client, Detail, Member
from portal.queries.calendar_feeds import owned_by
from portal.scheduling.eligibility import Kind
from portal.tokens import new_token, token_hash
from portal.transaction import transaction

MOST = 10
"""Feeds that somebody has at a time: one for each program that they use, and some to spare."""


def make_member_feed(member_id: int, detail: Detail, now: datetime) -> str:
    """Make a feed of the member's sessions; return the token of its address, known only now.

    Raises Refused for somebody who can't be booked, and for more than MOST.
    """
    with transaction() as session:
        member = session.get_one(
            Member, member_id, with_for_update={"key_share": True}, populate_existing=True
        )
        if not member.active or member.kind is not Kind.PRACTITIONER:
            raise Refused(_("Only practitioners have sessions of their own."))
        token = _add(session, member, detail, now)
        made: dict[str, Any] = {"detail": detail.value}
        record(session, Act.FEED_MADE, member, now, by=member, **made)
        return token


def make_client_feed(client_id: int, now: datetime) -> str:
    """Make a feed of the client's own sessions; return the token of its address, known only now.

    Raises Refused for somebody who was deactivated just now, and for more than MOST.
    """
    with transaction() as session:
        client = session.get_one(
            Client, client_id, with_for_update={"key_share": True}, populate_existing=True
        )
        if client.deactivated_at is not None:
            raise Refused(_("You can’t book any more: please get in touch with the clinic."))
        token = _add(session, client, Detail.FULL, now)
        record(session, Act.CLIENT_FEED_MADE, client, now, actor=Actor.CLIENT)
        return token


def revoke_feed(feed_id: int, owner: Member | Client, now: datetime) -> None:
    """Let the feed's address lead nowhere from now on. Twice is once.

    Raises NotFound for one that isn't the owner's.
    """
    with transaction() as session:
        feed = session.scalar(
            select(CalendarFeed)
            .where(CalendarFeed.id == feed_id, owned_by(owner))
            .with_for_update(of=CalendarFeed)
        )
        if feed is None:
            raise NotFound(_("There is no such calendar."))
        if feed.revoked_at is not None:
            return
        feed.revoked_at = now
        if isinstance(owner, Member):
            record(session, Act.FEED_REVOKED, owner, now, by=owner)
        else:
            record(session, Act.CLIENT_FEED_REVOKED, owner, now, actor=Actor.CLIENT)


def end_feeds(session: AnySession, whose: ColumnElement[bool], now: datetime) -> None:
    """End every feed of an owner, within the act for which they lose what they could open."""
    session.execute(
        update(CalendarFeed)
        .where(whose, CalendarFeed.revoked_at.is_(None))
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )


def _add(session: AnySession, owner: Member | Client, detail: Detail, now: datetime) -> str:
    """Add a feed of the owner, whose row is locked; return its token."""
    in_force: Any = select(func.count(CalendarFeed.id)).where(
        owned_by(owner), CalendarFeed.revoked_at.is_(None)
    )
    if (session.scalar(in_force) or 0) >= MOST:
        raise Refused(
            _("There are %(number)d already. Please revoke one that isn’t used.", number=MOST)
        )
    token = new_token()
    feed = CalendarFeed(detail=detail, token_hash=token_hash(token), created_at=now)
    if isinstance(owner, Member):
        feed.member_id = owner.id
    else:
        feed.client_id = owner.id
    session.add(feed)
    return token
