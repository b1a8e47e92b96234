"""The practice's own words for a message, in place of the portal's."""

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base


class MessageText(Base):
    """Subject and text of one kind of message in one language, with named fields in them."""

    __tablename__ = "message_text"
    __table_args__ = (UniqueConstraint("kind", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    # the name of the message, such as booking_made
    kind: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    # counts the changes, so that of two people who edit at once the second is told
    version: Mapped[int] = mapped_column(default=1)
