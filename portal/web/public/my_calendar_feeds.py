"""A client's own calendar feeds, on *My bookings*."""

from typing import Any

from flask import Blueprint, redirect, url_for

from portal.actions.calendar_feeds import make_client_feed, revoke_feed
from portal.web.access import open_to
from portal.web.client_here import clients, this_client
from portal.web.new_feed import CLIENTS, show_once
from portal.web.public.my_bookings import OWN
from portal.web.request_time import now

blueprint = Blueprint("my_calendar_feeds", __name__)


@blueprint.post("/my-bookings/calendar-feeds")
@open_to(clients)
def make() -> Any:
    """Make a feed; the page shows its address, this one time."""
    show_once(CLIENTS, make_client_feed(this_client().id, now()))
    return _back()


@blueprint.post(f"/my-bookings/calendar-feeds/<{OWN}:feed>/revocation")
@open_to(clients)
def revoke(feed: int) -> Any:
    """Let a feed's address lead nowhere."""
    revoke_feed(feed, this_client(), now())
    return _back()


def _back() -> Any:
    return redirect(url_for("my_bookings.index", _anchor="calendar-feeds"), 303)
