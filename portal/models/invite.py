"""An invite: an email that asks one client to book a package."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.client import Client
from portal.models.member import Member
from portal.models.package import Package

if TYPE_CHECKING:
    from portal.models.booking import Booking


class Invite(Base):
    """Its token prefills name and address on the public page, and grants nothing else."""

    __tablename__ = "invite"

    id: Mapped[int] = mapped_column(primary_key=True)
    package_id: Mapped[int] = mapped_column(ForeignKey("package.id"), index=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"), index=True)
    sent_by_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    line: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]

    package: Mapped[Package] = relationship()
    client: Mapped[Client] = relationship()
    sent_by: Mapped[Member] = relationship()
    bookings: Mapped[list[Booking]] = relationship(back_populates="invite")
