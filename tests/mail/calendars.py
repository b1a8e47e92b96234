"""A calendar program, as far as RFC 5546 says what one does with the mails that it gets.

Files are read by a parser that shares nothing with the library that writes them.
"""

from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage

from ical.calendar import Calendar
from ical.calendar_stream import IcsCalendarStream
from ical.event import Event


def read(text: str) -> Calendar:
    """The file, read strictly; `method` and `events` of it are what most tests look at."""
    return IcsCalendarStream.calendar_from_ics(text)


def only_event(text: str) -> Event:
    """The one event of a file."""
    [event] = read(text).events
    return event


def properties(text: str) -> list[str]:
    """The names of a file's properties, in order, after its folded lines are put together."""
    lines = text.replace("\r\n ", "").removesuffix("\r\n").split("\r\n")
    return [line.split(":")[0].split(";")[0] for line in lines]


def invitation_in(mail: EmailMessage) -> str | None:
    """The text of the part that calendars act on, None where a mail has none."""
    parts = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    if not parts:
        return None
    [part] = parts
    text: str = part.get_content()
    assert part.get_param("method") == read(text).method
    return text


@dataclass
class CalendarProgram:
    """What stands in somebody's calendar. `seen`: by UID, the newest that was heard of it."""

    events: dict[str, Event] = field(default_factory=dict)
    seen: dict[str, tuple[int, datetime]] = field(default_factory=dict)

    def receive(self, text: str) -> None:
        """Do as the file says, unless something newer is known already (RFC 5546, 2.1.5)."""
        calendar = read(text)
        for event in calendar.events:
            assert event.uid
            version = (event.sequence or 0, event.dtstamp)
            if self.seen.get(event.uid, (-1, version[1])) >= version:
                continue
            self.seen[event.uid] = version
            if calendar.method == "CANCEL":
                self.events.pop(event.uid, None)
            else:
                self.events[event.uid] = event

    @property
    def view(self) -> set[tuple[str, datetime, datetime, str, str]]:
        """What its owner sees: UID, from, until, what, and how certain."""
        return {
            (uid, event.dtstart, event.dtend, event.summary or "", event.status.value)
            for uid, event in self.events.items()
            if event.status
        }
