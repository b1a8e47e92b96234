"""The history of a client's package: what became of each session; and *Adjust*."""

from flask import Blueprint, Response, request, url_for

from portal.actions.adjusting import adjust_credits
from portal.errors import Changed, WrongField
from portal.models import ClientPackage, Right
from portal.queries.client_packages import find_client_package
from portal.queries.credit_history import load_history
from portal.web.access import open_to, the_practice
from portal.web.accounts import current_member, may_open, members, those_who_may
from portal.web.forms.client_package import AdjustForm
from portal.web.htmx import render_page, whole_page
from portal.web.practice.addresses import ID
from portal.web.practice.credit_words import what_happened, who, why
from portal.web.request_time import now

blueprint = Blueprint("credits", __name__)

HISTORY = f"/clients/<{ID}:client>/packages/<{ID}:own>/history"


@blueprint.get(HISTORY)
@open_to(members)
def index(client: int, own: int) -> Response:
    """Show the history, and the form that adds or takes away sessions."""
    found = find_client_package(client, own, current_member())
    return _page(found, AdjustForm(formdata=None, data={"version": found.version}))


@blueprint.post(f"{HISTORY}/adjustments")
@open_to(those_who_may(Right.OFFERS))
def adjust(client: int, own: int) -> Response:
    """Add unused sessions, or take some away."""
    found, form = find_client_package(client, own, current_member()), AdjustForm()
    if not form.validate():
        return _page(found, form, 422)
    seen, service, by = int(form.version.data), form.service.value, current_member()
    try:
        adjust_credits(own, service, form.change_by(), form.why.value, seen, by, now())
    except WrongField as wrong:
        form[wrong.field].errors = [str(wrong)]
        return _page(found, form, 422)
    except Changed as changed:
        form.version.data = str(found.version)
        return _page(found, form, 409, str(changed))
    return whole_page(url_for(".index", client=client, own=own, adjusted=1))


def _page(
    own: ClientPackage, form: AdjustForm, status: int = 200, changed: str | None = None
) -> Response:
    practice = the_practice()
    return render_page(
        "practice/client_package_history.html",
        status=status,
        client=own.client,
        package=own.package,
        own=own,
        form=form,
        history=load_history(own, practice, now(), request.args.get("page", 1, type=int)),
        zone=practice.zone,
        may_adjust=may_open("credits.adjust"),
        may_edit=may_open("client_packages.edit"),
        adjusted="adjusted" in request.args and status == 200,
        changed=changed,
        what_happened=what_happened,
        who=who,
        why=why,
    )
