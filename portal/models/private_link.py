"""A private link: the only key that a client has to a booking. Only its hash is stored."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.booking import Booking


class PrivateLink(Base):
    """128 random bits in somebody's mail or address bar, as a SHA-256 here.

    The link is made when a time is held and stays the link of the booking that the hold becomes,
    which is also what makes a form that's sent twice one booking.
    """

    __tablename__ = "private_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    booking_id: Mapped[int] = mapped_column(
        ForeignKey("booking.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    booking: Mapped[Booking] = relationship()
