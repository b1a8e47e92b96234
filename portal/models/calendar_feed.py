"""A calendar feed: a private address at which a calendar program finds somebody's sessions."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base, by_value
from portal.models.client import Client
from portal.models.member import Member


class Detail(StrEnum):
    """How much of a client a practitioner's feed tells."""

    BUSY = "busy"
    INITIALS = "initials"
    FULL = "full"


class CalendarFeed(Base):
    """A practitioner's or a client's; only the hash of its random token is stored."""

    __tablename__ = "calendar_feed"
    __table_args__ = (
        CheckConstraint("(member_id IS NULL) <> (client_id IS NULL)", name="somebodys"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    client_id: Mapped[int | None] = mapped_column(
        ForeignKey("client.id", ondelete="CASCADE"), index=True
    )
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    detail: Mapped[Detail] = mapped_column(by_value(Detail))
    created_at: Mapped[datetime]
    # null: it answers
    revoked_at: Mapped[datetime | None]

    member: Mapped[Member | None] = relationship()
    client: Mapped[Client | None] = relationship()
