"""A client's own package: copied from the template, and from then on changed for itself.

Neither the template nor any other client's package changes with it. How many sessions there are is
what the ledger says: a count that changes adds an entry.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import insert, select

from portal import mail
from portal.actions.activity import record
from portal.actions.adjusting import adjustment
from portal.actions.credits import grant_credits, locked_client_package
from portal.actions.guard import lock_members
from portal.actions.slugs import one_at_a_time
from portal.actions.terms import changed_fields, mode_of, write_team_booking
from portal.actions.versions import require_version
from portal.errors import Changed, NotFound, Refused, WrongFields
from portal.mail.outbox import AnySession
from portal.models import (
    Act,
    Client,
    ClientPackage,
    ClientPackageItem,
    Member,
    Package,
    Practice,
    Why,
)
from portal.models.client_package import client_package_team_member, client_package_team_role
from portal.plain_rows import plain_insert, plain_inserts
from portal.queries.client_package_values import (
    OwnValues,
    faults_in_own,
    newest_of,
    own_values,
    taken_of,
    values_of_template,
    why_not_for,
    why_not_from,
)
from portal.queries.facts import practice_info
from portal.queries.offers import Offer, load_offer
from portal.queries.packages import Line
from portal.scheduling.eligibility import Plan
from portal.transaction import transaction

_OWN = insert(ClientPackage).returning(ClientPackage.id)
_ITEM = insert(ClientPackageItem)
_TEAM_MEMBER = insert(client_package_team_member)
_TEAM_ROLE = insert(client_package_team_role)


def copy_for_client(
    template: Offer,
    client_id: int,
    *,
    started_on: date,
    expires_on: date | None,
    now: datetime,
) -> int:
    """Add the client's own copy of the template, without credits yet; returns its number.

    Copied are items, price, limits, assigned practitioner and team booking, as the offer has them;
    sharing and the services' own settings stay where they are and are read live. Dates are the
    clinic's.
    """
    team_booking = template.holder.team_booking
    own = {
        "client_id": client_id,
        "package_id": template.package_id,
        "assigned_to_id": template.holder.assigned_to,
        "price": template.price,
        "started_on": started_on,
        "expires_on": expires_on,
        "weekly_limit": template.weekly_limit,
        "monthly_limit": template.monthly_limit,
        "team_booking_enabled": team_booking.enabled,
        "team_booking_allow": team_booking.allow,
        "created_at": now,
    }
    own_id: int = plain_insert(_OWN, own)
    items = [
        {"client_package_id": own_id, "service_id": item.service.id, "position": position}
        for position, item in enumerate(template.items)
    ]
    plain_inserts(_ITEM, items)
    members, roles = sorted(team_booking.members), sorted(team_booking.roles)
    plain_inserts(_TEAM_MEMBER, [{"client_package_id": own_id, "member_id": n} for n in members])
    plain_inserts(_TEAM_ROLE, [{"client_package_id": own_id, "role_id": n} for n in roles])
    return own_id


def create_for_client(
    client_id: int, package_id: int, values: OwnValues, newest: int, by: Member, now: datetime
) -> ClientPackage:
    """Make the client a package from the template, with these values; it begins today.

    They're told of it by mail. Team booking is the template's. `newest` is the number of the
    client's newest package when the form was shown, so that sending it twice makes one. Raises
    NotFound, Refused for a client or a template that's no longer there to book, Changed, and
    WrongFields.
    """
    with transaction() as session:
        practice = one_at_a_time(session)
        lock_members([values.assigned_to])
        client = _locked_client(session, client_id)
        package = _template(session, package_id)
        if reason := why_not_for(client) or why_not_from(package):
            raise Refused(reason)
        if newest_of(client) != newest:
            raise Changed(
                _(
                    "%(client)s got another package while this form was open. Look at their "
                    "packages first; save again if this one is to be made as well.",
                    client=client.name,
                )
            )
        today = practice_info(practice).today(now)
        values = replace(values, team_booking=None)
        if faults := faults_in_own(values, None, {}, today):
            raise WrongFields(faults)
        template = load_offer(package.slug, now)
        own_id = copy_for_client(
            template, client.id, started_on=today, expires_on=values.expires_on, now=now
        )
        own = session.get_one(ClientPackage, own_id)
        _write(session, own, values)
        counts = {line.service_id: line.sessions for line in values.lines if line.sessions}
        grant_credits(session, own.id, counts, Why.PACKAGE_MADE, now, by)
        record(session, Act.CLIENT_PACKAGE_ADDED, own, now, by=by, package=package.id)
        mail.package_received(session, own, now)
    return own


def save_client_package(
    own_id: int, values: OwnValues, seen: int, why: str, by: Member, now: datetime
) -> ClientPackage:
    """Store what was edited in this one package; `seen` is the version that the editor showed.

    `why` is the person's own reason for other counts, perhaps empty. Raises NotFound, Changed where
    somebody else saved meanwhile, and WrongFields for values that can't be stored.
    """
    with transaction() as session:
        practice = one_at_a_time(session)
        lock_members([values.assigned_to])
        own = locked_client_package(session, own_id)
        require_version(own, seen)
        values = _in_plan(values, practice)
        _store(session, own, values, why or Why.COUNT_CHANGED, Act.CLIENT_PACKAGE_CHANGED, by, now)
    return own


def reset_client_package(own_id: int, seen: int, by: Member, now: datetime) -> ClientPackage:
    """Make the package what the template is now, counted from the day it was started.

    What is used or booked stays in it. Raises NotFound, Changed, and Refused where the template
    can't be followed, say because its practitioner has left.
    """
    with transaction() as session:
        # No template is saved while this is held.
        one_at_a_time(session)
        template = session.scalar(
            select(Package).join(ClientPackage).where(ClientPackage.id == own_id)
        )
        lock_members([template.assigned_to_id] if template else [])
        own = locked_client_package(session, own_id)
        require_version(own, seen)
        values = values_of_template(own.package, own.started_on, taken_of(own))
        try:
            _store(session, own, values, Why.RESET, Act.CLIENT_PACKAGE_RESET, by, now)
        except WrongFields as wrong:
            raise Refused(str(wrong)) from wrong
    return own


def _store(
    session: AnySession,
    own: ClientPackage,
    values: OwnValues,
    why: str,
    act: Act,
    by: Member,
    now: datetime,
) -> None:
    """Write the values into the locked package, and what they change into the ledger and the log.

    Raises WrongFields.
    """
    before = own_values(own)
    # Whoever has left stays in the list of a template, and so in a package that follows it.
    kept = (
        replace(before, team_booking=values.team_booking)
        if act is Act.CLIENT_PACKAGE_RESET
        else before
    )
    if faults := faults_in_own(values, kept, taken_of(own), own.started_on):
        raise WrongFields(faults)
    _write(session, own, values)
    counts = {line.service_id: line.sessions for line in before.lines}
    _adjust_counts(session, own, counts, values.lines, why, by, now)
    session.flush()
    fields = changed_fields(before, own_values(own))
    mode: dict[str, Any] = {"team_booking": mode_of(own)} if "team_booking" in fields else {}
    record(session, act, own, now, by=by, fields=fields, **mode)


def _write(session: AnySession, own: ClientPackage, values: OwnValues) -> None:
    own.assigned_to_id = values.assigned_to
    own.price = values.price
    own.expires_on = values.expires_on
    own.weekly_limit = values.weekly_limit
    own.monthly_limit = values.monthly_limit
    rows: dict[int, Any] = {item.service_id: item for item in own.items}
    items = []
    for position, line in enumerate(values.lines):
        item = rows.get(line.service_id) or ClientPackageItem(service_id=line.service_id)
        item.position = position
        items.append(item)
    own.items = items
    if values.team_booking is not None:
        write_team_booking(session, own, values.team_booking)
    session.flush()


def _adjust_counts(
    session: AnySession,
    own: ClientPackage,
    before: Mapping[int, int],
    lines: tuple[Line, ...],
    why: str,
    by: Member,
    now: datetime,
) -> None:
    after = {line.service_id: line.sessions for line in lines}
    for service_id in dict.fromkeys([*before, *after]):
        if change := after.get(service_id, 0) - before.get(service_id, 0):
            session.add(adjustment(own, service_id, change, why, by, now))


def _in_plan(values: OwnValues, practice: Practice) -> OwnValues:
    """The values, without team booking on the solo plan: what is stored of it is kept."""
    return values if practice.plan is Plan.TEAM else replace(values, team_booking=None)


def _locked_client(session: AnySession, client_id: int) -> Client:
    # So that they aren't deactivated, or merged into somebody else, meanwhile.
    client = session.scalar(select(Client).where(Client.id == client_id).with_for_update(read=True))
    if client is None:
        raise NotFound(_("There is no such client."))
    return client


def _template(session: AnySession, package_id: int) -> Package:
    package = session.get(Package, package_id, with_for_update={"of": Package, "read": True})
    if package is None:
        raise NotFound(_("There is no such package."))
    return package
