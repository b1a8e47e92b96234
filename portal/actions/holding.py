"""Holding a time for ten minutes while a client fills in the form, and letting go of it."""

from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import bindparam, exists, insert, select

from portal.actions.guard import (
    STALE,
    guarded,
    let_go_of_stale_holds,
    lock_member_of,
    lock_members,
    require_opening,
)
from portal.actions.private_links import LINK_AFTER_SESSION
from portal.as_set_up import MARK, note_mark
from portal.db import db
from portal.errors import NotBookable
from portal.models import Booking, Invite, PrivateLink
from portal.plain_rows import plain_insert, plain_rows
from portal.queries.bookings import find_hold, is_held
from portal.queries.offers import Item, Offer, load_client_offer, load_offer
from portal.queries.openings import load_board
from portal.tokens import new_token, token_hash
from portal.transaction import transaction

HOLD = timedelta(minutes=10)

_HOLD = insert(Booking).returning(Booking.id)
_LINK = insert(PrivateLink)
_LOOK = select(
    exists(select(Booking.id).where(*STALE)),
    exists(select(PrivateLink.id).where(PrivateLink.token_hash == bindparam("token"))),
    MARK,
)


def hold(
    offer: Offer,
    *,
    service_id: int,
    method: str,
    member_id: int,
    start: datetime,
    now: datetime,
    replacing: str | None = None,
    invite: str | None = None,
    token: str | None = None,
) -> str:
    """Hold an opening for ten minutes; returns the private token of the hold.

    `replacing` is the token of the same visitor's former hold, which is let go of in the same
    transaction; `invite` the token of the invite that brought them. `token` is the one that the
    hold shall have: one that has it already is what they hold, because they sent this twice.
    Raises Taken or NotBookable.
    """
    with transaction(leaves_set_up=True):
        former = find_hold(replacing, now)
        lock_members({member_id} | ({former.member_id} if former else set()))
        # Read again: while this waited it may have been booked, and then it stays.
        former = find_hold(replacing, now)
        has_stale, is_known = _look(member_id, token, now)
        if has_stale:
            let_go_of_stale_holds([member_id], now)
        if token is not None and is_known:
            twin = find_hold(token, now)
            if twin is not None and is_held(twin, now) and twin is not former:
                return token
            # Another hold had it before.
            token = None
        if former is not None:
            _let_go(former, now)
            db.session.flush()
        offer = _read_again(offer, now)
        item = offer.item(service_id)
        if item is None:
            raise NotBookable(_("This service isn’t part of the package."))
        board = load_board(offer, item.service, now, around=start, only=member_id)
        require_opening(board, member_id, start, method)
        held = _held(offer, item, now, start)
        held |= {"member_id": member_id, "delivery": method}
        held |= {"invite_id": _opened_invite(invite, now) if invite else None}
        with guarded():
            booking_id = plain_insert(_HOLD, held)
        return _link_to(booking_id, held["ends_at"], token or new_token(), now)


def _look(member_id: int, token: str | None, now: datetime) -> tuple[bool, bool]:
    """Whether the practitioner has holds that ran out, and anybody ever a link with this token."""
    asked = {"ids": [member_id], "now": now, "token": token_hash(token) if token else None}
    ((has_stale, is_known, mark),) = plain_rows(_LOOK, asked)
    # The offer is asked for next.
    note_mark(mark)
    return bool(has_stale), bool(is_known)


def _link_to(booking_id: int, ends_at: datetime, token: str, now: datetime) -> str:
    """Make the private link of the hold, and of the booking that it becomes."""
    until = {"created_at": now, "expires_at": ends_at + LINK_AFTER_SESSION}
    plain_insert(_LINK, {"token_hash": token_hash(token), "booking_id": booking_id, **until})
    return token


def release(token: str, now: datetime) -> None:
    """Let go of a held time; a hold that became a booking, or is unknown, is left alone."""
    with transaction():
        lock_member_of(token)
        former = find_hold(token, now)
        if former is not None:
            _let_go(former, now)


def _let_go(held: Booking, now: datetime) -> None:
    # The row stays, out of the guard's sight: should its form be sent after all, it still says
    # which time was meant.
    if held.cancelled_at is None:
        held.cancelled_at = now


def _opened_invite(token: str, now: datetime) -> int | None:
    """The number of the invite that brought the visitor, from now on known to be opened.

    Opening its page doesn't count: mail scanners open links.
    """
    invite = db.session.scalar(select(Invite).where(Invite.token_hash == token_hash(token)))
    if invite is not None and invite.opened_at is None:
        invite.opened_at = now
    return invite.id if invite else None


def _read_again(offer: Offer, now: datetime) -> Offer:
    """The offer as it is under the act's lock, not as it was when the page was shown."""
    if offer.client_package_id is not None:
        return load_client_offer(offer.client_package_id, now)
    return load_offer(offer.slug, now)


def _held(offer: Offer, item: Item, now: datetime, start: datetime) -> dict[str, Any]:
    """What the hold's row says of the offer and the time."""
    service = item.service
    end = start + timedelta(minutes=service.minutes)
    return {
        "service_id": service.id,
        "starts_at": start,
        "ends_at": end,
        "busy_start": start - timedelta(minutes=service.buffer_before),
        "busy_end": end + timedelta(minutes=service.buffer_after),
        "package_id": offer.package_id,
        "client_package_id": offer.client_package_id,
        "created_at": now,
        "held_until": now + HOLD,
    }
