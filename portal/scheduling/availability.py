"""Rules about a member's availability itself: what makes sense to type in, and what lies outside.

Minutes are those of the wall clock, 0 to 1440; spans are UTC seconds since 1970.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from portal.scheduling.hours import DAY, Hours, HoursRow, local_date, stretches
from portal.scheduling.intervals import Span, joined, overlap


def overlapping(rows: Sequence[HoursRow]) -> list[int]:
    """Return the places of the rows that overlap an earlier one with the same limits.

    One row would do, so somebody has mistyped. Rows with other services or delivery methods may
    overlap: each says when something else can be booked. Rows that touch don't overlap.
    """
    return [
        at
        for at, row in enumerate(rows)
        if any(
            overlap((row.start, row.end), (other.start, other.end))
            and (row.services, row.delivery) == (other.services, other.delivery)
            for other in rows[:at]
        )
    ]


def covers(hours: Hours, service_id: int, method: str, span: Span) -> bool:
    """Say whether one stretch of the hours has room for the whole session."""
    start, end = span
    day = local_date(hours.zone, start)
    around = stretches(hours, service_id, method, day - DAY, day)
    return any(begin <= start and end <= until for begin, until in around)


def whatever_they_serve(hours: Hours) -> Hours:
    """Return the same hours without their limits: when the member works at all."""

    def unlimited(rows: Iterable[HoursRow]) -> list[HoursRow]:
        return [replace(row, services=None, delivery=None) for row in rows]

    weekly: Mapping[int, Sequence[HoursRow]] = {
        weekday: unlimited(rows) for weekday, rows in hours.weekly.items()
    }
    overrides: Mapping[date, Sequence[HoursRow]] = {
        day: unlimited(rows) for day, rows in hours.overrides.items()
    }
    return Hours(hours.zone, weekly, overrides)


def rows_of(hours: Hours, day: date) -> Sequence[HoursRow]:
    """Return the rows in force on a date of the member's zone: its override's, or the weekday's."""
    if day in hours.overrides:
        return hours.overrides[day]
    return hours.weekly.get(day.weekday(), ())


def working_minutes(rows: Iterable[HoursRow]) -> int:
    """Return how long the rows are together, in minutes, what overlaps counted once."""
    return sum(end - start for start, end in joined([(row.start, row.end) for row in rows]))
