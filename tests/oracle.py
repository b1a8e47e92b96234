"""What `flask openings` and `flask explain` have to answer, worked out from a clinic file alone.

This is the specification once more, minute by minute and without a database: slow and plain where
the portal is quick. It shares no code with the portal, so that a mistake isn't made in both.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from tests.oracle_people import Asked, Entry, People, named, override_rows
from tests.oracle_time import (
    DAY,
    DAYS,
    MINUTE,
    date_at,
    instant,
    iso,
    minutes_of_date,
    monday,
    seconds,
    wall,
)


def openings(document: Entry, asked: Asked) -> Entry:
    """The answer of `flask openings … --json`."""
    clinic = Clinic(document, asked)
    bookable = [member for member in clinic.in_order() if clinic.reason(member) is None]
    wanted = [m for m in bookable if asked.practitioner in ("any", m["email"])]
    starts = {member["email"]: clinic.candidates(member) for member in wanted}
    minutes = clinic.service["minutes"] * MINUTE
    return {
        "package": asked.package,
        "service": asked.service,
        "timezone": document["practice"]["timezone"],
        "practitioners": [
            {"email": m["email"], "name": m["name"], "assigned": clinic.is_assigned(m)}
            for m in bookable
        ],
        "openings": [
            {
                "start": iso(at, clinic.zone),
                "end": iso(at + minutes, clinic.zone),
                "practitioner": member["email"],
            }
            for at in clinic.minutes()
            for member in wanted
            if at in starts[member["email"]] and clinic.may_start(member, at)
        ],
    }


def explain(document: Entry, asked: Asked) -> list[Entry]:
    """The answer of `flask explain … --json`."""
    clinic = Clinic(document, asked)
    reasons = [(member, clinic.reason(member)) for member in document["team"]]
    return [
        {"email": m["email"], "name": m["name"], "bookable": reason is None, "reason": reason}
        for m, reason in reasons
    ]


class Clinic(People):
    """A clinic file, and when each of its people can be booked."""

    # Where a session may start, as far as hours go.

    def stretches(self, member: Entry, day: date, method: str) -> Iterator[tuple[int, int]]:
        """The stretches of one date on the member's clock, joined and turned into instants."""
        block, zone = self.block(member), self.zone_of(member)
        overrides = [e for e in block["overrides"] if e["date"] == day.isoformat()]
        if overrides:
            rows = [row for entry in overrides for row in override_rows(entry)]
        else:
            rows = [row for row in block["weekly"] if row["day"] == DAYS[day.weekday()]]
        joined: list[list[int]] = []
        times = [(wall(r["from"]), wall(r["to"])) for r in rows if self.fits(r, method)]
        for begin, end in sorted(times):
            if joined and begin <= joined[-1][1]:
                joined[-1][1] = max(joined[-1][1], end)
            else:
                joined.append([begin, end])
        for begin, end in joined:
            yield instant(zone, day, begin), instant(zone, day, end, is_end=True)

    def candidates(self, member: Entry) -> set[int]:
        """Every instant at which a session would lie in a stretch, on the step."""
        step = self.practice["slot_step_minutes"] * MINUTE
        minutes = self.service["minutes"] * MINUTE
        asked = self.asked.delivery
        methods = [m for m in self.service["delivery"] if asked in (None, m)]
        first = self.first_day() - timedelta(days=2)
        return {
            start
            for ahead in range(self.asked.days + 4)
            for method in methods
            for begin, end in self.stretches(member, first + timedelta(days=ahead), method)
            for start in range(begin, end, step)
            if start + minutes <= end
        }

    # What else an opening needs.

    def first_day(self) -> date:
        """The first date of the practice that is asked for."""
        return self.asked.first or self.today

    def minutes(self) -> list[int]:
        """Every minute of the dates of the practice that are asked for."""
        dates = [self.first_day() + timedelta(days=ahead) for ahead in range(self.asked.days)]
        return [at for day in dates for at, _ in minutes_of_date(self.zone, day)]

    def may_start(self, member: Entry, start: int) -> bool:
        """Do the rules and the member's calendar allow a session that starts then?"""
        notice = self.practice["min_notice_minutes"] * MINUTE
        horizon = self.practice["horizon_days"] * DAY
        if not self.now + notice <= start < self.now + horizon:
            return False
        day = date_at(start, self.zone)
        if self.holder.expires is not None and day > self.holder.expires:
            return False
        return (
            not self.is_full(member, start)
            and not self.is_at_limit(day)
            and not self.is_taken(member, start)
        )

    def bookings_of(self, member: Entry) -> list[Entry]:
        """The member's bookings that count: all but the cancelled ones."""
        mine = [b for b in self.listed("bookings") if b["practitioner"] == member["email"]]
        return [booking for booking in mine if booking["status"] != "cancelled"]

    def is_full(self, member: Entry, start: int) -> bool:
        """Has the member as many bookings as a day may have, on the date of this start?"""
        zone, cap = self.zone_of(member), member["daily_cap"]
        dates = [date_at(seconds(b["start"]), zone) for b in self.bookings_of(member)]
        return cap is not None and dates.count(date_at(start, zone)) >= cap

    def is_at_limit(self, day: date) -> bool:
        """Has the package as many sessions as its week or its month may have?"""
        dates = [date_at(seconds(b["start"]), self.zone) for b in self.holder.bookings]
        in_week = sum(monday(other) == monday(day) for other in dates)
        in_month = sum(other.replace(day=1) == day.replace(day=1) for other in dates)
        weekly, monthly = self.holder.weekly_limit, self.holder.monthly_limit
        return (weekly is not None and in_week >= weekly) or (
            monthly is not None and in_month >= monthly
        )

    def is_taken(self, member: Entry, start: int) -> bool:
        """Does the session with its buffers overlap another one with its own, or time off?"""
        begin, end = widened(start, self.service)
        services = self.document["services"]
        taken = [
            widened(seconds(booking["start"]), named(services, "slug", booking["service"]))
            for booking in self.bookings_of(member)
        ]
        off = self.block(member)["time_off"]
        taken += [(seconds(entry["from"]), seconds(entry["to"])) for entry in off]
        return any(begin < other_end and other_begin < end for other_begin, other_end in taken)


def widened(start: int, service: Entry) -> tuple[int, int]:
    """A session that starts then, with the buffers of its service."""
    after = service["minutes"] + service["buffer_after"]
    return start - service["buffer_before"] * MINUTE, start + after * MINUTE
