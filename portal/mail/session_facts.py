"""What the mails about a session say of it."""

from typing import Any
from zoneinfo import ZoneInfo

from portal.mail.plain_booking import AnyBooking
from portal.mail.practice_facts import PracticeFacts
from portal.models import Delivery, Status


def zone_of(practice: PracticeFacts) -> ZoneInfo:
    """The zone that the clinic's days and times are in."""
    return ZoneInfo(practice.timezone)


def session_facts(
    booking: AnyBooking, practice: PracticeFacts, readers_zone: str | None
) -> dict[str, Any]:
    """What mails say of a session. The reader's own zone is given where its clock differs."""
    zone = zone_of(practice)
    own_zone = ZoneInfo(readers_zone) if readers_zone else zone
    clocks = {booking.starts_at.astimezone(each).utcoffset() for each in (zone, own_zone)}
    service, package = booking.service, booking.client_package
    return {
        "client": booking.client.name if booking.client else "",
        "practitioner": booking.member.name,
        "service": service.name,
        "minutes": int((booking.ends_at - booking.starts_at).total_seconds()) // 60,
        "package": package.package.name if package else None,
        "requested": booking.status is Status.REQUESTED,
        "start": booking.starts_at,
        "end": booking.ends_at,
        "zone": zone,
        "own_zone": own_zone if len(clocks) > 1 else None,
        "delivery": Delivery(booking.delivery),
        "place": service.place or practice.place,
        "video_link": service.video_link or practice.video_link,
        "phone": booking.client.phone if booking.client else None,
    }
