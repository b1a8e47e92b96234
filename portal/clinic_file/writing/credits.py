"""The ledger of credits: entries are added until it says what the file says, none is changed."""

from collections import Counter
from datetime import datetime

from portal.clinic_file.own import Own
from portal.clinic_file.plan import Plan, Visit
from portal.clinic_file.rows import Rows
from portal.clinic_file.session_rows import Line, SessionRows
from portal.clinic_file.writing.sessions import made_at
from portal.db import db
from portal.models import ClientPackage, CreditEntry, CreditKind

WHY = "Loaded from a clinic file"


def write(plan: Plan, rows: Rows, now: datetime) -> None:
    """Write what the file changes in the ledger: sessions in all, and sessions used.

    What is new dates from when its package or booking was made, a change from `now`. Credits are
    given back before counts change and before others are taken, because the ledger never stands
    below nothing in between.
    """
    _write_uses(plan, rows, now, CreditKind.RETURN)
    stored = {row.id for row in plan.stored.own}
    for own in plan.own:
        if own.entry is not None and own.row is not None:
            if own.row.id in stored:
                _write_totals(own, own.row, CreditKind.ADJUST, now, plan.stored, rows)
            else:
                _write_totals(own, own.row, CreditKind.GRANT, own.row.created_at, plan.stored, rows)
    _write_uses(plan, rows, now, CreditKind.TAKE)
    db.session.flush()


def _write_uses(plan: Plan, rows: Rows, now: datetime, kind: CreditKind) -> None:
    for visit in plan.visits:
        at = now if visit.row else made_at(visit, now)
        _write_use(visit, kind, at, plan.stored, rows)


def _write_totals(
    own: Own,
    row: ClientPackage,
    kind: CreditKind,
    at: datetime,
    stored: SessionRows,
    rows: Rows,
) -> None:
    wanted = Counter({rows.services[slug].id: count for slug, count in own.totals.items()})
    current = stored.totals[row.id]
    for service_id in dict.fromkeys([*wanted, *current]):
        if change := wanted[service_id] - current[service_id]:
            _enter((row.id, service_id), None, kind, change, at)


def _write_use(
    visit: Visit, kind: CreditKind, at: datetime, stored: SessionRows, rows: Rows
) -> None:
    """Take what the booking uses, or return what it uses no more."""
    current = stored.taken.get(visit.booking_id or 0, Counter())
    wanted: Counter[Line] = Counter()
    if visit.own is not None and visit.own.row is not None and visit.entry.takes_credit:
        wanted[visit.own.row.id, rows.services[visit.entry.service].id] = 1
    for line in dict.fromkeys([*current, *wanted]):
        change = wanted[line] - current[line]
        if change and kind is (CreditKind.TAKE if change > 0 else CreditKind.RETURN):
            _enter(line, visit.booking_id, kind, -change, at)


def _enter(line: Line, booking_id: int | None, kind: CreditKind, amount: int, at: datetime) -> None:
    own_id, service_id = line
    db.session.add(
        CreditEntry(
            client_package_id=own_id,
            service_id=service_id,
            booking_id=booking_id,
            kind=kind,
            amount=amount,
            at=at,
            why=WHY,
        )
    )
