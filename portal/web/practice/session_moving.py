"""Moving a session: to an opening of the rule, or to any time with what must be confirmed."""

from flask import Blueprint, Response, request, url_for

from portal.actions.moving import move
from portal.errors import Refused
from portal.models import Booking
from portal.queries.booking_for_client import offer_to_move, practitioners
from portal.queries.staff_bookings import find_booking_for_staff
from portal.web.access import open_to, the_practice
from portal.web.accounts import current_member, members
from portal.web.forms.session import TimeForm
from portal.web.htmx import render_page
from portal.web.practice.addresses import ID
from portal.web.practice.chosen_time import (
    about,
    confirmed_by,
    local_fields,
    of_opening,
    what_to_tick,
)
from portal.web.practice.seen import as_seen, to_session
from portal.web.public.board_view import Door, view_board
from portal.web.request_time import now

blueprint = Blueprint("session_moving", __name__, url_prefix=f"/sessions/<{ID}:session>/move")


@blueprint.get("")
@open_to(members)
def show(session: int) -> Response:
    """Show a week of openings, and a form for any time: filled in with an opening that's chosen."""
    return _page(find_booking_for_staff(session, current_member()))


@blueprint.post("")
@open_to(members)
def move_session(session: int) -> Response:
    """Move it."""
    booking, form = find_booking_for_staff(session, current_member()), TimeForm()
    zone = the_practice().zone
    if not form.validate() or not form.is_on_the_clock(zone):
        return _page(booking, 422, form)
    try:
        moved = move(
            session,
            member_id=form.practitioner.value,
            start=form.start(zone),
            method=form.delivery.value.value,
            confirmed=confirmed_by(form, zone),
            by=current_member(),
            now=now(),
            seen=as_seen(),
        )
    except Refused as refusal:
        return _page(booking, 409, form, refusal)
    return to_session(session, "move" if moved else "stay")


def _page(
    booking: Booking,
    status: int = 200,
    form: TimeForm | None = None,
    refused: Refused | None = None,
) -> Response:
    offer, people = offer_to_move(booking, now()), practitioners()
    zone, here = offer.practice.zone, url_for(".show", session=booking.id)
    door = Door(page=here, holds=None, confirms=here)
    as_it_is = {"practitioner": str(booking.member_id), "delivery": booking.delivery}
    asked = as_it_is | request.args.to_dict()
    picked = of_opening(asked, zone)
    now_at = as_it_is | local_fields(booking.starts_at, zone)
    shown = form or TimeForm(formdata=None, data=now_at | picked)
    return render_page(
        "practice/session_move.html",
        "openings" if request.method == "GET" else None,
        status,
        booking=booking,
        offer=offer,
        practice=offer.practice,
        door=door,
        view=view_board(offer, door, asked, now(), moving=booking),
        form=shown,
        chosen=form is not None or bool(picked),
        people=people,
        refused=refused,
        to_tick=what_to_tick(refused, shown, zone, people) if refused and form else (),
        about=about(shown, zone) if refused and form else "",
    )
