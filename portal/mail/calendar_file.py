"""A booking as an iCalendar file (RFC 5545), for a mail or to download."""

from datetime import datetime
from urllib.parse import urlsplit

from flask_babel import gettext as _
from icalendar import Calendar, Event
from sqlalchemy.orm import object_session

from portal.mail.outbox import one_line
from portal.models import Booking, Delivery, Practice, Status

STATUS = {Status.REQUESTED: "TENTATIVE", Status.CANCELLED: "CANCELLED"}
"""How RFC 5545 calls it; every other status is CONFIRMED."""


def calendar_file(booking: Booking, base_url: str, now: datetime) -> str:
    """Return the file's text, its lines ended by CR LF as the standard wants.

    Instants are in UTC, so no calendar has to know a zone. The UID is the same at each call and
    the sequence grows with time: a newer file moves or cancels the entry instead of adding one.
    Texts are put on one line first, so that none of them can start a property of its own.
    """
    session = object_session(booking)
    practice = session.get_one(Practice, 1) if session else None
    event = Event()
    event.add("uid", f"booking-{booking.id}@{urlsplit(base_url).hostname}")
    event.add("dtstamp", now)
    event.add("sequence", max(0, int((now - booking.created_at).total_seconds())))
    event.add("dtstart", booking.starts_at)
    event.add("dtend", booking.ends_at)
    event.add("status", STATUS.get(booking.status, "CONFIRMED"))
    event.add("summary", _summary(booking))
    event.add("location", one_line(_location(booking, practice)))
    event.add("description", _description(booking, practice))
    calendar = Calendar()
    calendar.add("prodid", "-//Clinic booking portal//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if booking.status is Status.CANCELLED else "PUBLISH")
    calendar.add_component(event)
    return calendar.to_ical().decode()


def media_type(calendar: str) -> str:
    """Return the file's media type, which has to name the file's own method (RFC 6047, 2.4)."""
    method = "CANCEL" if "\r\nMETHOD:CANCEL\r\n" in calendar else "PUBLISH"
    return f"text/calendar; charset=utf-8; method={method}"


def _summary(booking: Booking) -> str:
    return _(
        "%(service)s with %(practitioner)s",
        service=one_line(booking.service.name),
        practitioner=one_line(booking.member.name),
    )


def _location(booking: Booking, practice: Practice | None) -> str:
    """Return where it takes place: an address, the video link, or how it's done."""
    if booking.delivery == Delivery.PHONE:
        return _("By phone")
    if booking.delivery == Delivery.VIDEO:
        return _video_link(booking, practice) or _("By video")
    clinics = practice.place if practice else None
    return booking.service.place or clinics or (practice.name if practice else "")


def _description(booking: Booking, practice: Practice | None) -> str:
    lines = [one_line(practice.name)] if practice else []
    if booking.status is Status.REQUESTED:
        lines.append(_("This session is requested and not yet confirmed."))
    link = _video_link(booking, practice)
    if booking.delivery == Delivery.VIDEO and link:
        lines.append(_("By video: %(link)s", link=one_line(link)))
    return "\n".join(lines)


def _video_link(booking: Booking, practice: Practice | None) -> str | None:
    return booking.service.video_link or (practice.video_link if practice else None)
