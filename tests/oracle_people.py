"""Whom one can book with what, as `flask explain` tells it, worked out from a clinic file alone."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tests.oracle_time import date_at

Entry = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """What is asked, as on the command line."""

    package: str
    service: str
    now: datetime
    practitioner: str = "any"
    client: str | None = None
    delivery: str | None = None
    first: date | None = None
    days: int = 7


@dataclass(frozen=True)
class Holder:
    """Who books: a client's package, or a package as a newcomer sees it.

    `reason`: why nobody at all can be booked with it. `bookings` are the package's own ones.
    """

    reason: str | None
    assigned: str
    team_booking: Entry
    expires: date | None
    weekly_limit: int | None
    monthly_limit: int | None
    bookings: tuple[Entry, ...] = ()


class People:
    """The people of a clinic file, and who of them can be booked by whoever asks."""

    def __init__(self, document: Entry, asked: Asked) -> None:
        self.document, self.asked = document, asked
        self.practice: Entry = document["practice"]
        self.zone: str = self.practice["timezone"]
        self.now = asked.now.timestamp()
        self.today = date_at(self.now, self.zone)
        self.service = named(document["services"], "slug", asked.service)
        self.package = named(document["packages"], "slug", asked.package)
        self.holder = self.newcomer() if asked.client is None else self.of_client(asked.client)

    def listed(self, key: str) -> list[Entry]:
        """A list of the file; every one may be missing."""
        found: list[Entry] = self.document.get(key, [])
        return found

    # Who books.

    def newcomer(self) -> Holder:
        """The package as somebody sees it who doesn't have it yet."""
        days = self.package["valid_days"]
        reason = None if credits_of(self.package["items"], self.asked.service) else "no_credit_left"
        return Holder(
            reason="package_inactive" if self.package["archived"] else reason,
            assigned=self.package["assigned_to"],
            team_booking=self.package["team_booking"],
            expires=None if days is None else self.today + timedelta(days=days),
            weekly_limit=self.package["weekly_limit"],
            monthly_limit=self.package["monthly_limit"],
        )

    def of_client(self, email: str) -> Holder:
        """The package of this name that the client would book with."""
        own = [
            self.copy(one)
            for one in self.listed("client_packages")
            if (one["client"], one["package"]) == (email, self.asked.package)
        ]
        if not named(self.listed("clients"), "email", email)["active"]:
            return Holder("client_inactive", "", {}, None, None, None)
        if not own:
            return Holder("package_inactive", "", {}, None, None, None)
        order = (None, "no_credit_left", "expired")
        return min(own, key=lambda one: (order.index(one.reason), one.expires or date.max))

    def copy(self, own: Entry) -> Holder:
        """One package of a client; what it doesn't say is as the template has it."""
        used = tuple(
            booking
            for booking in self.listed("bookings")
            if (booking["client"], booking["package"]) == (own["client"], own["package"])
            and booking["status"] != "cancelled"
        )
        items = self.package["items"] if own["items"] is None else own["items"]
        spent = sum(booking["service"] == self.asked.service for booking in used)
        left = credits_of(items, self.asked.service) - spent
        expires = None if own["expires"] is None else date.fromisoformat(own["expires"])
        expired = expires is not None and expires < self.today
        return Holder(
            reason="expired" if expired else "no_credit_left" if left <= 0 else None,
            assigned=own["assigned_to"],
            team_booking=own["team_booking"] or self.package["team_booking"],
            expires=expires,
            weekly_limit=own.get("weekly_limit", self.package["weekly_limit"]),
            monthly_limit=own.get("monthly_limit", self.package["monthly_limit"]),
            bookings=used,
        )

    # Who can be booked.

    def is_assigned(self, member: Entry) -> bool:
        """Is this the practitioner to whom the holder's package is assigned?"""
        return bool(member["email"] == self.holder.assigned)

    def in_order(self) -> list[Entry]:
        """The team, the assigned practitioner first, then by name."""
        return sorted(self.document["team"], key=lambda m: (not self.is_assigned(m), m["name"]))

    def reason(self, member: Entry) -> str | None:
        """The first reason why the member can't be booked; None for one who can be."""
        if member["kind"] == "admin":
            return "admin"
        if not member["active"]:
            return "inactive"
        if self.holder.reason is not None:
            return self.holder.reason
        settings = self.holder.team_booking
        if not self.is_assigned(member):
            if self.practice["plan"] == "solo":
                return "solo_plan"
            if not settings["enabled"]:
                return "team_booking_off"
            if not includes(settings["allow"], settings["restrict_to"], member):
                return "not_allowed_by_package"
            if not self.is_shared_with(member):
                return "service_not_shared"
        return None if self.is_ever_available(member) else "no_availability"

    def is_shared_with(self, member: Entry) -> bool:
        """Does the member own the service, or is it shared with them?"""
        if member["email"] == self.service["owner"]:
            return True
        return includes(self.service["sharing"], self.service["shared_with"], member)

    def is_ever_available(self, member: Entry) -> bool:
        """Is there a weekly row, or an override row of today or later, that fits the service?"""
        today = date_at(self.now, self.zone_of(member))
        block = self.block(member)
        rows = list(block["weekly"])
        for entry in block["overrides"]:
            if date.fromisoformat(entry["date"]) >= today:
                rows += override_rows(entry)
        return any(self.fits(row, method) for row in rows for method in self.service["delivery"])

    # The members' availability.

    def block(self, member: Entry) -> Entry:
        """The availability of the member."""
        nothing: Entry = {"weekly": [], "overrides": [], "time_off": []}
        found = [b for b in self.listed("availability") if b["member"] == member["email"]]
        return nothing | (found[0] if found else {})

    def zone_of(self, member: Entry) -> str:
        """The zone in which the member's hours are meant."""
        return member["timezone"] or self.zone

    def fits(self, row: Entry, method: str) -> bool:
        """Does a row of availability serve this service in this way?"""
        services, methods = row.get("services"), row.get("delivery")
        return (services is None or self.asked.service in services) and (
            methods is None or method in methods
        )


# Entries.


def named(entries: list[Entry], key: str, value: str) -> Entry:
    """The entry with this value, which there is."""
    return next(entry for entry in entries if entry[key] == value)


def credits_of(items: list[Entry], service: str) -> int:
    """The sessions of a service that the items give."""
    return sum(item["sessions"] for item in items if item["service"] == service)


def includes(mode: str, listed: list[str], member: Entry) -> bool:
    """Does a mode of sharing, or of team booking, include the member?"""
    if mode == "members":
        return member["email"] in listed
    if mode == "roles":
        return member["role"] in listed
    return mode in ("all", "any")


def override_rows(entry: Entry) -> list[Entry]:
    """The rows of an override; a closed date has none."""
    return [{**entry, "from": begin, "to": end} for begin, end in entry["hours"]]
