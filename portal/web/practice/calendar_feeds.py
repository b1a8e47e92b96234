"""A practitioner's own calendar feeds, on *My account*."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString
from werkzeug.exceptions import BadRequest

from portal.actions.calendar_feeds import make_member_feed, revoke_feed
from portal.models import Detail
from portal.web.access import open_to
from portal.web.accounts import current_member, members
from portal.web.new_feed import MEMBERS, show_once
from portal.web.practice.addresses import ID
from portal.web.request_time import now

blueprint = Blueprint("own_calendar_feeds", __name__)


@dataclass(frozen=True, slots=True)
class Words:
    """What a level of detail is called, and what it comes to."""

    name: LazyString
    about: LazyString


DETAILS = {
    Detail.BUSY: Words(
        lazy_gettext("Busy times only"),
        lazy_gettext("for a calendar that others see: when, and nothing of whom or what"),
    ),
    Detail.INITIALS: Words(
        lazy_gettext("Initials"), lazy_gettext("the client’s initials and the service")
    ),
    Detail.FULL: Words(
        lazy_gettext("Everything"),
        lazy_gettext(
            "name, service and place, which a locked phone may show; telephone number and video "
            "link when the entry is opened; never notes"
        ),
    ),
}


@blueprint.post("/account/calendar-feeds")
@open_to(members)
def make() -> Any:
    """Make a feed; the page shows its address, this one time."""
    try:
        # One is always chosen in the form.
        detail = Detail(request.form.get("detail", Detail.BUSY.value))
    except ValueError:
        raise BadRequest from None
    show_once(MEMBERS, make_member_feed(current_member().id, detail, now()))
    return _back()


@blueprint.post(f"/account/calendar-feeds/<{ID}:feed>/revocation")
@open_to(members)
def revoke(feed: int) -> Any:
    """Let a feed's address lead nowhere."""
    revoke_feed(feed, current_member(), now())
    return _back()


def _back() -> Any:
    return redirect(url_for("account.show", _anchor="calendar-feeds"), 303)
