"""Importing clients from a file: looked at first, then taken over some lines at a time.

How far it has come stands in the import's own row and is written with the clients, so that nothing
is lost or doubled when a worker is killed, and any number of workers may run.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.attributes import flag_modified

from portal.actions.activity import record
from portal.errors import Forbidden, Refused
from portal.mail.outbox import AnySession
from portal.models import Act, Client, ClientImport, Member, Right
from portal.queries.client_imports import Kind, Read, find_import, kinds_of
from portal.transaction import transaction

BATCH = 200
"""Lines in one transaction: others wait for it for a fraction of a second."""


def look_at_file(file_name: str, lines: Sequence[Read], by: Member, now: datetime) -> int:
    """Keep what was read from a file, to be looked at; return the import's number.

    Files that the member only looked at before are forgotten. Raises Forbidden.
    """
    _require_right(by)
    with transaction() as session:
        session.execute(
            delete(ClientImport).where(
                ClientImport.by_id == by.id, ClientImport.started_at.is_(None)
            )
        )
        row = ClientImport(
            by_id=by.id, file_name=file_name[:200], lines=list(lines), created_at=now
        )
        session.add(row)
        session.flush()
        return row.id


def forget_file(import_id: int, by: Member) -> None:
    """Drop a file that was only looked at. Raises NotFound, or Refused for one that was begun."""
    with transaction() as session:
        row = _locked(session, import_id, by)
        if row.started_at is not None:
            raise Refused(_("This import has begun already."))
        session.delete(row)


def import_clients(import_id: int, by: Member, now: datetime) -> None:
    """Have the new clients of the file taken over, by a worker. A second press does nothing.

    Raises NotFound, Forbidden, or Refused where the file has nobody new.
    """
    _require_right(by)
    with transaction() as session:
        row = _locked(session, import_id, by)
        if row.started_at is not None:
            return
        if Kind.NEW not in kinds_of(row.lines):
            raise Refused(_("There is nobody new in this file."))
        row.started_at = now


def take_over_clients(now: datetime, size: int = BATCH) -> bool:
    """Take over the next lines of the import that waits longest; say whether there was one.

    One transaction. Of two workers, one takes the next lines, and the other finds nothing to do, or
    the lines after them.
    """
    with transaction() as session:
        row = session.scalar(
            select(ClientImport)
            .where(ClientImport.started_at.is_not(None), ClientImport.finished_at.is_(None))
            .order_by(ClientImport.started_at, ClientImport.id)
            .limit(1)
            .with_for_update(skip_locked=True, of=ClientImport)
            .execution_options(populate_existing=True)
        )
        if row is None:
            return False
        batch = row.lines[row.done : row.done + size]
        for at, (line, kind) in enumerate(zip(batch, kinds_of(batch), strict=True), row.done):
            became = _take_over(session, line, now) if kind is Kind.NEW else kind
            # What was typed isn't needed here any more.
            row.lines[at] = {"was": became.value}
        row.done += len(batch)
        flag_modified(row, "lines")
        if row.done >= len(row.lines):
            _finish(session, row, now)
        return True


def _take_over(session: AnySession, line: Read, now: datetime) -> Kind:
    """Add the client, unless somebody else added one with this address just now."""
    try:
        with session.begin_nested():
            session.add(
                Client(
                    name=line["name"],
                    email=line["email"],
                    phone=line["phone"],
                    timezone=line["timezone"],
                    notes=line["notes"] or "",
                    created_at=now,
                    accepted_at=now,
                )
            )
    except IntegrityError:
        return Kind.KNOWN
    return Kind.NEW


def _finish(session: AnySession, row: ClientImport, now: datetime) -> None:
    counts = Counter(line["was"] for line in row.lines)
    row.finished_at, row.lines = now, []
    by = session.get(Member, row.by_id)
    details: dict[str, Any] = {kind.value: counts[kind.value] for kind in Kind}
    record(session, Act.CLIENTS_IMPORTED, row, now, by=by, **details)


def _locked(session: AnySession, import_id: int, by: Member) -> ClientImport:
    row = find_import(import_id, by)
    session.refresh(row, with_for_update={"of": ClientImport})
    return row


def _require_right(by: Member) -> None:
    if not by.may(Right.CLIENTS):
        raise Forbidden(_("Your role doesn’t let you import clients."))
