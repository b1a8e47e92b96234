"""A letter: one message as plain values, and as what goes over to a mail server."""

from dataclasses import dataclass
from email import policy
from email.charset import QP, Charset
from email.mime.base import MIMEBase
from email.mime.text import MIMEText

import flask_mail as extension

from portal.languages import speaking
from portal.mail.bodies import html_body, text_body
from portal.mail.calendar_file import calendar_file, kept_invitation, method_of
from portal.mail.kept_facts import facts_from_text
from portal.mail.outbox import one_line

SENDER_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent: plain values, so that no transaction is open while the server takes its time.

    `sender_name` is the practice's; the address is the mail server's. Of the `facts` its bodies
    and its calendar file are made: see portal/mail/kept_facts.py.
    """

    sender_name: str
    recipient: str
    subject: str
    facts: str
    message_id: str


class CannotBeWritten(Exception):
    """A letter whose facts don't make a mail: trying again changes nothing about that."""


class _Message(extension.Message):
    """Flask-Mail's message, with bodies that any server may carry: 7 bits, short lines."""

    def _mimetext(self, text: str | None, subtype: str = "plain") -> MIMEText:
        charset = Charset("utf-8")
        charset.body_encoding = QP
        part = MIMEText(text or "", subtype, charset)  # type: ignore[arg-type]
        if subtype == "calendar":
            # Has to name the file's own method (RFC 6047, 2.4).
            part.set_param("method", method_of(text or ""))
        return part

    def _message(self) -> MIMEBase:
        message = super()._message()
        # Headers are folded already. Python before 3.12.8 would fold long ones anew, and a name
        # with a colon or a comma in it would be several senders, because it writes it unquoted.
        message.policy = policy.SMTP.clone(refold_source="none")
        return message


def as_mail(letter: Letter, sender: str) -> extension.Message:
    """The letter as Flask-Mail's message, from the address `sender`. Raises CannotBeWritten."""
    try:
        made = laid_out(letter.facts, letter.sender_name, sender)
    except Exception as error:
        # Of any kind: Jinja says that there's no template by an OSError, as a network that is away.
        raise CannotBeWritten(f"{type(error).__name__}: {error}") from error
    message = _Message(
        subject=one_line(letter.subject),
        recipients=[letter.recipient],
        body=made.text,
        html=made.html,
        sender=sender,
        # No out-of-office replies to a machine (RFC 3834).
        extra_headers={"Auto-Submitted": "auto-generated"},
    )
    # Set here because Flask-Mail would write a name with a comma as two senders.
    message.sender = (one_line(letter.sender_name)[:SENDER_CHARACTERS], sender)
    message.msgId = letter.message_id
    if made.calendar:
        # The last and so the richest way to show the message, for programs with a calendar; and a
        # file for those without. The file is of the type that Google gives it, so that no program
        # takes it for a second invitation.
        message.alts["calendar"] = made.calendar
        message.attach("session.ics", "application/ics", made.calendar.encode())
    return message


@dataclass(frozen=True, slots=True)
class LaidOut:
    """What a mail is made of: both bodies, and the calendar file if there's one."""

    text: str
    html: str
    calendar: str | None = None


def laid_out(kept: str, sender_name: str, sender: str) -> LaidOut:
    """What is sent of a message whose row kept these facts.

    It's made here, and not in the act that wrote the message: see bodies.py. Nothing is read from
    the database.
    """
    facts = facts_from_text(kept)
    if "html" in facts:
        # Messages that an older version wrote have all of it as it was made in the act.
        return LaidOut(**facts)
    made = facts["kind"], facts["language"], facts["values"]
    text, html = text_body(*made), html_body(*made)
    if facts["invitation"] is None:
        return LaidOut(text, html)
    with speaking(facts["language"]):
        invitation = kept_invitation(facts["invitation"])
        return LaidOut(text, html, calendar_file(invitation, sender_name, sender))
