"""Roles, the team and its hours."""

from collections.abc import Sequence
from typing import Any

from portal.clinic_file.entries import Availability, ClinicFile
from portal.clinic_file.faults import Faults, fine
from portal.clinic_file.known import Known, distinct, each


def check(file: ClinicFile, known: Known, faults: Faults) -> None:
    """Note every fault of roles, team and availability."""
    distinct(each(file.roles), "name", "name", faults)
    distinct(each(file.team), "email", "email", faults)
    for person in each(file.team):
        if person.role is not None:
            known.role(person.role, f"{person.path}.role", faults)
    _one_owner(file, known, faults)
    distinct(each(file.availability), "member", "member", faults)
    for block in each(file.availability):
        known.person(block.member, f"{block.path}.member", faults)
        _hours(block, known, faults)


def _one_owner(file: ClinicFile, known: Known, faults: Faults) -> None:
    if not known.team or not all(fine(person.owner) for person in known.team.values()):
        return
    owners = [person for person in known.team.values() if person.owner]
    # Somebody whose address can't be read isn't among those who are known by it.
    nameless = [p for p in each(file.team) if not fine(p.email) and p.owner is True]
    if not owners and not nameless:
        faults.of_meaning("team", "nobody is the owner of the practice")
    for person in owners[1:]:
        faults.of_meaning(
            f"{person.path or 'team'}.owner",
            f"there is one owner of a practice, and {owners[0].email} is it already",
        )
    for person in owners:
        if person.active is False:
            faults.of_meaning(f"{person.path or 'team'}.active", "the owner has to be active")


def _hours(block: Availability, known: Known, faults: Faults) -> None:
    for row in each(block.weekly):
        _forwards(row.start, row.end, row.path, faults)
        _services(row.services, row.path, known, faults)
    for override in each(block.overrides):
        if fine(override.hours):
            for at, hours in enumerate(override.hours):
                if fine(hours):
                    _forwards(hours[0], hours[1], f"{override.path}.hours[{at}]", faults)
        _services(override.services, override.path, known, faults)
    for off in each(block.time_off):
        _forwards(off.start, off.end, off.path, faults)


def _forwards(start: Any, end: Any, path: str, faults: Faults) -> None:
    if fine(start, end) and start >= end:
        faults.of_meaning(path, "“from” must be before “to”")


def _services(slugs: Sequence[Any] | None, path: str, known: Known, faults: Faults) -> None:
    if slugs is not None and fine(slugs):
        for at, slug in enumerate(slugs):
            known.service(slug, f"{path}.services[{at}]", faults)
