"""Sessions as calendars show them: the events of an iCalendar object (RFC 5545), and the object.

Instants are in UTC. A session is one instant that was agreed on, so nothing repeats and no zone's
rules are needed to find it: there's no VTIMEZONE that could be wrong, or older than a government's
latest decision. A calendar shows it on its reader's own clock, also where clocks change.

Every text is put on one line before it's added, so that none of them can start a property.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from flask_babel import gettext as _
from icalendar import Calendar, Conference, Event, vCalAddress, vText

from portal.mail.outbox import one_line
from portal.models import Delivery, Detail

IN_A_MAILTO = "@!$'*+"
"""What may stand in a mailto: address as it is, besides letters, digits and -._~ (RFC 6068, 2)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What there is to tell of a session: plain values, so that a feed needs no rows of models.

    `changed_at`: when it last was; `requested`: nobody confirmed it yet. `place` is where sessions
    in person are, and `video_link` where those by video are.
    """

    uid: str
    sequence: int
    changed_at: datetime
    starts_at: datetime
    ends_at: datetime
    requested: bool
    cancelled: bool
    delivery: Delivery
    service: str
    practitioner: str
    place: str
    video_link: str | None

    @property
    def link(self) -> str | None:
        """The address of its video call, for a session by video that has one."""
        return self.video_link if self.delivery is Delivery.VIDEO else None


def for_client(entry: Entry, practice: str) -> Event:
    """The session as its client's calendar shows it."""
    event = _event(entry)
    summary = _(
        "%(service)s with %(practitioner)s, %(practice)s",
        service=one_line(entry.service),
        practitioner=one_line(entry.practitioner),
        practice=one_line(practice),
    )
    event.add("summary", summary)
    event.add("location", one_line(entry.link or _where(entry)))
    lines = [_("This session is requested and not yet confirmed.")] if entry.requested else []
    _describe(event, entry, lines)
    return event


def for_practitioner(
    entry: Entry, client: str, phone: str | None, page: str, detail: Detail
) -> Event:
    """The session as its practitioner's calendar shows it, with as much of it as `detail` says.

    A locked phone shows an entry's title and place. So these never have more of a client than
    their name, and the telephone number, the video link and the session's `page` are behind them.
    """
    event = _event(entry)
    if detail is Detail.BUSY:
        event.add("summary", _("Busy"))
        return event
    name = one_line(client) if detail is Detail.FULL else initials(client)
    event.add("summary", f"{name} · {one_line(entry.service)}")
    if detail is Detail.FULL:
        event.add("location", one_line(_where(entry)))
        _describe(event, entry, [_("Phone: %(phone)s", phone=one_line(phone))] if phone else [])
        event.add("url", page)
    return event


def initials(name: str) -> str:
    """The first letter of the first and of the last word of a name: "L. P."."""
    words = [word for word in one_line(name).split(" ") if word]
    ends = dict.fromkeys((0, len(words) - 1)) if words else ()
    return " ".join(f"{words[at][0].upper()}." for at in ends)


def calendar(events: Iterable[Event], **properties: Any) -> str:
    """The events as one iCalendar object, its lines ended by CR LF as the standard wants.

    `properties` are the object's own; an underscore stands for a hyphen.
    """
    whole = Calendar()
    whole.add("prodid", "-//Clinic booking portal//EN")
    whole.add("version", "2.0")
    for name, value in properties.items():
        # Without a type of its own a text would stand there as it is, commas and line ends too.
        typed = vText(one_line(value)) if isinstance(value, str) else value
        whole.add(name.replace("_", "-"), typed)
    for event in events:
        whole.add_component(event)
    return whole.to_ical().decode()


def calendar_user(name: str, address: str, **parameters: str) -> vCalAddress:
    """Somebody whom a calendar can write to."""
    user = vCalAddress(f"mailto:{quote(one_line(address), safe=IN_A_MAILTO)}")
    user.params["CN"] = one_line(name)
    user.params |= parameters
    return user


def _event(entry: Entry) -> Event:
    """What every calendar is told: which session it is, when, and how certain."""
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", entry.changed_at)
    event.add("dtstart", entry.starts_at)
    event.add("dtend", entry.ends_at)
    event.add("status", _status(entry))
    # Whoever may look into somebody's calendar needn't learn what they are treated for.
    event.add("class", "PRIVATE")
    event.add("transp", "OPAQUE")
    return event


def _status(entry: Entry) -> str:
    if entry.cancelled:
        return "CANCELLED"
    return "TENTATIVE" if entry.requested else "CONFIRMED"


def _where(entry: Entry) -> str:
    """Return where it takes place: an address, or how it's done."""
    if entry.delivery is Delivery.PHONE:
        return _("By phone")
    return _("By video") if entry.delivery is Delivery.VIDEO else entry.place


def _describe(event: Event, entry: Entry, lines: list[str]) -> None:
    """Add the lines, and the way into a video call: as text too, for who doesn't know RFC 7986."""
    if entry.link:
        link = one_line(entry.link)
        event.conferences = [Conference(link, feature="VIDEO", label=_("Video call"))]
        lines = [*lines, _("By video: %(link)s", link=link)]
    if lines:
        event.add("description", "\n".join(lines))
