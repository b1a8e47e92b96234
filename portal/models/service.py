"""A service: something that a client books, and with whom its owner shares it."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, Column, ForeignKey, Numeric, String, Table, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base, by_value
from portal.models.member import Member
from portal.models.practice import Confirm
from portal.models.role import Role
from portal.scheduling.eligibility import Sharing


class Delivery(StrEnum):
    """How a session takes place."""

    IN_PERSON = "in_person"
    VIDEO = "video"
    PHONE = "phone"


service_shared_member = Table(
    "service_shared_member",
    Base.metadata,
    Column("service_id", ForeignKey("service.id", ondelete="CASCADE"), primary_key=True),
    Column("member_id", ForeignKey("member.id"), primary_key=True, index=True),
)
service_shared_role = Table(
    "service_shared_role",
    Base.metadata,
    Column("service_id", ForeignKey("service.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", ForeignKey("role.id"), primary_key=True, index=True),
)


class Service(Base):
    """Times are minutes. The lists of sharing are kept while the sharing is another one."""

    __tablename__ = "service"
    __table_args__ = (
        CheckConstraint("minutes > 0", name="minutes_positive"),
        CheckConstraint("buffer_before >= 0", name="buffer_before_not_negative"),
        CheckConstraint("buffer_after >= 0", name="buffer_after_not_negative"),
        CheckConstraint("price >= 0", name="price_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    # what a client agrees to besides the package's own terms; empty: nothing
    terms: Mapped[str] = mapped_column(Text, default="")
    # of one session, where it isn't part of a package's price
    price: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    owner_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    minutes: Mapped[int]
    buffer_before: Mapped[int] = mapped_column(default=0)
    buffer_after: Mapped[int] = mapped_column(default=0)
    # a list of Delivery values, in the order in which they are offered
    delivery: Mapped[list[str]] = mapped_column(JSON)
    place: Mapped[str | None] = mapped_column(Text)
    video_link: Mapped[str | None] = mapped_column(String(500))
    # minutes before a session, up to three; null: the practice's
    reminders: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    # null: the practice's
    confirm: Mapped[Confirm | None] = mapped_column(by_value(Confirm))
    sharing: Mapped[Sharing] = mapped_column(by_value(Sharing), default=Sharing.PRIVATE)
    archived_at: Mapped[datetime | None]
    # counts the changes, so that of two people who edit at once the second is told
    version: Mapped[int] = mapped_column(default=1)

    owner: Mapped[Member] = relationship()
    shared_members: Mapped[list[Member]] = relationship(
        secondary=service_shared_member, order_by=Member.name
    )
    shared_roles: Mapped[list[Role]] = relationship(
        secondary=service_shared_role, order_by=Role.name
    )
