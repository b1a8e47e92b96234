"""What every act that gives away time does: lock, look again, write, and hear the guard's no."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal.db import db
from portal.errors import NotBookable, Taken
from portal.models import Booking, Member
from portal.queries.guard import OVERLAP
from portal.queries.openings import Board


def lock_members(member_ids: Iterable[int]) -> None:
    """Make acts that concern one of these practitioners wait for each other.

    Ids ascending, so that no two acts wait for one another in a circle. SQLite has one writer at
    a time anyway and ignores it.
    """
    db.session.execute(
        select(Member.id)
        .where(Member.id.in_(set(member_ids)))
        .order_by(Member.id)
        .with_for_update(key_share=True)
    ).all()


def let_go_of_stale_holds(member_ids: Iterable[int], now: datetime) -> None:
    """Take holds that ran out from under the guard, which can't know what time it is."""
    db.session.execute(
        update(Booking)
        .where(
            Booking.member_id.in_(set(member_ids)),
            Booking.held_until <= now,
            Booking.cancelled_at.is_(None),
        )
        .values(cancelled_at=Booking.held_until)
        .execution_options(synchronize_session="fetch")
    )


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
