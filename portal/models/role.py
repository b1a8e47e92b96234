"""A role: a named job in the clinic, such as Dietitian or Coach."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.member import Member


class Role(Base):
    """Each member has one role; package and sharing settings may name it."""

    __tablename__ = "role"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)

    members: Mapped[list[Member]] = relationship(back_populates="role")
