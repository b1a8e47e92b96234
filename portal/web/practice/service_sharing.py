"""Manage sharing: who besides its owner offers a service."""

from dataclasses import replace

from flask import Blueprint, Response, request, url_for

from portal.actions.service_sharing import NobodyNamed, share_service
from portal.errors import Changed
from portal.models import Right
from portal.queries.sharing import SharingPage, load_sharing_page
from portal.scheduling.eligibility import Sharing
from portal.web.access import open_to
from portal.web.accounts import current_member, those_who_may
from portal.web.forms.service import SharingForm
from portal.web.htmx import render_page, whole_page
from portal.web.practice.addresses import ID, row_id
from portal.web.request_time import now

blueprint = Blueprint("service_sharing", __name__)


@blueprint.get(f"/services/<{ID}:service>/sharing")
@open_to(those_who_may(Right.OFFERS))
def show(service: int) -> Response:
    """Show with whom the service is shared, and who can offer it.

    An address may name somebody with whom it is to be shared: they're ticked, and nothing is saved.
    """
    page = load_sharing_page(service)
    if with_them := _with_one_more(page, request.args.get("member", type=row_id)):
        return _page(with_them, _form(with_them), changed=True)
    return _page(page, _form(page))


@blueprint.post(f"/services/<{ID}:service>/sharing/preview")
@open_to(those_who_may(Right.OFFERS))
def preview(service: int) -> Response:
    """Show who could offer the service with what is chosen. Nothing is saved."""
    form = _form(load_sharing_page(service))
    valid = form.validate()
    return _page(_page_for(service, form), form, changed=True, status=200 if valid else 422)


@blueprint.post(f"/services/<{ID}:service>/sharing")
@open_to(those_who_may(Right.OFFERS))
def save(service: int) -> Response:
    """Share the service so from now on, and show it."""
    form = _form(load_sharing_page(service))
    if not form.validate():
        return _page(_page_for(service, form), form, 422, changed=True)
    try:
        share_service(service, form.version.value, form.settings(), current_member(), now())
    except NobodyNamed as refusal:
        return _nobody_named(service, form, refusal)
    except Changed as refusal:
        page = _page_for(service, form)
        form.version.data = str(page.version)
        return _page(page, form, 409, changed=True, refused=str(refusal))
    return whole_page(url_for(".show", service=service, saved=1))


def _form(page: SharingPage) -> SharingForm:
    stored = {"version": page.version, "sharing": page.sharing}
    return SharingForm(data={**stored, "members": page.members, "roles": page.role_ids})


def _with_one_more(page: SharingPage, member: int | None) -> SharingPage | None:
    """Return the page as it would be with somebody ticked; None where that takes more than a tick.

    With roles, or with all, somebody has to think. A list that is only kept isn't put in force.
    """
    listed = page.members if page.sharing is Sharing.MEMBERS else ()
    to_be_named = member in [person.id for person in page.people]
    if page.sharing not in (Sharing.PRIVATE, Sharing.MEMBERS) or not to_be_named:
        return None
    if member is None or member in listed:
        return None
    members = (*listed, member)
    shown = load_sharing_page(page.service_id, Sharing.MEMBERS, members, page.role_ids)
    return replace(shown, sharing=Sharing.MEMBERS, members=members)


def _page_for(service: int, form: SharingForm) -> SharingPage:
    if form.sharing.value is None:
        return load_sharing_page(service)
    chosen = form.settings()
    return load_sharing_page(service, chosen.sharing, chosen.members, chosen.roles)


def _nobody_named(service: int, form: SharingForm, refusal: NobodyNamed) -> Response:
    field = form.list_in_force()
    assert field is not None, "somebody has to be named only where a list is in force"
    field.errors = [str(refusal)]
    return _page(_page_for(service, form), form, 422, changed=True)


def _page(
    page: SharingPage,
    form: SharingForm,
    status: int = 200,
    changed: bool = False,
    refused: str | None = None,
) -> Response:
    return render_page(
        "practice/service_sharing.html",
        "offering",
        status,
        page=page,
        form=form,
        changed=changed,
        refused=refused,
        saved="saved" in request.args and status == 200,
    )
