"""The editor of a service: add, change, duplicate, archive and restore it."""

from collections.abc import Iterable

from flask import Blueprint, Response, request, url_for

from portal.actions.services import (
    SlugTaken,
    add_service,
    archive_service,
    duplicate_service,
    restore_service,
    save_service,
)
from portal.errors import Changed, Refused
from portal.models import Delivery, Right, Service
from portal.queries.services import (
    EditorFacts,
    find_editable_service,
    left_without_hours,
    load_editor_facts,
)
from portal.web.access import open_to
from portal.web.accounts import current_member, members, those_who_may
from portal.web.forms.reminders import reminders_words
from portal.web.forms.service import ServiceForm
from portal.web.htmx import render_page, whole_page
from portal.web.practice.addresses import ID
from portal.web.practice.services import services_page
from portal.web.request_time import now

blueprint = Blueprint("service_editor", __name__)


@blueprint.get("/services/new")
@open_to(those_who_may(Right.OFFERS))
def new() -> Response:
    """Show an empty editor; the service will be of whoever fills it in, if they can be booked."""
    facts = load_editor_facts(None, current_member())
    form = ServiceForm(None, facts.owners)
    form.owner.data = form.owner.data or current_member().id
    return _page(None, form, facts)


@blueprint.post("/services")
@open_to(those_who_may(Right.OFFERS))
def add() -> Response:
    """Add the service, and show it."""
    facts = load_editor_facts(None, current_member())
    form = ServiceForm(None, facts.owners)
    if not form.validate():
        return _page(None, form, facts, 422)
    service = add_service(form.settings(), current_member(), now())
    return whole_page(url_for("service_editor.edit", service=service.id, saved="new"))


@blueprint.get(f"/services/<{ID}:service>")
@open_to(members)
def edit(service: int) -> Response:
    """Show the service with all its settings."""
    found = find_editable_service(service, current_member())
    facts = load_editor_facts(found, current_member())
    return _page(found, ServiceForm(found, facts.owners), facts)


@blueprint.post(f"/services/<{ID}:service>")
@open_to(members)
def save(service: int) -> Response:
    """Save the service, and show it again."""
    found = find_editable_service(service, current_member())
    facts, before = load_editor_facts(found, current_member()), _methods(found.delivery)
    form = ServiceForm(found, facts.owners)
    if not form.validate():
        return _page(found, form, facts, 422)
    try:
        saved = save_service(service, form.version.value, form.settings(), current_member(), now())
    except (Changed, SlugTaken) as refusal:
        return _refused(service, form, refusal)
    removed = sorted(before - _methods(saved.delivery)) or None
    return whole_page(url_for(".edit", service=service, saved="1", removed=removed))


@blueprint.post(f"/services/<{ID}:service>/copies")
@open_to(those_who_may(Right.OFFERS))
def duplicate(service: int) -> Response:
    """Make a copy, and show it."""
    copy = duplicate_service(service, current_member(), now())
    return whole_page(url_for(".edit", service=copy.id, saved="copy"))


@blueprint.post(f"/services/<{ID}:service>/archive")
@open_to(members)
def archive(service: int) -> Response:
    """Take the service off the lists; or show them, with what stands in the way."""
    found = find_editable_service(service, current_member())
    try:
        archive_service(found.id, current_member(), now())
    except Refused as refusal:
        return services_page(archived=False, status=409, refused=str(refusal))
    return whole_page(url_for("services.index", done="archived"))


@blueprint.post(f"/services/<{ID}:service>/restoration")
@open_to(members)
def restore(service: int) -> Response:
    """Put the service back on the lists, and show them."""
    found = find_editable_service(service, current_member())
    restore_service(found.id, current_member(), now())
    return whole_page(url_for("services.index", done="restored"))


def _refused(service_id: int, form: ServiceForm, refusal: Refused) -> Response:
    """Answer with what was typed; saving it again then keeps it, whoever saved in between."""
    service = find_editable_service(service_id, current_member())
    facts = load_editor_facts(service, current_member())
    if isinstance(refusal, SlugTaken):
        form.slug.errors = [str(refusal)]
        return _page(service, form, facts, 422)
    form.version.data = str(service.version)
    return _page(service, form, facts, 409, str(refusal))


def _page(
    service: Service | None,
    form: ServiceForm,
    facts: EditorFacts,
    status: int = 200,
    refused: str | None = None,
) -> Response:
    removed = _methods(request.args.getlist("removed"))
    return render_page(
        "practice/service.html",
        status=status,
        service=service,
        form=form,
        facts=facts,
        reminders_words=reminders_words,
        stored=ServiceForm(service, (), formdata=None) if refused else None,
        differing=form.differing(service) if service and refused else [],
        saved=request.args.get("saved") if status == 200 else None,
        stranded=left_without_hours(service, removed) if service and removed else (),
        may_share=current_member().may(Right.OFFERS),
        refused=refused,
    )


def _methods(words: Iterable[str]) -> set[Delivery]:
    return {method for method in Delivery if method.value in words}
