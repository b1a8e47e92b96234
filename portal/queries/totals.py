"""A few numbers of the clinic as a whole, for whoever watches over the installation."""

from datetime import datetime

from sqlalchemy import case, func, select

from portal.db import db
from portal.models import Activity, Booking, Status


def acts_by_kind() -> dict[str, int]:
    """How often each act was done: the activity log only grows, and so do these."""
    query = (
        select(Activity.act, func.count().label("times"))
        .group_by(Activity.act)
        .order_by(Activity.act)
    )
    return {row.act: row.times for row in db.session.execute(query)}


def sessions_to_come(now: datetime) -> dict[Status, int]:
    """Sessions and holds from now on, by what they are."""
    status = case(
        (Booking.held_until.is_not(None), Status.HELD.value),
        (Booking.confirmed_at.is_not(None), Status.CONFIRMED.value),
        else_=Status.REQUESTED.value,
    )
    query = (
        select(status, func.count())
        .where(Booking.starts_at >= now, Booking.cancelled_at.is_(None))
        .group_by(status)
    )
    counts = {Status.HELD: 0, Status.REQUESTED: 0, Status.CONFIRMED: 0}
    return counts | {Status(name): count for name, count in db.session.execute(query)}
