"""Counters of the rate limits, shared by all processes and kept over a restart."""

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base


class RateLimit(Base):
    """How often something was done in the window that ends at `expires` (seconds since 1970)."""

    __tablename__ = "rate_limit"

    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
    expires: Mapped[int] = mapped_column(BigInteger, index=True)
