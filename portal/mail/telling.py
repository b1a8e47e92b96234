"""What the mails about a session have in common: who reads them, in what language, and once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from portal.mail import links
from portal.mail.calendar_file import invitation_to
from portal.mail.composing import compose
from portal.mail.outbox import AnySession, put_in_outbox
from portal.mail.plain_booking import AnyBooking, PlainMember
from portal.mail.practice_facts import PracticeFacts
from portal.mail.session_facts import session_facts
from portal.models import Member
from portal.plain_rows import plain_rows
from portal.tokens import token_hash

# Most don't wish to be told, so they aren't loaded.
_TO_BE_TOLD = select(Member.id).where(
    Member.id == bindparam("member"), Member.told_of_assigned, Member.deactivated_at.is_(None)
)


def tell_the_client(
    session: AnySession,
    practice: PracticeFacts,
    booking: AnyBooking,
    message: str,
    token: str,
    now: datetime,
    *,
    event: str | None = None,
    **facts: Any,
) -> None:
    """Put the message into the outbox for the booking's client, if they have an address.

    Its calendar file changes the entry in the client's calendar, or takes it away. `token` is the
    private token that was made for this change; `event` takes the place of one that is the change's
    own, where there can be only one such change.
    """
    _numbered(session, booking)
    client = booking.client
    if client is None or client.email is None:
        return
    about = session_facts(booking, practice, client.timezone) | facts
    mail = compose(message, practice, client, **about)
    put_in_outbox(
        session,
        event or _event(booking, message, token),
        client.email,
        mail,
        now,
        booking=booking,
        invitation=invitation_to(booking, practice, now),
    )


def tell_a_practitioner(
    session: AnySession,
    practice: PracticeFacts,
    booking: AnyBooking,
    reader: Member | PlainMember,
    message: str,
    token: str,
    now: datetime,
    *,
    event: str | None = None,
    **facts: Any,
) -> None:
    """Put the message into the outbox for somebody on the team. It has no private link in it."""
    _numbered(session, booking)
    about = session_facts(booking, practice, reader.timezone) | {
        "for_staff": True,
        "reader": reader.name,
        "session_page": links.session_page(booking.id),
    }
    mail = compose(message, practice, reader, **about | facts)
    event = event or f"{_event(booking, message, token)}:{reader.id}"
    put_in_outbox(session, event, reader.email, mail, now, booking=booking)


def tell_the_assigned(
    session: AnySession,
    practice: PracticeFacts,
    booking: AnyBooking,
    what: str,
    token: str,
    now: datetime,
    *,
    actor: Member | None,
    besides: Sequence[Member] = (),
    **facts: Any,
) -> None:
    """Tell whom the package is assigned to of a colleague's session from it, if they wish.

    Not the `actor`, whoever is booked, or who is told already, `besides`; nor somebody who left.
    `what` happened is a word that templates/mail/assigned_practitioner knows.
    """
    own = booking.client_package
    told = {reader.id for reader in (booking.member, actor, *besides) if reader}
    if own is None or own.assigned_to_id in told:
        return
    if not plain_rows(_TO_BE_TOLD, {"member": own.assigned_to_id}):
        return
    known = {"what": what, "reason": "", **facts}
    name, assigned_to = "assigned_practitioner", session.get_one(Member, own.assigned_to_id)
    tell_a_practitioner(session, practice, booking, assigned_to, name, token, now, **known)


def _numbered(session: AnySession, booking: AnyBooking) -> None:
    """See to it that a booking which was just made has its number, which a message's event has.

    Others have theirs: what an act has written so far can wait until all of it is written at once.
    """
    if booking.id is None:
        session.flush()


def _event(booking: AnyBooking, message: str, token: str) -> str:
    # A session may change more than once, and within a second: each change has its own token.
    return f"booking:{booking.id}:{message}:{token_hash(token)[:16]}"
