"""Erasing a client on request: what goes, what stays, and a tick, because it can't be undone."""

from flask import Blueprint, Response, url_for

from portal.actions.erasing import erase_client
from portal.errors import Refused
from portal.models import Right
from portal.queries.clients_page import load_client
from portal.web.access import open_to
from portal.web.accounts import current_member, those_who_may
from portal.web.forms.team import ConfirmForm
from portal.web.htmx import render_page, whole_page
from portal.web.practice.addresses import ID
from portal.web.request_time import now

blueprint = Blueprint("erasing_clients", __name__)


@blueprint.get(f"/clients/<{ID}:client>/erasure")
@open_to(those_who_may(Right.CLIENTS))
def show(client: int) -> Response:
    """Show what would go and what would stay."""
    return _page(client, ConfirmForm(formdata=None))


@blueprint.post(f"/clients/<{ID}:client>/erasure")
@open_to(those_who_may(Right.CLIENTS))
def erase(client: int) -> Response:
    """Erase the client, and show what is left."""
    sure = ConfirmForm()
    if not sure.validate():
        return _page(client, sure, 422)
    try:
        erase_client(client, current_member(), now())
    except Refused as reason:
        return _page(client, sure, 409, str(reason))
    return whole_page(url_for("clients.show", client=client, done="erased"))


def _page(
    client: int, sure: ConfirmForm, status: int = 200, refused: str | None = None
) -> Response:
    page = load_client(client, current_member(), now())
    return render_page(
        "practice/client_erasure.html",
        status=status,
        page=page,
        client=page.client,
        sure=sure,
        refused=refused,
    )
