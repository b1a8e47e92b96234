"""Sending messages by Flask-Mail, and what a mail server's answer means for them."""

import smtplib
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from email.utils import parseaddr
from types import TracebackType
from typing import Self

import flask_mail as extension
from flask import current_app
from flask_babel import gettext as _

from portal.mail.letter import Letter, as_mail
from portal.mail.outbox import one_line
from portal.mail.servers import MailServer, Unreadable, is_configured, mail_server
from portal.models import MailSecurity

__all__ = ["Letter", "NotSent", "Post", "deliver", "flask_mail", "is_configured", "open_connection"]

Connect = Callable[[MailServer], smtplib.SMTP]

PATIENCE = timedelta(seconds=30)
"""How long a silent mail server is waited for."""

ABOUT_ONE_LETTER = (
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPSenderRefused,
    smtplib.SMTPDataError,
)
"""Answers after which a connection serves for the next letter, unless it was closed with them."""

CLOSING = 421
"""What a server answers that is about to hang up (RFC 5321, 3.8)."""

OUR_ACCOUNT = {530, 534, 535, 538}
"""Refusals (RFC 4954) that are about the site's SMTP account: mending that mends every message."""

MOST, LONGEST = 50, timedelta(minutes=1)
"""How many letters go over one connection, and for how long: servers have limits of their own."""

flask_mail = extension.Mail()


class NotSent(Exception):
    """The message didn't go; `permanent` says that trying again won't help."""

    def __init__(self, why: str, *, permanent: bool) -> None:
        super().__init__(one_line(why)[:500])
        self.permanent = permanent


class Post:
    """Hands letters to the mail server, one after the other, over one connection where that's fine.

    It's opened with the first letter; whatever is odd about it is a reason to open another one. A
    context manager, which hangs up in the end. For one thread at a time.
    """

    def __init__(self) -> None:
        self._connection: _Connection | None = None
        self._opened_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.hang_up()

    def send(self, letter: Letter) -> None:
        """Hand the letter over, and return when the server has taken responsibility for it.

        Raises NotSent. A reply that's lost after the server took the letter looks like a failure,
        so the letter may be sent twice: it has the same Message-ID each time.
        """
        server = _server_in_use()
        try:
            self._send(as_mail(letter, _sender(server)), server)
        except Exception as error:
            # Of any kind: a message whose failure isn't told would be tried again for ever.
            if not isinstance(error, ABOUT_ONE_LETTER):
                self.hang_up()
            raise NotSent(_explained(error), permanent=_is_permanent(error)) from error

    def hang_up(self) -> None:
        """Say goodbye to the server, if there is a connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.__exit__(None, None, None)

    def _send(self, mail: extension.Message, server: MailServer) -> None:
        used = self._connection is not None
        connection = self._connected(server)
        try:
            connection.send(mail, envelope_from=_sender(server))
        except ABOUT_ONE_LETTER as error:
            if not (used and _closes(error)):
                raise
            # It has had enough of this connection, and said so before it took anything.
            self.hang_up()
            self._send(mail, server)

    def _connected(self, server: MailServer) -> "_Connection":
        """The connection that is open, if it's to this server, still works and isn't worn out."""
        connection = self._connection
        if connection is not None:
            age = time.monotonic() - self._opened_at
            worn_out = connection.num_emails >= MOST or age >= LONGEST.total_seconds()
            if connection.server == server and not worn_out and connection.works():
                return connection
            self.hang_up()
        connection = _Connection(server, open_connection)
        connection.__enter__()
        self._connection, self._opened_at = connection, time.monotonic()
        return connection


def _server_in_use() -> MailServer:
    try:
        server = mail_server()
    except Unreadable:
        why = _("The mail server’s password can’t be read, because SECRET_KEY changed.")
        raise NotSent(why, permanent=False) from None
    if server is None:
        raise NotSent(_("No mail server is set up."), permanent=False)
    return server


def _sender(server: MailServer) -> str:
    return parseaddr(server.sender)[1]


def deliver(letter: Letter, server: MailServer, connect: Connect) -> None:
    """Send the letter over the connection that `connect` opens. Raises whatever goes wrong."""
    mail = as_mail(letter, _sender(server))
    with _Connection(server, connect) as connection:
        connection.send(mail, envelope_from=_sender(server))


def open_connection(
    server: MailServer,
    patience: timedelta = PATIENCE,
    plain: Callable[..., smtplib.SMTP] = smtplib.SMTP,
    tls: Callable[..., smtplib.SMTP_SSL] = smtplib.SMTP_SSL,
) -> smtplib.SMTP:
    """Return a connection that is encrypted and signed in to as the settings say.

    Certificates are checked, and no single answer is waited for longer than `patience`. Raises
    OSError, of which smtplib's own errors are some.
    """
    waiting, context = patience.total_seconds(), ssl.create_default_context()
    host: smtplib.SMTP
    if server.security is MailSecurity.TLS:
        host = tls(server.server, server.port, timeout=waiting, context=context)
    else:
        host = plain(server.server, server.port, timeout=waiting)
    try:
        if server.security is MailSecurity.STARTTLS:
            host.starttls(context=context)
        if server.username and server.password:
            host.login(server.username, server.password)
    except BaseException:
        host.close()
        raise
    return host


class _Connection(extension.Connection):
    """Flask-Mail's connection, to a server of the portal's own choice."""

    def __init__(self, server: MailServer, connect: Connect) -> None:
        super().__init__(current_app.extensions["mail"])
        self.server, self.connect = server, connect

    def configure_host(self) -> smtplib.SMTP:
        # Flask-Mail's own method waits for ever and checks no certificate.
        return self.connect(self.server)

    def works(self) -> bool:
        """Ask the server whether it's still there: many hang up on whoever says nothing."""
        try:
            return self.host is not None and self.host.noop()[0] == 250
        except OSError:
            return False

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # A goodbye that goes wrong must not hide why the message failed, nor undo that it went.
        if self.host is not None:
            with suppress(OSError):
                self.host.quit()
            self.host.close()


def _is_permanent(error: Exception) -> bool:
    if not isinstance(error, ABOUT_ONE_LETTER):
        # A message that can't be written down never will be; the rest is about the way there.
        return not isinstance(error, OSError)
    return all(500 <= code <= 599 and code not in OUR_ACCOUNT for code in _codes(error))


def _closes(error: smtplib.SMTPException) -> bool:
    """Whether the server refused only because it's about to hang up, before it took the letter."""
    before = isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPSenderRefused)
    return before and CLOSING in _codes(error)


def _codes(error: smtplib.SMTPException) -> list[int]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return [code for code, _answer in error.recipients.values()]
    return [error.smtp_code] if isinstance(error, smtplib.SMTPResponseException) else []


def _explained(error: Exception) -> str:
    """What the server said, or what is wrong with the way to it."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers = error.recipients.values()
        return "; ".join(f"{code} {_text(answer)}" for code, answer in answers)
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message
        return _("The mail server’s certificate isn’t trusted: %(why)s", why=why)
    if isinstance(error, OSError):
        return _("The mail server can’t be reached: %(why)s", why=error.strerror or error)
    return str(error) or type(error).__name__


def _text(answer: bytes | str) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer
