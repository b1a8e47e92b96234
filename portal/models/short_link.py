"""A short link: a short code that leads to a package's booking page."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.package import Package


class ShortLink(Base):
    """Made on first use, stable; a package has one at a time, and the retired ones stay known."""

    __tablename__ = "short_link"
    __table_args__ = (
        Index(
            "uq_short_link_package_id",
            "package_id",
            unique=True,
            sqlite_where=text("retired_at IS NULL"),
            postgresql_where=text("retired_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    package_id: Mapped[int] = mapped_column(ForeignKey("package.id"))
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    retired_at: Mapped[datetime | None]
    retired_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    opened_count: Mapped[int] = mapped_column(default=0)

    package: Mapped[Package] = relationship()
