"""The calendar: a day or a week of sessions, and on top the requests that wait for an answer."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, request, url_for

from portal.actions.requests import accept, decline
from portal.errors import Refused
from portal.queries.calendar import load_calendar
from portal.queries.calendar_days import Calendar, View
from portal.queries.calendar_people import whose_at_first
from portal.queries.waiting_requests import load_waiting
from portal.scheduling.hours import FIRST_YEAR, LAST_YEAR
from portal.web.access import open_to
from portal.web.accounts import current_member, members
from portal.web.forms.session import DeclineForm
from portal.web.htmx import render_page, wants_fragment, whole_page
from portal.web.practice.addresses import ID, row_id
from portal.web.practice.seen import as_seen
from portal.web.practice.session_words import DONE
from portal.web.request_time import now

blueprint = Blueprint("calendar", __name__, url_prefix="/calendar")

EVERYBODY = "all"
ASKED = ("view", "day", "who", "people")
AT_ONCE = 2  # requests: the others are unfolded


@blueprint.get("")
@open_to(members)
def show() -> Response:
    """Show what the address names; what makes no sense there is left out.

    Without a day or week named, it's a day on a phone and a week elsewhere.
    """
    return _page(done=request.args.get("done"))


@blueprint.post(f"/requests/<{ID}:session>/acceptance")
@open_to(members)
def accept_request(session: int) -> Response:
    """Accept a request."""
    try:
        accept(session, current_member(), now(), seen=as_seen())
    except Refused as refusal:
        return _page(409, refused=str(refusal))
    return _answered("accept")


@blueprint.post(f"/requests/<{ID}:session>/decline")
@open_to(members)
def decline_request(session: int) -> Response:
    """Decline a request, with a reason or without one."""
    form = DeclineForm()
    if not form.validate():
        return _page(422, typed=form, about=session)
    try:
        decline(session, form.reason.value, current_member(), now(), seen=as_seen())
    except Refused as refusal:
        return _page(409, refused=str(refusal), typed=form, about=session)
    return _answered("decline")


def _answered(done: str) -> Response:
    if wants_fragment():
        return _page(done=done)
    return whole_page(url_for(".show", **_as_asked(), done=done))


def _page(
    status: int = 200,
    *,
    done: str | None = None,
    refused: str | None = None,
    typed: DeclineForm | None = None,
    about: int | None = None,
) -> Response:
    me, asked = current_member(), request.args
    view = View(asked["view"]) if asked.get("view") in list(View) else _view_at_first()
    day, people = asked.get("day", type=calendar_day), asked.get("people", 1, type=int)
    return render_page(
        "practice/calendar.html",
        "calendar",
        status,
        calendar=load_calendar(me, view, day, _who(), now(), people),
        waiting=load_waiting(me, now()),
        me=me.id,
        now=now(),
        at_once=AT_ONCE,
        done=DONE.get(done or ""),
        refused=refused,
        typed=typed or DeclineForm(formdata=None),
        about=about,
        to=_address,
        as_asked=_as_asked(),
    )


def _address(calendar: Calendar, **other: Any) -> str:
    """Return the address of this calendar with something in it changed.

    It's of the same page of people; in another view, of the page with the first of them.
    """
    values = {
        "view": calendar.view.value,
        "day": calendar.day.isoformat(),
        "who": calendar.who.id if calendar.who else EVERYBODY,
        **other,
    }
    people = values.setdefault("people", calendar.page_in(View(values["view"])))
    if people == 1:
        del values["people"]
    return url_for("calendar.show", **values)


def _as_asked() -> dict[str, Any]:
    return {name: request.args[name] for name in ASKED if request.args.get(name)}


def _view_at_first() -> View:
    # What every phone’s browser calls itself has "Mobi" in it, and no tablet’s or computer’s has.
    return View.DAY if "Mobi" in request.user_agent.string else View.WEEK


def _who() -> int | None:
    if "who" not in request.args:
        return whose_at_first(current_member())
    return request.args.get("who", type=row_id)


def calendar_day(text: str) -> date:
    """Return the date that an address names. Raises ValueError for what is none."""
    day = date.fromisoformat(text)
    # Well within what instants can be made of, whatever the zone.
    if not FIRST_YEAR < day.year < LAST_YEAR:
        raise ValueError("too far away")
    return day
