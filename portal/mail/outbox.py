"""The outbox: a message is added as a row to the session that it's given."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import insert
from sqlalchemy.orm import Session, scoped_session

from portal.mail.bodies import html_body, text_body
from portal.mail.kept_facts import facts_as_text
from portal.mail.plain_booking import AnyBooking
from portal.models import Booking, Invite, Message
from portal.plain_rows import plain_insert, plain_inserts

if TYPE_CHECKING:
    from portal.mail.calendar_file import Invitation

RECIPIENT_CHARACTERS = 254
ADDRESSES = 256  # that were found to be one: those on the team come again and again

TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of what follows, so that a name could hide another text."""

_MESSAGE = insert(Message)

_together: ContextVar[list[dict[str, Any]] | None] = ContextVar("messages", default=None)

AnySession = Session | scoped_session[Session]


@dataclass(frozen=True, slots=True)
class Composed:
    """A message as it will be read, before it's addressed to anybody; `kind` is its name.

    `values` are what the templates of its bodies are given, and `language` is what they speak.
    """

    kind: str
    subject: str
    language: str
    values: Mapping[str, Any]

    @property
    def text(self) -> str:
        """The body in plain text, made anew each time."""
        return text_body(self.kind, self.language, self.values)

    @property
    def html(self) -> str:
        """The HTML body, made anew each time."""
        return html_body(self.kind, self.language, self.values)

    def facts(self, invitation: Invitation | None = None) -> str:
        """What a row keeps of it: the bodies can be made of that, and the file too.

        `invitation` is what its calendar file says, where it has one.
        """
        return facts_as_text(
            {
                "kind": self.kind,
                "language": self.language,
                "values": self.values,
                "invitation": invitation,
            }
        )


@contextmanager
def together() -> Iterator[None]:
    """Add all messages that are put into the outbox within by one statement, at the end."""
    messages: list[dict[str, Any]] = []
    before = _together.set(messages)
    try:
        yield
    finally:
        _together.reset(before)
    plain_inserts(_MESSAGE, messages)


def put_in_outbox(
    session: AnySession,
    event: str,
    recipient: str,
    composed: Composed,
    now: datetime,
    *,
    booking: AnyBooking | None = None,
    invite: Invite | None = None,
    invitation: Invitation | None = None,
) -> None:
    """Add the message for one event; the database refuses a second one for the same event.

    What is about a session to come is worth sending until it begins, and knows which of its
    changes it tells of.
    An address that no mail can reach doesn't stop the act: the message stands in the outbox as
    failed, with the reason.
    """
    about = booking or invite
    if about is not None and about.id is None:
        # One that was just made has its number then.
        session.flush()
    address, failed = _addressed(recipient)
    message = {
        "event": event,
        "kind": composed.kind,
        "message_id": _message_id(event, now),
        "recipient": address,
        "subject": composed.subject,
        "facts": composed.facts(invitation),
        "booking_id": booking.id if booking else None,
        "booking_sequence": booking.sequence if booking else None,
        "expires_at": booking.starts_at if booking and booking.starts_at > now else None,
        "invite_id": invite.id if invite else None,
        "created_at": now,
        "due_at": now,
        "failed_at": now if failed else None,
        "last_error": failed,
    }
    if (waiting := _together.get()) is not None:
        waiting.append(message)
    else:
        plain_insert(_MESSAGE, message)


def _addressed(recipient: str) -> tuple[str, str]:
    """The one address that it is, or what was given and why no mail can reach it."""
    try:
        return one_address(recipient), ""
    except ValueError:
        return one_line(recipient)[:RECIPIENT_CHARACTERS], _("This isn’t one email address.")


def rewrite(message: Message, composed: Composed, booking: Booking, now: datetime) -> None:
    """Put another text in the place of one that hasn't gone: what it says of the booking changed.

    It has another Message-ID, since the old text may have arrived after all, its reply lost.
    """
    message.subject = composed.subject
    message.facts = composed.facts()
    message.message_id = _message_id(f"{message.event} {booking.sequence}", now)
    message.booking_sequence = booking.sequence


def one_address(text: str) -> str:
    """The one address in `text`, in the form that SMTP carries. Raises ValueError otherwise.

    A name or a second address beside it is refused: one message has one reader. A domain is not
    looked up, and one of a clinic's own network will do.
    """
    with suppress(ValueError):
        # Most are of the whole world, and the form that was sent has asked for such a one.
        return public_address(text)
    return _address(text, public=False)


def public_address(text: str) -> str:
    """The same, of a domain that there can be in the whole world."""
    return _address(text, public=True)


@lru_cache(maxsize=ADDRESSES)
def _address(text: str, public: bool) -> str:
    try:
        found = validate_email(
            text,
            allow_smtputf8=False,
            check_deliverability=False,
            globally_deliverable=public,
            test_environment=True,
        )
    except EmailNotValidError as reason:
        raise ValueError(str(reason)) from None
    address = found.ascii_email
    if address is None or len(address) > RECIPIENT_CHARACTERS:
        raise ValueError("The address is too long.")
    return address


def one_line(text: str) -> str:
    """The text on one line, without anything that could start a header or hide the rest."""
    # str.split knows every kind of line end, also those that only Unicode has.
    line = " ".join(text.split())
    if line.isascii() and line.isprintable():
        return line
    return "".join(
        character
        for character in line
        if unicodedata.category(character) not in ("Cc", "Cs") and character not in TURNING
    )


def some_lines(text: str) -> str:
    """The text line by line, each without what could hide the rest."""
    # str.splitlines knows the line ends of Unicode too.
    return "\n".join(one_line(line) for line in text.splitlines()).strip()


def _message_id(event: str, now: datetime) -> str:
    """The Message-ID header. It's kept with the row: whoever gets the mail twice can tell."""
    host = urlsplit(current_app.config["BASE_URL"]).hostname or "localhost"
    domain = f"[IPv6:{host}]" if ":" in host else host.encode("idna").decode()
    digest = hashlib.sha256(f"{event} {now.timestamp()}".encode()).hexdigest()[:32]
    return f"<{digest}@{domain}>"
