"""Availability: whose it is, the weekly hours, zone and cap, and the coming four weeks."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from portal.actions.availability import change_zone_and_cap, save_week
from portal.errors import Refused
from portal.models import Member
from portal.queries.availability import (
    find_member_to_schedule,
    is_bookable,
    load_week,
    people_to_schedule,
    practice_zone,
    require_bookable,
    schedules_others,
    services_to_name,
    settings_seen,
    zone_of,
)
from portal.queries.availability_conflicts import sessions_outside
from portal.queries.availability_picture import load_picture
from portal.scheduling.hours import HoursRow
from portal.web.access import open_to
from portal.web.accounts import current_member, members
from portal.web.forms import one_line
from portal.web.forms.availability import DAY_NAMES, DAYS, HoursForm, wall_time
from portal.web.forms.time_off import AvailabilitySettingsForm, zone_choices
from portal.web.htmx import render_page, whole_page
from portal.web.practice.addresses import ID, row_id
from portal.web.request_time import now

blueprint = Blueprint("availability", __name__)
blueprint.add_app_template_filter(wall_time, "wall_time")


@blueprint.get("/availability")
@open_to(members)
def mine() -> Response:
    """Lead to one's own availability; an admin, who has none, to those of others."""
    me = current_member()
    own = is_bookable(me)
    return whole_page(
        url_for("availability.show", member=me.id) if own else url_for("availability.people")
    )


@blueprint.get("/availability/people")
@open_to(members)
def people() -> Response:
    """List whose availability the member may edit."""
    return _people(current_member())


@blueprint.get(f"/availability/<{ID}:member>")
@open_to(members)
def show(member: int) -> Response:
    """Show the weekly hours, as a form."""
    person = find_member_to_schedule(member, current_member())
    if not is_bookable(person):
        return _people(person)
    week = load_week(person)
    return _hours(person, HoursForm.stored(_by_key(week.days)))


@blueprint.post(f"/availability/<{ID}:member>/hours/draft")
@open_to(members)
def draft(member: int) -> Response:
    """Show the form with a stretch more or less, or a day copied. Nothing is stored."""
    person = _person(member)
    form = HoursForm.typed(DAYS, request.form)
    form.change(request.form)
    return _hours(person, form, "week", seen=request.form.get("seen"), changed=True)


@blueprint.post(f"/availability/<{ID}:member>/hours")
@open_to(members)
def save(member: int) -> Response:
    """Store the week."""
    person = _person(member)
    form, seen = HoursForm.typed(DAYS, request.form), request.form.get("seen", "")
    stored = _by_key(load_week(person).days)
    if not form.validate(_nameable(person, stored), stored):
        return _hours(person, form, status=422, seen=seen, changed=True)
    try:
        save_week(person.id, _by_weekday(form), seen, current_member(), now())
    except Refused as reason:
        return _hours(person, form, status=409, changed=True, refused=reason)
    return whole_page(url_for("availability.show", member=member, saved=1))


@blueprint.get(f"/availability/<{ID}:member>/settings")
@open_to(members)
def settings(member: int) -> Response:
    """Show the zone and the cap, as a form."""
    person = _person(member)
    form = AvailabilitySettingsForm(timezone=person.timezone, daily_cap=person.daily_cap)
    return _settings(person, form)


@blueprint.post(f"/availability/<{ID}:member>/settings")
@open_to(members)
def save_settings(member: int) -> Response:
    """Store the zone and the cap."""
    person, form = _person(member), AvailabilitySettingsForm()
    seen = request.form.get("seen", "")
    if not form.validate():
        return _settings(person, form, status=422, seen=seen)
    try:
        new = form.timezone.value, form.daily_cap.value
        change_zone_and_cap(person.id, *new, seen, current_member(), now())
    except Refused as reason:
        return _settings(person, form, status=409, refused=reason)
    return whole_page(url_for("availability.settings", member=member, saved=1))


@blueprint.get(f"/availability/<{ID}:member>/picture")
@open_to(members)
def picture(member: int) -> Response:
    """Show the coming four weeks as clients see them, for one service."""
    person, me = _person(member), current_member()
    view = load_picture(person, request.args.get("service", type=row_id), now())
    return render_page(
        "practice/availability_picture.html",
        "picture",
        person=person,
        picture=view,
        services=services_to_name(person),
        mine=person.id == me.id,
        others=schedules_others(me),
    )


def _person(member: int) -> Member:
    return require_bookable(find_member_to_schedule(member, current_member()))


def _people(about: Member) -> Response:
    """The list; `about` is who was asked for, and perhaps can't be booked."""
    me, words = current_member(), one_line(request.args.get("words"))
    return render_page(
        "practice/availability_people.html",
        "people",
        about=about,
        mine=about.id == me.id,
        bookable=is_bookable(about),
        words=words,
        people=people_to_schedule(me, words, request.args.get("page", 1, type=int)),
    )


def _hours(
    person: Member,
    form: HoursForm,
    fragment: str | None = None,
    status: int = 200,
    seen: str | None = None,
    changed: bool = False,
    refused: Refused | None = None,
) -> Response:
    me, week = current_member(), load_week(person)
    stored = [row for rows in week.days.values() for row in rows]
    return render_page(
        "practice/availability.html",
        fragment,
        status,
        person=person,
        mine=person.id == me.id,
        others=schedules_others(me),
        zone=zone_of(person),
        form=form,
        names=DAY_NAMES,
        services=services_to_name(person, stored),
        draft=url_for("availability.draft", member=person.id),
        seen=week.seen if seen is None else seen,
        changed=changed,
        refused=refused,
        theirs=_differing(form, week.days) if refused else {},
        outside=sessions_outside(person, me, now()),
        saved="saved" in request.args,
    )


def _settings(
    person: Member,
    form: AvailabilitySettingsForm,
    status: int = 200,
    seen: str | None = None,
    refused: Refused | None = None,
) -> Response:
    me = current_member()
    return render_page(
        "practice/availability_settings.html",
        status=status,
        person=person,
        mine=person.id == me.id,
        others=schedules_others(me),
        form=form,
        seen=settings_seen(person) if seen is None else seen,
        refused=refused,
        zone=zone_of(person),
        practice_zone=practice_zone(),
        zones=zone_choices(),
        outside=sessions_outside(person, me, now()),
        saved="saved" in request.args,
    )


def _by_key(days: dict[int, tuple[HoursRow, ...]]) -> dict[str, tuple[HoursRow, ...]]:
    return {DAYS[weekday]: rows for weekday, rows in days.items()}


def _by_weekday(form: HoursForm) -> dict[int, tuple[HoursRow, ...]]:
    return {DAYS.index(key): rows for key, rows in form.rows.items()}


def _nameable(person: Member, stored: dict[str, tuple[HoursRow, ...]]) -> list[int]:
    rows = [row for day in stored.values() for row in day]
    return [choice.id for choice in services_to_name(person, rows)]


def _differing(form: HoursForm, days: dict[int, tuple[HoursRow, ...]]) -> dict[str, Any]:
    """The days that are stored otherwise than they're typed, with what is stored."""
    return {
        key: rows
        for key, rows in _by_key(days).items()
        if sorted(map(repr, rows)) != sorted(map(repr, form.rows[key]))
    }
