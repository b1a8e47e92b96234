"""A letter: one message as plain values, and as what goes over to a mail server."""

from dataclasses import dataclass
from email import policy
from email.charset import QP, Charset
from email.mime.base import MIMEBase
from email.mime.text import MIMEText

import flask_mail as extension

from portal.mail.calendar_file import method_of
from portal.mail.outbox import one_line

SENDER_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent: plain values, so that no transaction is open while the server takes its time.

    `sender_name` is the practice's; the address is the mail server's.
    """

    sender_name: str
    recipient: str
    subject: str
    text: str
    html: str
    calendar: str | None
    message_id: str


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
    """The letter as Flask-Mail's message, from the address `sender`."""
    message = _Message(
        subject=one_line(letter.subject),
        recipients=[letter.recipient],
        body=letter.text,
        html=letter.html,
        sender=sender,
        # No out-of-office replies to a machine (RFC 3834).
        extra_headers={"Auto-Submitted": "auto-generated"},
    )
    # Set here because Flask-Mail would write a name with a comma as two senders.
    message.sender = (one_line(letter.sender_name)[:SENDER_CHARACTERS], sender)
    message.msgId = letter.message_id
    if letter.calendar:
        # The last and so the richest way to show the message, for programs with a calendar; and a
        # file for those without. The file is of the type that Google gives it, so that no program
        # takes it for a second invitation.
        message.alts["calendar"] = letter.calendar
        message.attach("session.ics", "application/ics", letter.calendar.encode())
    return message
