"""A client moves their session to another time, or to somebody else where that is allowed."""

from collections.abc import Mapping

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _

from portal.actions.rescheduling import reschedule
from portal.errors import Refused, Taken
from portal.models import Booking
from portal.queries.cancellation import why_not_changed_by_client
from portal.queries.new_times import NewTime, find_new_time, offer_for_new_time
from portal.web.access import open_to, the_practice, whoever_has_the_link
from portal.web.htmx import render_page
from portal.web.public.board_view import Door, view_board
from portal.web.public.booking_page import chosen_opening, refusal_text
from portal.web.public.booking_view import show_booking, to_booking
from portal.web.public.choices import ANY, own_zone, visitors_zone
from portal.web.public.often import count_change
from portal.web.public.whose import find_made
from portal.web.request_time import now

blueprint = Blueprint("new_times", __name__)


@blueprint.get("/bookings/<ref:ref>/new-time")
@open_to(whoever_has_the_link)
def show(ref: str) -> Response:
    """The openings that the session can be moved to; or the block `openings` alone."""
    return _openings(ref, find_made(ref), request.args)


@blueprint.get("/bookings/<ref:ref>/new-time/confirmation")
@open_to(whoever_has_the_link)
def confirm(ref: str) -> Response:
    """What the session was and will be, and the button that moves it."""
    booking = find_made(ref)
    try:
        return _confirmation(ref, booking, _chosen(booking, request.args))
    except Refused as refusal:
        return _openings(ref, booking, _with_anybody(request.args), 409, _why_not(refusal))


@blueprint.post("/bookings/<ref:ref>/new-time")
@open_to(whoever_has_the_link)
def move(ref: str) -> Response:
    """Move the session; where the opening went meanwhile, show fresh ones."""
    booking, method = find_made(ref), request.form.get("delivery", "")
    count_change()
    try:
        member_id, start = chosen_opening(request.form)
        moved = reschedule(booking.id, member_id=member_id, start=start, method=method, now=now())
    except Refused as refusal:
        asked = _with_anybody(request.form)
        return _openings(ref, find_made(ref), asked, 409, _why_not(refusal))
    return to_booking(ref, "moved" if moved else "stayed")


def _chosen(booking: Booking, asked: Mapping[str, str]) -> NewTime:
    member_id, start = chosen_opening(asked)
    return find_new_time(booking, member_id, start, asked.get("delivery", ""), now())


def _openings(
    ref: str,
    booking: Booking,
    asked: Mapping[str, str],
    status: int = 200,
    notice: str | None = None,
) -> Response:
    if (why_not := why_not_changed_by_client(booking, now())) is not None:
        return show_booking(ref, booking, 409, why_not)
    offer = offer_for_new_time(booking, now())
    door = Door(
        page=url_for("new_times.show", ref=ref),
        holds=None,
        back=url_for("bookings.show", ref=ref),
        confirms=url_for("new_times.confirm", ref=ref),
    )
    # Who has the session keeps it unless somebody else is asked for.
    now_is = {"practitioner": str(booking.member_id), "delivery": booking.delivery}
    return render_page(
        "public/new_time.html",
        "openings",
        status,
        booking=booking,
        offer=offer,
        practice=offer.practice,
        door=door,
        notice=notice,
        view=view_board(offer, door, {**now_is, **asked}, now(), moving=booking),
        own=None,
        own_zone=own_zone(visitors_zone(asked), offer.practice.zone),
    )


def _confirmation(ref: str, booking: Booking, chosen: NewTime) -> Response:
    if (why_not := why_not_changed_by_client(booking, now())) is not None:
        return show_booking(ref, booking, 409, why_not)
    practice = the_practice()
    names = ("opening", "delivery", "practitioner", "week")
    asked = {name: request.args.get(name, "") for name in names}
    return render_page(
        "public/new_time_confirmation.html",
        ref=ref,
        booking=booking,
        chosen=chosen,
        practice=practice,
        asked={**asked, "tz": visitors_zone(request.args) or ""},
        own_zone=own_zone(visitors_zone(request.args), practice.zone),
    )


def _with_anybody(asked: Mapping[str, str]) -> dict[str, str]:
    """Return the choices with everybody's openings: the chosen one is gone."""
    kept = {name: asked.get(name, "") for name in ("delivery", "week", "tz")}
    return {**{name: value for name, value in kept.items() if value}, "practitioner": ANY}


def _why_not(refusal: Refused) -> str:
    if isinstance(refusal, Taken):
        return _(
            "That time has just been taken. Your session stays as it is: please choose another "
            "of the times below."
        )
    return refusal_text(refusal)
