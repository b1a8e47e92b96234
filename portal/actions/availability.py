"""Managing availability: weekly hours, date overrides, time off, zone and cap.

Sessions that are booked already stay as they are, whatever the hours become; the pages name them.
Each act waits for bookings with the same practitioner, as these wait for it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from portal.actions.activity import record
from portal.actions.guard import lock_members
from portal.actions.versions import require_same
from portal.errors import NotFound, Refused
from portal.models import (
    Act,
    DateOverride,
    Delivery,
    Member,
    OverrideHours,
    Service,
    TimeOff,
    WeeklyHours,
)
from portal.queries.availability import (
    LAST_DATE,
    WEEKDAYS,
    find_member_to_schedule,
    in_order,
    is_bookable,
    load_override,
    load_week,
    services_to_name,
    settings_seen,
    zone_of,
)
from portal.scheduling.availability import overlapping
from portal.scheduling.hours import MINUTES_OF_A_DAY, HoursRow
from portal.transaction import transaction

AnySession = Session | scoped_session[Session]
Rows = Sequence[HoursRow]


def save_week(
    member_id: int, week: Mapping[int, Rows], seen: str, by: Member, now: datetime
) -> None:
    """Replace the member's weekly hours by those of `week`, by weekday (0 is Monday).

    A weekday that isn't in it gets no hours. `seen` is what portal.queries.availability.load_week
    gave with the hours that were edited. Raises NotFound for somebody else's availability, Changed
    where it was saved meanwhile, Refused for hours that can't be.
    """
    with transaction() as session:
        member = _locked(session, member_id, by)
        stored = load_week(member)
        require_same(stored.seen, seen)
        changed = [day for day in WEEKDAYS if in_order(week.get(day, ())) != stored.days[day]]
        services = _services(
            session, member, [row for rows in stored.days.values() for row in rows]
        )
        for day in changed:
            _require_sensible(week.get(day, ()), services)
        for old in session.scalars(
            select(WeeklyHours).where(
                WeeklyHours.member_id == member.id, WeeklyHours.weekday.in_(changed)
            )
        ):
            session.delete(old)
        session.flush()
        for day in changed:
            for row in in_order(week.get(day, ())):
                values = _columns(row, services)
                session.add(WeeklyHours(member_id=member.id, weekday=day, **values))
        if changed:
            record(session, Act.HOURS_CHANGED, member, now, by=by, weekdays=changed)


def save_overrides(
    member_id: int, days: Mapping[date, str], rows: Rows, by: Member, now: datetime
) -> None:
    """Let these hours stand in for the weekly ones on dates of the member's zone; none close them.

    Each date comes with what portal.queries.availability.load_override gave as `seen`. Raises
    NotFound, Changed or Refused, as save_week does; Refused too for a date that is over. All of the
    dates are changed, or none.
    """
    with transaction() as session:
        member = _locked(session, member_id, by)
        for day, seen in sorted(days.items()):
            stored = load_override(member, day)
            require_same(stored.seen, seen)
            _require_to_come(member, day, now)
            if stored.rows == in_order(rows):
                continue
            services = _services(session, member, stored.rows or ())
            _require_sensible(rows, services)
            _remove(session, member, day)
            hours = [OverrideHours(**_columns(row, services)) for row in in_order(rows)]
            session.add(DateOverride(member_id=member.id, date=day, hours=hours))
            what = "hours" if hours else "closed"
            _record_override(session, day, what, member, by, now)


def remove_overrides(member_id: int, days: Mapping[date, str], by: Member, now: datetime) -> None:
    """Put the weekly hours back in force on dates. Raises as save_overrides does."""
    with transaction() as session:
        member = _locked(session, member_id, by)
        for day, seen in sorted(days.items()):
            require_same(load_override(member, day).seen, seen)
            if _remove(session, member, day):
                _record_override(session, day, "weekly", member, by, now)


def add_time_off(
    member_id: int, start: datetime, end: datetime, by: Member, now: datetime
) -> TimeOff:
    """Take the member's time from `start` until just before `end` away from booking.

    The same time off a second time is the first one. Raises NotFound for somebody else's
    availability, Refused for a time that isn't one or is over.
    """
    with transaction() as session:
        member = _locked(session, member_id, by)
        require_time_off(start, end, now)
        same = session.scalar(
            select(TimeOff).where(
                TimeOff.member_id == member.id, TimeOff.starts_at == start, TimeOff.ends_at == end
            )
        )
        if same is not None:
            return same
        row = TimeOff(member_id=member.id, starts_at=start, ends_at=end)
        session.add(row)
        _record_time_off(session, "added", row, member, by, now)
    return row


def remove_time_off(member_id: int, time_off_id: int, by: Member, now: datetime) -> None:
    """Give the time back. Raises NotFound for time off that isn't this member's."""
    with transaction() as session:
        member = _locked(session, member_id, by)
        row = session.get(TimeOff, time_off_id)
        if row is None or row.member_id != member.id:
            raise NotFound(_("There is no such time off."))
        session.delete(row)
        _record_time_off(session, "removed", row, member, by, now)


def change_zone_and_cap(
    member_id: int,
    timezone: str | None,
    daily_cap: int | None,
    seen: str,
    by: Member,
    now: datetime,
) -> None:
    """Set the zone on whose clock the member's hours are (None: the practice's), and the cap.

    The hours keep their times of day. `daily_cap` is how many sessions a date may have, None any
    number. Raises NotFound, or Changed where somebody else set them meanwhile.
    """
    with transaction() as session:
        member = _locked(session, member_id, by)
        require_same(settings_seen(member), seen)
        changed = [
            name
            for name, value in (("timezone", timezone), ("daily_cap", daily_cap))
            if getattr(member, name) != value
        ]
        member.timezone, member.daily_cap = timezone, daily_cap
        if changed:
            record(session, Act.AVAILABILITY_CHANGED, member, now, by=by, fields=changed)


def require_time_off(start: datetime, end: datetime, now: datetime) -> None:
    """Raise Refused, with a sentence, for a time that can't be taken off."""
    if start >= end:
        raise Refused(_("Time off has to end after it begins."))
    if end <= now:
        raise Refused(_("This time is over already."))


def _locked(session: AnySession, member_id: int, by: Member) -> Member:
    lock_members([member_id])
    member = find_member_to_schedule(member_id, by)
    if not is_bookable(member):
        raise Refused(_("%(name)s is an admin and can’t be booked.", name=member.name))
    return member


def _require_to_come(member: Member, day: date, now: datetime) -> None:
    today = now.astimezone(zone_of(member)).date()
    if not today <= day <= LAST_DATE:
        raise Refused(_("This day is over already.") if day < today else _("That’s too far off."))


def _require_sensible(rows: Rows, services: Mapping[int, Service]) -> None:
    """Refuse what the forms don't let through; they say it better."""
    for row in rows:
        if not 0 <= row.start < row.end <= MINUTES_OF_A_DAY:
            raise Refused(_("Hours have to end after they begin."))
        if row.services is not None and not services.keys() >= row.services:
            raise Refused(_("Hours can only be limited to services that this person offers."))
        if row.delivery is not None and not set(Delivery) >= row.delivery:
            raise Refused(_("Please choose from these."))
    if overlapping(rows):
        raise Refused(_("These hours overlap. One stretch would do."))


def _services(session: AnySession, member: Member, stored: Rows) -> dict[int, Service]:
    ids = [choice.id for choice in services_to_name(member, stored)]
    found = session.scalars(select(Service).where(Service.id.in_(ids)))
    return {service.id: service for service in found}


def _columns(row: HoursRow, services: Mapping[int, Service]) -> dict[str, object]:
    methods = row.delivery
    return {
        "start_minute": row.start,
        "end_minute": row.end,
        "only_services": row.services is not None,
        "services": [services[id_] for id_ in sorted(row.services or ())],
        "delivery": None
        if methods is None
        else [each.value for each in Delivery if each in methods],
    }


def _remove(session: AnySession, member: Member, day: date) -> bool:
    """Delete the override; False where there is none."""
    found = session.scalar(
        select(DateOverride).where(DateOverride.member_id == member.id, DateOverride.date == day)
    )
    if found is None:
        return False
    session.delete(found)
    session.flush()
    return True


def _record_override(
    session: AnySession, day: date, became: str, member: Member, by: Member, now: datetime
) -> None:
    act = Act.OVERRIDE_CHANGED
    record(session, act, member, now, by=by, date=day.isoformat(), became=became)


def _record_time_off(
    session: AnySession, became: str, row: TimeOff, member: Member, by: Member, now: datetime
) -> None:
    start, end = row.starts_at.isoformat(), row.ends_at.isoformat()
    act = Act.TIME_OFF_CHANGED
    record(session, act, member, now, by=by, became=became, start=start, end=end)
