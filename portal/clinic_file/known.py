"""What a clinic will know once a file is loaded: the file's entries over those that are stored."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from portal.clinic_file.entries import (
    Client,
    ClinicFile,
    Entry,
    Package,
    Person,
    Practice,
    Role,
    Service,
)
from portal.clinic_file.faults import WRONG, Faults, fine, shown
from portal.scheduling.eligibility import Sharing

E = TypeVar("E", bound=Entry)


@dataclass
class Known:
    """Entries by the name that others use for them; None where a file's list can't be read."""

    practice: Practice | None = None
    roles: Mapping[str, Role] | None = field(default_factory=dict)
    team: Mapping[str, Person] | None = field(default_factory=dict)
    services: Mapping[str, Service] | None = field(default_factory=dict)
    packages: Mapping[str, Package] | None = field(default_factory=dict)
    clients: Mapping[str, Client] | None = field(default_factory=dict)

    def with_file(self, file: ClinicFile) -> "Known":
        """This, once the file is loaded as well."""
        return Known(
            practice=file.practice or self.practice,
            roles=_over(self.roles, file.roles, "name"),
            team=_over(self.team, file.team, "email"),
            services=_over(self.services, file.services, "slug"),
            packages=_over(self.packages, file.packages, "slug"),
            clients=_over(self.clients, file.clients, "called"),
        )

    @property
    def zone(self) -> ZoneInfo:
        """The practice's zone; UTC where that isn't known."""
        named = self.practice.timezone if fine(self.practice) and self.practice else None
        return ZoneInfo(named) if named is not None and fine(named) else ZoneInfo("UTC")

    def role(self, name: Any, path: str, faults: Faults) -> Role | None:
        """The role of this name; None after noting that there is none."""
        return _find(self.roles, name, path, faults, "no role is called {}")

    def person(self, email: Any, path: str, faults: Faults) -> Person | None:
        """The team member with this address; None after noting that there is none."""
        return _find(self.team, email, path, faults, "nobody on the team has the address {}")

    def service(self, slug: Any, path: str, faults: Faults) -> Service | None:
        """The service with this slug; None after noting that there is none."""
        return _find(self.services, slug, path, faults, "no service has the slug {}")

    def package(self, slug: Any, path: str, faults: Faults) -> Package | None:
        """The package with this slug; None after noting that there is none."""
        return _find(self.packages, slug, path, faults, "no package has the slug {}")

    def client(self, called: Any, path: str, faults: Faults) -> Client | None:
        """The client with this address or key; None after noting that there is none."""
        return _find(self.clients, called, path, faults, "no client has the address {}")

    def offers(self, person: Person, service: Service) -> bool | None:
        """Does the person own the service, or is it shared with them? None: that can't be told."""
        if not fine(person.email, person.role, service.owner, service.sharing):
            return None
        if person.email == service.owner or service.sharing is Sharing.ALL:
            return True
        if not fine(service.shared_with, *service.shared_with):
            return None
        if service.sharing is Sharing.MEMBERS:
            return person.email in {email.lower() for email in service.shared_with}
        return service.sharing is Sharing.ROLES and person.role in service.shared_with


def distinct(entries: Iterable[E], attribute: str, named: str, faults: Faults) -> None:
    """Note each entry that has what an earlier one has already."""
    first: dict[Any, str] = {}
    for entry in entries:
        value = getattr(entry, attribute)
        if value is None or not fine(value):
            continue
        if value in first:
            faults.of_meaning(
                f"{entry.path}.{named}", f"{shown(value)} is {first[value]}'s already"
            )
        first.setdefault(value, entry.path)


def _over(stored: Mapping[str, E] | None, listed: Any, attribute: str) -> dict[str, E] | None:
    if not fine(listed) or stored is None:
        return None
    by_name = {getattr(entry, attribute): entry for entry in listed if fine(entry)}
    return {**stored, **{n: e for n, e in by_name.items() if n is not None and fine(n)}}


def _find(
    entries: Mapping[str, E] | None, name: Any, path: str, faults: Faults, sentence: str
) -> E | None:
    if entries is None or not fine(name):
        return None
    if name not in entries:
        faults.of_meaning(path, sentence.format(shown(name)))
    return entries.get(name)


def each(entries: Any) -> Iterable[Any]:
    """The entries of a list that could be read as such."""
    return [entry for entry in entries if entry is not WRONG] if fine(entries) else []
