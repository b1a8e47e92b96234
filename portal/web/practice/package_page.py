"""The package editor's page, as the form stands: the table answers for what isn't saved yet."""

from dataclasses import dataclass, replace

from flask import Response, request, url_for
from flask_babel import gettext as _

from portal.models import Package
from portal.queries.bookability import draft_offer, load_bookability, newcomers_columns
from portal.queries.package_faults import undelivered
from portal.queries.packages import (
    EditorChoices,
    PackageValues,
    Terms,
    blank_values,
    load_choices,
    values_of,
)
from portal.scheduling.eligibility import Allow, TeamBooking
from portal.web.accounts import current_member
from portal.web.forms.package import PackageForm
from portal.web.htmx import render_page
from portal.web.practice.bookability_words import mend, why_not
from portal.web.request_time import now
from portal.web.templating import money


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that is stored differently from what was typed, in words."""

    name: str
    stored: str
    typed: str


def package_page(
    form: PackageForm,
    stored: Package | None,
    *,
    fragment: str | None = None,
    status: int = 200,
    changed: str | None = None,
    focus: str | None = None,
) -> Response:
    """Answer with the editor. `changed` says that somebody else saved; `focus` is an element."""
    values = _values(form, stored)
    choices = load_choices(values_of(stored) if stored else values)
    offer = draft_offer(values, stored, now())
    differences: list[Difference] = []
    if changed and stored:
        differences = differences_of(values_of(stored), values, choices)
        form.version.data = str(stored.version)
    return render_page(
        "practice/package.html",
        fragment,
        status,
        form=form,
        package=stored,
        choices=choices,
        people=people_to_assign(choices, values.assigned_to),
        assigned=next((p for p in choices.practitioners if p.id == values.assigned_to), None),
        summary=team_summary(values, choices, newly=not (stored and stored.team_booking_enabled)),
        zone=offer.practice.zone,
        table=load_bookability(newcomers_columns(offer), now()),
        why_not=why_not,
        mend=lambda cell, row: mend(cell, row, ""),
        unclear=form.unclear or [],
        warnings=undelivered(values, values_of(stored) if stored else None),
        changed=changed,
        differences=differences,
        focus=focus,
        unsaved=request.method == "POST",
        done=next((word for word in ("saved", "copied") if word in request.args), None),
        **_addresses(stored.id if stored else None),
    )


def team_summary(values: Terms, choices: EditorChoices, *, newly: bool = False) -> str:
    """Return in a sentence whom the package lets clients book with.

    `newly` says that team booking is turned on, and that this isn't stored yet.
    """
    people = {person.id: person.name for person in choices.practitioners}
    name = people.get(values.assigned_to, _("the assigned practitioner"))
    team = values.team_booking or TeamBooking()
    is_chosen = team.allow is Allow.ASSIGNED and not newly
    if not choices.team or not team.enabled or is_chosen:
        return _("Clients book with %(name)s only.", name=name)
    others = sorted(people[i] for i in team.members if i in people and i != values.assigned_to)
    roles = sorted(role.name for role in choices.roles if role.id in team.roles)
    match team.allow:
        case Allow.ANY:
            return _(
                "Clients can book with %(name)s and any team member whom the service is shared "
                "with.",
                name=name,
            )
        case Allow.MEMBERS if others:
            return _(
                "Clients can book with %(name)s and: %(others)s.",
                name=name,
                others=", ".join(others),
            )
        case Allow.ROLES if roles:
            return _(
                "Clients can book with %(name)s and whoever has a role of these: %(roles)s.",
                name=name,
                roles=", ".join(roles),
            )
    return _("Nobody was added yet: clients can book with %(name)s only.", name=name)


def differences_of(
    stored: PackageValues, typed: PackageValues, choices: EditorChoices
) -> list[Difference]:
    """Return what differs between what is stored now and what was typed."""
    return differing(_in_words(stored, choices), _in_words(typed, choices))


def differing(stored: dict[str, str], typed: dict[str, str]) -> list[Difference]:
    """Return what differs between values in words, by the names of their fields."""
    return [Difference(n, stored[n], typed[n]) for n in stored if stored[n] != typed[n]]


def terms_in_words(values: Terms, choices: EditorChoices) -> dict[str, str]:
    """Return what a package and a client's own one both have, by the names of the fields."""
    people = {person.id: person.name for person in choices.practitioners}
    services = {service.id: service.name for service in choices.services}
    lines = [f"{line.sessions} × {services.get(line.service_id, '?')}" for line in values.lines]
    price = "" if values.price is None else money(values.price, choices.currency)
    return {
        _("Assigned practitioner"): people.get(values.assigned_to, ""),
        _("Price"): price,
        _("Sessions a week"): str(values.weekly_limit or ""),
        _("Sessions a month"): str(values.monthly_limit or ""),
        _("Sessions & Services"): ", ".join(lines),
        _("Team booking"): team_summary(values, choices),
    }


def _addresses(package: int | None) -> dict[str, str]:
    """Return where the form goes to be saved, to change its lines, and to ask who is bookable."""
    editor = "packages_editor.edit" if package else "packages_editor.new"
    return {
        "save_url": url_for(editor, package=package),
        "items_url": url_for("packages_editor.items", package=package),
        "table_url": url_for("packages_editor.bookability", package=package),
    }


def people_to_assign(choices: EditorChoices, assigned_to: int) -> list[tuple[int, str]]:
    """Return whom the package can be assigned to; whoever is deactivated only if they have it."""
    found = [
        (p.id, p.name if p.offered else _("%(name)s (deactivated)", name=p.name))
        for p in choices.practitioners
        if p.offered or p.id == assigned_to
    ]
    known = any(id_ == assigned_to for id_, name in found)
    return found if known else [(0, _("Choose a practitioner")), *found]


def _values(form: PackageForm, stored: Package | None) -> PackageValues:
    """Return the values of the form as it stands, with what is stored where it shows nothing."""
    if request.method == "GET":
        return values_of(stored) if stored else blank_values(current_member())
    values = form.read()
    if values.team_booking is None and stored is not None:
        values = replace(values, team_booking=values_of(stored).team_booking)
    return values


def _in_words(values: PackageValues, choices: EditorChoices) -> dict[str, str]:
    return {
        _("Name"): values.name,
        _("Address"): values.slug or "",
        _("Description"): values.description,
        _("Valid for"): str(values.valid_days or ""),
        **terms_in_words(values, choices),
        _("Terms"): values.terms,
    }
