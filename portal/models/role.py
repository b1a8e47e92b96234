"""A role: a named job in the clinic, such as Dietitian, and what it lets its members do."""

from enum import StrEnum

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.member import Member


class Right(StrEnum):
    """What a role may let its members do. The owner of the practice may do all of it."""

    OFFERS = "offers"
    """Make and edit services and packages, and share services."""
    CLIENTS = "clients"
    """See every client, not only their own, with their sessions and mail."""
    TEAM = "team"
    """Invite and edit team members and roles, and edit everybody's availability."""
    SETTINGS = "settings"
    """Change the practice's settings, and read the activity log."""


class Role(Base):
    """Each member has one role; package and sharing settings may name it."""

    __tablename__ = "role"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    # a list of Right values
    rights: Mapped[list[str]] = mapped_column(JSON, default=list)

    members: Mapped[list[Member]] = relationship(back_populates="role")
