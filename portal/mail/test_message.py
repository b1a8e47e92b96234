"""Sending a test: one message through a mail server, and what was said on the way.

The conversation shows commands and replies, never the password: what goes over while signing in is
masked, whatever form the server asks for.
"""

import smtplib
import socket
import ssl
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import make_msgid, parseaddr
from functools import partial
from typing import Any

from flask_babel import gettext as _

from portal.db import db
from portal.mail.composing import compose
from portal.mail.outbox import one_line
from portal.mail.practice_facts import PracticeFacts
from portal.mail.servers import MailServer
from portal.mail.smtp import OUR_ACCOUNT, Letter, deliver, open_connection
from portal.models import MailSecurity

PATIENCE = timedelta(seconds=10)
"""How long each answer is waited for: somebody sits in front of the page."""

MOST_LINES, MOST_CHARACTERS = 60, 300
MASK = "••••••"

OF_ANOTHER_NAME = (62, 64)
"""What OpenSSL calls a certificate of another host name, or of another address (x509_vfy.h)."""


@dataclass(slots=True)
class Conversation:
    """What was said, a line each: "→" for what the portal said and "←" for the server's answer.

    `advice` is a sentence about what to change, empty when the message was sent.
    """

    recipient: str
    lines: list[str] = field(default_factory=list)
    advice: str = ""

    def add(self, arrow: str, text: str) -> None:
        """Add a line, shortened where a server says too much."""
        if len(self.lines) < MOST_LINES:
            self.lines.append(f"{arrow} {one_line(text)[:MOST_CHARACTERS]}")


def send_test_message(server: MailServer, recipient: str, practice_name: str) -> Conversation:
    """Send a test message and return the conversation; a failure is in it, and raises nothing."""
    conversation = Conversation(recipient)
    composed = compose("test_message", PracticeFacts(name=practice_name), None)
    # A server may take its time: no transaction is open while it's waited for.
    db.session.rollback()
    letter = Letter(
        sender_name=practice_name,
        recipient=recipient,
        subject=composed.subject,
        facts=composed.facts(),
        message_id=make_msgid(domain=parseaddr(server.sender)[1].rpartition("@")[2]),
    )
    connect = partial(
        open_connection,
        patience=PATIENCE,
        plain=partial(_Recorded, conversation=conversation),
        tls=partial(_RecordedTLS, conversation=conversation),
    )
    try:
        deliver(letter, server, connect)
    except Exception as error:
        # Of any kind: a server can answer with whatever it likes.
        # What the server answered stands there already.
        if not isinstance(error, smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused):
            conversation.add("×", getattr(error, "strerror", None) or str(error))
        conversation.advice = advice(error, server)
    _mask(conversation, server)
    return conversation


class _Recording:
    """What both kinds of connection write down."""

    conversation: Conversation
    _signing_in = False

    def putcmd(self, cmd: str, args: str = "") -> None:
        line = f"{cmd} {args}".strip()
        if self._signing_in:
            # "AUTH PLAIN …", or the answer to a question of the server's.
            line = f"AUTH {args.split(' ')[0]} {MASK}" if cmd.upper() == "AUTH" else MASK
        self.conversation.add("→", line)
        super().putcmd(cmd, args)  # type: ignore[misc]

    def getreply(self) -> tuple[int, bytes]:
        code, text = super().getreply()  # type: ignore[misc]
        for line in text.decode(errors="replace").splitlines() or [""]:
            self.conversation.add("←", f"{code} {line}")
        return code, text

    def auth(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        self._signing_in = True
        try:
            answer: tuple[int, bytes] = super().auth(*args, **kwargs)  # type: ignore[misc]
            return answer
        finally:
            self._signing_in = False


class _Recorded(_Recording, smtplib.SMTP):
    def __init__(self, *args: Any, conversation: Conversation, **kwargs: Any) -> None:
        self.conversation = conversation
        super().__init__(*args, **kwargs)


class _RecordedTLS(_Recording, smtplib.SMTP_SSL):
    def __init__(self, *args: Any, conversation: Conversation, **kwargs: Any) -> None:
        self.conversation = conversation
        super().__init__(*args, **kwargs)


def _mask(conversation: Conversation, server: MailServer) -> None:
    # A server may repeat what it was told.
    if server.password:
        conversation.lines = [line.replace(server.password, MASK) for line in conversation.lines]


def advice(error: Exception, server: MailServer) -> str:
    """Return what to change about the mail server after this error, in a sentence."""
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return _not_supported(error, server)
    if isinstance(error, smtplib.SMTPServerDisconnected):
        # smtplib's own name for every end of a connection, a time limit's too.
        if isinstance(error.__context__, TimeoutError):
            return _silent(server)
        return _(
            "The server hung up. If its port is %(tls)s, choose TLS; if it’s %(start)s, choose "
            "STARTTLS.",
            tls=465,
            start=587,
        )
    if isinstance(error, smtplib.SMTPException):
        return _refused(error, server)
    if isinstance(error, OSError):
        return _not_reached(error, server)
    return _("The message couldn’t be written. Please check the sender’s address.")


def _not_supported(error: smtplib.SMTPNotSupportedError, server: MailServer) -> str:
    if server.security is MailSecurity.STARTTLS and "STARTTLS" in str(error).upper():
        return _(
            "The server doesn’t know STARTTLS at this port. Choose TLS with port 465, or none."
        )
    if server.security is MailSecurity.NONE:
        return _(
            "The server lets nobody sign in over a connection that isn’t encrypted. Choose "
            "STARTTLS or TLS, or leave user and password empty."
        )
    return _("The server lets nobody sign in. Leave user and password empty.")


def _refused(error: smtplib.SMTPException, server: MailServer) -> str:
    code = getattr(error, "smtp_code", 0)
    said = getattr(error, "smtp_error", b"")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
    words = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    if server.security is MailSecurity.NONE and "STARTTLS" in words.upper():
        return _("The server wants an encrypted connection. Choose STARTTLS.")
    if isinstance(error, smtplib.SMTPAuthenticationError) or code in (534, 535, 538):
        return _(
            "The server doesn’t accept the user name or the password. Some providers need a "
            "password made for apps."
        )
    if code in OUR_ACCOUNT:
        return _("The server wants a user name and a password. Fill in both.")
    if isinstance(error, smtplib.SMTPSenderRefused):
        return _("The server doesn’t send mail from this sender. Use an address of your account.")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _(
            "The server doesn’t take mail for the recipient. It may want a user name and a "
            "password, or a sender of its own."
        )
    return _("The server refused the message. Its answer above says why.")


def _not_reached(error: OSError, server: MailServer) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _untrusted(error)
    if isinstance(error, ssl.SSLError):
        return _(
            "The server speaks no TLS from the first byte at this port. Choose STARTTLS, usually "
            "with port 587, or TLS with port 465."
        )
    if isinstance(error, socket.gaierror):
        return _("There is no server of this name. Please check how it’s spelled.")
    if isinstance(error, ConnectionRefusedError):
        return _("Nothing answers at this port. Please check the server’s name and the port.")
    if isinstance(error, TimeoutError):
        return _silent(server)
    return _("The server can’t be reached from here. Please check its name, port and the network.")


def _untrusted(error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code in OF_ANOTHER_NAME:
        return _(
            "The server’s certificate doesn’t belong to this name. Use the name that your "
            "provider gives, not a number or an alias."
        )
    return _(
        "The server’s certificate isn’t trusted: %(why)s. Check the server’s name; whoever runs "
        "the server has to give it a certificate that this machine knows.",
        why=error.verify_message,
    )


def _silent(server: MailServer) -> str:
    if server.security is not MailSecurity.TLS:
        return _(
            "The server said nothing for ten seconds. A firewall may be in between, or the port "
            "wants TLS from the first byte: choose TLS, usually with port 465."
        )
    return _(
        "The server said nothing for ten seconds. Please check name and port; a firewall may be in "
        "between."
    )
