"""The site's own address. Clients come by a package's link, so whoever opens it works here."""

from flask import Blueprint, Response, current_app, make_response, redirect

from portal.web.access import anyone, open_to

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@open_to(anyone)
def show() -> Response:
    """Go on to where signing in leads to, which asks a visitor to sign in."""
    return make_response(redirect(current_app.config["SECURITY_POST_LOGIN_VIEW"], 303))
