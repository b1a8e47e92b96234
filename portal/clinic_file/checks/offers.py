"""Services and packages: what is offered, by whom, and whom else it may be booked with."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from portal.clinic_file.entries import ClinicFile, Package, Service, TeamBooking
from portal.clinic_file.faults import Faults, fine, shown
from portal.clinic_file.known import Known, distinct, each
from portal.scheduling.eligibility import Kind


def check(file: ClinicFile, known: Known, faults: Faults) -> None:
    """Note every fault of services and packages."""
    distinct(each(file.services), "slug", "slug", faults)
    for service in each(file.services):
        known.person(service.owner, f"{service.path}.owner", faults)
        _shared(service, known, faults)
    distinct(each(file.packages), "slug", "slug", faults)
    for package in each(file.packages):
        items(package.items, known, faults)
        _assigned(package, known, faults)
        if fine(package.team_booking):
            team_booking(package.team_booking, known, faults)


def items(listed: Any, known: Known, faults: Faults) -> None:
    """Note items of services that aren't known, or that are there twice."""
    distinct(each(listed), "service", "service", faults)
    for item in each(listed):
        known.service(item.service, f"{item.path}.service", faults)


def team_booking(settings: TeamBooking, known: Known, faults: Faults) -> None:
    """Note every fault of whom clients may book with besides the assigned practitioner."""
    lists = (settings.restrict_to, settings.kept)
    _named(settings.allow, lists, ("restrict_to", "kept"), settings.path, known, faults)
    restricted = settings.enabled is True and settings.allow in ("members", "roles")
    if restricted and settings.restrict_to == ():
        path = f"{settings.path}.restrict_to"
        faults.of_meaning(path, "must not be empty: it says whom clients may choose")


def _shared(service: Service, known: Known, faults: Faults) -> None:
    lists = (service.shared_with, service.kept)
    _named(service.sharing, lists, ("shared_with", "kept"), service.path, known, faults)


def _named(
    mode: StrEnum,
    lists: tuple[Sequence[Any], Sequence[Any]],
    names: tuple[str, str],
    path: str,
    known: Known,
    faults: Faults,
) -> None:
    """Check a list of people or roles, as the mode says, and the other list, kept for later.

    In a mode that restricts nothing both are only kept, and stand together in the first list.
    """
    if not fine(mode):
        return
    for entries, name in zip(lists, names, strict=True):
        for at, one in enumerate(entries if fine(entries) else ()):
            place = f"{path}.{name}[{at}]"
            if not fine(one):
                continue
            if mode not in ("members", "roles"):
                _person_or_role(one, place, known, faults)
            elif (mode == "members") == (name != "kept"):
                known.person(one.lower(), place, faults)
            else:
                known.role(one, place, faults)


def _person_or_role(one: str, path: str, known: Known, faults: Faults) -> None:
    if known.team is None or known.roles is None:
        return
    if one.lower() not in known.team and one not in known.roles:
        faults.of_meaning(path, f"nobody on the team and no role is called {shown(one)}")


def _assigned(package: Package, known: Known, faults: Faults) -> None:
    """The assigned practitioner can give all of the package, or could when it was made."""
    path = f"{package.path}.assigned_to"
    person = known.person(package.assigned_to, path, faults)
    if person is None or package.outdated is True:
        return
    if person.kind == Kind.ADMIN:
        faults.of_meaning(path, f"{person.name} is an admin, and sessions are with practitioners")
        return
    for item in each(package.items):
        service = known.services.get(item.service) if known.services else None
        if service is not None and known.offers(person, service) is False:
            faults.of_meaning(
                f"{item.path}.service",
                f"{shown(item.service)} is neither {person.name}'s nor shared with them",
            )
