"""A booking: what people call a session. While a client fills in the form it's only held.

The database itself guards that no two live rows of one practitioner overlap, buffers included (see
migrations/). A hold is a row of the same table, so that the guard has one place to look, and
confirming it changes the row without letting go of the time for an instant.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base, by_value
from portal.models.client import Client
from portal.models.client_package import ClientPackage
from portal.models.invite import Invite
from portal.models.member import Member
from portal.models.package import Package
from portal.models.service import Service


class Status(StrEnum):
    """What a booking is at present; it follows from its facts."""

    HELD = "held"
    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    COMPLETED = "completed"
    NO_SHOW = "no_show"


def status_of(
    *, held_until: Any, cancelled_at: Any, no_show_at: Any, completed_at: Any, confirmed_at: Any
) -> Status:
    """Return what a booking is at present: the last of its facts that is there, not None."""
    if held_until is not None:
        return Status.HELD
    if cancelled_at is not None:
        return Status.CANCELLED
    if no_show_at is not None:
        return Status.NO_SHOW
    if completed_at is not None:
        return Status.COMPLETED
    return Status.CONFIRMED if confirmed_at is not None else Status.REQUESTED


class Ending(StrEnum):
    """How a booking came to be cancelled."""

    BY_CLIENT = "by_client"
    BY_CLINIC = "by_clinic"
    DECLINED = "declined"
    LAPSED = "lapsed"


def new_uid() -> str:
    """Return the UID by which calendars know a new booking: random (RFC 7986, 5.3)."""
    return str(uuid4())


HELD = "held_until IS NOT NULL AND cancelled_at IS NULL"
"""SQL that says of a row: a time is held, or was until it ran out, and nobody has let go of it."""

UNANSWERED = "confirmed_at IS NULL AND cancelled_at IS NULL AND held_until IS NULL"
"""SQL that says of a row: it's a request that nobody answered yet."""


class Booking(Base):
    """One visit. State is kept as facts with a time; `status` is what follows from them."""

    __tablename__ = "booking"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="forwards"),
        CheckConstraint("busy_start <= starts_at AND ends_at <= busy_end", name="busy_covers"),
        CheckConstraint("(client_id IS NULL) = (held_until IS NOT NULL)", name="held_or_somebodys"),
        Index(
            "ix_booking_busy",
            "member_id",
            "busy_end",
            "busy_start",
            sqlite_where=text("cancelled_at IS NULL"),
            postgresql_where=text("cancelled_at IS NULL"),
        ),
        Index("ix_booking_starts_at", "starts_at"),
        # An index and not a constraint, because SQLite can't add that to a table that has rows.
        Index("uq_booking_uid", "uid", unique=True),
        # The worker looks for requests to lapse every few seconds.
        Index(
            "ix_booking_unanswered",
            "starts_at",
            sqlite_where=text(UNANSWERED),
            postgresql_where=text(UNANSWERED),
        ),
        Index("ix_booking_client_package_id_starts_at", "client_package_id", "starts_at"),
        # With whom it is stands in it, so that whose client somebody is needs no other look.
        Index("ix_booking_client_id_starts_at", "client_id", "starts_at", "member_id"),
        Index("ix_booking_member_id_client_id", "member_id", "client_id"),
        # Whoever holds a time looks for the practitioner's holds that ran out.
        Index(
            "ix_booking_held",
            "member_id",
            "held_until",
            sqlite_where=text(HELD),
            postgresql_where=text(HELD),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # What calendars know it by for its whole life, and how often it was changed (RFC 5545, 3.8.7.4)
    uid: Mapped[str] = mapped_column(String(255), default=new_uid)
    sequence: Mapped[int] = mapped_column(default=0)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"), index=True)
    delivery: Mapped[str] = mapped_column(String(24))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    # The time with the service's buffers, frozen when booked: what the guard compares.
    busy_start: Mapped[datetime]
    busy_end: Mapped[datetime]

    client_id: Mapped[int | None] = mapped_column(ForeignKey("client.id"))
    # null: a session outside any package
    client_package_id: Mapped[int | None] = mapped_column(ForeignKey("client_package.id"))
    # the package at whose page a newcomer holds the time, until it's their own package
    package_id: Mapped[int | None] = mapped_column(ForeignKey("package.id"), index=True)
    invite_id: Mapped[int | None] = mapped_column(ForeignKey("invite.id"), index=True)
    # the client's own words: they read them too
    note: Mapped[str] = mapped_column(Text, default="")
    # what staff write for whoever has the session: no client ever reads it
    staff_note: Mapped[str] = mapped_column(Text, default="")

    created_at: Mapped[datetime]
    held_until: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancelled_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    cancel_reason: Mapped[str] = mapped_column(Text, default="")
    # null while it isn't cancelled, for a hold that was let go of, and where nobody knows any more
    ending: Mapped[Ending | None] = mapped_column(by_value(Ending))
    # Staff put it over another session on purpose: the guard leaves it out. null: they didn't
    overbooked_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    no_show_at: Mapped[datetime | None]

    member: Mapped[Member] = relationship(foreign_keys=[member_id])
    service: Mapped[Service] = relationship()
    client: Mapped[Client | None] = relationship()
    client_package: Mapped[ClientPackage | None] = relationship()
    package: Mapped[Package | None] = relationship()
    invite: Mapped[Invite | None] = relationship(back_populates="bookings")

    @property
    def status(self) -> Status:
        """The last thing that happened to it."""
        return status_of(
            held_until=self.held_until,
            cancelled_at=self.cancelled_at,
            no_show_at=self.no_show_at,
            completed_at=self.completed_at,
            confirmed_at=self.confirmed_at,
        )
