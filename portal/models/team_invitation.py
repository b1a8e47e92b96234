"""An invitation to join the team. Until it's accepted there is no member."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base, by_value
from portal.models.member import Member
from portal.models.role import Role
from portal.scheduling.eligibility import Kind

_PENDING = text("accepted_at IS NULL AND revoked_at IS NULL")


class TeamInvitation(Base):
    """Its token is in one mail; sending it again makes a new token, and the old one is void."""

    __tablename__ = "team_invitation"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_lower"),
        Index(
            "uq_team_invitation_pending",
            "email",
            unique=True,
            sqlite_where=_PENDING,
            postgresql_where=_PENDING,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(200))
    role_id: Mapped[int | None] = mapped_column(ForeignKey("role.id"), index=True)
    kind: Mapped[Kind] = mapped_column(by_value(Kind))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    # when it was sent last, and until when that mail's link works
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))

    role: Mapped[Role | None] = relationship()
    invited_by: Mapped[Member] = relationship(foreign_keys=[invited_by_id])
    member: Mapped[Member | None] = relationship(foreign_keys=[member_id])
