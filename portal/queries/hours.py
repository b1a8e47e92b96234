"""Members' hours, as values for portal.scheduling: one query however many members there are."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Date, Integer, bindparam, cast, null, select, union_all

from portal.models import DateOverride, OverrideHours, WeeklyHours
from portal.models.availability import override_hours_service, weekly_hours_service
from portal.plain_rows import plain_rows
from portal.scheduling.hours import Hours, HoursRow

_WEEKLY = (
    select(
        WeeklyHours.member_id,
        WeeklyHours.weekday,
        cast(null(), Date).label("date"),
        cast(null(), Integer).label("override_id"),
        WeeklyHours.id.label("id"),
        WeeklyHours.start_minute,
        WeeklyHours.end_minute,
        WeeklyHours.only_services,
        WeeklyHours.delivery,
        weekly_hours_service.c.service_id,
    )
    .outerjoin(weekly_hours_service, weekly_hours_service.c.weekly_hours_id == WeeklyHours.id)
    .where(WeeklyHours.member_id.in_(bindparam("ids", expanding=True)))
)
_OVERRIDES = (
    select(
        DateOverride.member_id,
        cast(null(), Integer),
        DateOverride.date,
        DateOverride.id,
        OverrideHours.id,
        OverrideHours.start_minute,
        OverrideHours.end_minute,
        OverrideHours.only_services,
        OverrideHours.delivery,
        override_hours_service.c.service_id,
    )
    .outerjoin(OverrideHours, OverrideHours.date_override_id == DateOverride.id)
    .outerjoin(
        override_hours_service, override_hours_service.c.override_hours_id == OverrideHours.id
    )
    .where(
        DateOverride.member_id.in_(bindparam("ids", expanding=True)),
        DateOverride.date >= bindparam("from_day"),
    )
)
# As they were made, one kind after the other.
_HOURS = union_all(_WEEKLY, _OVERRIDES).order_by("override_id", "id")


def load_hours(zones: dict[int, ZoneInfo], from_day: date) -> dict[int, Hours]:
    """Hours by member id, for the members of `zones`, with the overrides of `from_day` or later.

    Every member of `zones` is in the answer, also those without any hours.
    """
    weekly: dict[int, dict[int, list[HoursRow]]] = {}
    overrides: dict[int, dict[date, list[HoursRow]]] = {}
    asked = {"ids": list(zones), "from_day": from_day}
    for member_id, weekday, day, row in _joined(plain_rows(_HOURS, asked)):
        if day is None:
            assert row is not None, "only a date override can be without hours"
            weekly.setdefault(member_id, {}).setdefault(weekday, []).append(row)
        else:
            rows = overrides.setdefault(member_id, {}).setdefault(day, [])
            if row is not None:
                rows.append(row)
    return {
        member_id: Hours(zone, weekly.get(member_id, {}), overrides.get(member_id, {}))
        for member_id, zone in zones.items()
    }


def _joined(rows: Sequence[Any]) -> list[tuple[int, Any, Any, HoursRow | None]]:
    """One value for each stretch; a join has a row for each service that limits it.

    It's of a weekday or of a date. A closed date has no stretch: its row is None.
    """
    services: dict[Any, set[int]] = {}
    stretches: dict[Any, Any] = {}
    for row in rows:
        whose, weekday, day, _, id_, *_, service_id = row
        stretch = whose, weekday, day, id_
        if service_id is not None:
            services.setdefault(stretch, set()).add(service_id)
        stretches[stretch] = row
    return [
        (whose, weekday, day, None if id_ is None else _hours_row(row, services.get(stretch)))
        for stretch, row in stretches.items()
        for whose, weekday, day, id_ in [stretch]
    ]


def _hours_row(row: Any, limits: set[int] | None) -> HoursRow:
    *_, start, end, only_services, delivery, _ = row
    services = frozenset(limits or ()) if only_services else None
    return HoursRow(start, end, services, None if delivery is None else frozenset(delivery))
