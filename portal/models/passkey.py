"""A passkey: a key on somebody's phone or computer, with which they sign in."""

from datetime import datetime

from flask_security.core import WebAuthnMixin
from sqlalchemy import JSON, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.member import Member


class Passkey(Base, WebAuthnMixin):
    """The names of the columns are Flask-Security's."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1024), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(default=0)
    transports: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    backup_state: Mapped[bool]
    device_type: Mapped[str] = mapped_column(String(64))
    extensions: Mapped[str | None] = mapped_column(String(255))
    create_datetime: Mapped[datetime]
    lastuse_datetime: Mapped[datetime]
    name: Mapped[str] = mapped_column(String(64))
    # "first": instead of a password, "secondary": besides it
    usage: Mapped[str] = mapped_column(String(64))

    user: Mapped[Member] = relationship(back_populates="webauthn")

    def get_user_mapping(self) -> dict[str, int]:
        """Return how Flask-Security finds the member whose key this is."""
        return {"id": self.user_id}
