"""A message in the outbox: mail that was written in an act's own transaction."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.booking import Booking
from portal.models.invite import Invite

WAITING = "sent_at IS NULL AND failed_at IS NULL AND dropped_at IS NULL"
"""SQL that says of a row: it is still to be sent."""


class Message(Base):
    """To one recipient; `event` is unique, so that one event makes one mail to each person."""

    __tablename__ = "message"
    __table_args__ = (
        Index(
            "ix_message_due_at",
            "due_at",
            sqlite_where=text(WAITING),
            postgresql_where=text(WAITING),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event: Mapped[str] = mapped_column(String(200), unique=True)
    # the name of the message, such as booking_made
    kind: Mapped[str] = mapped_column(String(40), default="")
    # the Message-ID header: stable, so that a mail sent twice is recognised as one
    message_id: Mapped[str] = mapped_column(String(255), unique=True)
    recipient: Mapped[str] = mapped_column(String(254), index=True)
    subject: Mapped[str] = mapped_column(String(500))
    # what its bodies and its calendar file are made of when it's sent: portal/mail/kept_facts.py;
    # empty once it's forgotten
    facts: Mapped[str] = mapped_column(Text)
    booking_id: Mapped[int | None] = mapped_column(ForeignKey("booking.id"), index=True)
    # the booking's sequence when this was written: by that it's known whether it still holds
    booking_sequence: Mapped[int | None]
    invite_id: Mapped[int | None] = mapped_column(ForeignKey("invite.id"), index=True)

    created_at: Mapped[datetime]
    # not to be tried before; a worker that takes it moves this on for as long as its lease is
    due_at: Mapped[datetime]
    # not to be tried after: when the session has begun, say; null: for as long as anything is tried
    expires_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    # why it failed, or was dropped; empty after an attempt began: a worker is sending it
    last_error: Mapped[str] = mapped_column(Text, default="")
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    # not needed any more: what it says was changed, or came too late; last_error says why
    dropped_at: Mapped[datetime | None]

    booking: Mapped[Booking | None] = relationship()
    invite: Mapped[Invite | None] = relationship()
