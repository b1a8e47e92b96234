"""What the pages of sessions have in common: what was seen, and where to go when it's done."""

import re
from datetime import UTC, datetime

from flask import Response, request, url_for

from portal.actions.cancelling import Seen
from portal.errors import NotFound
from portal.queries.staff_bookings import find_visible_booking
from portal.web.accounts import current_member
from portal.web.htmx import whole_page

SEEN = re.compile(r"(\d{1,9})@(\d{1,11})", re.ASCII)


def as_seen() -> Seen | None:
    """Return what the form says was shown, None for a form that says nothing about it."""
    sent = SEEN.fullmatch(request.form.get("seen", ""))
    return Seen(int(sent[1]), datetime.fromtimestamp(int(sent[2]), UTC)) if sent else None


def to_session(session: int, done: str) -> Response:
    """Go to the session's page, which says what was done; or to the calendar.

    Whoever gave a session to a colleague may not see it any more.
    """
    try:
        find_visible_booking(session, current_member())
    except NotFound:
        return whole_page(url_for("calendar.show", done=done))
    return whole_page(url_for("sessions.show", session=session, done=done))
