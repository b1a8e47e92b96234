"""Would the database let anybody be booked twice? It's asked by trying (see migrations/)."""

import secrets
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Executable, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from portal.db import db
from portal.models import Booking, Delivery, Member, Service
from portal.scheduling.eligibility import Kind
from portal.transaction import transaction

OVERLAP = "booking_overlap"
"""What the guard calls itself when it refuses a row."""

NINE = datetime(1990, 1, 1, 9, tzinfo=UTC)
"""When the sessions of the trial begin: at a time at which no clinic of this portal had any."""

HOUR = timedelta(hours=1)


def double_bookings() -> int:
    """How many live sessions or holds begin while another one of their practitioner's goes on.

    Buffers count. What staff put over another session on purpose doesn't.
    """
    ended = func.max(Booking.busy_end).over(
        partition_by=Booking.member_id, order_by=(Booking.busy_start, Booking.id), rows=(None, -1)
    )
    live = (
        select(Booking.busy_start, ended.label("others_end"))
        .where(Booking.cancelled_at.is_(None), Booking.overbooked_at.is_(None))
        .subquery()
    )
    over = select(func.count()).select_from(live).where(live.c.busy_start < live.c.others_end)
    return db.session.execute(over).scalar_one()


class _Over(Exception):
    """The trial is over: nothing of it may stay."""


def accepted_overlaps() -> set[str]:
    """Try to book somebody twice; return the ways that the database accepted, of insert and update.

    An empty set is what it should be. All of it is rolled back. Raises DBAPIError or OSError where
    it can't be tried.
    """
    accepted: set[str] = set()
    with suppress(_Over), transaction() as session:
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            # A migration may have the table to itself: that's an answer too, and no reason to wait.
            connection.execute(text("SET LOCAL lock_timeout = '2s'"))
        accepted = try_to_overlap(connection)
        raise _Over
    return accepted


def try_to_overlap(connection: Connection) -> set[str]:
    """The same in any database, in a transaction that the caller has to roll back.

    The rows that it needs are its own: numbered below zero, so that no sequence moves on, and at
    random, so that two trials at once don't wait for each other.
    """
    number = -3 * secrets.randbelow(2**29) - 3
    _add_practitioner(connection, number)
    connection.execute(insert(Booking).values(id=number, **_session(number, NINE)))
    # One that follows at once is no overlap, and has to be accepted.
    connection.execute(insert(Booking).values(id=number - 1, **_session(number, NINE + HOUR)))
    half_past_nine = _session(number, NINE + HOUR / 2)
    ways: dict[str, Executable] = {
        "insert": insert(Booking).values(id=number - 2, **half_past_nine),
        "update": update(Booking).where(Booking.id == number - 1).values(**half_past_nine),
    }
    return {way for way, write in ways.items() if not _is_refused(connection, write)}


def _is_refused(connection: Connection, write: Executable) -> bool:
    savepoint = connection.begin_nested()
    try:
        connection.execute(write)
    except IntegrityError as error:
        if OVERLAP not in str(error.orig):
            raise
        return True
    finally:
        savepoint.rollback()
    return False


def _add_practitioner(connection: Connection, number: int) -> None:
    """Somebody who can be booked, and what for."""
    nobody = f"guard{number}@invalid"
    connection.execute(
        insert(Member).values(
            id=number, email=nobody, name="", kind=Kind.PRACTITIONER, fs_uniquifier=nobody
        )
    )
    connection.execute(
        insert(Service).values(
            id=number, slug=nobody, name="", owner_id=number, minutes=60, delivery=[]
        )
    )


def _session(number: int, start: datetime) -> Mapping[str, Any]:
    """An hour that is held, as holds need no client."""
    end = start + HOUR
    return {
        "member_id": number,
        "service_id": number,
        "delivery": Delivery.IN_PERSON,
        "starts_at": start,
        "ends_at": end,
        "busy_start": start,
        "busy_end": end,
        "created_at": start,
        "held_until": end,
    }
