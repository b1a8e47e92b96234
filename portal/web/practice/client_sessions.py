"""The sessions of one client, past and to come."""

from flask import Blueprint, Response, request

from portal.queries.client_sessions import load_client_sessions
from portal.queries.clients import find_visible_client
from portal.web.access import open_to
from portal.web.accounts import current_member, members
from portal.web.htmx import render_page
from portal.web.practice.addresses import ID
from portal.web.practice.session_words import ENDINGS, STATUS
from portal.web.request_time import now

blueprint = Blueprint("client_sessions", __name__, url_prefix=f"/clients/<{ID}:client>/sessions")


@blueprint.get("")
@open_to(members)
def index(client: int) -> Response:
    """List them, for whoever may see the client."""
    person = find_visible_client(client, current_member())
    return render_page(
        "practice/client_sessions.html",
        client=person,
        sessions=load_client_sessions(person, request.args.get("page", 1, type=int), now()),
        status_words=STATUS,
        ending_words=ENDINGS,
    )
