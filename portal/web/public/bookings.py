"""A booking's own page: what was booked, what happens next, and the way to the next session.

Whoever has the link sees it. It says nothing about the client: the address that was typed may be
somebody else's, and what the clinic knows about that person is not for the one who typed it.
"""

from flask import Blueprint, Response, current_app, make_response, redirect, request, url_for

from portal.errors import NotFound
from portal.mail.calendar_file import calendar_file, media_type
from portal.models import Booking
from portal.queries.bookings import find_by_token, offer_of
from portal.queries.offers import Offer, load_client_offer
from portal.web.access import open_to, the_practice, whoever_has_the_link
from portal.web.htmx import render_page
from portal.web.public.booking_page import booking_page, hold_chosen_opening, own_door_for
from portal.web.public.choices import own_zone
from portal.web.request_time import now

blueprint = Blueprint("bookings", __name__)


@blueprint.get("/bookings/<token:token>")
@open_to(whoever_has_the_link)
def show(token: str) -> Response:
    """The booking; a time that is only held has its form instead."""
    booking = find_by_token(token, now())
    if booking.held_until is not None:
        tz = request.args.get("tz") or None
        return make_response(redirect(url_for("holds.show", token=token, tz=tz), 303))
    offer = _offer(booking)
    practice = offer.practice if offer else the_practice()
    return render_page(
        "public/booking.html",
        token=token,
        booking=booking,
        offer=offer,
        practice=practice,
        can_book_next=offer is not None and _can_book_next(offer),
        own_zone=own_zone(request.args.get("tz", ""), practice.zone),
    )


@blueprint.get("/bookings/<token:token>/calendar.ics")
@open_to(whoever_has_the_link)
def calendar(token: str) -> Response:
    """The booking as a file for the client's calendar."""
    booking = _made(find_by_token(token, now()))
    file = calendar_file(booking, current_app.config["BASE_URL"], now())
    answer = make_response(file)
    answer.content_type = media_type(file)
    answer.headers["Content-Disposition"] = 'attachment; filename="session.ics"'
    return answer


@blueprint.get("/bookings/<token:token>/next")
@open_to(whoever_has_the_link)
def book_next(token: str) -> Response:
    """The booking page of the client's own package; or its block `openings` alone."""
    return booking_page(_own_package(token), own_door_for(token))


@blueprint.post("/bookings/<token:token>/next/holds")
@open_to(whoever_has_the_link)
def hold_next(token: str) -> Response:
    """Hold the chosen opening for the client's own package."""
    return hold_chosen_opening(_own_package(token), own_door_for(token))


def _own_package(token: str) -> Offer:
    """Return the client's own package that this private link's booking is of."""
    booking = find_by_token(token, now())
    if booking.client_package_id is None:
        raise NotFound("This link isn't one of a client's package.")
    return load_client_offer(booking.client_package_id, now())


def _made(booking: Booking) -> Booking:
    if booking.held_until is not None:
        raise NotFound("There is no booking yet.")
    return booking


def _offer(booking: Booking) -> Offer | None:
    """Return the package that the booking is of; None for a session outside any package."""
    return offer_of(booking, now()) if booking.client_package_id is not None else None


def _can_book_next(offer: Offer) -> bool:
    """Say whether a session is left that could still be booked from this package."""
    expires = offer.holder.expires
    in_time = expires is None or offer.practice.today(now()) <= expires
    return in_time and offer.holder.client_active and any(item.left > 0 for item in offer.items)
