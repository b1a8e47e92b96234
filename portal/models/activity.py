"""The activity log: what was done to bookings, packages, sharing, accounts and settings.

Rows are written in the act's own transaction and never changed: the database refuses it (see
migrations/). So that a client's data can be erased all the same, a row has no names or addresses in
it, only what it's about and, as details, values that belong to nobody.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base, by_value
from portal.models.member import Member


class Actor(StrEnum):
    """Who did it: somebody on the team, a client or visitor, or whoever runs the installation."""

    MEMBER = "member"
    CLIENT = "client"
    OPERATOR = "operator"


class Activity(Base):
    """One act. `act` is a value of Act; kept as text, so that old rows outlive a renamed one."""

    __tablename__ = "activity"
    __table_args__ = (Index("ix_activity_subject_subject_id", "subject", "subject_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[Actor] = mapped_column(by_value(Actor))
    # null unless the actor is a member
    by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    act: Mapped[str] = mapped_column(String(60), index=True)
    # a table's name and the number of a row there, which may be gone by now
    subject: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int]
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    by: Mapped[Member | None] = relationship()


class Act(StrEnum):
    """Everything that is recorded, as noun and verb."""

    CLINIC_LOADED = "clinic.loaded"
    PRACTICE_SET_UP = "practice.set_up"
    SETTINGS_CHANGED = "practice.changed"
    MAIL_SETTINGS_CHANGED = "practice.mail_changed"
    MESSAGE_CHANGED = "practice.message_changed"
    OWNER_CHANGED = "practice.handed_over"
    BACKED_UP = "practice.backed_up"
    RESTORED = "practice.restored"
    ROLE_ADDED = "role.added"
    ROLE_CHANGED = "role.changed"
    ROLE_REMOVED = "role.removed"
    MEMBER_INVITED = "member.invited"
    INVITATION_SENT_AGAIN = "member.invited_again"
    INVITATION_REVOKED = "member.invitation_revoked"
    MEMBER_JOINED = "member.joined"
    MEMBER_CHANGED = "member.changed"
    MEMBER_DEACTIVATED = "member.deactivated"
    MEMBER_REACTIVATED = "member.reactivated"
    PASSWORD_CHANGED = "account.password_changed"  # noqa: S105  (the name of an act)
    TWO_FACTOR_CHANGED = "account.two_factor_changed"
    PASSKEY_ADDED = "account.passkey_added"
    PASSKEY_REMOVED = "account.passkey_removed"
    SIGNED_IN = "account.signed_in"
    SIGN_IN_ENDED = "account.sign_in_ended"
    FEED_MADE = "account.calendar_feed_made"
    FEED_REVOKED = "account.calendar_feed_revoked"
    SERVICE_ADDED = "service.added"
    SERVICE_CHANGED = "service.changed"
    SERVICE_ARCHIVED = "service.archived"
    SERVICE_RESTORED = "service.restored"
    SERVICE_SHARED = "service.shared"
    SERVICE_HANDED_OVER = "service.handed_over"
    HOURS_CHANGED = "availability.hours_changed"
    OVERRIDE_CHANGED = "availability.override_changed"
    TIME_OFF_CHANGED = "availability.time_off_changed"
    AVAILABILITY_CHANGED = "availability.changed"
    PACKAGE_ADDED = "package.added"
    PACKAGE_CHANGED = "package.changed"
    PACKAGE_ARCHIVED = "package.archived"
    PACKAGE_RESTORED = "package.restored"
    PACKAGES_REORDERED = "package.reordered"
    PACKAGE_HANDED_OVER = "package.handed_over"
    SHORT_LINK_MADE = "package.short_link_made"
    SHORT_LINK_REPLACED = "package.short_link_replaced"
    CLIENT_ADDED = "client.added"
    CLIENT_CHANGED = "client.changed"
    CLIENT_ACCEPTED = "client.accepted"
    CLIENT_DEACTIVATED = "client.deactivated"
    CLIENT_REACTIVATED = "client.reactivated"
    CLIENT_ACCESS_ENDED = "client.access_ended"
    CLIENT_ERASED = "client.erased"
    CLIENTS_MERGED = "client.merged"
    CLIENTS_IMPORTED = "client.imported"
    CLIENTS_EXPORTED = "client.exported"
    CLIENT_SIGNED_IN = "client.signed_in"
    CLIENT_FEED_MADE = "client.calendar_feed_made"
    CLIENT_FEED_REVOKED = "client.calendar_feed_revoked"
    CLIENT_PACKAGE_ADDED = "client_package.added"
    CLIENT_PACKAGE_CHANGED = "client_package.changed"
    CLIENT_PACKAGE_RESET = "client_package.reset"
    CLIENT_PACKAGE_HANDED_OVER = "client_package.handed_over"
    CREDITS_ADJUSTED = "client_package.credits_adjusted"
    INVITE_SENT = "client.invited_to_book"
    BOOKING_REQUESTED = "booking.requested"
    BOOKING_CONFIRMED = "booking.confirmed"
    BOOKING_ACCEPTED = "booking.accepted"
    BOOKING_DECLINED = "booking.declined"
    BOOKING_LAPSED = "booking.lapsed"
    BOOKING_CANCELLED = "booking.cancelled"
    BOOKING_RESTORED = "booking.restored"
    BOOKING_MOVED = "booking.moved"
    BOOKING_RESCHEDULED = "booking.rescheduled"
    BOOKING_COMPLETED = "booking.completed"
    BOOKING_MISSED = "booking.missed"
    BOOKING_LINKED = "booking.linked"
    BOOKING_UNLINKED = "booking.unlinked"
    CREDIT_RETURNED = "booking.credit_returned"
    BOOKING_TRANSFERRED = "booking.transferred"
