"""Answering a client's request: accepted or declined by staff, or lapsed since nobody answered."""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from portal import mail
from portal.actions.activity import record
from portal.actions.cancelling import (
    Seen,
    end_by_staff,
    locked_booking,
    read_reason,
    require_as_seen,
)
from portal.actions.credits import give_credit_back, lock_client_packages
from portal.actions.guard import lock_members
from portal.actions.private_links import new_private_link
from portal.actions.sequences import count_change
from portal.db import db
from portal.errors import Refused
from portal.mail.outbox import AnySession
from portal.models import Act, Actor, Booking, Client, Ending, Member, Status, Why
from portal.scheduling.eligibility import Kind
from portal.transaction import transaction


def accept(booking_id: int, by: Member, now: datetime, *, seen: Seen | None = None) -> None:
    """Confirm a request; its time and its credit were kept for it, so none is taken again.

    A prospective client is accepted with it. The client is told, and so is the practitioner unless
    it's them who accept. Raises NotFound or Forbidden for a session that isn't theirs to change,
    Refused for a request that was answered or has lapsed, or of somebody who is deactivated, and
    Changed for one that isn't where it was `seen`.
    """
    with transaction() as session:
        booking = locked_booking(booking_id, by)
        _require_unanswered(booking, now)
        require_as_seen(session, booking, seen)
        _require_both_active(session, booking)
        booking.confirmed_at = now
        count_change(booking)
        record(session, Act.BOOKING_ACCEPTED, booking, now, by=by, member=booking.member_id)
        client = booking.client
        if client is not None and client.accepted_at is None:
            client.accepted_at = now
            record(session, Act.CLIENT_ACCEPTED, client, now, by=by)
        mail.booking_accepted(session, booking, by, new_private_link(session, booking, now), now)


def decline(
    booking_id: int, reason: str, by: Member, now: datetime, *, seen: Seen | None = None
) -> None:
    """Say no to a request: its time is free at once and its credit goes back.

    The reason may be empty; the client reads it. Raises NotFound or Forbidden for a session that
    isn't theirs to change, WrongField for a reason that's too long, Refused for a request that was
    answered or has lapsed, and Changed for one that isn't where it was `seen`.
    """
    reason = read_reason(reason)
    with transaction() as session:
        booking = locked_booking(booking_id, by)
        _require_unanswered(booking, now)
        require_as_seen(session, booking, seen)
        token = end_by_staff(session, booking, Ending.DECLINED, reason, by, now)
        mail.booking_declined(session, booking, by, token, now)


def lapse_requests(now: datetime) -> int:
    """End every request that nobody answered before its start; return how many there were.

    Each in a transaction of its own: the credit goes back and the client is told. It counts as
    ended when the session would have begun, however late this runs.
    """
    lapsed = 0
    for booking_id, member_id in _unanswered(now):
        with transaction() as session:
            lock_members([member_id])
            booking = session.get_one(Booking, booking_id)
            lock_client_packages([booking.client_package_id])
            still = booking.status is Status.REQUESTED and _has_lapsed(booking, now)
            if not still or booking.member_id != member_id:
                # Somebody moved it or ended it just now; next time it's read again.
                continue
            booking.cancelled_at, booking.ending = booking.starts_at, Ending.LAPSED
            count_change(booking)
            give_credit_back(session, booking, Why.LAPSED, now)
            who = booking.member_id
            record(session, Act.BOOKING_LAPSED, booking, now, actor=Actor.OPERATOR, member=who)
            mail.booking_lapsed(session, booking, new_private_link(session, booking, now), now)
            lapsed += 1
    return lapsed


def _unanswered(now: datetime) -> Sequence[tuple[int, int]]:
    rows = db.session.execute(
        select(Booking.id, Booking.member_id)
        .where(
            Booking.starts_at <= now,
            Booking.held_until.is_(None),
            Booking.confirmed_at.is_(None),
            Booking.cancelled_at.is_(None),
            Booking.completed_at.is_(None),
            Booking.no_show_at.is_(None),
        )
        .order_by(Booking.starts_at, Booking.id)
    ).all()
    # Nothing may be read between here and the act that decides.
    db.session.rollback()
    return [(row.id, row.member_id) for row in rows]


def _has_lapsed(booking: Booking, now: datetime) -> bool:
    return booking.starts_at <= now


def _require_unanswered(booking: Booking, now: datetime) -> None:
    if booking.status is Status.CANCELLED:
        sentences: dict[Ending | None, str] = {
            Ending.DECLINED: _("This request has been declined already."),
            Ending.LAPSED: _("This request has lapsed: nobody answered it before its start."),
            Ending.BY_CLIENT: _("The client has taken this request back."),
        }
        cancelled = _("This session has been cancelled already.")
        raise Refused(sentences.get(booking.ending, cancelled))
    if booking.status is not Status.REQUESTED:
        raise Refused(_("This request has been accepted already."))
    if _has_lapsed(booking, now):
        raise Refused(_("This request has lapsed: nobody answered it before its start."))


def _require_both_active(session: AnySession, booking: Booking) -> None:
    # Last in the order of locks: whoever deactivates a client waits, or was first.
    client = session.get(
        Client, booking.client_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if client is None or client.deactivated_at is not None:
        raise Refused(_("This client is deactivated, so the request can only be declined."))
    member = booking.member
    if not member.active or member.kind is not Kind.PRACTITIONER:
        raise Refused(
            _(
                "%(name)s can’t be booked any more: please move the request to a colleague first.",
                name=member.name,
            )
        )
