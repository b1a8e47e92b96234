"""When a member can be booked. Hours are wall-clock minutes in the member's zone."""

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, Column, ForeignKey, Index, Integer, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.service import Service

weekly_hours_service = Table(
    "weekly_hours_service",
    Base.metadata,
    Column("weekly_hours_id", ForeignKey("weekly_hours.id", ondelete="CASCADE"), primary_key=True),
    Column("service_id", ForeignKey("service.id"), primary_key=True, index=True),
)
override_hours_service = Table(
    "override_hours_service",
    Base.metadata,
    Column(
        "override_hours_id", ForeignKey("override_hours.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("service_id", ForeignKey("service.id"), primary_key=True, index=True),
)


class WeeklyHours(Base):
    """One stretch of one weekday (0 is Monday), every week."""

    __tablename__ = "weekly_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint(
            "start_minute >= 0 AND start_minute < end_minute AND end_minute <= 1440", name="minutes"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    weekday: Mapped[int] = mapped_column(Integer)
    start_minute: Mapped[int]
    end_minute: Mapped[int]
    # Only some services: then the rows of weekly_hours_service say which. Without this flag a
    # list that loses its last service would come to mean all of them.
    only_services: Mapped[bool] = mapped_column(default=False)
    # a list of Delivery values; null: all
    delivery: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))

    services: Mapped[list[Service]] = relationship(
        secondary=weekly_hours_service, order_by=Service.slug
    )


class DateOverride(Base):
    """A date whose hours replace its weekly hours; without any hours the date is closed."""

    __tablename__ = "date_override"
    __table_args__ = (Index("uq_date_override_member_id_date", "member_id", "date", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    date: Mapped[date]

    hours: Mapped[list["OverrideHours"]] = relationship(
        cascade="all, delete-orphan", order_by="OverrideHours.start_minute"
    )


class OverrideHours(Base):
    """One stretch of a date override."""

    __tablename__ = "override_hours"
    __table_args__ = (
        CheckConstraint(
            "start_minute >= 0 AND start_minute < end_minute AND end_minute <= 1440", name="minutes"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    date_override_id: Mapped[int] = mapped_column(
        ForeignKey("date_override.id", ondelete="CASCADE"), index=True
    )
    start_minute: Mapped[int]
    end_minute: Mapped[int]
    only_services: Mapped[bool] = mapped_column(default=False)
    delivery: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))

    services: Mapped[list[Service]] = relationship(
        secondary=override_hours_service, order_by=Service.slug
    )


class TimeOff(Base):
    """Half-open: from starts_at until just before ends_at, nothing can be booked."""

    __tablename__ = "time_off"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="forwards"),
        Index("ix_time_off_member_id_ends_at", "member_id", "ends_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
