"""A member's availability, as it's stored and as a file says it, in one form to compare."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from portal import models
from portal.clinic_file.entries import Availability, Day, Override, TimeOff, Weekly
from portal.clinic_file.rows import all_of
from portal.models import Delivery

Stretch = tuple[int, int, Any, Any]
"""Start and end in minutes, services and delivery methods (None: all)."""


@dataclass
class HoursRows:
    """One member's rows."""

    weekly: list[models.WeeklyHours] = field(default_factory=list)
    overrides: list[models.DateOverride] = field(default_factory=list)
    time_off: list[models.TimeOff] = field(default_factory=list)

    def entry(self, email: str) -> Availability:
        """What a file has for them."""
        return Availability(
            member=email,
            weekly=tuple(map(_weekly, self.weekly)),
            overrides=grouped({row.date: _stretches(row) for row in self.overrides}),
            time_off=tuple(TimeOff(start=o.starts_at, end=o.ends_at) for o in self.time_off),
        )


def read_hours() -> dict[int, HoursRows]:
    """The rows of every member who has some, by the member's id."""
    found: dict[int, HoursRows] = {}
    for weekly in all_of(models.WeeklyHours, models.WeeklyHours.services):
        found.setdefault(weekly.member_id, HoursRows()).weekly.append(weekly)
    for override in all_of(models.DateOverride, models.DateOverride.hours):
        found.setdefault(override.member_id, HoursRows()).overrides.append(override)
    for off in all_of(models.TimeOff):
        found.setdefault(off.member_id, HoursRows()).time_off.append(off)
    return found


def normal(entry: Availability) -> Availability:
    """The same availability in the form that is dumped: services in order, dates in one piece."""
    return Availability(
        member=entry.member,
        weekly=tuple(replace(row, path="", services=_sorted(row.services)) for row in entry.weekly),
        overrides=grouped(by_date(entry.overrides)),
        time_off=entry.time_off,
    )


def by_date(overrides: Iterable[Override]) -> dict[date, list[Stretch]]:
    """All stretches of each date; a closed date has none."""
    found: dict[date, list[Stretch]] = {}
    for one in overrides:
        stretches = found.setdefault(one.day, [])
        stretches += [(start, end, _sorted(one.services), one.delivery) for start, end in one.hours]
    return found


def grouped(stretches: dict[date, list[Stretch]]) -> tuple[Override, ...]:
    """Overrides of each date: one for all stretches that serve the same."""
    found = []
    for day, rows in stretches.items():
        groups: dict[Any, list[tuple[int, int]]] = {} if rows else {(None, None): []}
        for start, end, services, delivery in rows:
            groups.setdefault((services, delivery), []).append((start, end))
        found += [
            Override(day=day, hours=tuple(hours), services=services, delivery=delivery)
            for (services, delivery), hours in groups.items()
        ]
    return tuple(found)


def _stretches(override: models.DateOverride) -> list[Stretch]:
    rows = sorted(override.hours, key=lambda row: row.id)
    return [(row.start_minute, row.end_minute, *_limits(row)) for row in rows]


def _weekly(row: models.WeeklyHours) -> Weekly:
    services, delivery = _limits(row)
    return Weekly(
        day=list(Day)[row.weekday],
        start=row.start_minute,
        end=row.end_minute,
        services=services,
        delivery=delivery,
    )


def _limits(
    row: models.WeeklyHours | models.OverrideHours,
) -> tuple[tuple[str, ...] | None, tuple[Delivery, ...] | None]:
    return (
        _sorted([service.slug for service in row.services]) if row.only_services else None,
        None if row.delivery is None else tuple(map(Delivery, row.delivery)),
    )


def _sorted(slugs: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if slugs is None else tuple(sorted(set(slugs)))
