"""A client's own package as its editor has it: plain values, and what can't be stored of them.

What is refused of a template is refused here too (see package_faults.py); besides, nothing can be
taken out of a client's package that is used or booked already.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import func, select

from portal.db import db
from portal.ledger import credits_of
from portal.models import Client, ClientPackage, Package, Service
from portal.queries.package_faults import Faults, faults_of_terms
from portal.queries.packages import Line, values_of
from portal.scheduling.eligibility import TeamBooking

Taken = Mapping[int, int]
"""How many sessions are used or booked, by service id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnValues:
    """Everything that is the client's own.

    `expires_on` is a date of the clinic, None never. `team_booking` None: as it is stored, because
    the form doesn't show it.
    """

    assigned_to: int
    price: Decimal | None
    expires_on: date | None
    weekly_limit: int | None
    monthly_limit: int | None
    lines: tuple[Line, ...]
    team_booking: TeamBooking | None


def own_values(own: ClientPackage) -> OwnValues:
    """What is stored of the client's package; its lines say how many sessions there are in all."""
    credits = credits_of([own.id])
    return OwnValues(
        assigned_to=own.assigned_to_id,
        price=own.price,
        expires_on=own.expires_on,
        weekly_limit=own.weekly_limit,
        monthly_limit=own.monthly_limit,
        lines=tuple(
            Line(item.service_id, credits.get((own.id, item.service_id), (0, 0))[0])
            for item in own.items
        ),
        team_booking=TeamBooking(
            enabled=own.team_booking_enabled,
            allow=own.team_booking_allow,
            members=frozenset(member.id for member in own.team_members),
            roles=frozenset(role.id for role in own.team_roles),
        ),
    )


def values_of_template(package: Package, started_on: date, taken: Taken | None = None) -> OwnValues:
    """What a client's package that is started on that date gets from the template, as it is now.

    With what is `taken` already, which stays in it: counts are never less than that.
    """
    template, taken = values_of(package), taken or {}
    lines = [
        Line(line.service_id, max(line.sessions, taken.get(line.service_id, 0)))
        for line in template.lines
    ]
    kept = taken.keys() - {line.service_id for line in lines}
    lines += [Line(service_id, taken[service_id]) for service_id in sorted(kept)]
    valid_days = template.valid_days
    return OwnValues(
        assigned_to=template.assigned_to,
        price=template.price,
        expires_on=started_on + timedelta(days=valid_days) if valid_days else None,
        weekly_limit=template.weekly_limit,
        monthly_limit=template.monthly_limit,
        lines=tuple(lines),
        team_booking=template.team_booking,
    )


def taken_of(own: ClientPackage) -> dict[int, int]:
    """How many sessions of each service are used or booked, where any are."""
    credits = credits_of([own.id])
    found = {service_id: total - left for (_own, service_id), (total, left) in credits.items()}
    return {service_id: taken for service_id, taken in found.items() if taken > 0}


def faults_in_own(
    values: OwnValues, stored: OwnValues | None, taken: Taken, started_on: date
) -> Faults:
    """Why these values can't be stored (`stored` None: in a new one); empty if they can."""
    faults = _faults_of_counts(values, taken)
    # A service that can't be there at all is the first thing to say of its line.
    faults |= faults_of_terms(values, stored)
    if not values.lines and (stored is None or stored.lines):
        faults.setdefault("lines", _("Please add at least one service."))
    if values.expires_on is not None and values.expires_on < started_on:
        faults["expires_on"] = _("It can’t expire before the day it was started.")
    return faults


def why_not_for(client: Client) -> str | None:
    """Why no package can be made for the client; None where one can."""
    if client.deactivated_at is None:
        return None
    return _(
        "%(client)s is deactivated, so no package can be made for them. Reactivate them first.",
        client=client.name,
    )


def why_not_from(package: Package) -> str | None:
    """Why no client's package can be made from the template; None where one can."""
    if package.archived_at is None:
        return None
    return _(
        "%(package)s is archived, so it can’t be made for anybody. Restore it first.",
        package=package.name,
    )


def newest_of(client: Client) -> int:
    """The number of the client's newest package, nought where there's none."""
    newest = select(func.max(ClientPackage.id)).where(ClientPackage.client_id == client.id)
    return db.session.scalar(newest) or 0


def _faults_of_counts(values: OwnValues, taken: Taken) -> Faults:
    faults: Faults = {}
    for index, line in enumerate(values.lines):
        if line.sessions < taken.get(line.service_id, 0):
            faults[f"line-{index}"] = _(
                "%(number)d of %(service)s are used or booked, so it can’t be fewer.",
                number=taken[line.service_id],
                service=_name(line.service_id),
            )
    removed = sorted(taken.keys() - {line.service_id for line in values.lines})
    if removed:
        faults["lines"] = _(
            "Sessions are used or booked of what was taken out: %(services)s. Put it in again.",
            services=", ".join(map(_name, removed)),
        )
    return faults


def _name(service_id: int) -> str:
    return db.session.get_one(Service, service_id).name
