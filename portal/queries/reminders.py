"""Which clients are to be reminded of a session now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from portal.db import db
from portal.mail.reminder import reminder_event
from portal.models import Act, Activity, Booking, Client, Message, Practice, Service
from portal.scheduling.reminders import due_reminder

TELLING = (
    Act.BOOKING_MOVED,
    Act.BOOKING_RESCHEDULED,
    Act.BOOKING_TRANSFERRED,
    Act.BOOKING_RESTORED,
)
"""The acts, besides booking and confirming, that tell a client when their session is."""

AT_ONCE = 500
"""How many values one query compares with."""


@dataclass(frozen=True, slots=True)
class DueReminder:
    """A session and with whom it is; `minutes` before its start its client is reminded."""

    booking_id: int
    member_id: int
    minutes: int


def due_reminders(now: datetime, booking_id: int | None = None) -> list[DueReminder]:
    """The reminders that are due and not in the outbox yet, by their sessions' start.

    Only confirmed sessions, and clients who are active and have an address. It looks no further
    ahead than the longest time before a session at which anybody is reminded. With `booking_id`,
    of that session alone.
    """
    leads = _leads()
    longest = max((lead for each in leads.values() for lead in each), default=0)
    rows = _sessions(now, now + timedelta(minutes=longest), booking_id) if longest else []
    # First without what came after the booking: hardly any session is left then.
    found = [(row, due) for row in rows if (due := _due(row, leads, _told(row), now))]
    found = list(_not_yet_written(found))
    moved = _last_moves([row.id for row, _minutes in found])
    return [
        DueReminder(row.id, row.member_id, minutes)
        for row, minutes in found
        if _due(row, leads, moved.get(row.id, _told(row)), now) == minutes
    ]


def _leads() -> dict[int, list[int]]:
    """How many minutes before their start sessions are reminded of, by their service."""
    usual = db.session.scalar(select(Practice.reminders)) or []
    own = db.session.execute(select(Service.id, Service.reminders)).all()
    return {row.id: usual if row.reminders is None else row.reminders for row in own}


def _sessions(now: datetime, until: datetime, booking_id: int | None) -> Sequence[Any]:
    query = (
        select(
            Booking.id,
            Booking.member_id,
            Booking.service_id,
            Booking.starts_at,
            Booking.created_at,
            Booking.confirmed_at,
        )
        .join(Client, Client.id == Booking.client_id)
        .where(
            Booking.starts_at > now,
            Booking.starts_at <= until,
            Booking.confirmed_at.is_not(None),
            Booking.held_until.is_(None),
            Booking.cancelled_at.is_(None),
            Booking.completed_at.is_(None),
            Booking.no_show_at.is_(None),
            Client.email.is_not(None),
            Client.deactivated_at.is_(None),
        )
        .order_by(Booking.starts_at, Booking.id)
    )
    if booking_id is not None:
        query = query.where(Booking.id == booking_id)
    return db.session.execute(query).all()


def _told(row: Any) -> datetime:
    told: datetime = max(row.created_at, row.confirmed_at)
    return told


def _due(row: Any, leads: dict[int, list[int]], told_at: datetime, now: datetime) -> int | None:
    return due_reminder(leads[row.service_id], row.starts_at, told_at, now)


def _not_yet_written(found: list[tuple[Any, int]]) -> Iterator[tuple[Any, int]]:
    events = {reminder_event(row.id, due, row.starts_at): (row, due) for row, due in found}
    for some in _in_parts(list(events)):
        query = select(Message.event).where(Message.event.in_(some))
        for event in db.session.scalars(query):
            del events[event]
    yield from events.values()


def _last_moves(booking_ids: list[int]) -> dict[int, datetime]:
    moves: dict[int, datetime] = {}
    for some in _in_parts(booking_ids):
        query = (
            select(Activity.subject_id, func.max(Activity.at))
            .where(
                Activity.subject == Booking.__tablename__,
                Activity.subject_id.in_(some),
                Activity.act.in_(TELLING),
            )
            .group_by(Activity.subject_id)
        )
        moves.update({row[0]: row[1] for row in db.session.execute(query)})
    return moves


def _in_parts(values: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]
