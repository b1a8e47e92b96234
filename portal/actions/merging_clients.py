"""Merging a client who was known twice: everything of one becomes the other's, and the row goes."""

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select, update
from sqlalchemy.orm import aliased

from portal.actions.activity import record
from portal.actions.clients import end_client_sign_ins
from portal.actions.credits import lock_client_packages
from portal.actions.guard import lock_members
from portal.actions.private_links import revoke_private_links
from portal.db import Base
from portal.errors import Refused
from portal.mail.outbox import AnySession
from portal.models import Act, Booking, Client, ClientPackage, Member
from portal.queries.clients import find_visible_client
from portal.queries.merging_clients import clash_of
from portal.transaction import transaction


def merge_clients(keep_id: int, other_id: int, by: Member, now: datetime) -> None:
    """Give everything of the other client to the one who is kept, and remove the other.

    Bookings, packages, invites, sign-ins and calendar feeds move. Kept are name, address, phone and
    zone of the one who is kept, and what they lack comes from the other; notes are put together.
    Whoever is known by another address from now on has to sign in, and make a feed, anew, and the
    links in that one's mails are void. For calendars the sessions are what they were, so mails on
    their way are still true. Raises NotFound, or Refused where these can't be one person: both have
    a session at the same time, or one is erased.
    """
    if keep_id == other_id:
        raise Refused(_("Please choose two clients to merge."))
    with transaction() as session:
        for client_id in (keep_id, other_id):
            find_visible_client(client_id, by)
        keep, other = _locked(session, keep_id, other_id)
        if keep.erased_at is not None or other.erased_at is not None:
            raise Refused(_("A client who is erased can’t be anybody else."))
        if reason := clash_of(keep, other):
            raise Refused(reason)
        if other.email is not None and keep.email is not None:
            end_client_sign_ins(session, other.id, now)
            revoke_private_links(session, other.id, now)
        sessions, packages = (_count(session, table, other) for table in (Booking, ClientPackage))
        for column in referring_columns():
            session.execute(
                update(column.table).where(column == other.id).values({column.name: keep.id})
            )
        session.flush()
        kept_of_other = _values(other)
        # Before the other's address is given to the one who is kept.
        session.delete(other)
        session.flush()
        _complete(keep, kept_of_other)
        record(
            session,
            Act.CLIENTS_MERGED,
            keep,
            now,
            by=by,
            bookings=sessions,
            client_packages=packages,
        )


def referring_columns() -> list[Any]:
    """Every column in the database that says whose something is."""
    return [
        key.parent
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column is Client.__table__.c.id
    ]


def _locked(session: AnySession, keep_id: int, other_id: int) -> tuple[Client, Client]:
    """Both rows, when nobody can book, move or cancel anything of theirs any more."""
    both = (keep_id, other_id)
    lock_members(session.scalars(select(Booking.member_id).where(Booking.client_id.in_(both))))
    lock_client_packages(
        session.scalars(select(ClientPackage.id).where(ClientPackage.client_id.in_(both)))
    )
    rows = session.scalars(
        select(Client)
        .where(Client.id.in_(both))
        .order_by(Client.id)
        .with_for_update(of=Client)
        .execution_options(populate_existing=True)
    ).all()
    by_id = {row.id: row for row in rows}
    if len(by_id) < len(both):
        raise Refused(_("One of them was merged just now."))
    return by_id[keep_id], by_id[other_id]


def _count(session: AnySession, table: type[Booking] | type[ClientPackage], other: Client) -> int:
    each = aliased(table)
    return session.scalar(select(func.count(each.id)).where(each.client_id == other.id)) or 0


def _values(client: Client) -> dict[str, Any]:
    names = ("email", "phone", "timezone", "language", "notes", "accepted_at", "created_at")
    return {name: getattr(client, name) for name in names}


def _complete(keep: Client, other: dict[str, Any]) -> None:
    """Fill in what the kept row lacks."""
    for name in ("email", "phone", "timezone", "language"):
        setattr(keep, name, getattr(keep, name) or other[name])
    keep.notes = "\n\n".join(filter(None, (keep.notes, other["notes"])))
    accepted = [at for at in (keep.accepted_at, other["accepted_at"]) if at is not None]
    keep.accepted_at = min(accepted, default=None)
    keep.created_at = min(keep.created_at, other["created_at"])
    keep.version += 1
