"""A booking's own page: what was booked, what happens next, and the way to the next session.

Whoever has the link sees it. It says nothing about the client: the address that was typed may be
somebody else's, and what the clinic knows about that person is not for the one who typed it.
"""

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask_babel import gettext as _

from portal.errors import NotFound
from portal.mail.calendar_file import media_type, published_file
from portal.queries.offers import Offer, load_client_offer
from portal.web.access import open_to, whoever_has_the_link
from portal.web.public.booking_page import booking_page, hold_chosen_opening, own_door_for
from portal.web.public.booking_view import show_booking
from portal.web.public.choices import visitors_zone
from portal.web.public.whose import find_booking, find_made
from portal.web.request_time import now

blueprint = Blueprint("bookings", __name__)


@blueprint.get("/bookings/<ref:ref>")
@open_to(whoever_has_the_link)
def show(ref: str) -> Response:
    """The booking; a time that is only held has its form instead."""
    booking = find_booking(ref)
    if booking.held_until is not None:
        tz = visitors_zone(request.args)
        return make_response(redirect(url_for("holds.show", token=ref, tz=tz), 303))
    return show_booking(ref, booking, done=request.args.get("done"))


@blueprint.get("/bookings/<ref:ref>/calendar.ics")
@open_to(whoever_has_the_link)
def calendar(ref: str) -> Response:
    """The booking as a file for the client's calendar."""
    file = published_file(find_made(ref), now())
    answer = make_response(file)
    answer.content_type = media_type(file)
    answer.headers["Content-Disposition"] = 'attachment; filename="session.ics"'
    return answer


@blueprint.get("/bookings/<ref:ref>/next")
@open_to(whoever_has_the_link)
def book_next(ref: str) -> Response:
    """The booking page of the client's own package; or its block `openings` alone."""
    return booking_page(_own_package(ref), own_door_for(ref))


@blueprint.post("/bookings/<ref:ref>/next/holds")
@open_to(whoever_has_the_link)
def hold_next(ref: str) -> Response:
    """Hold the chosen opening for the client's own package."""
    return hold_chosen_opening(_own_package(ref), own_door_for(ref))


def _own_package(ref: str) -> Offer:
    """Return the client's own package that this booking is of."""
    booking = find_booking(ref)
    if booking.client_package_id is None:
        raise NotFound(_("This booking isn’t one of a client’s package."))
    return load_client_offer(booking.client_package_id, now())
