"""Clients who are known twice: likely pairs, one pair side by side, and merging them."""

from flask import Blueprint, Response, request, url_for

from portal.actions.merging_clients import merge_clients
from portal.errors import Refused
from portal.models import Right
from portal.queries.clients import find_visible_client, search_clients
from portal.queries.duplicates import likely_duplicates, load_duplicates
from portal.queries.merging_clients import load_comparison
from portal.web.access import open_to
from portal.web.accounts import current_member, those_who_may
from portal.web.forms import one_line
from portal.web.forms.client import MergeForm
from portal.web.htmx import render_page, whole_page
from portal.web.practice.addresses import ID
from portal.web.request_time import now

blueprint = Blueprint("merging_clients", __name__)


@blueprint.get("/clients/duplicates")
@open_to(those_who_may(Right.CLIENTS))
def index() -> Response:
    """List the pairs that are likely one person."""
    page = request.args.get("page", 1, type=int)
    return render_page("practice/duplicates.html", pairs=load_duplicates(current_member(), page))


@blueprint.get(f"/clients/<{ID}:client>/duplicates")
@open_to(those_who_may(Right.CLIENTS))
def choose(client: int) -> Response:
    """Show who this client may be once more, and a search for anybody else."""
    found, words = (
        find_visible_client(client, current_member()),
        one_line(request.args.get("words")),
    )
    return render_page(
        "practice/duplicates_of.html",
        fragment="others",
        client=found,
        twins=likely_duplicates(found, current_member()),
        words=words,
        others=search_clients(current_member(), words) if words else None,
    )


@blueprint.get(f"/clients/<{ID}:client>/duplicates/<{ID}:other>")
@open_to(those_who_may(Right.CLIENTS))
def compare(client: int, other: int) -> Response:
    """Show both side by side."""
    return _page(client, other)


@blueprint.post(f"/clients/<{ID}:client>/duplicates/<{ID}:other>")
@open_to(those_who_may(Right.CLIENTS))
def merge(client: int, other: int) -> Response:
    """Merge the two into the one who is kept, and show them."""
    form, both = MergeForm(), {client, other}
    if not form.validate() or form.keep.value not in both:
        return _page(client, other, 422, missing=True)
    keep = form.keep.value
    try:
        merge_clients(keep, (both - {keep}).pop(), current_member(), now())
    except Refused as reason:
        return _page(client, other, 409, str(reason))
    return whole_page(url_for("clients.show", client=keep, done="merged"))


def _page(
    client: int, other: int, status: int = 200, refused: str | None = None, missing: bool = False
) -> Response:
    return render_page(
        "practice/merging_clients.html",
        status=status,
        page=load_comparison(client, other, current_member()),
        client=find_visible_client(client, current_member()),
        other=other,
        refused=refused,
        missing=missing,
    )
