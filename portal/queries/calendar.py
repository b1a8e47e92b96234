"""The staff's calendar: a day or a week of the sessions that a member may see, by person.

A fixed number of queries, however many people and sessions there are.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from portal.db import db
from portal.models import Member, Practice, Right, TimeOff
from portal.queries.availability import schedules_others
from portal.queries.calendar_days import (
    Allowed,
    Band,
    Calendar,
    Column,
    Day,
    Entry,
    Person,
    View,
)
from portal.queries.calendar_people import Colleague, load_people, works_here
from portal.queries.calendar_sessions import load_entries
from portal.queries.clients import sees_everyone
from portal.queries.hours import load_hours
from portal.queries.staff_bookings import may_change_those_of
from portal.scheduling.availability import whatever_they_serve
from portal.scheduling.hours import DAY, MINUTES_OF_A_DAY, day_start, stretches, wall_minutes
from portal.scheduling.intervals import Span, joined

USUAL = (8 * 60, 18 * 60)
"""What a day shows at least, in minutes of the wall clock."""


def load_calendar(
    member: Member, view: View, day: date | None, who: int | None, now: datetime, page: int = 1
) -> Calendar:
    """The day, or the week that it's in, of the person `who` (default: everybody).

    Of everybody it's one page of people; a page past the last one is the last one. Somebody who
    isn't on the team is nobody to filter by: then it's everybody. Held times are shown with whom
    the member may see anyway.
    """
    zone = ZoneInfo(db.session.get_one(Practice, 1).timezone)
    today = now.astimezone(zone).date()
    day = day or today
    first = day if view is View.DAY else day - day.weekday() * DAY
    days = [first + number * DAY for number in range(1 if view is View.DAY else 7)]
    people = load_people(member, view, who, page, zone, days, now)
    entries = load_entries(member, people.columns, zone, days, now)
    open_to = [row for row in people.columns.values() if _may_see_hours(row, member)]
    works, off = _works(open_to, zone, days), _off(open_to, zone, days)
    may = {person: _allowed(row, member) for person, row in people.columns.items()}
    made = tuple(_day(each, zone, entries[each], works, off, may) for each in days)
    first_minute, last_minute = _hours_shown(made)
    return Calendar(
        view=view,
        day=day,
        today=today,
        zone=zone,
        who=people.chosen,
        people=people.all,
        shown=people.shown,
        days=made,
        first_minute=first_minute,
        last_minute=last_minute,
    )


def _allowed(person: Colleague, member: Member) -> Allowed:
    here = works_here(person)
    return Allowed(
        changed=may_change_those_of(person.id, member),
        booked=here,
        scheduled=here and (person.id == member.id or schedules_others(member)),
    )


def _may_see_hours(person: Colleague, member: Member) -> bool:
    return person.id == member.id or sees_everyone(member) or member.may(Right.TEAM)


def _works(
    team: Sequence[Colleague], zone: ZoneInfo, days: Sequence[date]
) -> dict[int, list[Span]]:
    """When each of them works, whatever they serve then, over their time off."""
    zones = {row.id: ZoneInfo(row.timezone) if row.timezone else zone for row in team}
    first, last = days[0] - DAY, days[-1] + DAY
    return {
        id_: joined(stretches(whatever_they_serve(hours), 0, "", first, last))
        for id_, hours in load_hours(zones, first).items()
    }


def _off(team: Sequence[Colleague], zone: ZoneInfo, days: Sequence[date]) -> dict[int, list[Span]]:
    first, until = day_start(zone, days[0]), day_start(zone, days[-1] + DAY)
    found: dict[int, list[Span]] = {row.id: [] for row in team}
    query = select(TimeOff.member_id, TimeOff.starts_at, TimeOff.ends_at).where(
        TimeOff.member_id.in_(found),
        TimeOff.ends_at > datetime.fromtimestamp(first, zone),
        TimeOff.starts_at < datetime.fromtimestamp(until, zone),
    )
    for id_, start, end in db.session.execute(query):
        found[id_].append((int(start.timestamp()), int(end.timestamp())))
    return {id_: joined(spans) for id_, spans in found.items()}


def _day(
    day: date,
    zone: ZoneInfo,
    entries: Sequence[Entry],
    works: Mapping[int, Sequence[Span]],
    off: Mapping[int, Sequence[Span]],
    may: Mapping[Person, Allowed],
) -> Day:
    of: dict[int, list[Entry]] = {}
    for entry in entries:
        of.setdefault(entry.person.id, []).append(entry)
    columns = tuple(
        Column(
            person=person,
            day=day,
            entries=tuple(of.get(person.id, ())),
            works=_bands(day, zone, works.get(person.id, ())),
            off=_bands(day, zone, off.get(person.id, ())),
            may=allowed,
        )
        for person, allowed in may.items()
    )
    return Day(day, tuple(entries), columns)


def _bands(day: date, zone: ZoneInfo, spans: Iterable[Span]) -> tuple[Band, ...]:
    start, end = day_start(zone, day), day_start(zone, day + DAY)
    parts = [(max(a, start), min(b, end)) for a, b in spans if a < end and b > start]
    return tuple(
        Band(first, last - first, *part)
        for part in parts
        for first, last in wall_minutes(zone, day, part)
    )


def _hours_shown(days: Iterable[Day]) -> tuple[int, int]:
    """From which to which full hour there is something: sessions, or hours in which one works."""
    spans: list[Entry | Band] = []
    for day in days:
        spans += day.entries
        spans += [band for column in day.columns for band in column.works]
    first = min([USUAL[0], *(span.minute for span in spans)])
    last = max([USUAL[1], *(span.minute + span.minutes for span in spans)])
    return first // 60 * 60, min(MINUTES_OF_A_DAY, -(-last // 60) * 60)
