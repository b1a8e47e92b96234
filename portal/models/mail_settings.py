"""The practice's own mail server, where the environment names none."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, by_value


class MailSecurity(StrEnum):
    """How the connection to the mail server is encrypted."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class MailSettings(Base):
    """One row, or none."""

    __tablename__ = "mail_settings"
    __table_args__ = (
        CheckConstraint("id = 1", name="only_one"),
        CheckConstraint("port BETWEEN 1 AND 65535", name="port"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    server: Mapped[str] = mapped_column(String(255))
    port: Mapped[int]
    security: Mapped[MailSecurity] = mapped_column(by_value(MailSecurity))
    username: Mapped[str | None] = mapped_column(String(255))
    # encrypted with a key that comes from the setting SECRET_KEY
    password_sealed: Mapped[str | None] = mapped_column(Text)
    sender: Mapped[str] = mapped_column(String(254))
