"""A client: a person who books."""

from datetime import datetime

from sqlalchemy import CheckConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base


class Client(Base):
    """Prospective until staff accept them; known by their address where they have one."""

    __tablename__ = "client"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_lower"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200), index=True)
    phone: Mapped[str | None] = mapped_column(String(40))
    timezone: Mapped[str | None] = mapped_column(String(64))
    # null: the practice's
    language: Mapped[str | None] = mapped_column(String(16))
    created_at: Mapped[datetime]
    # null: prospective
    accepted_at: Mapped[datetime | None]
    deactivated_at: Mapped[datetime | None]
    # what was personal is gone since then, for good
    erased_at: Mapped[datetime | None]
    # for staff, and not for all of them: see may_read_notes
    notes: Mapped[str] = mapped_column(Text, default="")
    # counts the changes, so that of two people who edit at once the second is told
    version: Mapped[int] = mapped_column(default=1)
