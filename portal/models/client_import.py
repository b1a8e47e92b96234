"""A file of clients that is imported: read once, looked at, and then taken over line by line."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base
from portal.models.member import Member


class ClientImport(Base):
    """`lines` is what was read; `done` how many of them are taken over, for the bar.

    Once it's finished, `lines` is emptied: the clients are in their own table then.
    """

    __tablename__ = "client_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    file_name: Mapped[str] = mapped_column(String(200))
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    done: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    # null: it's only looked at yet
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    by: Mapped[Member] = relationship()
