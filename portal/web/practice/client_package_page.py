"""The pages of a client's package that is edited or about to be made, as the form stands."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext as _

from portal.models import Client, ClientPackage, Package
from portal.queries.bookability import load_bookability, newcomers_columns, own_draft
from portal.queries.client_package_values import (
    OwnValues,
    own_values,
    taken_of,
    values_of_template,
)
from portal.queries.package_faults import undelivered
from portal.queries.packages import EditorChoices, load_choices
from portal.web.access import the_practice
from portal.web.forms.client_package import ClientPackageForm
from portal.web.htmx import render_page
from portal.web.practice.bookability_words import mend, why_not
from portal.web.practice.package_page import (
    Difference,
    differing,
    people_to_assign,
    team_summary,
    terms_in_words,
)
from portal.web.request_time import now
from portal.web.templating import long_date


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose package it is, of which template; `own` is None for one that is about to be made."""

    client: Client
    package: Package
    own: ClientPackage | None = None

    @property
    def started_on(self) -> date:
        """The date of the clinic on which it was started, or would be."""
        return self.own.started_on if self.own else the_practice().today(now())

    def template(self) -> OwnValues:
        """Return what the template says now, for a package that was started then."""
        return values_of_template(self.package, self.started_on)

    def stored(self) -> OwnValues:
        """Return what is stored, or what a new one begins with."""
        return own_values(self.own) if self.own else self.template()

    def address(self, what: str) -> str:
        """Return where the form goes: `edit` (or `new`), `items`, `bookability`."""
        if self.own:
            return url_for(f"client_packages.{what}", client=self.client.id, own=self.own.id)
        endpoint = "client_packages.new" if what == "edit" else f"client_packages.new_{what}"
        return url_for(endpoint, client=self.client.id, package=self.package.id)


def client_package_page(
    form: ClientPackageForm,
    subject: Subject,
    *,
    fragment: str | None = None,
    status: int = 200,
    changed: str | None = None,
    refused: str | None = None,
    focus: str | None = None,
) -> Response:
    """Answer with the editor. `changed` says that somebody else saved; `focus` is an element."""
    own, stored, template = subject.own, subject.stored(), subject.template()
    values = _values(form, stored)
    choices = load_choices(stored, template)
    differences: list[Difference] = []
    if changed and own:
        differences = differences_of(stored, values, choices)
        form.version.data = str(own.version)
    return render_page(
        "practice/client_package.html",
        fragment,
        status,
        form=form,
        client=subject.client,
        package=subject.package,
        own=own,
        choices=choices,
        people=people_to_assign(choices, values.assigned_to),
        assigned=next((p for p in choices.practitioners if p.id == values.assigned_to), None),
        summary=team_summary(
            values, choices, newly=not (stored.team_booking and stored.team_booking.enabled)
        ),
        unclear=form.unclear or [],
        warnings=undelivered(values, stored if own else None),
        changed=changed,
        differences=differences,
        from_template=differences_of(template, values, choices),
        resets=resets_of(own, choices) if own else [],
        refused=refused,
        focus=focus,
        unsaved=request.method == "POST",
        saved="saved" in request.args,
        save_url=subject.address("edit"),
        items_url=subject.address("items"),
        table_url=subject.address("bookability"),
        **_table(subject, values),
    )


def differences_of(stored: OwnValues, typed: OwnValues, choices: EditorChoices) -> list[Difference]:
    """Return what differs between two sets of values, in words."""
    return differing(_in_words(stored, choices), _in_words(typed, choices))


def resets_of(own: ClientPackage, choices: EditorChoices) -> list[Difference]:
    """Return what *Reset to template* would change: what is stored and what it would be."""
    after = values_of_template(own.package, own.started_on, taken_of(own))
    return differences_of(own_values(own), after, choices)


def _table(subject: Subject, values: OwnValues) -> dict[str, Any]:
    """Return who could be booked by the client if these values were stored."""
    own = subject.own
    taken = taken_of(own) if own else {}
    offer = own_draft(
        values, subject.package, subject.client, taken, now(), own.id if own else None
    )
    return {
        "taken": {str(service_id): count for service_id, count in taken.items()},
        "zone": offer.practice.zone,
        "table": load_bookability(newcomers_columns(offer), now()),
        "why_not": why_not,
        "mend": lambda cell, row: mend(cell, row, ""),
    }


def _values(form: ClientPackageForm, stored: OwnValues) -> OwnValues:
    """Return the values of the form as it stands, with what is stored where it shows nothing."""
    if request.method == "GET":
        return stored
    values = form.read()
    if values.team_booking is None:
        values = replace(values, team_booking=stored.team_booking)
    return values


def _in_words(values: OwnValues, choices: EditorChoices) -> dict[str, str]:
    expires = long_date(values.expires_on) if values.expires_on else _("never")
    return {**terms_in_words(values, choices), _("Expires"): expires}
