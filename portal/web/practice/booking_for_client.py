"""Book session for a client: from a package of theirs or none, at an opening or any time."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request, url_for

from portal.actions.booking_for_client import Wanted, book_for_client
from portal.errors import Refused
from portal.models import Client
from portal.queries.booking_for_client import (
    ALONE,
    allowed_practitioners,
    offer_from,
    service_chosen,
    service_with,
    sources_for,
)
from portal.queries.clients import find_visible_client
from portal.queries.offers import Offer
from portal.web.access import open_to, the_practice
from portal.web.accounts import current_member, members
from portal.web.forms.session import NewSessionForm
from portal.web.htmx import render_page, whole_page
from portal.web.practice.addresses import ID
from portal.web.practice.chosen_time import (
    about,
    confirmed_by,
    of_opening,
    slot_of,
    what_to_tick,
)
from portal.web.practice.seen import to_session
from portal.web.public.board_view import BoardView, Door, view_board
from portal.web.request_time import now

blueprint = Blueprint(
    "booking_for_client", __name__, url_prefix=f"/clients/<{ID}:client>/sessions/new"
)


CHOICES = ("service", "delivery", "practitioner", "week", "opening")


@blueprint.get("")
@open_to(members)
def new(client: int) -> Response:
    """Show the openings of the package that expires first, or of none.

    With a time in the calendar: of the first from which its practitioner can be booked. A session
    outside any package, which takes no credit, is never proposed to somebody who has a package.
    """
    person = find_visible_client(client, current_member())
    sources = [each.id for each in sources_for(person, now())]
    if slot := slot_of(request.args, the_practice().zone):
        packages = [each for each in sources if each != ALONE]
        fit = (each for each in packages if service_with(person, each, slot.member_id, now()))
        return _page(person, next(fit, sources[0]))
    return _page(person, sources[0])


@blueprint.get(f"/<{ID}:client_package>")
@open_to(members)
def new_from(client: int, client_package: int) -> Response:
    """Show the openings of a package; 0 is none."""
    return _page(find_visible_client(client, current_member()), client_package)


@blueprint.post(f"/<{ID}:client_package>/time")
@open_to(members)
def choose(client: int, client_package: int) -> Response:
    """Fill the form in with the opening whose button was pressed. Nothing is booked yet."""
    find_visible_client(client, current_member())
    chosen: dict[str, Any] = {n: request.form[n] for n in CHOICES if n in request.form}
    here = {"client": client, "client_package": client_package}
    return whole_page(url_for(".new_from", **{**here, **chosen}))


@blueprint.post(f"/<{ID}:client_package>")
@open_to(members)
def book(client: int, client_package: int) -> Response:
    """Book it."""
    person, form = find_visible_client(client, current_member()), NewSessionForm()
    offer = offer_from(person, client_package, form.service.data or "", now())
    if not form.validate() or not form.is_on_the_clock(offer.practice.zone):
        return _page(person, client_package, 422, form)
    confirmed = confirmed_by(form, offer.practice.zone)
    try:
        wanted = _wanted(person, client_package, offer, form)
        booking = book_for_client(wanted, confirmed, current_member(), now())
    except Refused as refusal:
        return _page(person, client_package, 409, form, refusal)
    return to_session(booking, "book")


def _wanted(client: Client, source: int, offer: Offer, form: NewSessionForm) -> Wanted:
    return Wanted(
        client_id=client.id,
        client_package_id=None if source == ALONE else source,
        service_id=service_chosen(offer, form.service.value),
        member_id=form.practitioner.value,
        start=form.start(offer.practice.zone),
        method=form.delivery.value.value,
        note=form.note.value,
    )


def _view(
    offer: Offer, door: Door, asked: Mapping[str, str]
) -> tuple[BoardView | None, Mapping[str, str]]:
    """Return what is shown and what it was asked by: at first the member's own openings, if any."""
    view, me = view_board(offer, door, asked, now()), current_member().id
    if view is None or "practitioner" in asked or me not in [each.id for each in view.people]:
        return view, asked
    mine = {**asked, "practitioner": str(me)}
    return view_board(offer, door, mine, now()), mine


def _asked(client: Client, source: int) -> Mapping[str, str]:
    """Return what is asked for; with a time alone, a service that its practitioner can give."""
    asked: Mapping[str, str] = request.args if request.method == "GET" else request.form
    slot = slot_of(asked, the_practice().zone)
    if slot is None or "service" in asked:
        return asked
    service = service_with(client, source, slot.member_id, now())
    return {**asked, "service": service} if service else asked


def _page(
    client: Client,
    source: int,
    status: int = 200,
    form: NewSessionForm | None = None,
    refused: Refused | None = None,
) -> Response:
    asked = _asked(client, source)
    offer = offer_from(client, source, asked.get("service", ""), now())
    here: dict[str, Any] = {"client": client.id, "client_package": source}
    door = Door(page=url_for(".new_from", **here), holds=url_for(".choose", **here))
    view, asked = _view(offer, door, asked)
    service = view.choices.item.service if view else None
    people = allowed_practitioners(offer, service.id, now()) if service else ()
    zone = offer.practice.zone
    slot = slot_of(asked, zone)
    picked = of_opening(asked, zone)
    as_asked = {name: asked.get(name) for name in ("practitioner", "delivery")}
    shown = form or NewSessionForm(formdata=None, data=as_asked | picked)
    return render_page(
        "practice/booking_for_client.html",
        "openings" if request.method == "GET" else None,
        status,
        client=client,
        sources=sources_for(client, now()),
        source=source,
        save=url_for(".book", **here),
        offer=offer,
        practice=offer.practice,
        door=door,
        view=view,
        form=shown,
        chosen=form is not None or bool(picked),
        kept=slot.asked if slot and slot.asked["practitioner"] == asked.get("practitioner") else {},
        elsewhere=slot.practitioner if slot and slot.member_id not in dict(people) else "",
        people=people,
        refused=refused,
        to_tick=what_to_tick(refused, shown, zone, people) if refused and form else (),
        about=about(shown, zone) if refused and form else "",
    )
