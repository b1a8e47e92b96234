"""The practice, its roles, its team and their hours."""

import secrets
from datetime import datetime

from portal.clinic_file.entries import Availability, ClinicFile, Day, Person
from portal.clinic_file.hours import HoursRows, by_date, normal, read_hours
from portal.clinic_file.rows import Rows
from portal.clinic_file.shapes import keys
from portal.clinic_file.writing.becoming import become, since
from portal.db import db
from portal.models import DateOverride, Member, OverrideHours, Practice, Role, TimeOff, WeeklyHours


def write(file: ClinicFile, rows: Rows, now: datetime) -> None:
    """Write practice, roles and team."""
    if file.practice is not None:
        named = [one.name for one, _ in keys(type(file.practice)).values()]
        values = {name: getattr(file.practice, name) for name in named}
        values["reminders"] = list(file.practice.reminders)
        if rows.practice is None:
            db.session.add(Practice(**values))
        else:
            become(rows.practice, **values)
    for role in file.roles:
        row = rows.roles.setdefault(role.name, Role(name=role.name))
        become(row, rights=[right.value for right in role.may])
        db.session.add(row)
    # The database lets a practice have one owner: the former one goes before the new one comes.
    for person in file.team:
        if person.email in rows.team and not person.owner:
            become(rows.team[person.email], is_owner=False)
    db.session.flush()
    for person in file.team:
        _write_person(person, rows, now)
    db.session.flush()


def _write_person(person: Person, rows: Rows, now: datetime) -> None:
    row = rows.team.get(person.email)
    if row is None:
        row = Member(email=person.email, fs_uniquifier=secrets.token_hex(32))
        rows.team[person.email] = row
    become(
        row,
        name=person.name,
        role=rows.roles[person.role] if person.role is not None else None,
        kind=person.kind,
        is_owner=person.owner,
        timezone=person.timezone,
        daily_cap=person.daily_cap,
        language=person.language,
        told_of_assigned=person.told_of_assigned,
        deactivated_at=since(row.deactivated_at, not person.active, now),
    )
    db.session.add(row)


def write_hours(file: ClinicFile, rows: Rows) -> None:
    """Replace what differs of the hours of the members whom the file has hours for."""
    stored = read_hours() if file.availability else {}
    for entry in file.availability:
        member = rows.team[entry.member]
        _write_hours(normal(entry), member, stored.get(member.id, HoursRows()), rows)
    db.session.flush()


def _write_hours(wanted: Availability, member: Member, own: HoursRows, rows: Rows) -> None:
    current = own.entry(member.email)
    if wanted.weekly != current.weekly:
        _replace(own.weekly, _weekly(wanted, member, rows))
    if wanted.overrides != current.overrides:
        _replace(own.overrides, _overrides(wanted, member, rows))
    if wanted.time_off != current.time_off:
        off = wanted.time_off
        new = [TimeOff(member_id=member.id, starts_at=o.start, ends_at=o.end) for o in off]
        _replace(own.time_off, new)


def _replace(
    old: list[WeeklyHours] | list[DateOverride] | list[TimeOff],
    new: list[WeeklyHours] | list[DateOverride] | list[TimeOff],
) -> None:
    for row in old:
        db.session.delete(row)
    db.session.flush()
    db.session.add_all(new)


def _weekly(wanted: Availability, member: Member, rows: Rows) -> list[WeeklyHours]:
    return [
        WeeklyHours(
            member_id=member.id,
            weekday=list(Day).index(row.day),
            start_minute=row.start,
            end_minute=row.end,
            only_services=row.services is not None,
            services=[rows.services[slug] for slug in row.services or ()],
            delivery=None if row.delivery is None else [one.value for one in row.delivery],
        )
        for row in wanted.weekly
    ]


def _overrides(wanted: Availability, member: Member, rows: Rows) -> list[DateOverride]:
    return [
        DateOverride(
            member_id=member.id,
            date=day,
            hours=[
                OverrideHours(
                    start_minute=start,
                    end_minute=end,
                    only_services=services is not None,
                    services=[rows.services[slug] for slug in services or ()],
                    delivery=None if delivery is None else [one.value for one in delivery],
                )
                for start, end, services, delivery in stretches
            ],
        )
        for day, stretches in by_date(wanted.overrides).items()
    ]
