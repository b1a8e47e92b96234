"""The sample clinic's sessions: six weeks that were and three to come, at times that are free."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from portal.demo.people import DAYS

STEP = timedelta(minutes=15)
PAST_DAYS, COMING_DAYS = 42, 21
PAST = ["completed"] * 17 + ["cancelled"] * 2 + ["no_show"]
COMING = ["confirmed"] * 14 + ["requested"] * 4 + ["cancelled"] * 2
# sessions a practitioner and day: in the past, in the next week, later
BUSY, FILLING, QUIET = (3, 4), (1, 3), (0, 2)
NOTES = ("", "", "", "First time on video.", "Please call if you run late.", "Brings food diary.")


class Diary:
    """Everybody's sessions so far; a new one takes a time at which nothing else is."""

    def __init__(
        self,
        now: datetime,
        practice: dict[str, Any],
        team: Sequence[dict[str, Any]],
        services: Sequence[dict[str, Any]],
        hours: Sequence[dict[str, Any]],
    ) -> None:
        self.bookings: list[dict[str, Any]] = []
        self._now = now
        self._zone = ZoneInfo(practice["timezone"])
        self._team = {person["email"]: person for person in team}
        self._services = {service["slug"]: service for service in services}
        self._hours = {block["member"]: block for block in hours}
        self._busy: defaultdict[tuple[str, date], list[tuple[datetime, datetime]]]
        self._busy = defaultdict(list)
        # The same clinic for everybody who looks at it on the same day.
        self._random = random.Random("Riverside Clinic")  # noqa: S311  (a sample, not a secret)

    def book(
        self, client: str, email: str, slug: str, day: date, package: str | None = None
    ) -> None:
        """Book the first free time of that day or, where there's none, of a day nearby.

        Days before today look back, so that what was stays in the past.
        """
        today = self._now.astimezone(self._zone).date()
        step = -1 if day < today else 1
        for offset in range(0, 15 * step, step):
            starts = list(self._free(email, slug, day + timedelta(days=offset)))
            if starts:
                self._enter(client, email, slug, starts[0], package)
                return

    def fill(self, clients: Sequence[str]) -> None:
        """Book some of everybody's other times, with these clients, outside any package."""
        today = self._now.astimezone(self._zone).date()
        for offset in range(-PAST_DAYS, COMING_DAYS + 1):
            day = today + timedelta(days=offset)
            least, most = BUSY if offset <= 0 else FILLING if offset <= 7 else QUIET
            for email in self._hours:
                for _ in range(self._random.randint(least, most)):
                    slug = self._random.choice(self._offered_by(email))
                    starts = list(self._free(email, slug, day))
                    if starts:
                        client = self._random.choice(clients)
                        self._enter(client, email, slug, self._random.choice(starts), None)

    def _offered_by(self, email: str) -> list[str]:
        role = self._team[email]["role"]
        return [
            slug
            for slug, service in self._services.items()
            if service["owner"] == email
            or service["sharing"] == "all"
            or email in service["shared_with"]
            or role in service["shared_with"]
        ]

    def _free(self, email: str, slug: str, day: date) -> Iterator[datetime]:
        service, block = self._services[slug], self._hours[email]
        zone = ZoneInfo(self._team[email]["timezone"] or self._zone.key)
        if any(override["date"] == day.isoformat() for override in block["overrides"]):
            return
        length = timedelta(minutes=service["minutes"])
        for row in block["weekly"]:
            if row["day"] == DAYS[day.weekday()] and self._methods(service, row):
                start = datetime.combine(day, time.fromisoformat(row["from"]), zone)
                end = datetime.combine(day, time.fromisoformat(row["to"]), zone)
                while start + length <= end:
                    if self._is_free(email, slug, start):
                        yield start
                    start += STEP

    def _is_free(self, email: str, slug: str, start: datetime) -> bool:
        begin, until = self._with_buffers(slug, start)
        off = [
            (datetime.fromisoformat(o["from"]), datetime.fromisoformat(o["to"]))
            for o in self._hours[email]["time_off"]
        ]
        return all(until <= b or e <= begin for b, e in [*self._busy[email, start.date()], *off])

    def _with_buffers(self, slug: str, start: datetime) -> tuple[datetime, datetime]:
        service = self._services[slug]
        before = timedelta(minutes=service["buffer_before"])
        after = timedelta(minutes=service["minutes"] + service["buffer_after"])
        return start - before, start + after

    def _methods(self, service: dict[str, Any], row: dict[str, Any]) -> list[str]:
        return [m for m in service["delivery"] if row["delivery"] is None or m in row["delivery"]]

    def _enter(
        self, client: str, email: str, slug: str, start: datetime, package: str | None
    ) -> None:
        service = self._services[slug]
        row = self._hours[email]["weekly"][0]
        status = self._status(start + timedelta(minutes=service["minutes"]), package)
        if status != "cancelled":
            self._busy[email, start.date()].append(self._with_buffers(slug, start))
        self.bookings.append(
            {
                "client": client,
                "practitioner": email,
                "service": slug,
                "delivery": self._random.choice(self._methods(service, row)),
                "start": start.astimezone(self._zone).isoformat(),
                "status": status,
                "package": package,
                "note": self._random.choice(NOTES),
            }
        )

    def _status(self, end: datetime, package: str | None) -> str:
        is_past = end <= self._now
        if package is not None:
            return "completed" if is_past else "confirmed"
        return self._random.choice(PAST if is_past else COMING)
