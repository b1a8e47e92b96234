"""My Practice > My Services: services and packages as cards, and where their menus lead."""

from flask import Blueprint, Response

from portal.queries.services_page import load_services_page
from portal.web.access import open_to
from portal.web.accounts import current_member, members
from portal.web.htmx import render_page

blueprint = Blueprint("services", __name__)


@blueprint.get("/practice/services")
@open_to(members)
def index() -> Response:
    """List what the clinic offers."""
    return render_page("practice/services.html", page=load_services_page(current_member()))
