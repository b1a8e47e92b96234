"""Availability by date: the calendar, the hours of one date, and time off."""

from datetime import date, datetime

from babel.dates import format_date
from flask import Blueprint, Response, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _

from portal.actions.availability import (
    add_time_off,
    remove_overrides,
    remove_time_off,
    require_time_off,
    save_overrides,
)
from portal.errors import NotFound, Refused
from portal.models import Member
from portal.queries.availability import (
    find_member_to_schedule,
    hours_of,
    load_override,
    load_same_week,
    load_time_off,
    require_bookable,
    schedules_others,
    services_to_name,
    zone_of,
)
from portal.queries.availability_calendar import load_month
from portal.queries.availability_conflicts import (
    Session,
    sessions_between,
    sessions_on,
    sessions_outside,
    to_cancel_in,
)
from portal.queries.staff_bookings import may_change_those_of
from portal.scheduling.availability import rows_of
from portal.scheduling.hours import FIRST_YEAR, LAST_YEAR
from portal.web.access import open_to
from portal.web.accounts import current_member, members
from portal.web.forms.availability import HoursForm
from portal.web.forms.time_off import TimeOffForm
from portal.web.htmx import render_page, whole_page
from portal.web.practice.addresses import ID
from portal.web.request_time import now

blueprint = Blueprint("availability_dates", __name__)

blueprint.add_app_template_filter(
    lambda day: format_date(day, "LLLL y", locale=get_locale()), "month_name"
)
blueprint.add_app_template_filter(
    lambda day: format_date(day, "EEEE", locale=get_locale()), "weekday_name"
)

HOURS = "hours"
"""The key of a date's stretches in its form."""


@blueprint.get(f"/availability/<{ID}:member>/dates")
@open_to(members)
def index(member: int) -> Response:
    """Show a month, and the time off to come."""
    person = _person(member)
    return _calendar(person, TimeOffForm(formdata=None), "calendar")


@blueprint.get(f"/availability/<{ID}:member>/dates/<day>")
@open_to(members)
def show(member: int, day: str) -> Response:
    """Show the hours of one date, as a form that begins with those in force."""
    person, when = _person(member), _date(day)
    stored = load_override(person, when)
    usual = rows_of(hours_of(person, when), when)
    kind = "weekly" if stored.rows is None else "hours" if stored.rows else "closed"
    form = HoursForm.stored({HOURS: stored.rows or usual})
    return _date_page(person, when, form, kind)


@blueprint.post(f"/availability/<{ID}:member>/dates/<day>/draft")
@open_to(members)
def draft(member: int, day: str) -> Response:
    """Show the form with a stretch more or less. Nothing is stored."""
    person, form = _person(member), HoursForm.typed([HOURS], request.form)
    form.change(request.form)
    seen = request.form.get("seen")
    return _date_page(person, _date(day), form, _kind(), "hours", seen=seen, changed=True)


@blueprint.post(f"/availability/<{ID}:member>/dates/<day>")
@open_to(members)
def save(member: int, day: str) -> Response:
    """Store what the date, and others ticked, have: their own hours, none, or the weekly ones."""
    person, when, kind = _person(member), _date(day), _kind()
    form, seen = HoursForm.typed([HOURS], request.form), request.form.get("seen", "")
    if not _is_valid(form, kind, person, when):
        return _date_page(person, when, form, kind, status=422, seen=seen, changed=True)
    try:
        _store(person, when, form, kind, seen)
    except Refused as reason:
        return _date_page(person, when, form, kind, status=409, changed=True, refused=reason)
    month = when.isoformat()[:7]
    return whole_page(url_for(".index", member=member, month=month, saved=1))


@blueprint.post(f"/availability/<{ID}:member>/time-off/preview")
@open_to(members)
def preview(member: int) -> Response:
    """Show which sessions lie in the time off that is typed. Nothing is stored."""
    person, form = _person(member), TimeOffForm()
    sessions: tuple[Session, ...] | None = None
    if form.validate() and (period := _period(form, person)):
        sessions = sessions_between(person, current_member(), *period, now())
    return _calendar(person, form, "affected", affected=sessions)


@blueprint.post(f"/availability/<{ID}:member>/time-off")
@open_to(members)
def add(member: int) -> Response:
    """Store time off."""
    person, form = _person(member), TimeOffForm()
    period = _period(form, person) if form.validate() else None
    if period is None:
        return _calendar(person, form, status=422)
    add_time_off(person.id, *period, current_member(), now())
    month = form.from_day.data[:7]
    return whole_page(url_for(".index", member=member, month=month, saved=1))


@blueprint.post(f"/availability/<{ID}:member>/time-off/<{ID}:time_off>/removal")
@open_to(members)
def remove(member: int, time_off: int) -> Response:
    """Give time off back."""
    remove_time_off(member, time_off, current_member(), now())
    return whole_page(url_for(".index", member=member, saved=1))


def _person(member: int) -> Member:
    return require_bookable(find_member_to_schedule(member, current_member()))


def _date(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise NotFound(_("There is no such date.")) from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise NotFound(_("There is no such date."))
    return day


def _month() -> date | None:
    try:
        return date.fromisoformat(f"{request.args.get('month', '')}-01")
    except ValueError:
        return None


def _kind() -> str:
    kind = request.form.get("kind", "")
    return kind if kind in ("weekly", "closed", "hours") else "weekly"


def _is_valid(form: HoursForm, kind: str, person: Member, when: date) -> bool:
    """Hours that aren't chosen needn't be right."""
    stored = load_override(person, when).rows or ()
    services = [choice.id for choice in services_to_name(person, stored)]
    fine = form.validate(services, {HOURS: stored})
    return kind != "hours" or (fine and bool(form.rows[HOURS]))


def _store(person: Member, when: date, form: HoursForm, kind: str, seen: str) -> None:
    by, moment, days = current_member(), now(), {when: seen, **_ticked(person, when)}
    if kind == "weekly":
        remove_overrides(person.id, days, by, moment)
    else:
        rows = form.rows[HOURS] if kind == "hours" else ()
        save_overrides(person.id, days, rows, by, moment)


def _ticked(person: Member, when: date) -> dict[date, str]:
    """Return the dates of the week that are ticked, each with what it had when that was shown."""
    sent = dict(value.partition(" ")[::2] for value in request.form.getlist("also"))
    others = [other.day for other in load_same_week(person, when, now())]
    return {day: sent[day.isoformat()] for day in others if day.isoformat() in sent}


def _period(form: TimeOffForm, person: Member) -> tuple[datetime, datetime] | None:
    """The time off that is typed; None, with a sentence in the form, for one that can't be."""
    start, end = form.period(zone_of(person))
    try:
        require_time_off(start, end, now())
    except Refused as reason:
        field = form.to_time if form.to_time.data else form.to_day
        field.errors = [str(reason)]
        return None
    return start, end


def _calendar(
    person: Member,
    form: TimeOffForm,
    fragment: str | None = None,
    status: int = 200,
    affected: tuple[Session, ...] | None = None,
) -> Response:
    me = current_member()
    time_off, outside = load_time_off(person, now()), sessions_outside(person, me, now())
    return render_page(
        "practice/availability_dates.html",
        fragment,
        status,
        person=person,
        mine=person.id == me.id,
        others=schedules_others(me),
        zone=zone_of(person),
        month=load_month(person, _month(), now()),
        time_off=time_off,
        to_cancel={away.id: to_cancel_in(away, outside, now()) for away in time_off},
        may_cancel=may_change_those_of(person.id, me),
        form=form,
        affected=affected,
        outside=outside,
        saved="saved" in request.args,
    )


def _date_page(
    person: Member,
    when: date,
    form: HoursForm,
    kind: str,
    fragment: str | None = None,
    status: int = 200,
    seen: str | None = None,
    changed: bool = False,
    refused: Refused | None = None,
) -> Response:
    stored = load_override(person, when)
    return render_page(
        "practice/availability_override.html",
        fragment,
        status,
        person=person,
        mine=person.id == current_member().id,
        zone=zone_of(person),
        day=when,
        form=form,
        kind=kind,
        services=services_to_name(person, stored.rows or ()),
        draft=url_for(".draft", member=person.id, day=when.isoformat()),
        seen=stored.seen if seen is None else seen,
        changed=changed,
        refused=refused,
        stored=stored.rows,
        others=load_same_week(person, when, now()),
        ticked=_ticked(person, when),
        booked=sessions_on(person, current_member(), when, now()),
        missing=status == 422 and not form.days[0].stretches,
    )
