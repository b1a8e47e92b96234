"""*My bookings*: a client's packages and sessions, without an account or a password."""

import json
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, make_response, request, url_for
from flask_babel import gettext as _

from portal.models import Client, Ending, Status
from portal.queries.calendar_feeds import feeds_of
from portal.queries.client_data import data_of
from portal.queries.my_bookings import OwnSession, load_my_bookings, load_own_offer
from portal.queries.offers import Offer
from portal.web.access import anyone, open_to, the_practice
from portal.web.client_here import clients, current_client, this_client
from portal.web.forms.client_sign_in import SignInLinkForm
from portal.web.htmx import render_page
from portal.web.limits import limiter, setting
from portal.web.new_feed import CLIENTS, new_feed
from portal.web.public.board_view import Door
from portal.web.public.booking_page import booking_page, hold_chosen_opening
from portal.web.public.choices import own_zone, visitors_zone
from portal.web.public.my_bookings_sign_in import way_in
from portal.web.request_time import now

blueprint = Blueprint("my_bookings", __name__)
OWN = "int(max=999999999)"
"""For routes: a number that no row can have is a 404 before the database is asked."""


@blueprint.get("/my-bookings")
@open_to(anyone)
def index() -> Response:
    """The client's packages and sessions; for whoever isn't signed in, the way in."""
    client = current_client()
    if client is None:
        return way_in(SignInLinkForm())
    practice = the_practice()
    page = request.args.get("page", 1, int)
    return render_page(
        "public/my_bookings.html",
        client=client,
        practice=practice,
        mine=load_my_bookings(client, practice.today(now()), now(), page),
        own_zone=zone_of(client, practice.zone),
        how=how_it_went,
        feeds=feeds_of(client),
        new_feed=new_feed(CLIENTS),
        page_address=lambda number: url_for("my_bookings.index", page=number, _anchor="past"),
    )


@blueprint.get(f"/my-bookings/packages/<{OWN}:own>")
@open_to(clients)
def package(own: int) -> Response:
    """The booking page of one of the client's own packages; or its block `openings` alone."""
    return booking_page(_offer(own), _door(own))


@blueprint.post(f"/my-bookings/packages/<{OWN}:own>/holds")
@open_to(clients)
def hold_opening(own: int) -> Response:
    """Hold the chosen opening for the client's own package."""
    return hold_chosen_opening(_offer(own), _door(own))


@blueprint.get("/my-bookings/data.json")
@open_to(clients)
@limiter.limit(setting("EXPORTS"))
def data() -> Response:
    """Everything that is known about the client, to keep."""
    text = json.dumps(data_of(this_client()), indent=2, ensure_ascii=False)
    answer = make_response(text + "\n")
    answer.mimetype = "application/json"
    answer.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return answer


def how_it_went(session: OwnSession) -> str:
    """Return what became of a session, in a word or two; nothing to say of an ordinary one."""
    words = {
        Status.COMPLETED: "",
        Status.CONFIRMED: "",
        Status.REQUESTED: _("not confirmed"),
        Status.NO_SHOW: _("missed"),
    }
    endings = {
        Ending.BY_CLIENT: _("cancelled by you"),
        Ending.BY_CLINIC: _("cancelled by the clinic"),
        Ending.DECLINED: _("declined"),
        Ending.LAPSED: _("lapsed"),
    }
    if session.status is Status.CANCELLED:
        return endings[session.ending] if session.ending else _("cancelled")
    return words[session.status]


def zone_of(client: Client, clinics: ZoneInfo) -> ZoneInfo | None:
    """Return the client's own zone: the address's, or the one we know; None: as the clinic's."""
    return own_zone(visitors_zone(request.args) or client.timezone, clinics)


def _offer(own: int) -> Offer:
    return load_own_offer(own, this_client(), now())


def _door(own: int) -> Door:
    return Door(
        page=url_for("my_bookings.package", own=own),
        holds=url_for("my_bookings.hold_opening", own=own),
        back=url_for("my_bookings.index"),
    )
