"""The mail to a client of whose package few sessions are left."""

from datetime import datetime

from sqlalchemy import exists, select

from portal.mail import links
from portal.mail.composing import compose
from portal.mail.outbox import AnySession, put_in_outbox
from portal.mail.plain_booking import AnyBooking, AnyClientPackage, Reader
from portal.mail.practice_facts import PracticeFacts
from portal.mail.progress import Progress
from portal.mail.session_facts import zone_of
from portal.models import Message


def running_out(
    session: AnySession,
    practice: PracticeFacts,
    booking: AnyBooking,
    progress: Progress | None,
    token: str,
    now: datetime,
) -> None:
    """Put the mail into the outbox where the booking leaves as few sessions as the practice says.

    A package of one session has nothing to run out of. A client is told once of each package, and
    once more of one that staff have added sessions to since. `progress` is that of the booking's
    package, if it has one, and `token` a private token of the booking.
    """
    client, own = booking.client, booking.client_package
    if practice.running_out_at is None or client is None or client.email is None:
        return
    if own is None or progress is None:
        return
    left = progress.total - progress.used
    event = f"client_package:{own.id}:running_out:{progress.total}"
    if progress.total < 2 or left > practice.running_out_at or _was_told(session, event):
        return
    facts = _facts(practice, client, own, progress, token)
    mail = compose("running_out", practice, client, **facts)
    put_in_outbox(session, event, client.email, mail, now)


def _facts(
    practice: PracticeFacts, client: Reader, own: AnyClientPackage, progress: Progress, token: str
) -> dict[str, object]:
    offered = own.package.archived_at is None
    return {
        "client": client.name,
        "package": own.package.name,
        "progress": progress,
        "used": str(progress.used),
        "total": str(progress.total),
        "left": str(progress.total - progress.used),
        "until": own.expires_on,
        "zone": zone_of(practice),
        "book_next": links.next_booking(token) if progress.left else None,
        "address": links.booking_page(own.package.slug) if offered else None,
    }


def _was_told(session: AnySession, event: str) -> bool:
    return bool(session.scalar(select(exists().where(Message.event == event))))
