"""A client: a person who books."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text, event, text, true
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from portal.db import Base


class Client(Base):
    """Prospective until staff accept them; known by their address where they have one."""

    __tablename__ = "client"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_lower"),
        Index("ix_client_name_key", "name_key", "id"),
        Index(
            "ix_client_is_new", "id", sqlite_where=text("is_new"), postgresql_where=text("is_new")
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    phone: Mapped[str | None] = mapped_column(String(40))
    timezone: Mapped[str | None] = mapped_column(String(64))
    # null: the practice's
    language: Mapped[str | None] = mapped_column(String(16))
    created_at: Mapped[datetime]
    # null: prospective
    accepted_at: Mapped[datetime | None]
    deactivated_at: Mapped[datetime | None]
    # what was personal is gone since then, for good
    erased_at: Mapped[datetime | None]
    # for staff, and not for all of them: see may_read_notes
    notes: Mapped[str] = mapped_column(Text, default="")
    # counts the changes, so that of two people who edit at once the second is told
    version: Mapped[int] = mapped_column(default=1)
    # Written by the portal and nobody else, see below: what lists are ordered by, and searched in.
    name_key: Mapped[str] = mapped_column(
        Text, default=lambda row: name_key(row.get_current_parameters()["name"]), server_default=""
    )
    found_by: Mapped[str] = mapped_column(
        Text, default=lambda row: found_by(row.get_current_parameters()), server_default=""
    )
    # Has neither session nor package so far: the database's triggers say when one comes.
    is_new: Mapped[bool] = mapped_column(default=True, server_default=true())


SEARCHED = ("name", "email", "phone")


def name_key(name: str) -> str:
    """The name as lists are ordered by it, and as names are the same whatever their case.

    Neither database is asked for it: they don't agree beyond ASCII, and have no index for it.
    """
    return name.lower()


def found_by(client: Mapping[str, Any]) -> str:
    """All that the client is searched by: name, address and phone.

    No word of a search has a line break in it, so none is found over the end of one of them.
    """
    return "\n".join(client.get(name) or "" for name in SEARCHED).lower()


@event.listens_for(Client, "before_update")
def _write_down(_mapper: Mapper[Any], _connection: Any, client: Client) -> None:
    client.name_key = name_key(client.name)
    client.found_by = found_by({name: getattr(client, name) for name in SEARCHED})
