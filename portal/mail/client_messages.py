"""The messages that go to clients: their names, when they go, and which fields they have."""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext

FIELDS = {
    "client": lazy_gettext("the client’s name"),
    "practice": lazy_gettext("your practice’s name"),
    "practitioner": lazy_gettext("with whom the session is, or the package"),
    "service": lazy_gettext("the service’s name"),
    "minutes": lazy_gettext("how many minutes it takes"),
    "when": lazy_gettext("day and time on the clinic’s clock, such as “Tue, Mar 2, 10:00”"),
    "where": lazy_gettext("the place, the video link or the phone number"),
    "package": lazy_gettext("the package’s name; nothing for a session that belongs to none"),
    "sender": lazy_gettext("who on your team sends it"),
    "until": lazy_gettext("until when the package’s sessions can be booked; nothing if for good"),
    "used": lazy_gettext("how many sessions of the package are used"),
    "total": lazy_gettext("how many sessions the package has"),
    "left": lazy_gettext("how many sessions of the package are left"),
}
"""What a practice can put into its own words as `{{ client }}`, each with what it stands for."""

_SESSION = ("client", "practice", "practitioner", "service", "minutes", "when", "where", "package")


@dataclass(frozen=True, slots=True)
class ClientMessage:
    """A message: its name for staff, when it goes, and the fields that its words can have."""

    name: Any
    goes: Any
    fields: tuple[str, ...] = _SESSION


CLIENT_MESSAGES = {
    "invite_to_book": ClientMessage(
        lazy_gettext("Invite to book"),
        lazy_gettext("when somebody on your team invites a client to book a package"),
        ("client", "practice", "package", "sender"),
    ),
    "booking_requested": ClientMessage(
        lazy_gettext("Session requested"),
        lazy_gettext("when a client asks for a session that has to be confirmed"),
    ),
    "booking_made": ClientMessage(
        lazy_gettext("Session booked"),
        lazy_gettext("when a session is booked and confirmed at once"),
    ),
    "booking_accepted": ClientMessage(
        lazy_gettext("Request accepted"), lazy_gettext("when a request is confirmed")
    ),
    "booking_declined": ClientMessage(
        lazy_gettext("Request declined"), lazy_gettext("when a request is declined")
    ),
    "booking_lapsed": ClientMessage(
        lazy_gettext("Request not answered"),
        lazy_gettext("when nobody answered a request before its start"),
    ),
    "reminder": ClientMessage(
        lazy_gettext("Reminder"), lazy_gettext("before a session, as often as the settings say")
    ),
    "booking_moved": ClientMessage(
        lazy_gettext("Session moved by the clinic"),
        lazy_gettext("when your team moves a session to another time or person"),
    ),
    "booking_moved_by_client": ClientMessage(
        lazy_gettext("Session moved by the client"),
        lazy_gettext("when a client moves their session"),
    ),
    "booking_cancelled": ClientMessage(
        lazy_gettext("Session cancelled by the clinic"),
        lazy_gettext("when your team cancels a session"),
    ),
    "booking_cancelled_by_client": ClientMessage(
        lazy_gettext("Session cancelled by the client"),
        lazy_gettext("when a client cancels their session"),
    ),
    "booking_restored": ClientMessage(
        lazy_gettext("Cancellation taken back"),
        lazy_gettext("when a client takes their cancellation back"),
    ),
    "package_received": ClientMessage(
        lazy_gettext("Package received"),
        lazy_gettext("when your team makes a package for a client"),
        ("client", "practice", "package", "practitioner", "until"),
    ),
    "running_out": ClientMessage(
        lazy_gettext("Sessions running out"),
        lazy_gettext("when a booking leaves few sessions of a package, or none"),
        ("client", "practice", "package", "used", "total", "left", "until"),
    ),
    "sign_in_link": ClientMessage(
        lazy_gettext("Link to My bookings"),
        lazy_gettext("when somebody asks to see their bookings"),
        ("client", "practice"),
    ),
    "client_address_changed": ClientMessage(
        lazy_gettext("Address changed"),
        lazy_gettext("when your team changes a client’s address; it goes to the former one"),
        ("client", "practice"),
    ),
}
"""By the names of their folders in templates/mail/, in the order in which they're listed."""
