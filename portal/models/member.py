"""A team member: a person who signs in."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base, by_value
from portal.later import left_out
from portal.scheduling.eligibility import Kind

# Here it's imported first. What it's given later is in portal/web/accounts/factors.py.
with left_out("cryptography", "webauthn"):
    from flask_security.core import UserMixin

if TYPE_CHECKING:
    from portal.models.passkey import Passkey
    from portal.models.role import Right, Role


class Member(Base, UserMixin):
    """A practitioner (bookable) or an admin (never bookable); one of them owns the practice."""

    __tablename__ = "member"
    __table_args__ = (
        CheckConstraint("daily_cap > 0", name="daily_cap_positive"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        # Indexes and not constraints, because SQLite can't add those to a table that has rows.
        Index("uq_member_fs_webauthn_user_handle", "fs_webauthn_user_handle", unique=True),
        Index(
            "uq_member_owner",
            "is_owner",
            unique=True,
            sqlite_where=text("is_owner"),
            postgresql_where=text("is_owner"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    role_id: Mapped[int | None] = mapped_column(ForeignKey("role.id"), index=True)
    kind: Mapped[Kind] = mapped_column(by_value(Kind))
    is_owner: Mapped[bool] = mapped_column(default=False)
    # null: the practice's zone
    timezone: Mapped[str | None] = mapped_column(String(64))
    # null: the practice's language
    language: Mapped[str | None] = mapped_column(String(16))
    # wants a mail too when a session of a package assigned to them is somebody else's
    told_of_assigned: Mapped[bool] = mapped_column(default=False)
    daily_cap: Mapped[int | None]
    deactivated_at: Mapped[datetime | None]

    # What Flask-Security needs: an Argon2id hash (null: can't sign in yet) and a value that ends
    # every session when it's changed.
    password: Mapped[str | None] = mapped_column(String(255))
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    # Two-factor: the method in use, its secret (encrypted), the recovery codes that are left, and
    # the name under which passkeys know this person. The names are Flask-Security's.
    tf_primary_method: Mapped[str | None] = mapped_column(String(64))
    tf_totp_secret: Mapped[str | None] = mapped_column(String(255))
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    fs_webauthn_user_handle: Mapped[str | None] = mapped_column(  # type: ignore[assignment]
        String(64)
    )

    role: Mapped[Role | None] = relationship(back_populates="members")
    webauthn: Mapped[list[Passkey]] = relationship(  # type: ignore[assignment]
        back_populates="user", cascade="all, delete-orphan", order_by="Passkey.id"
    )

    def may(self, right: Right) -> bool:
        """Say whether the member's role gives them this right; the owner has every right."""
        return self.is_owner or (self.role is not None and right.value in self.role.rights)

    # Flask-Security takes these two for columns of its own; here they follow from others.
    @property
    def active(self) -> bool:  # type: ignore[override]
        """May sign in and, as a practitioner, be booked."""
        return self.deactivated_at is None

    @property
    def roles(self) -> list[Role]:  # type: ignore[override]
        """Flask-Security asks for a list; a member has one role."""
        return [self.role] if self.role else []
