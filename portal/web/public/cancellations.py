"""A client cancels their session: what that means comes first, and it can be taken back."""

from flask import Blueprint, Response, request
from flask_babel import gettext as _

from portal.actions.client_cancelling import cancel_by_client, take_back_cancellation
from portal.errors import Refused, Taken, WrongField
from portal.models import Booking
from portal.queries.bookings import offer_of
from portal.queries.cancellation import cancellation_terms
from portal.web.access import open_to, the_practice, whoever_has_the_link
from portal.web.forms.cancellation import CancellationForm
from portal.web.forms.team import take_refusal
from portal.web.htmx import render_page
from portal.web.public.booking_view import show_booking, to_booking
from portal.web.public.choices import own_zone, visitors_zone
from portal.web.public.often import count_change
from portal.web.public.whose import find_made
from portal.web.request_time import now

blueprint = Blueprint("cancellations", __name__)


@blueprint.get("/bookings/<ref:ref>/cancellation")
@open_to(whoever_has_the_link)
def show(ref: str) -> Response:
    """What cancelling means, and the form for it; or why it can't be done here."""
    return _page(ref, find_made(ref), CancellationForm())


@blueprint.post("/bookings/<ref:ref>/cancellation")
@open_to(whoever_has_the_link)
def cancel(ref: str) -> Response:
    """Cancel the session."""
    booking, form = find_made(ref), CancellationForm()
    if not form.validate():
        return _page(ref, booking, form, 422)
    count_change()
    try:
        cancel_by_client(booking.id, form.reason.value, now())
    except WrongField as refusal:
        take_refusal(form, refusal)
        return _page(ref, find_made(ref), form, 422)
    except Refused as refusal:
        return show_booking(ref, find_made(ref), 409, str(refusal))
    return to_booking(ref, "cancelled")


@blueprint.post("/bookings/<ref:ref>/cancellation/undo")
@open_to(whoever_has_the_link)
def undo(ref: str) -> Response:
    """Take the cancellation back, while the time and the credit are there."""
    booking = find_made(ref)
    count_change()
    try:
        was_cancelled = take_back_cancellation(booking.id, now())
    except Refused as refusal:
        return show_booking(ref, find_made(ref), 409, _why_not_undone(refusal))
    # Pressed twice, or on a page of long ago: nothing was taken back by this.
    return to_booking(ref, "restored" if was_cancelled else None)


def _why_not_undone(refusal: Refused) -> str:
    if isinstance(refusal, Taken):
        return _(
            "That time has been taken meanwhile, so the cancellation stays. Please book another "
            "time."
        )
    return str(refusal)


def _page(ref: str, booking: Booking, form: CancellationForm, status: int = 200) -> Response:
    terms = cancellation_terms(booking, now())
    if terms.why_not is not None:
        return show_booking(ref, booking, 409, terms.why_not)
    practice = the_practice()
    return render_page(
        "public/cancellation.html",
        status=status,
        ref=ref,
        booking=booking,
        offer=offer_of(booking, now()) if booking.client_package_id is not None else None,
        practice=practice,
        terms=terms,
        form=form,
        own_zone=own_zone(visitors_zone(request.values), practice.zone),
    )
