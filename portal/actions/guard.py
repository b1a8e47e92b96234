"""What every act that gives away time does: lock, look again, write, and hear the guard's no."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.util import identity_key

from portal.db import db
from portal.errors import NotBookable, Taken
from portal.models import Booking, Member, PrivateLink
from portal.plain_rows import plain_rows
from portal.queries.guard import OVERLAP
from portal.queries.openings import Board
from portal.tokens import token_hash
from portal.transaction import one_act_at_a_time

# Made once, as everybody who holds or books a time waits for these on SQLite.
_LOCKED = (
    select(Member.id)
    .where(Member.id.in_(bindparam("ids", expanding=True)))
    .order_by(Member.id)
    .with_for_update(key_share=True)
)
_LOCKED_OF_TOKEN = (
    select(Member.id)
    .join(Booking, Booking.member_id == Member.id)
    .join(PrivateLink, PrivateLink.booking_id == Booking.id)
    .where(PrivateLink.token_hash == bindparam("token"))
    .with_for_update(key_share=True, of=Member)
)
STALE = (
    Booking.member_id.in_(bindparam("ids", expanding=True)),
    # Said for PostgreSQL, which has counted how few are held, and knows no `now` when it plans.
    Booking.held_until.is_not(None),
    Booking.held_until <= bindparam("now"),
    Booking.cancelled_at.is_(None),
)
"""The holds of these practitioners that ran out, and that the guard sees still."""

_LET_GO = (
    update(Booking).where(*STALE).values(cancelled_at=Booking.held_until).returning(Booking.id)
)


def lock_members(member_ids: Iterable[int]) -> None:
    """Make acts that concern one of these practitioners wait for each other.

    Ids ascending, so that no two acts wait for one another in a circle. SQLite has one writer at
    a time anyway.
    """
    if not one_act_at_a_time():
        plain_rows(_LOCKED, {"ids": sorted(set(member_ids))})


def lock_member_of(token: str) -> None:
    """Likewise for the practitioner of the hold, or booking, that the private token names."""
    if not one_act_at_a_time():
        plain_rows(_LOCKED_OF_TOKEN, {"token": token_hash(token)})


def let_go_of_stale_holds(member_ids: Iterable[int], now: datetime) -> None:
    """Take holds that ran out from under the guard, which can't know what time it is."""
    for (id_,) in plain_rows(_LET_GO, {"ids": list(set(member_ids)), "now": now}):
        held = db.session.identity_map.get(identity_key(Booking, id_))
        if held is not None:
            db.session.expire(held, ["cancelled_at"])


def require_opening(board: Board, member_id: int, start: datetime, method: str) -> None:
    """Refuse what isn't an opening now, with the same function that lists the openings.

    Raises NotBookable where the person can't be booked at all, Taken where the time can't.
    """
    if member_id not in board.calendars:
        raise NotBookable(_("This person can’t be booked for this service any more."))
    if not board.is_open(member_id, start, method):
        raise Taken(_("This time isn’t free any more."))


@contextmanager
def guarded() -> Iterator[None]:
    """Write inside, and flush: the guard's refusal becomes Taken, other refusals stay."""
    try:
        yield
        db.session.flush()
    except IntegrityError as error:
        if OVERLAP in str(error.orig):
            raise Taken(_("This time isn’t free any more.")) from error
        raise
