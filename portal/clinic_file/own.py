"""Clients' packages as they will be: how many sessions of each service, and how many are used."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from portal import models
from portal.clinic_file.entries import AS_TEMPLATE, ClientPackage, Package
from portal.clinic_file.faults import fine
from portal.clinic_file.known import Known, each


@dataclass
class Own:
    """One client's package, by service slug. `unsure`: a fault hides how many sessions it has."""

    client: str
    package: str
    expires: date | None
    totals: Mapping[str, int]
    entry: ClientPackage | None = None
    row: models.ClientPackage | None = None
    used: Counter[str] = field(default_factory=Counter)
    unsure: bool = False

    def has_left(self, service: str) -> bool:
        """Can one more session of the service be booked?"""
        return self.unsure or self.used[service] < self.totals.get(service, 0)


def default_choice(owned: Sequence[Own], service: str, day: date, takes: bool) -> Own | None:
    """Of a client's packages of one kind, the one that a session on that day belongs to.

    With a credit of the service left if it takes one; better one that hasn't expired by that day;
    the earliest expiry first. None where there is no such package.
    """
    fitting = [own for own in owned if own.has_left(service)] if takes else list(owned)
    if not takes:
        fitting = [own for own in owned if own.unsure or service in own.totals] or fitting

    def rank(own: Own) -> tuple[bool, date]:
        last = own.expires or date.max
        return last < day, last

    return min(fitting, key=rank, default=None)


def planned_own(entry: ClientPackage, known: Known) -> Own:
    """A client's package as the file has it; what the file leaves open is as in the package."""
    template = known.packages.get(entry.package) if known.packages else None
    listed: Any = entry.items if entry.items is not None else template and template.items
    expires = expiry(entry, template)
    sound = template is not None and fine(listed, expires) and fine(*(listed or ()))
    sound = sound and all(fine(item.service, item.sessions) for item in listed or ())
    return Own(
        client=entry.client,
        package=entry.package,
        expires=expires if fine(expires) else None,
        totals=sessions(each(listed or ())) if sound else {},
        entry=entry,
        unsure=not sound,
    )


def sessions(items: Iterable[Any]) -> dict[str, int]:
    """How many sessions of each service the items have, in their order."""
    return {item.service: item.sessions for item in items}


def expiry(entry: ClientPackage, template: Package | None) -> Any:
    """The last day of a client's package; None is never."""
    if entry.expires is not AS_TEMPLATE:
        return entry.expires
    if template is None or template.valid_days is None:
        return None
    if not fine(template.valid_days, entry.started):
        return template.valid_days if fine(entry.started) else entry.started
    return entry.started + timedelta(days=template.valid_days)
