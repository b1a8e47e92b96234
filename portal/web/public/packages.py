"""A package's public booking page."""

from flask import Blueprint, Response, request

from portal.queries.offers import load_offer
from portal.web.access import anyone, open_to
from portal.web.public.booking_page import booking_page, door_for, hold_chosen_opening
from portal.web.public.own_package import offer_here, require_offered
from portal.web.request_time import now

blueprint = Blueprint("packages", __name__)


@blueprint.get("/book/<slug:package>")
@open_to(anyone)
def show(package: str) -> Response:
    """The package, and a week of its openings; or its block `openings` alone.

    A client who is signed in sees their own copy, and books from it.
    """
    offer = offer_here(package, request.args)
    return booking_page(offer, door_for(offer))


@blueprint.post("/book/<slug:package>/holds")
@open_to(anyone)
def hold_opening(package: str) -> Response:
    """Hold the chosen opening for this visitor."""
    offer = offer_here(package, request.form)
    return hold_chosen_opening(offer, door_for(offer))


@blueprint.get("/book/<slug:package>/new-package")
@open_to(anyone)
def show_new(package: str) -> Response:
    """The package as a newcomer gets it, also for a client who has one already."""
    offer = require_offered(load_offer(package, now()))
    return booking_page(offer, door_for(offer))


@blueprint.post("/book/<slug:package>/new-package/holds")
@open_to(anyone)
def hold_new(package: str) -> Response:
    """Hold the chosen opening for a new package."""
    offer = require_offered(load_offer(package, now()))
    return hold_chosen_opening(offer, door_for(offer))
