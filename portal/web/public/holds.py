"""A time that is held: who are you, and do you want it?"""

from dataclasses import replace

from flask import Blueprint, Response, current_app, make_response, redirect, request, url_for
from flask_babel import gettext as _

from portal.actions.booking import Contact, book
from portal.actions.holding import release
from portal.errors import NotOnline, Refused
from portal.models import Booking
from portal.queries.bookings import (
    BookingFacts,
    find_by_token,
    find_facts_by_token,
    has_bookings,
    is_held,
    offer_of,
)
from portal.queries.invites import invited_client
from portal.queries.offers import Offer
from portal.web.access import open_to, whoever_has_the_link
from portal.web.client_here import current_client
from portal.web.forms.contact import ContactForm, NoteForm
from portal.web.htmx import render_page
from portal.web.limits import TooOften, seconds_until_reset
from portal.web.public import visit
from portal.web.public.board_view import Door
from portal.web.public.booking_page import (
    booking_page,
    door_for,
    own_door_for,
    refusal_text,
)
from portal.web.public.choices import ANY, own_zone, visitors_zone
from portal.web.public.often import OF_ADDRESS, count_booking
from portal.web.public.own_package import require_offered
from portal.web.request_time import now
from portal.web.templating import the_visitors_language

blueprint = Blueprint("holds", __name__)
ANOTHER = "another"
"""The name of the button that leads back to the openings and keeps what was typed."""


@blueprint.get("/holds/<token:token>")
@open_to(whoever_has_the_link)
def show(token: str) -> Response:
    """The time that is held, and the form that books it."""
    booking = find_by_token(token, now())
    if booking.held_until is None:
        return _to_booking(token)
    offer = require_offered(offer_of(booking, now()))
    return _form_page(token, booking, offer, _form(booking, offer))


@blueprint.post("/holds/<token:token>")
@open_to(whoever_has_the_link)
def confirm(token: str) -> Response:
    """Book the time; or show what's wrong; or, where the time is gone, fresh openings."""
    booking = find_facts_by_token(token, now())
    if booking.held_until is None:
        return _to_booking(token)
    offer = require_offered(offer_of(booking, now()))
    form = _form(booking, offer)
    if ANOTHER in request.form:
        return _choose_another(token, booking, offer, form)
    if not form.validate():
        return _form_page(token, find_by_token(token, now()), offer, form, 422)
    return _book(token, booking, offer, form)


def _book(
    token: str, booking: BookingFacts, offer: Offer, form: ContactForm | NoteForm
) -> Response:
    asked = _choices_of(booking, offer)
    _remember(form)
    contact = replace(form.contact(), language=the_visitors_language())
    try:
        count_booking(_address_to_count(form, contact))
    except TooOften as error:
        if error.rate != OF_ADDRESS or not isinstance(form, ContactForm):
            raise
        return _too_many(error, token, offer, form)
    try:
        book(token, contact, now=now())
    except Refused as refusal:
        if isinstance(refusal, NotOnline):
            # No other try will do, so the time is free for others.
            release(token, now())
        offer = require_offered(offer_of(find_facts_by_token(token, now()), now()))
        return booking_page(offer, _door(token, offer), 409, refusal_text(refusal), asked)
    visit.forget()
    if isinstance(form, ContactForm):
        visit.remember_booked(token, contact.email, contact.name)
    return _to_booking(token)


def _address_to_count(form: ContactForm | NoteForm, contact: Contact) -> str | None:
    """Return the address that was typed; None for one that they've shown to be theirs.

    They have if they're signed in with it, or book from their own package.
    """
    client = current_client()
    is_own = client is not None and client.email == contact.email
    return contact.email if isinstance(form, ContactForm) and not is_own else None


def _too_many(error: TooOften, token: str, offer: Offer, form: ContactForm) -> Response:
    """Say beside the address that it can't be used for more; all that was typed stays."""
    said = _(
        "Too many sessions were booked with this email address in a short time. Please sign in to "
        "My bookings and book there, or get in touch with the clinic."
    )
    form.email.errors = [*form.email.errors, said]
    current_app.logger.warning("Too often: %s", request.endpoint)
    answer = _form_page(token, find_by_token(token, now()), offer, form, 429)
    answer.headers["Retry-After"] = str(seconds_until_reset(error, now()))
    return answer


def _form(booking: Booking | BookingFacts, offer: Offer) -> ContactForm | NoteForm:
    """Return the form with what was typed before, or what an invite says about its recipient."""
    prefilled = visit.typed()
    if booking.client_package_id is not None:
        return NoteForm(data=prefilled, has_terms=bool(_terms(booking, offer)))
    invite = visit.invite()
    if not prefilled and invite and (invited := invited_client(invite)):
        prefilled = {"name": invited.name, "email": invited.email}
    if not prefilled and (client := current_client()):
        prefilled = {"name": client.name, "email": client.email or ""}
    return ContactForm(data=prefilled, has_terms=bool(_terms(booking, offer)))


def _form_page(
    token: str,
    booking: Booking,
    offer: Offer,
    form: ContactForm | NoteForm,
    status: int = 200,
) -> Response:
    zone = offer.practice.zone
    return render_page(
        "public/hold.html",
        "contact",
        status,
        booking=booking,
        offer=offer,
        practice=offer.practice,
        form=form,
        token=token,
        terms=_terms(booking, offer),
        held=is_held(booking, now()),
        instant=_instant(booking, offer),
        own_zone=own_zone(visitors_zone(request.args), zone),
    )


def _choose_another(
    token: str, booking: BookingFacts, offer: Offer, form: ContactForm | NoteForm
) -> Response:
    _remember(form)
    openings = _door(token, offer).address(_choices_of(booking, offer))
    return make_response(redirect(openings, 303))


def _choices_of(booking: BookingFacts, offer: Offer) -> dict[str, str]:
    """Return the choices of the booking page that led to this time, but with anybody."""
    return {
        "service": booking.service.slug,
        "delivery": booking.delivery,
        "practitioner": ANY,
        "week": offer.practice.today(booking.starts_at).isoformat(),
        "tz": visitors_zone(request.args) or "",
        "invite": visit.invite() or "",
    }


def _remember(form: ContactForm | NoteForm) -> None:
    typed = {field.name: field.data or "" for field in form if field.name in visit.FIELDS}
    visit.remember_typed(typed)


def _terms(booking: Booking | BookingFacts, offer: Offer) -> list[str]:
    """Return what is to be accepted: the service's terms, and the package's with its first booking.

    Whoever has a package accepted its terms with that; if the clinic made it, nobody did yet.
    """
    item, own = offer.item(booking.service_id), offer.client_package_id
    is_first = own is None or not has_bookings(own)
    both = [offer.terms if is_first else "", item.service.terms if item else ""]
    return list(dict.fromkeys(filter(None, both)))


def _instant(booking: Booking, offer: Offer) -> bool:
    item = offer.item(booking.service_id)
    return item is not None and item.service.instant


def _door(token: str, offer: Offer) -> Door:
    return door_for(offer) if offer.client_package_id is None else own_door_for(token)


def _to_booking(token: str) -> Response:
    tz = visitors_zone(request.args)
    return make_response(redirect(url_for("bookings.show", ref=token, tz=tz), 303))
