"""A booking as an iCalendar file: an invitation in a mail (RFC 5546, 6047), or one to download."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from icalendar import vCalAddress

from portal.mail.calendar_entries import Entry, calendar, calendar_user, for_client
from portal.mail.plain_booking import AnyBooking
from portal.mail.practice_facts import PracticeFacts, practice_facts
from portal.mail.servers import sender_address
from portal.models import Booking, Delivery, Status


class Method(StrEnum):
    """What a calendar is to do with a file (RFC 5546, 1.4)."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"
    PUBLISH = "PUBLISH"


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the file for a mail says: plain values, which the mail's row keeps until it's sent.

    `practice` is the clinic's name; `name` and `address` are the client's.
    """

    entry: Entry
    practice: str
    name: str
    address: str


def invitation_to(booking: AnyBooking, practice: PracticeFacts, now: datetime) -> Invitation:
    """The invitation of the booking's client, who has an address, to what the booking is now."""
    client = booking.client
    assert client is not None, "a file for a mail is about somebody's session"
    assert client.email is not None, "who has no address gets no mail"
    return Invitation(entry_of(booking, practice, now), practice.name, client.name, client.email)


def kept_invitation(kept: Mapping[str, Any]) -> Invitation:
    """The invitation of which a mail's row kept these facts."""
    entry = kept["entry"]
    entry = Entry(**{**entry, "delivery": Delivery(entry["delivery"])})
    return Invitation(**{**kept, "entry": entry})


def calendar_file(invitation: Invitation, sender_name: str, sender: str) -> str:
    """The file for a mail to the booking's client: it makes, changes or takes away their entry.

    A calendar finds the entry by its UID, and ignores a file whose SEQUENCE is lower than that of
    one it has seen, in whatever order mails arrive. The client is its attendee and has agreed to
    it, so no answer is asked for; a calendar that sends one all the same reaches the organizer, who
    is whoever the mail comes from.
    """
    event = for_client(invitation.entry, invitation.practice)
    event.add("organizer", _organizer(sender_name, sender))
    attending = {"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT"}
    answer = {"PARTSTAT": "ACCEPTED", "RSVP": "FALSE"}
    attendee = calendar_user(invitation.name, invitation.address, **attending, **answer)
    event.add("attendee", attendee)
    ended = invitation.entry.cancelled
    return calendar([event], method=Method.CANCEL if ended else Method.REQUEST)


def published_file(booking: Booking, now: datetime) -> str:
    """The file to download, for whoever has the booking's link: it names no client.

    UID and SEQUENCE are those of the mails, so that a later mail changes this entry too.
    """
    practice = practice_facts()
    event = for_client(entry_of(booking, practice, now), practice.name)
    # RFC 5546, 3.2.1 wants an organizer here too, and forbids attendees.
    event.add("organizer", _organizer(practice.name, sender_address()))
    return calendar([event], method=Method.PUBLISH)


def method_of(file: str) -> str:
    """Return the file's method; nothing of a text can look like it, as none has a line's end."""
    found = re.search(r"^METHOD:([A-Z]+)\r$", file, re.MULTILINE)
    return found[1] if found else Method.PUBLISH


def media_type(file: str) -> str:
    """Return the file's media type, which has to name the file's own method (RFC 6047, 2.4)."""
    return f"text/calendar; charset=utf-8; method={method_of(file)}"


def entry_of(booking: AnyBooking, practice: PracticeFacts, now: datetime) -> Entry:
    """What there is to tell of the booking now."""
    service = booking.service
    return Entry(
        uid=booking.uid,
        sequence=booking.sequence,
        changed_at=now,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        requested=booking.status is Status.REQUESTED,
        cancelled=booking.status is Status.CANCELLED,
        delivery=Delivery(booking.delivery),
        service=service.name,
        practitioner=booking.member.name,
        place=service.place or practice.place or practice.name,
        video_link=service.video_link or practice.video_link,
    )


def _organizer(practice: str, sender: str) -> vCalAddress:
    """The practice, at the address that its mail comes from.

    Calendars take a change of an entry from its organizer alone, and compare the sender of the mail
    with it; answers go there (RFC 6047, 2.3). A practitioner's own address would do neither: it
    would change when the session goes to a colleague, and isn't the client's to know.
    """
    return calendar_user(practice, sender)
