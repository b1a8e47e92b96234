"""A booking's page, also where something couldn't be done to it, which it then says on top."""

from flask import Response, make_response, redirect, request, url_for
from flask_babel import gettext as _

from portal.models import Booking, Ending, Status
from portal.queries.bookings import offer_of
from portal.queries.cancellation import cancellation_terms
from portal.queries.offers import Offer
from portal.queries.own_offers import is_usable
from portal.queries.reaching import clinics_address
from portal.web.access import the_practice
from portal.web.client_here import current_client
from portal.web.htmx import render_page
from portal.web.public import visit
from portal.web.public.choices import own_zone, visitors_zone
from portal.web.request_time import now


def show_booking(
    ref: str,
    booking: Booking,
    status: int = 200,
    notice: str | None = None,
    done: str | None = None,
) -> Response:
    """Answer with the booking's page; `done` is what the client has just done to it."""
    offer = _offer(booking)
    practice = offer.practice if offer else the_practice()
    return render_page(
        "public/booking.html",
        status=status,
        ref=ref,
        booking=booking,
        offer=offer,
        practice=practice,
        notice=notice,
        done=_DONE.get(done or "") if booking.status in CHANGEABLE else None,
        booked=visit.just_booked(ref),
        words=_words(booking),
        terms=cancellation_terms(booking, now()),
        is_over=booking.ends_at <= now(),
        can_book_next=offer is not None and offer.holder.client_active and is_usable(offer, now()),
        clinics_address=clinics_address(),
        signed_in=current_client() is not None,
        own_zone=own_zone(visitors_zone(request.args), practice.zone),
    )


def to_booking(ref: str, done: str | None) -> Response:
    """Lead to the booking's page, which says what was done; None: nothing was."""
    tz = visitors_zone(request.values)
    return make_response(redirect(url_for("bookings.show", ref=ref, done=done, tz=tz), 303))


CHANGEABLE = (Status.REQUESTED, Status.CONFIRMED)

_DONE = {"moved": "moved", "stayed": "stayed", "restored": "restored"}


def _offer(booking: Booking) -> Offer | None:
    """Return the package that the booking is of; None for a session outside any package."""
    return offer_of(booking, now()) if booking.client_package_id is not None else None


def _words(booking: Booking) -> tuple[str, str]:
    """Return what the booking is at present, in a word or two and as the page's heading."""
    over = booking.ends_at <= now()
    match booking.status:
        case Status.REQUESTED:
            return _("Requested"), _("Your request") if over else _("Your request is in")
        case Status.CONFIRMED:
            return (_("Over"), _("Your session")) if over else (_("Confirmed"), _("You’re booked"))
        case Status.COMPLETED:
            return _("Completed"), _("Your session took place")
        case Status.NO_SHOW:
            return _("Missed"), _("You missed this session")
        case _:
            return _how_it_ended(booking.ending)


def _how_it_ended(ending: Ending | None) -> tuple[str, str]:
    match ending:
        case Ending.BY_CLIENT:
            return _("Cancelled"), _("You cancelled this session")
        case Ending.BY_CLINIC:
            return _("Cancelled"), _("The clinic cancelled this session")
        case Ending.DECLINED:
            return _("Declined"), _("The clinic couldn’t accept your request")
        case Ending.LAPSED:
            return _("Lapsed"), _("Your request wasn’t answered in time")
        case None:
            return _("Cancelled"), _("This session was cancelled")
