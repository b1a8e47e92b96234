"""Short links: a code that leads to a package's booking page."""

from flask import Blueprint, Response, make_response, redirect, request, url_for

from portal.actions.sharing import count_opening
from portal.web.access import anyone, open_to, short_link_in_force
from portal.web.limits import misses

blueprint = Blueprint("short_links", __name__)


def _missed(answer: Response) -> bool:
    """Say whether the code was unknown: only such tries are counted, they may be guesses."""
    return answer.status_code == 404


@blueprint.get("/s/<code>")
@open_to(anyone)
@misses("SHORT_LINK_MISSES", "short links", _missed)
def follow(code: str) -> Response:
    """Go on to the booking page; 410 for a code that was replaced.

    Each GET is counted, which is all that it changes; a HEAD, as link checkers send it, isn't.
    """
    link = short_link_in_force(code)
    booking_page = url_for("packages.show", package=link.package.slug)
    if request.method == "GET":
        count_opening(link.id)
    return make_response(redirect(booking_page, 303))
