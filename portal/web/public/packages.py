"""A package's public booking page."""

from flask import Blueprint, Response

from portal.queries.offers import load_offer
from portal.web.access import anyone, open_to
from portal.web.public.booking_page import (
    booking_page,
    door_for,
    hold_chosen_opening,
    require_offered,
)
from portal.web.public.often import anyone_not_too_often
from portal.web.request_time import now

blueprint = Blueprint("packages", __name__)


@blueprint.get("/book/<slug:package>")
@open_to(anyone)
def show(package: str) -> Response:
    """The package, and a week of its openings; or its block `openings` alone."""
    offer = require_offered(load_offer(package, now()))
    return booking_page(offer, door_for(offer))


@blueprint.post("/book/<slug:package>/holds")
@open_to(anyone_not_too_often)
def hold_opening(package: str) -> Response:
    """Hold the chosen opening for this visitor."""
    offer = require_offered(load_offer(package, now()))
    return hold_chosen_opening(offer, door_for(offer))
