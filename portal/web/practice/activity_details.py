"""What the activity log says of an act's details: what was changed, from what to what, and how."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from flask_babel.speaklater import LazyString

from portal.mail.client_messages import CLIENT_MESSAGES
from portal.models import Detail
from portal.queries.activity import Entry, Log
from portal.scheduling.eligibility import Allow, Sharing
from portal.scheduling.obstacles import Obstacle
from portal.web.practice.roles import RIGHTS
from portal.web.templating import clock_time, short_day, weekday

Show = Callable[[Any, Log], str]

KEYS = {
    "fields": lazy_gettext("changed"),
    "from": lazy_gettext("from"),
    "to": lazy_gettext("to"),
    "member": lazy_gettext("with"),
    "former": lazy_gettext("owner until then"),
    "how": lazy_gettext("with"),
    "what": lazy_gettext("what"),
    "detail": lazy_gettext("detail"),
    "rights": lazy_gettext("rights"),
    "team_booking": lazy_gettext("clients can book with"),
    "copied_from": lazy_gettext("a copy of"),
    "copy_of": lazy_gettext("a copy of"),
    "package": lazy_gettext("package"),
    "service": lazy_gettext("service"),
    "change": lazy_gettext("sessions more or fewer"),
    "weekdays": lazy_gettext("days"),
    "date": lazy_gettext("date"),
    "became": lazy_gettext("now"),
    "start": lazy_gettext("from"),
    "end": lazy_gettext("until"),
    "time_before": lazy_gettext("before"),
    "time": lazy_gettext("now"),
    "late": lazy_gettext("late"),
    "kept": lazy_gettext("kept"),
    "obstacles": lazy_gettext("although"),
    "outside": lazy_gettext("although"),
    "removed": lazy_gettext("removed"),
    "message": lazy_gettext("message"),
    "language": lazy_gettext("language"),
    "mails": lazy_gettext("mails"),
    # what a file of clients had
    "new": lazy_gettext("new"),
    "known": lazy_gettext("known already"),
    "wrong": lazy_gettext("wrong"),
    # what a clinic file has
    "roles": lazy_gettext("roles"),
    "team": lazy_gettext("team members"),
    "services": lazy_gettext("services"),
    "availability": lazy_gettext("availability"),
    "packages": lazy_gettext("packages"),
    "clients": lazy_gettext("clients"),
    "client_packages": lazy_gettext("clients’ packages"),
    "bookings": lazy_gettext("sessions"),
}
"""What stands before the colon."""

FIELDS = {
    "name": lazy_gettext("name"),
    "slug": lazy_gettext("address of the page"),
    "description": lazy_gettext("description"),
    "terms": lazy_gettext("terms"),
    "price": lazy_gettext("price"),
    "place": lazy_gettext("place"),
    "video_link": lazy_gettext("video link"),
    "confirm": lazy_gettext("confirmation"),
    # of a package
    "assigned_to": lazy_gettext("assigned practitioner"),
    "valid_days": lazy_gettext("how long it’s valid"),
    "expires_on": lazy_gettext("expiry"),
    "weekly_limit": lazy_gettext("sessions a week"),
    "monthly_limit": lazy_gettext("sessions a month"),
    "lines": lazy_gettext("sessions and services"),
    "team_booking": lazy_gettext("team booking"),
    # of a service
    "minutes": lazy_gettext("length"),
    "buffer_before": lazy_gettext("time kept free before"),
    "buffer_after": lazy_gettext("time kept free after"),
    "delivery": lazy_gettext("how it takes place"),
    "reminders": lazy_gettext("reminders"),
    "owner_id": lazy_gettext("owner"),
    # of a member or a role
    "email": lazy_gettext("email address"),
    "phone": lazy_gettext("phone"),
    "notes": lazy_gettext("notes"),
    "role": lazy_gettext("role"),
    "kind": lazy_gettext("whether clients can book them"),
    "rights": lazy_gettext("rights"),
    "daily_cap": lazy_gettext("sessions a day at most"),
    "language": lazy_gettext("language of mails"),
    "told_of_assigned": lazy_gettext("mails about sessions of their packages with colleagues"),
    # of the practice
    "timezone": lazy_gettext("time zone"),
    "plan": lazy_gettext("plan"),
    "currency": lazy_gettext("currency"),
    "min_notice_minutes": lazy_gettext("minimum notice"),
    "horizon_days": lazy_gettext("booking horizon"),
    "slot_step_minutes": lazy_gettext("step of the times on offer"),
    "late_cancel_hours": lazy_gettext("when a cancellation is late"),
    "late_cancel_returns_credit": lazy_gettext("credit after a late cancellation"),
    "late_cancel_forbidden": lazy_gettext("whether clients can cancel late"),
    "cancellation_policy": lazy_gettext("cancellation policy"),
    "accent": lazy_gettext("accent colour"),
    "logo": lazy_gettext("logo"),
    "running_out_at": lazy_gettext("when clients are told that sessions run out"),
}

SHARING = {
    Sharing.PRIVATE.value: lazy_gettext("private"),
    Sharing.ALL.value: lazy_gettext("all team members"),
    Sharing.MEMBERS.value: lazy_gettext("specific team members"),
    Sharing.ROLES.value: lazy_gettext("team members in specific roles"),
}

TEAM_BOOKING = {
    "off": lazy_gettext("the assigned practitioner, as team booking is off"),
    Allow.ASSIGNED.value: lazy_gettext("assigned team member only"),
    Allow.ANY.value: lazy_gettext("any team member"),
    Allow.MEMBERS.value: lazy_gettext("specific team members"),
    Allow.ROLES.value: lazy_gettext("team members in specific roles"),
}

HOW = {
    "password": lazy_gettext("password"),
    "password and app": lazy_gettext("password and a code of the app"),
    "password and recovery code": lazy_gettext("password and a recovery code"),
    "passkey": lazy_gettext("passkey"),
    "first run": lazy_gettext("the set-up page"),
    "invitation": lazy_gettext("the link of an invitation"),
    "link": lazy_gettext("the link for a forgotten password"),
}

DETAIL = {
    Detail.BUSY.value: lazy_gettext("busy times only"),
    Detail.INITIALS.value: lazy_gettext("initials"),
    Detail.FULL.value: lazy_gettext("everything"),
}

WHAT = {
    "two_factor_on": lazy_gettext("turned on"),
    "two_factor_off": lazy_gettext("turned off"),
    "recovery_codes": lazy_gettext("new recovery codes"),
    # The sentence has said it already.
    "passkey_added": "",
    "passkey_removed": "",
}

BECAME = {
    "hours": lazy_gettext("hours of its own"),
    "closed": lazy_gettext("closed"),
    "weekly": lazy_gettext("the weekly hours again"),
    "added": lazy_gettext("taken off"),
    "removed": lazy_gettext("given back"),
}

OBSTACLES = {
    Obstacle.SETTINGS.value: lazy_gettext("clients couldn’t choose them"),
    Obstacle.NOTICE.value: lazy_gettext("it was at shorter notice than clients can book"),
    Obstacle.HORIZON.value: lazy_gettext("it was further ahead than clients can book"),
    Obstacle.LIMITS.value: lazy_gettext("the package’s week or month was full"),
    Obstacle.DAILY_CAP.value: lazy_gettext("their day was full"),
    Obstacle.HOURS.value: lazy_gettext("it’s outside their hours"),
    Obstacle.TIME_OFF.value: lazy_gettext("they had time off"),
    Obstacle.OVERLAP.value: lazy_gettext("it’s over another session"),
}


def what_changed(entry: Entry, log: Log) -> str:
    """Return the details in words, empty where there are none."""
    return "; ".join(filter(None, (_said(*detail, log) for detail in entry.details.items())))


def _said(name: str, value: Any, log: Log) -> str:
    """One detail, such as "changed: name, price"; empty where it says nothing."""
    words = SHOWN.get(name, _plainly)(value, log)
    return f"{KEYS.get(name, name.replace('_', ' '))}: {words}" if words else ""


def _plainly(value: Any, _log: Log) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "" if value is None else str(value)


def _from(words: Mapping[str, str | LazyString]) -> Show:
    """Show a value, or several, in the words of a table; one that isn't there as it is."""

    def show(value: Any, log: Log) -> str:
        if isinstance(value, list | tuple):
            return ", ".join(str(words.get(str(each), each)) for each in value)
        return str(words[value]) if value in words else _plainly(value, log)

    return show


def _named(table: str) -> Show:
    return lambda value, log: log.names.get((table, value)) or _("something that’s gone")


def _rights(value: Any, _log: Log) -> str:
    known = {right.value: str(words) for right, (words, _allows) in RIGHTS.items()}
    return ", ".join(known.get(each, each) for each in value) or _("none")


def _person_or_sharing(value: Any, log: Log) -> str:
    """A member by the number, or with whom a service is shared: "private", "members: 2, 3"."""
    if isinstance(value, int):
        return _named("member")(value, log)
    sharing, _colon, ids = str(value).partition(": ")
    table = {Sharing.MEMBERS.value: "member", Sharing.ROLES.value: "role"}.get(sharing)
    if table and re.fullmatch(r"\d+(, \d+)*", ids):
        show = _named(table)
        return ", ".join(show(int(each), log) for each in ids.split(", "))
    return _from(SHARING)(value, log)


def _weekdays(value: Any, _log: Log) -> str:
    # January 1, 2001 was a Monday.
    return ", ".join(weekday(date(2001, 1, 1 + day)) for day in value)


def _date(value: Any, _log: Log) -> str:
    return short_day(date.fromisoformat(value))


def _instant(value: Any, log: Log) -> str:
    instant = datetime.fromisoformat(value)
    return f"{short_day(instant, log.zone)}, {clock_time(instant, log.zone)}"


def _sessions(value: Any, _log: Log) -> str:
    return ngettext("%(num)d session", "%(num)d sessions", len(value)) if value else ""


SHOWN: dict[str, Show] = {
    "fields": _from(FIELDS),
    "from": _person_or_sharing,
    "to": _person_or_sharing,
    "member": _named("member"),
    "former": _named("member"),
    "how": _from(HOW),
    "what": _from(WHAT),
    "detail": _from(DETAIL),
    "rights": _rights,
    "team_booking": _from(TEAM_BOOKING),
    "copied_from": _named("package"),
    "copy_of": _named("service"),
    "service": _named("service"),
    "message": lambda value, _log: str(getattr(CLIENT_MESSAGES.get(value), "name", value)),
    "change": lambda value, _log: f"{value:+d}",
    "package": _named("package"),
    "weekdays": _weekdays,
    "date": _date,
    "became": _from(BECAME),
    "start": _instant,
    "end": _instant,
    "time_before": _instant,
    "time": _instant,
    "late": lambda value, _log: _("yes") if value else "",
    "kept": _sessions,
    "obstacles": _from(OBSTACLES),
    # what it was called once
    "outside": _from(OBSTACLES),
}
"""How the value of a detail is shown; any other one as it is."""
