"""A client's package: one client's own copy of a package, which may be changed on its own."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.client import Client
from portal.models.member import Member
from portal.models.package import Package
from portal.models.role import Role
from portal.models.service import Service
from portal.models.team_booking import TeamBookingColumns, restrict_to

client_package_team_member = restrict_to("client_package", "member")
client_package_team_role = restrict_to("client_package", "role")


class ClientPackage(TeamBookingColumns, Base):
    """Copied when it's made: items, price, expiry, limits, assigned practitioner, team booking."""

    __tablename__ = "client_package"
    __table_args__ = (
        CheckConstraint("price >= 0", name="price_not_negative"),
        CheckConstraint("weekly_limit > 0", name="weekly_limit_positive"),
        CheckConstraint("monthly_limit > 0", name="monthly_limit_positive"),
        Index("ix_client_package_client_id_package_id", "client_id", "package_id"),
        Index("ix_client_package_assigned_to_id_client_id", "assigned_to_id", "client_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id"))
    package_id: Mapped[int] = mapped_column(ForeignKey("package.id"), index=True)
    assigned_to_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    price: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    # days in the practice's zone; a session may start on the day of expiry; null: never
    started_on: Mapped[date]
    expires_on: Mapped[date | None]
    weekly_limit: Mapped[int | None]
    monthly_limit: Mapped[int | None]
    created_at: Mapped[datetime]
    # counts the changes, so that of two people who edit at once the second is told
    version: Mapped[int] = mapped_column(default=1)

    client: Mapped[Client] = relationship()
    package: Mapped[Package] = relationship()
    assigned_to: Mapped[Member] = relationship()
    items: Mapped[list["ClientPackageItem"]] = relationship(
        cascade="all, delete-orphan", order_by="ClientPackageItem.position"
    )
    team_members: Mapped[list[Member]] = relationship(
        secondary=client_package_team_member, order_by=Member.name
    )
    team_roles: Mapped[list[Role]] = relationship(
        secondary=client_package_team_role, order_by=Role.name
    )


class ClientPackageItem(Base):
    """Which services a client's package has; how many sessions, the credit ledger says."""

    __tablename__ = "client_package_item"
    __table_args__ = (UniqueConstraint("client_package_id", "service_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    client_package_id: Mapped[int] = mapped_column(
        ForeignKey("client_package.id", ondelete="CASCADE")
    )
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"), index=True)
    position: Mapped[int] = mapped_column(default=0)

    service: Mapped[Service] = relationship()
