"""The site's own address. Clients come by a package's link, so whoever opens it works here."""

from flask import Blueprint, Response, make_response, redirect, url_for

from portal.web.access import anyone, open_to

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@open_to(anyone)
def show() -> Response:
    """Go on to My Services, which asks a visitor to sign in."""
    return make_response(redirect(url_for("services.index"), 303))
