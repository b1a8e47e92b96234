"""Everything that the portal knows about one client, as they may have it: plain JSON values.

The clinic's own notes and words aren't part of it: who may read them is for the clinic to say.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from portal.db import db
from portal.models import (
    Booking,
    CalendarFeed,
    Client,
    ClientPackage,
    ClientPackageItem,
    ClientSignIn,
    CreditEntry,
    Invite,
    Service,
    Why,
)

REASONS = frozenset(why.value for why in Why)


def data_of(client: Client) -> dict[str, Any]:
    """The client's details, packages with ledgers, sessions, invites, sign-ins and calendar feeds.

    Instants are in UTC, as ISO 8601 writes them; prices are text.
    """
    return {
        "details": {
            "name": client.name,
            "email": client.email,
            "phone": client.phone,
            "time_zone": client.timezone,
            "language": client.language,
            "known_since": _instant(client.created_at),
            "accepted": _instant(client.accepted_at),
        },
        "packages": _packages(client),
        "sessions": _sessions(client),
        "invites": _invites(client),
        "sign_ins": _sign_ins(client),
        "calendar_feeds": _calendar_feeds(client),
    }


def _packages(client: Client) -> list[dict[str, Any]]:
    rows = db.session.scalars(
        select(ClientPackage)
        .where(ClientPackage.client_id == client.id)
        .options(
            joinedload(ClientPackage.package),
            joinedload(ClientPackage.assigned_to),
            selectinload(ClientPackage.items).joinedload(ClientPackageItem.service),
        )
        .order_by(ClientPackage.id)
    ).all()
    entries = _entries([row.id for row in rows])
    return [
        {
            "name": row.package.name,
            "practitioner": row.assigned_to.name,
            "price": str(row.price) if row.price is not None else None,
            "started": row.started_on.isoformat(),
            "expires": row.expires_on.isoformat() if row.expires_on else None,
            "sessions_a_week": row.weekly_limit,
            "sessions_a_month": row.monthly_limit,
            "services": [item.service.name for item in row.items],
            "credits": entries.get(row.id, []),
        }
        for row in rows
    ]


def _entries(client_package_ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    """The ledgers of the packages, oldest entry first."""
    found: dict[int, list[dict[str, Any]]] = {}
    rows = db.session.execute(
        select(CreditEntry, Service.name)
        .join(Service, Service.id == CreditEntry.service_id)
        .where(CreditEntry.client_package_id.in_(client_package_ids))
        .order_by(CreditEntry.id)
    )
    for entry, service in rows:
        found.setdefault(entry.client_package_id, []).append(
            {
                "at": _instant(entry.at),
                "service": service,
                "sessions": entry.amount,
                "kind": entry.kind.value,
                # Of the reasons, the portal's own: staff's words are for staff.
                "why": entry.why if entry.why in REASONS else None,
            }
        )
    return found


def _sessions(client: Client) -> list[dict[str, Any]]:
    rows = db.session.scalars(
        select(Booking)
        .where(Booking.client_id == client.id)
        .options(
            joinedload(Booking.member),
            joinedload(Booking.service),
            joinedload(Booking.client_package).joinedload(ClientPackage.package),
        )
        .order_by(Booking.starts_at, Booking.id)
    )
    return [
        {
            "service": row.service.name,
            "practitioner": row.member.name,
            "package": row.client_package.package.name if row.client_package else None,
            "starts": _instant(row.starts_at),
            "ends": _instant(row.ends_at),
            "how": row.delivery,
            "note": row.note,
            "status": row.status.value,
            "booked": _instant(row.created_at),
            "confirmed": _instant(row.confirmed_at),
            "cancelled": _instant(row.cancelled_at),
            "cancelled_how": row.ending.value if row.ending else None,
            "cancelled_why": row.cancel_reason,
        }
        for row in rows
    ]


def _invites(client: Client) -> list[dict[str, Any]]:
    rows = db.session.scalars(
        select(Invite)
        .where(Invite.client_id == client.id)
        .options(joinedload(Invite.package), joinedload(Invite.sent_by))
        .order_by(Invite.id)
    )
    return [
        {
            "package": row.package.name,
            "from": row.sent_by.name,
            "sent": _instant(row.created_at),
            "opened": _instant(row.opened_at),
            "line": row.line,
        }
        for row in rows
    ]


def _sign_ins(client: Client) -> list[dict[str, Any]]:
    rows = db.session.scalars(
        select(ClientSignIn).where(ClientSignIn.client_id == client.id).order_by(ClientSignIn.id)
    )
    return [{"at": _instant(row.created_at), "ended": _instant(row.ended_at)} for row in rows]


def _calendar_feeds(client: Client) -> list[dict[str, Any]]:
    query = select(CalendarFeed).where(CalendarFeed.client_id == client.id)
    rows = db.session.scalars(query.order_by(CalendarFeed.id))
    return [{"made": _instant(row.created_at), "ended": _instant(row.revoked_at)} for row in rows]


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
