"""How a client gets to *My bookings*: a mailed link that works once, and the sign-in it makes.

Of both only the hash of a random token is stored.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.client import Client


class ClientLink(Base):
    """A link in a mail. Opening it changes nothing; the button on its page signs in."""

    __tablename__ = "client_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    client: Mapped[Client] = relationship()


class ClientSignIn(Base):
    """One browser in which a client is signed in, until it's ended or runs out."""

    __tablename__ = "client_sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[int] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    client: Mapped[Client] = relationship()
