"""Clients, their packages and their bookings, as far as each can be judged on its own."""

from portal.clinic_file.checks import offers
from portal.clinic_file.entries import Booking, Client, ClientPackage, ClinicFile
from portal.clinic_file.faults import Faults, fine, shown
from portal.clinic_file.known import Known, distinct, each


def check(file: ClinicFile, known: Known, faults: Faults) -> None:
    """Note every fault of clients, client_packages and bookings but for those of their sum."""
    distinct(each(file.clients), "email", "email", faults)
    distinct(each(file.clients), "own_key", "key", faults)
    for client in each(file.clients):
        _named_somehow(client, faults)
    for own in each(file.client_packages):
        _client_package(own, known, faults)
    distinct(each(file.bookings), "uid", "uid", faults)
    for booking in each(file.bookings):
        _booking(booking, known, faults)


def _named_somehow(client: Client, faults: Faults) -> None:
    if client.email is None and client.own_key is None:
        faults.of_meaning(f"{client.path}.key", "is missing: without an email address it's needed")


def _client_package(own: ClientPackage, known: Known, faults: Faults) -> None:
    known.client(own.client, f"{own.path}.client", faults)
    known.package(own.package, f"{own.path}.package", faults)
    if isinstance(own.assigned_to, str):
        known.person(own.assigned_to, f"{own.path}.assigned_to", faults)
    if own.items is not None:
        offers.items(own.items, known, faults)
    if own.team_booking is not None and fine(own.team_booking):
        offers.team_booking(own.team_booking, known, faults)


def _booking(booking: Booking, known: Known, faults: Faults) -> None:
    known.client(booking.client, f"{booking.path}.client", faults)
    known.person(booking.practitioner, f"{booking.path}.practitioner", faults)
    service = known.service(booking.service, f"{booking.path}.service", faults)
    if booking.package is not None:
        known.package(booking.package, f"{booking.path}.package", faults)
    if service is None or booking.outdated is True:
        return
    offered = service.delivery
    if not fine(booking.delivery, offered) or not fine(*offered):
        return
    if booking.delivery not in offered:
        faults.of_meaning(
            f"{booking.path}.delivery",
            f"{shown(service.slug)} is not offered by {shown(booking.delivery.value)}",
        )
