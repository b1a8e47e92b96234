"""The booking page, for everybody who has one: newcomers, and clients with a package of their own.

The views differ in what is booked from and where the page's links lead; the rest is here.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from flask import Response, current_app, make_response, redirect, request, url_for
from flask_babel import gettext as _

from portal.actions.holding import hold
from portal.errors import NotBookable, NotOnline, Refused, Taken
from portal.queries.bookings import find_hold
from portal.queries.offers import Offer
from portal.tokens import token_from
from portal.web.client_here import current_client
from portal.web.converters import Token
from portal.web.headers import may_be_kept
from portal.web.htmx import render_page
from portal.web.public.board_view import Door, view_board
from portal.web.public.choices import visitors_zone
from portal.web.public.often import count_hold
from portal.web.public.own_package import beside_own, own_use
from portal.web.public.visit import held_token, remember_hold
from portal.web.request_time import now

TOKEN = re.compile(Token.regex)
OPENING = re.compile(r"([0-9]{1,9})@([0-9]{1,10})", re.ASCII)


def door_for(offer: Offer) -> Door:
    """Return where this package is booked: a client's own copy, or as newcomers get it.

    At the package's own address a client who is signed in finds their own copy, so they get a new
    one at another address.
    """
    if offer.client_package_id is None and current_client() is not None:
        return Door(
            page=url_for("packages.show_new", package=offer.slug),
            holds=url_for("packages.hold_new", package=offer.slug),
        )
    return Door(
        page=url_for("packages.show", package=offer.slug),
        holds=url_for("packages.hold_opening", package=offer.slug),
    )


def own_door_for(ref: str) -> Door:
    """Return where the client whose booking this is finds the package that it's of."""
    return Door(
        page=url_for("bookings.book_next", ref=ref),
        holds=url_for("bookings.hold_next", ref=ref),
    )


def booking_page(
    offer: Offer,
    door: Door,
    status: int = 200,
    notice: str | None = None,
    asked: Mapping[str, str] | None = None,
) -> Response:
    """Answer with the page, as `asked` (default: the address) chooses service, person and week."""
    asked = request.args if asked is None else asked
    answer = render_page(
        "public/booking_page.html",
        "openings",
        status,
        offer=offer,
        practice=offer.practice,
        door=door,
        notice=notice,
        view=view_board(offer, door, asked, now(), _own_hold()),
        own=own_use(offer),
        beside_own=beside_own(offer),
    )
    if _is_for_all(offer, door) and status == 200 and "invite" not in asked:
        may_be_kept(answer)
    return answer


def _is_for_all(offer: Offer, door: Door) -> bool:
    """Say whether the page says nothing that is somebody's own."""
    is_public = offer.client_package_id is None and door.holds is not None
    return is_public and current_client() is None


def hold_chosen_opening(offer: Offer, door: Door) -> Response:
    """Hold the opening whose button was pressed and go on to its form; or say why it can't be."""
    form = request.form
    count_hold()
    try:
        token = _hold(offer, form)
    except Refused as refusal:
        return booking_page(offer, door, 409, refusal_text(refusal), form)
    remember_hold(token, _invite(form))
    tz = visitors_zone(form)
    return make_response(redirect(url_for("holds.show", token=token, tz=tz), 303))


def refusal_text(refusal: Refused) -> str:
    """Return what to tell a visitor whose choice can't be booked."""
    if isinstance(refusal, Taken):
        return _(
            "That time has just been taken. Nothing was booked: please choose another of the "
            "times below."
        )
    if isinstance(refusal, NotOnline):
        return str(refusal)
    return _("%(reason)s Please choose another of the times below.", reason=str(refusal))


def chosen_opening(form: Mapping[str, str]) -> tuple[int, datetime]:
    """Return the practitioner's number and the start that a button stands for.

    Raises NotBookable for anything else.
    """
    chosen = OPENING.fullmatch(form.get("opening", ""))
    if chosen is None:
        raise _unreadable()
    return int(chosen[1]), datetime.fromtimestamp(int(chosen[2]), UTC)


def _unreadable() -> NotBookable:
    return NotBookable(_("That choice couldn’t be read."))


def _hold(offer: Offer, form: Mapping[str, str]) -> str:
    member_id, start = chosen_opening(form)
    item = offer.item(form.get("service", ""))
    if item is None:
        raise _unreadable()
    return hold(
        offer,
        service_id=item.service.id,
        method=form.get("delivery", ""),
        member_id=member_id,
        start=start,
        now=now(),
        replacing=held_token(),
        invite=_invite(form),
        token=_token_of(form),
    )


def _token_of(form: Mapping[str, str]) -> str | None:
    """Return the token of the hold that this form makes: pressed twice, it's the same hold.

    Without a script the second click overtakes the answer to the first, and with it the cookie
    that says whose the hold is. What both have is the page's own CSRF token, which is of this
    visitor alone; a form without one gets a hold like any other.
    """
    page = form.get("csrf_token")
    if not page:
        return None
    chosen = [form.get(name, "") for name in ("service", "delivery", "opening")]
    sent = "\n".join([page, request.path, *chosen])
    return token_from(current_app.config["SECRET_KEY"], sent)


def _invite(form: Mapping[str, str]) -> str | None:
    token = form.get("invite", "")
    return token if TOKEN.fullmatch(token) else None


def _own_hold() -> int | None:
    """Return the id of the booking that this visitor holds: its time is still free for them."""
    held = find_hold(held_token(), now())
    return held.id if held else None
