"""A file of clients that is imported: what its lines are, and how far it has come."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import select

from portal.db import db
from portal.errors import NotFound
from portal.models import Act, Activity, Client, ClientImport, Member, Practice
from portal.queries.duplicates import digits
from portal.queries.paging import Paged, in_order

Read = dict[str, Any]
"""A line as it was read: `line` is its number in the file; `name`, `email`, `phone`, `timezone` and
`notes`; or `fault`, a sentence. Once it's taken over, `was` alone says what became of it."""


class Kind(StrEnum):
    """What a line of the file is, compared with the clients that there are."""

    NEW = "new"
    KNOWN = "known"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class FileLine:
    """One line of the file, for the preview."""

    number: int
    name: str
    email: str
    phone: str
    timezone: str
    fault: str


@dataclass(frozen=True, slots=True)
class ImportPage:
    """A file and its lines of one kind; `all` and `done` are lines, for the bar.

    Once it's finished, `counts` says what became of the lines.
    """

    id: int
    file_name: str
    zone: ZoneInfo
    created_at: datetime
    started: bool
    finished_at: datetime | None
    all: int
    done: int
    counts: dict[Kind, int]
    kind: Kind
    lines: Paged[FileLine]


def find_import(import_id: int, member: Member) -> ClientImport:
    """The import, if it's the member's own. Raises NotFound."""
    row = db.session.scalar(
        select(ClientImport).where(ClientImport.id == import_id, ClientImport.by_id == member.id)
    )
    if row is None:
        raise NotFound(_("There is no such import."))
    return row


def open_imports(member: Member) -> list[ClientImport]:
    """The member's imports that aren't finished, the newest first."""
    return list(
        db.session.scalars(
            select(ClientImport)
            .where(ClientImport.by_id == member.id, ClientImport.finished_at.is_(None))
            .order_by(ClientImport.id.desc())
        )
    )


def load_import(import_id: int, member: Member, kind: Kind | None, page: int) -> ImportPage:
    """The member's own import; of no `kind`, the lines that need a look come first.

    Raises NotFound.
    """
    row = find_import(import_id, member)
    kinds = kinds_of(row.lines)
    counts = Counter(kinds) if row.finished_at is None else _recorded(row)
    if kind is None:
        kind = Kind.WRONG if counts[Kind.WRONG] else Kind.NEW
    lines = [_shown(line) for line, its in zip(row.lines, kinds, strict=True) if its is kind]
    return ImportPage(
        id=row.id,
        file_name=row.file_name,
        zone=ZoneInfo(db.session.get_one(Practice, 1).timezone),
        created_at=row.created_at,
        started=row.started_at is not None,
        finished_at=row.finished_at,
        all=len(row.lines) if row.finished_at is None else row.done,
        done=row.done,
        counts={each: counts[each] for each in Kind},
        kind=kind,
        lines=in_order(lines if row.started_at is None else [], page),
    )


def kinds_of(lines: Sequence[Read]) -> list[Kind]:
    """What each line is now: wrong, known, or new. The second of two equal ones is known.

    A client is known by the address; by name and phone, whatever their case and spaces, where the
    line has no address.
    """
    emails = {line["email"] for line in lines if line.get("email")}
    names = {line["name"].lower() for line in lines if line.get("name") and not line.get("email")}
    known: set[Any] = set(
        db.session.scalars(select(Client.email).where(Client.email.in_(emails))) if emails else ()
    )
    if names:
        rows = db.session.execute(
            select(Client.name, Client.phone).where(Client.name_key.in_(names))
        )
        known |= {(row.name.lower(), digits(row.phone)) for row in rows}
    return [_kind(line, known) for line in lines]


def _kind(line: Read, known: set[Any]) -> Kind:
    if "was" in line:
        return Kind(line["was"])
    if line.get("fault"):
        return Kind.WRONG
    keys = {(line["name"].lower(), digits(line["phone"]))}
    if line["email"]:
        is_known = line["email"] in known
        keys.add(line["email"])
    else:
        is_known = not known.isdisjoint(keys)
    if is_known:
        return Kind.KNOWN
    known |= keys
    return Kind.NEW


def _recorded(row: ClientImport) -> Counter[Kind]:
    """What became of the lines of a finished import, as the activity log has it."""
    details = db.session.scalar(
        select(Activity.details).where(
            Activity.subject == ClientImport.__tablename__,
            Activity.subject_id == row.id,
            Activity.act == Act.CLIENTS_IMPORTED.value,
        )
    )
    return Counter({kind: (details or {}).get(kind.value, 0) for kind in Kind})


def _shown(line: Read) -> FileLine:
    return FileLine(
        number=line.get("line", 0),
        name=line.get("name") or "",
        email=line.get("email") or "",
        phone=line.get("phone") or "",
        timezone=line.get("timezone") or "",
        fault=line.get("fault") or "",
    )
