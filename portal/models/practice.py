"""The practice: the clinic itself. There is one in each installation."""

from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, by_value
from portal.scheduling.eligibility import Plan


class Confirm(StrEnum):
    """How a booking comes about: asked for and accepted by staff, or at once."""

    REQUEST = "request"
    INSTANT = "instant"


class Practice(Base):
    """One row; every number's unit is in its name."""

    __tablename__ = "practice"
    __table_args__ = (
        CheckConstraint("id = 1", name="only_one"),
        CheckConstraint("min_notice_minutes >= 0", name="notice_not_negative"),
        CheckConstraint("horizon_days > 0", name="horizon_positive"),
        CheckConstraint("slot_step_minutes > 0", name="step_positive"),
        CheckConstraint("late_cancel_hours >= 0", name="late_cancel_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    name: Mapped[str] = mapped_column(String(200))
    timezone: Mapped[str] = mapped_column(String(64))
    plan: Mapped[Plan] = mapped_column(by_value(Plan), default=Plan.TEAM)
    currency: Mapped[str] = mapped_column(String(3), default="USD")
    place: Mapped[str | None] = mapped_column(Text)
    confirm: Mapped[Confirm] = mapped_column(by_value(Confirm), default=Confirm.REQUEST)
    min_notice_minutes: Mapped[int] = mapped_column(default=0)
    horizon_days: Mapped[int] = mapped_column(default=60)
    slot_step_minutes: Mapped[int] = mapped_column(default=15)
    late_cancel_hours: Mapped[int] = mapped_column(default=24)
    late_cancel_returns_credit: Mapped[bool] = mapped_column(default=True)
    # Within late_cancel_hours clients can't cancel by themselves at all.
    late_cancel_forbidden: Mapped[bool] = mapped_column(default=False)
    # what clients read before they cancel, in the clinic's own words
    cancellation_policy: Mapped[str] = mapped_column(Text, default="")
    # where video sessions take place, unless their service says otherwise
    video_link: Mapped[str | None] = mapped_column(String(500))
    # "#" and six hexadecimal digits; null: the portal's own colour
    accent: Mapped[str | None] = mapped_column(String(7))
    logo: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    # the logo's media type; null: there is none
    logo_type: Mapped[str | None] = mapped_column(String(40))
    # of pages and mails to whoever reads no other that the portal is translated to
    language: Mapped[str] = mapped_column(String(16), default="en")
    # how many minutes before a session its client is reminded, up to three times
    reminders: Mapped[list[int]] = mapped_column(JSON, default=lambda: [24 * 60])
    # sessions left in a package at which its client is told; null: they aren't
    running_out_at: Mapped[int | None]
    # counts the changes, so that of two people who edit at once the second is told
    version: Mapped[int] = mapped_column(default=1)
