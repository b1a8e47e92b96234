"""The sessions of a calendar: those of some people in some days that a member may see.

A busy week has over a thousand of them, so rows are plain numbers as they are stored, and nothing
is asked of a session that isn't shown.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, or_, select

from portal.db import as_stored, db
from portal.models import Booking, Client, Member, Service
from portal.models.booking import status_of
from portal.queries.busy_times import LONGEST
from portal.queries.calendar_days import Entry, Person
from portal.queries.staff_bookings import seen_by
from portal.scheduling.hours import DAY, MINUTES_OF_A_DAY, day_start


def load_entries(
    member: Member,
    people: Iterable[Person],
    zone: ZoneInfo,
    days: Sequence[date],
    now: datetime,
) -> dict[date, list[Entry]]:
    """What the member may see of these people, in its order, for each of the days. One query."""
    found: dict[date, list[Entry]] = {day: [] for day in days}
    ends: dict[tuple[date, int], int] = {}
    by_id = {person.id: person for person in people}
    for row in _rows(member, by_id, zone, days, now):
        id_, whose, client, service, start, end, overbooked, *facts = row
        held_until, confirmed_at, completed_at, no_show_at = facts
        local = datetime.fromtimestamp(start, zone)
        day, minute = local.date(), local.hour * 60 + local.minute
        over = ends.get((day, whose), 0)
        ends[day, whose] = max(over, end)
        status = status_of(
            held_until=held_until,
            cancelled_at=None,
            no_show_at=no_show_at,
            completed_at=completed_at,
            confirmed_at=confirmed_at,
        )
        found[day].append(
            Entry(
                id=id_,
                start=start,
                end=end,
                minute=minute,
                minutes=min((end - start) // 60, MINUTES_OF_A_DAY - minute),
                person=by_id[whose],
                client=client or "",
                service=service,
                status=status,
                overbooked=overbooked is not None,
                lane=int(start < over),
            )
        )
    return found


def in_these_days(
    member: Member, zone: ZoneInfo, days: Sequence[date], now: datetime
) -> ColumnElement[bool]:
    """Say in SQL which bookings begin in these days and are in the member's calendar.

    Held times are in it until they run out, with whom the member may see anyway.
    """
    first, until = day_start(zone, days[0]), day_start(zone, days[-1] + DAY)
    starts, busy_end = as_stored(Booking.starts_at), as_stored(Booking.busy_end)
    return and_(
        starts >= first,
        starts < until,
        # These follow, and have some people's sessions found in the index of when they're busy:
        # the one of beginnings goes through everybody's.
        busy_end > first,
        busy_end < until + LONGEST,
        Booking.cancelled_at.is_(None),
        or_(Booking.held_until.is_(None), Booking.held_until > now),
        seen_by(member),
    )


def _rows(
    member: Member, people: Iterable[int], zone: ZoneInfo, days: Sequence[date], now: datetime
) -> Iterable[Any]:
    stored = (
        Booking.starts_at,
        Booking.ends_at,
        Booking.overbooked_at,
        Booking.held_until,
        Booking.confirmed_at,
        Booking.completed_at,
        Booking.no_show_at,
    )
    # Looked up one by one: PostgreSQL would rather go through all clients for a busy day.
    client = select(Client.name).where(Client.id == Booking.client_id).scalar_subquery()
    query = (
        select(
            Booking.id,
            Booking.member_id,
            client,
            Service.name,
            *(as_stored(column) for column in stored),
        )
        .join(Booking.service)
        .where(Booking.member_id.in_(people), in_these_days(member, zone, days, now))
        .order_by(Booking.starts_at, Booking.id)
    )
    return db.session.execute(query)
