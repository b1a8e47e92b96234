"""What a cell of *Who can clients book?* says: the reason why not, and where to mend it."""

from dataclasses import dataclass
from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _

from portal.models import Right
from portal.queries.bookability import Cell, Row
from portal.queries.offers import Offer
from portal.scheduling.eligibility import Allow, Reason
from portal.web.accounts import current_member, may_open
from portal.web.templating import long_date

SETTINGS = "sessions-and-services"
"""The id of the editor's section with team booking in it."""

EXPIRY = "price-and-expiry"
"""The id of the section with the expiry date, in the editor of a client's own package."""

IN_THE_EDITOR = (
    Reason.TEAM_BOOKING_OFF,
    Reason.NOT_ALLOWED_BY_PACKAGE,
    Reason.EXPIRED,
    Reason.NO_CREDIT_LEFT,
)
"""Reasons that a package gives, and not a person, a service or the practice."""


@dataclass(frozen=True, slots=True)
class Mend:
    """A link to the setting that would have to change; `opens` is a dialog on the same page."""

    url: str
    words: str
    opens: str | None = None


def why_not(cell: Cell, row: Row) -> str:
    """Return why the row's person can't be booked for the cell's service, as a short sentence."""
    name, service = row.person.name, cell.column.item.service.name
    offer = cell.column.offer
    expires = offer.holder.expires
    return {
        Reason.ADMIN: lambda: _("Admins can’t be booked"),
        Reason.INACTIVE: lambda: _("Deactivated"),
        Reason.CLIENT_INACTIVE: lambda: _("The client is deactivated"),
        Reason.PACKAGE_INACTIVE: lambda: _("The package is archived"),
        Reason.EXPIRED: lambda: (
            _("The package expired on %(day)s", day=long_date(expires)) if expires else ""
        ),
        Reason.NO_CREDIT_LEFT: lambda: _("No session of %(service)s is left", service=service),
        Reason.SOLO_PLAN: lambda: _("The solo plan has no team booking"),
        Reason.TEAM_BOOKING_OFF: lambda: _("Team booking is off"),
        Reason.NOT_ALLOWED_BY_PACKAGE: lambda: _not_allowed(offer, row),
        Reason.SERVICE_NOT_SHARED: lambda: _(
            "%(service)s isn’t shared with %(name)s", service=service, name=name
        ),
        Reason.NO_AVAILABILITY: lambda: _(
            "%(name)s has no availability for %(service)s", name=name, service=service
        ),
    }[cell.reason or Reason.ADMIN]()


def mend(cell: Cell, row: Row, editor: str) -> Mend | None:
    """Return where the reason can be mended by the member who is signed in, if anywhere.

    `editor` is the address of the template's editor; "" on the page of the editor itself, be it the
    template's or that of a client's own package. What a client's own package decides is mended
    there.
    """
    service, member = cell.column.item.service, current_member()
    if cell.reason in IN_THE_EDITOR:
        return _in_the_editor(cell, editor) if member.may(Right.OFFERS) else None
    match cell.reason:
        case Reason.CLIENT_INACTIVE:
            return _to("clients.show", _("Open the client"), client=cell.column.offer.client_id)
        case Reason.SERVICE_NOT_SHARED if (
            member.may(Right.OFFERS) or service.facts.owner_id == member.id
        ):
            return _to(
                "service_sharing.show", _("Share it"), service=service.id, member=row.person.id
            )
        case Reason.NO_AVAILABILITY if member.may(Right.TEAM) or row.person.id == member.id:
            return _to("availability.show", _("Set hours"), member=row.person.id)
        case Reason.INACTIVE | Reason.ADMIN:
            return _to("team.show", _("Open in Team"), member=row.person.id)
        case Reason.SOLO_PLAN:
            return _to("settings.show", _("Change the plan"))
    return None


def _not_allowed(offer: Offer, row: Row) -> str:
    match offer.holder.team_booking.allow:
        case Allow.MEMBERS:
            return _("%(name)s isn’t in the list of team members", name=row.person.name)
        case Allow.ROLES if row.role:
            return _(
                "%(name)s’s role, %(role)s, isn’t included", name=row.person.name, role=row.role
            )
        case Allow.ROLES:
            return _("%(name)s has no role", name=row.person.name)
    return _("Only the assigned team member is allowed")


def _in_the_editor(cell: Cell, editor: str) -> Mend | None:
    """Where the editor of what is booked from has the setting."""
    offer = cell.column.offer
    place = editor
    if editor and offer.client_package_id is not None:
        own = offer.client_package_id
        place = url_for("client_packages.edit", client=offer.client_id, own=own)
    dialog = None if editor else "team-booking-dialog"
    match cell.reason:
        case Reason.TEAM_BOOKING_OFF:
            return Mend(f"{place}#{SETTINGS}", _("Turn it on"))
        case Reason.NOT_ALLOWED_BY_PACKAGE:
            return Mend(f"{place}#{SETTINGS}", _("Edit settings"), dialog)
        case Reason.EXPIRED if offer.client_package_id is not None:
            return Mend(f"{place}#{EXPIRY}", _("Extend it"))
        case Reason.NO_CREDIT_LEFT if offer.client_package_id is not None:
            return Mend(f"{place}#{SETTINGS}", _("Add sessions"))
    return None


def _to(endpoint: str, words: str, **values: Any) -> Mend | None:
    if endpoint not in current_app.view_functions or not may_open(endpoint):
        return None
    return Mend(url_for(endpoint, **values), words)
