"""The mails about a booking that was made: to the client, and to the practitioner booked."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from portal.mail import links
from portal.mail.calendar_file import calendar_file
from portal.mail.outbox import AnySession, compose, put_in_outbox
from portal.mail.progress import progress_of
from portal.models import Booking, Client, Delivery, Practice, Status


def booking_made(session: AnySession, booking: Booking, token: str, now: datetime) -> None:
    """Tell the client and the practitioner; a request is told as one.

    `token` is the booking's private token: the client's mail carries it, the other one doesn't.
    """
    # The messages' events need the booking's number, and the progress its entry in the ledger.
    session.flush()
    practice = session.get_one(Practice, 1)
    if booking.client:
        _to_the_client(session, practice, booking, booking.client, token, now)
    _to_the_practitioner(session, practice, booking, now)


def _to_the_client(
    session: AnySession,
    practice: Practice,
    booking: Booking,
    client: Client,
    token: str,
    now: datetime,
) -> None:
    if client.email is None:
        return
    own = booking.client_package
    progress = progress_of(session, own) if own else None
    mail = compose(
        "booking_made",
        practice,
        **session_facts(booking, practice, client.timezone),
        progress=progress,
        see=links.booking(token),
        book_next=links.next_booking(token) if progress and progress.left else None,
    )
    put_in_outbox(
        session,
        f"booking:{booking.id}:made:client",
        client.email,
        mail,
        now,
        booking=booking,
        calendar=calendar_file(booking, now),
    )


def _to_the_practitioner(
    session: AnySession, practice: Practice, booking: Booking, now: datetime
) -> None:
    mail = compose(
        "booking_made_practitioner",
        practice,
        **session_facts(booking, practice, booking.member.timezone),
        email=booking.client.email if booking.client else None,
        note=booking.note.strip(),
        staff_note=booking.staff_note.strip(),
        see=links.session_page(booking.id),
    )
    event = f"booking:{booking.id}:made:practitioner"
    put_in_outbox(session, event, booking.member.email, mail, now, booking=booking)


def session_facts(booking: Booking, practice: Practice, readers_zone: str | None) -> dict[str, Any]:
    """What mails say of a session. The reader's own zone is given where its clock differs."""
    zone = ZoneInfo(practice.timezone)
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
        "my_bookings": links.my_bookings(),
    }
