"""Whose days a calendar shows: one person's, or everybody's, some people at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Row, exists, select

from portal.colours import COLOURS_OF_PEOPLE
from portal.db import db
from portal.models import Booking, Member
from portal.queries.calendar_days import PEOPLE_AT_ONCE, Person, View
from portal.queries.calendar_sessions import in_these_days
from portal.queries.clients import sees_everyone
from portal.queries.paging import Paged, in_order
from portal.scheduling.eligibility import Kind

Colleague = Row[int, str, Kind, str | None, datetime | None]
"""What a calendar has to know of a member: id, name, kind, timezone and deactivated_at."""


@dataclass(frozen=True, slots=True)
class People:
    """Who has a column, as a page of all who have one, and whom the calendar can be filtered by.

    All are in the team's order. `chosen` is the one whose calendar it is, None: everybody's.
    """

    chosen: Person | None
    columns: dict[Person, Colleague]
    shown: Paged[Person]
    all: tuple[Person, ...]


def load_people(
    member: Member,
    view: View,
    who: int | None,
    page: int,
    zone: ZoneInfo,
    days: Sequence[date],
    now: datetime,
) -> People:
    """The person `who`, or everybody whom the member sees in these days, on pages. Two queries.

    Somebody who isn't on the team is nobody to filter by: then it's everybody. A page past the
    last one is the last one.
    """
    team = _team()
    people = {
        row.id: Person(row.id, row.name, at % COLOURS_OF_PEOPLE) for at, row in enumerate(team)
    }
    chosen = people.get(who) if who is not None else None
    if chosen is not None:
        found = [row for row in team if row.id == who]
    else:
        found = _on_pages(team, member, zone, days, now)
    part = in_order(found, page, PEOPLE_AT_ONCE[view])
    on_this_page, on_any = ({row.id for row in rows} for rows in (part.shown, found))
    columns = {people[row.id]: row for row in team if row.id in on_this_page}
    return People(
        chosen=chosen,
        columns=columns,
        shown=Paged(tuple(columns), part.page, part.pages, part.found),
        all=tuple(people[row.id] for row in team if works_here(row) or row.id in on_any),
    )


def whose_at_first(member: Member) -> int | None:
    """Whose sessions a member sees who didn't choose: their own, or everybody's (None).

    Everybody's is for whoever sees every client, and for somebody who has no sessions.
    """
    return None if sees_everyone(member) or member.kind is Kind.ADMIN else member.id


def works_here(person: Colleague) -> bool:
    """Say whether this is a practitioner who hasn't left."""
    return person.deactivated_at is None and person.kind is Kind.PRACTITIONER


def _team() -> Sequence[Colleague]:
    # By number and with those who left, so that nobody's colour ever changes. An admin may have
    # been a practitioner before, and have sessions from then.
    query = select(
        Member.id, Member.name, Member.kind, Member.timezone, Member.deactivated_at
    ).order_by(Member.kind != Kind.PRACTITIONER, Member.id)
    return db.session.execute(query).all()


def _on_pages(
    team: Sequence[Colleague], member: Member, zone: ZoneInfo, days: Sequence[date], now: datetime
) -> list[Colleague]:
    """Whoever works here, and then whoever else has a session in these days.

    A member who doesn't see all clients sees themselves and those of whom they see a session. Who
    is there whatever the days comes first, so that another day has the same people on a page.
    """
    everyone = sees_everyone(member)
    always: list[Colleague] = []
    others: list[Colleague] = []
    for row in team:
        is_there = works_here(row) and (everyone or row.id == member.id)
        (always if is_there else others).append(row)
    session = exists().where(Booking.member_id == Member.id, in_these_days(member, zone, days, now))
    query = select(Member.id).where(Member.id.in_([row.id for row in others]), session)
    busy = set(db.session.scalars(query))
    return [*always, *(row for row in others if row.id in busy)]
