"""What happens to a message in the outbox: it's taken by a worker, sent, put off or dropped."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, or_, select, update

from portal import mail
from portal.actions.private_links import new_private_link, with_new_links
from portal.errors import Refused
from portal.mail.client_messages import CLIENT_MESSAGES
from portal.mail.kept_facts import facts_as_text, facts_from_text
from portal.mail.outbox import AnySession, rewrite
from portal.mail.smtp import Letter
from portal.mail.verdict import ATTEMPTS, Verdict, pause_after, verdict
from portal.models import Booking, Client, Member, Message, Practice
from portal.queries.outbox import (
    BEING_SENT,
    CONDITIONS,
    State,
    as_due,
    find_visible_message,
    is_being_sent,
    is_due,
    visible_messages,
)
from portal.transaction import transaction

ABOUT_AN_ADDRESS = {"client_address_changed", "sign_in_link"}
"""Messages to clients that are for whoever reads the mail of that very address."""

LEASE = timedelta(minutes=10)
"""How long a worker has a message to itself: more than a mail server is ever waited for."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that this worker has to itself for its attempt with this number."""

    message_id: int
    attempt: int
    letter: Letter


def take_next(now: datetime, abandoned: Collection[tuple[int, int]] = ()) -> Taken | None:
    """Take the message that is due longest; None: nothing is due.

    Taking it counts an attempt and forgets why the last one failed: by that other workers see that
    it's being sent. They don't go by the clock, which may be wrong; those that a worker died over
    are free again when they're among the `abandoned`, pairs of id and attempt. What isn't needed
    any more, or is given up, is noted as such on the way.
    """
    while True:
        with transaction() as session:
            message = _due_longest(session, now, abandoned)
            if message is None:
                return None
            decided = verdict(as_due(message), now)
            if decided is Verdict.REWRITE:
                _write_anew(session, message, now)
            if decided.goes:
                return _lease(session, message, now)
            settle(message, decided, now)


def record_sent(message_id: int, attempt: int, now: datetime) -> None:
    """Note that the mail server took it. The text goes: private links are kept as hashes alone."""
    with transaction() as session:
        if (message := _leased(session, message_id, attempt)) is not None:
            message.sent_at = now
            message.last_error = ""
            forget_text(message)


def record_not_sent(
    message_id: int, attempt: int, why: str, now: datetime, *, permanent: bool
) -> None:
    """Put the message off for a while that grows with each attempt, or give it up."""
    with transaction() as session:
        if (message := _leased(session, message_id, attempt)) is not None:
            message.last_error = why or _("The mail server gave no reason.")
            if permanent or attempt >= ATTEMPTS:
                message.failed_at = now
            else:
                message.due_at = now + pause_after(attempt)


def send_again(message_id: int, by: Member, now: datetime) -> None:
    """Make a message that failed, or that waits for its next attempt, due at once.

    Raises NotFound for a message that `by` may not see, Refused for one that was sent, is being
    sent, isn't needed any more, or whose text was deleted.
    """
    with transaction() as session:
        message = find_visible_message(message_id, by)
        session.refresh(message, with_for_update=True)
        if message.sent_at is not None:
            raise Refused(_("This message was sent already."))
        if message.dropped_at is not None:
            raise Refused(_("This message isn’t needed any more."))
        if not message.facts:
            raise Refused(_("The text of this message was deleted, as it failed long ago."))
        if is_being_sent(message):
            raise Refused(_("This message is being sent right now."))
        message.failed_at, message.last_error = None, ""
        message.due_at = now
        message.attempts = 0


def send_failed_again(by: Member, now: datetime) -> int:
    """Make all messages due at once that failed, that `by` may see, and whose text is there still.

    Return how many there were.
    """
    with transaction() as session:
        again = session.execute(
            update(Message)
            .where(
                CONDITIONS[State.FAILED],
                Message.facts != "",
                Message.id.in_(visible_messages(by)),
            )
            .values(failed_at=None, last_error="", due_at=now, attempts=0)
            .returning(Message.id)
            .execution_options(synchronize_session=False)
        )
        return len(again.all())


def follow_address(session: AnySession, former: str, client: Client, now: datetime) -> None:
    """Let what hasn't gone to a client's former address go to the one that they have now.

    Mail fails because the address is wrong as often as not: sent there again, it would fail again.
    Private links in it are void, as the former address's are, so it gets new ones. What is about
    the former address itself stays with it, and so does mail that is just being sent. An address is
    one client's, but a colleague may have the same one.
    """
    assert client.email is not None
    messages = session.scalars(
        select(Message)
        .where(
            Message.recipient == former,
            Message.kind.in_(CLIENT_MESSAGES.keys() - ABOUT_AN_ADDRESS),
            or_(CONDITIONS[State.FAILED], and_(CONDITIONS[State.WAITING], ~BEING_SENT)),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    for message in messages.all():
        message.recipient = client.email
        message.facts = with_new_links(session, _invited_at(client.email, message.facts), now)


def _invited_at(address: str, kept: str) -> str:
    """What a message's row keeps, where its calendar file invites whoever has this address."""
    # Nothing is left of one that failed long ago.
    facts = facts_from_text(kept) if kept else {}
    if not facts.get("invitation"):
        return kept
    facts["invitation"]["address"] = address
    return facts_as_text(facts)


def settle(message: Message, decided: Verdict, now: datetime) -> None:
    """Note that a message that waits isn't sent any more, and why."""
    last = message.last_error
    if decided is Verdict.NO_SUCCESS:
        message.failed_at = now
        message.last_error = last or _("It couldn’t be sent for a long time.")
        return
    reasons = {
        Verdict.TOLD_SINCE: _("A later message about the same session took its place."),
        Verdict.NOT_TAKING_PLACE: _("The session isn’t taking place any more."),
        Verdict.AT_ANOTHER_TIME: _("The session was moved to another time."),
        Verdict.NOBODY_TO_REMIND: _("The client is deactivated."),
        Verdict.TOO_LATE: _("The session had begun before it could be sent."),
    }
    message.dropped_at = now
    message.last_error = " ".join(filter(None, (reasons[decided], last)))
    forget_text(message)


def forget_text(message: Message) -> None:
    """Keep what a message was about, and not what it said."""
    message.facts = ""


def _due_longest(
    session: AnySession, now: datetime, abandoned: Collection[tuple[int, int]]
) -> Message | None:
    free: list[ColumnElement[bool]] = [and_(~BEING_SENT, is_due(now))]
    free += [
        and_(BEING_SENT, Message.id == message_id, Message.attempts == attempt)
        for message_id, attempt in abandoned
    ]
    return session.scalars(
        select(Message)
        .where(CONDITIONS[State.WAITING], or_(*free))
        .order_by(Message.due_at, Message.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).first()


def _write_anew(session: AnySession, message: Message, now: datetime) -> None:
    booking = session.get_one(Booking, message.booking_id)
    token = new_private_link(session, booking, now)
    rewrite(message, mail.composed_reminder(session, booking, token), booking, now)


def _lease(session: AnySession, message: Message, now: datetime) -> Taken:
    message.due_at = now + LEASE
    message.attempts += 1
    message.last_error = ""
    letter = Letter(
        sender_name=session.get_one(Practice, 1).name,
        recipient=message.recipient,
        subject=message.subject,
        facts=message.facts,
        message_id=message.message_id,
    )
    return Taken(message.id, message.attempts, letter)


def _leased(session: AnySession, message_id: int, attempt: int) -> Message | None:
    """The message, unless the lease ran out and another worker has taken it since."""
    message = session.get(Message, message_id, with_for_update=True)
    if message is None or message.attempts != attempt or not is_being_sent(message):
        return None
    return message
