"""My Practice > My Services: services and packages as cards, and where their menus lead."""

from flask import Blueprint, Response, request

from portal.queries.services_page import load_services_page
from portal.web.access import open_to
from portal.web.accounts import current_member, members
from portal.web.forms import one_line
from portal.web.htmx import render_page

blueprint = Blueprint("services", __name__)


@blueprint.get("/practice/services")
@open_to(members)
def index() -> Response:
    """List what the clinic offers, or what it doesn't offer any more."""
    return services_page(archived=request.args.get("archived") == "1")


def services_page(archived: bool, status: int = 200, refused: str | None = None) -> Response:
    """Answer with My Services; `refused` says why something there wasn't done."""
    asked = request.args
    page = load_services_page(
        current_member(),
        one_line(asked.get("words")),
        archived,
        asked.get("services", 1, type=int),
        asked.get("packages", 1, type=int),
    )
    return render_page(
        "practice/services.html",
        "lists",
        status,
        page=page,
        refused=refused,
        done=asked.get("done"),
    )
