"""A package: a template of sessions that clients book. Its items say which and how many."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Numeric, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.member import Member
from portal.models.role import Role
from portal.models.service import Service
from portal.models.team_booking import TeamBookingColumns, restrict_to

package_team_member = restrict_to("package", "member")
package_team_role = restrict_to("package", "role")


class Package(TeamBookingColumns, Base):
    """What clients see at the package's booking page."""

    __tablename__ = "package"
    __table_args__ = (
        CheckConstraint("price >= 0", name="price_not_negative"),
        CheckConstraint("valid_days > 0", name="valid_days_positive"),
        CheckConstraint("weekly_limit > 0", name="weekly_limit_positive"),
        CheckConstraint("monthly_limit > 0", name="monthly_limit_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    # what a client agrees to before booking; empty: nothing
    terms: Mapped[str] = mapped_column(Text, default="")
    assigned_to_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    price: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    # days from the day it's started; null: never expires
    valid_days: Mapped[int | None]
    weekly_limit: Mapped[int | None]
    monthly_limit: Mapped[int | None]
    archived_at: Mapped[datetime | None]
    # where it stands in the list of packages; equal ones by name
    position: Mapped[int] = mapped_column(default=0)
    # counts the changes, so that of two people who edit at once the second is told
    version: Mapped[int] = mapped_column(default=1)

    assigned_to: Mapped[Member] = relationship()
    items: Mapped[list["PackageItem"]] = relationship(
        cascade="all, delete-orphan", order_by="PackageItem.position"
    )
    team_members: Mapped[list[Member]] = relationship(
        secondary=package_team_member, order_by=Member.name
    )
    team_roles: Mapped[list[Role]] = relationship(secondary=package_team_role, order_by=Role.name)


class PackageItem(Base):
    """One line of a package: a service and how many sessions of it."""

    __tablename__ = "package_item"
    __table_args__ = (
        UniqueConstraint("package_id", "service_id"),
        CheckConstraint("sessions > 0", name="sessions_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    package_id: Mapped[int] = mapped_column(ForeignKey("package.id", ondelete="CASCADE"))
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    sessions: Mapped[int]

    service: Mapped[Service] = relationship()
