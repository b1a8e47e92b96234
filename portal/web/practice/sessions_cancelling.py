"""Cancelling several sessions of one practitioner at once: somebody has fallen ill, say."""

from datetime import UTC, date, datetime
from typing import NamedTuple

from flask import Blueprint, Response, request, url_for

from portal.actions.availability import add_time_off
from portal.actions.cancelling import Seen, cancel_several
from portal.errors import Refused, WrongField
from portal.models import Member
from portal.queries.availability import is_bookable, schedules_others
from portal.queries.availability_conflicts import find_time_off, is_off, sessions_to_cancel
from portal.queries.staff_bookings import find_whose_sessions
from portal.scheduling.hours import DAY, day_start
from portal.web.access import open_to, the_practice
from portal.web.accounts import current_member, members
from portal.web.forms.team import CancelSeveralForm, take_refusal
from portal.web.htmx import render_page, whole_page
from portal.web.practice.addresses import ID, row_id
from portal.web.practice.calendar import calendar_day
from portal.web.request_time import now

blueprint = Blueprint("sessions_cancelling", __name__)


class Period(NamedTuple):
    """From when until when; `day` where it's a whole date of the clinic's."""

    start: datetime
    end: datetime
    day: date | None


@blueprint.get(f"/members/<{ID}:member>/cancellation")
@open_to(members)
def show(member: int) -> Response:
    """Show the sessions of a day, or of a time off, and ask why they're cancelled."""
    person = find_whose_sessions(member, current_member())
    return _page(person, _period(person), CancelSeveralForm(formdata=None, data={"off": True}))


@blueprint.post(f"/members/<{ID}:member>/cancellation")
@open_to(members)
def cancel(member: int) -> Response:
    """Cancel those that are ticked, and put the time down as time off if that is wanted too."""
    person, form = find_whose_sessions(member, current_member()), CancelSeveralForm()
    period = _period(person)
    if not form.validate():
        return _page(person, period, form, 422)
    seen = {
        id_: Seen(member, datetime.fromtimestamp(second, UTC))
        for id_, second in form.session.values
    }
    try:
        cancel_several(seen, form.reason.value, current_member(), now())
    except WrongField as refusal:
        take_refusal(form, refusal)
        return _page(person, period, form, 422)
    except Refused as refusal:
        return _page(person, period, form, 409, refusal)
    if form.off.data and _may_be_off(person, period):
        add_time_off(member, period.start, period.end, current_member(), now())
    first = period.start.astimezone(the_practice().zone).date().isoformat()
    return whole_page(url_for("calendar.show", view="day", day=first, done="cancel_several"))


def _period(person: Member) -> Period:
    """Return the time off that the address names, or the day; today where it names neither."""
    if (time_off := request.args.get("time_off", type=row_id)) is not None:
        return Period(*find_time_off(person, time_off), None)
    zone = the_practice().zone
    day = request.args.get("day", type=calendar_day) or now().astimezone(zone).date()
    start, end = (datetime.fromtimestamp(day_start(zone, each), UTC) for each in (day, day + DAY))
    return Period(start, end, day)


def _may_be_off(person: Member, period: Period) -> bool:
    """Say whether the time is to be had as time off, by whoever asks, and isn't yet."""
    me = current_member()
    may = person.id == me.id or schedules_others(me)
    to_come = period.end > now() and not is_off(person, period.start, period.end, now())
    return may and to_come and is_bookable(person)


def _page(
    person: Member,
    period: Period,
    form: CancelSeveralForm,
    status: int = 200,
    refused: Refused | None = None,
) -> Response:
    return render_page(
        "practice/sessions_cancellation.html",
        status=status,
        person=person,
        period=period,
        zone=the_practice().zone,
        sessions=sessions_to_cancel(person, current_member(), period.start, period.end, now()),
        form=form,
        chosen=None if refused or request.method == "GET" else form.session.data or [],
        may_be_off=_may_be_off(person, period),
        refused=refused,
    )
