"""Which mail server the portal sends through, and how its password is kept.

The environment's (MAIL_SERVER and so on) comes first. Where it names none, the practice's own is
asked for each time, so that a change is in effect at once in every process.
"""

import base64
import hmac
from dataclasses import dataclass, field
from email.utils import parseaddr
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.db import db
from portal.models import MailSecurity, MailSettings
from portal.plain_rows import plain_rows

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

_SENDER = select(MailSettings.sender).where(MailSettings.id == 1)


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail goes. `sender` is the address that it comes from."""

    server: str
    port: int
    security: MailSecurity
    username: str | None
    password: str | None = field(repr=False)
    sender: str


class Unreadable(Exception):
    """The stored password was sealed with another SECRET_KEY."""


def from_environment() -> MailServer | None:
    """The server that the environment names; None: the practice may name one."""
    config, settings = current_app.config, current_app.extensions["mail"]
    if not config["MAIL_SERVER"]:
        return None
    security = MailSecurity.NONE
    if settings.use_ssl:
        security = MailSecurity.TLS
    elif settings.use_tls:
        security = MailSecurity.STARTTLS
    return MailServer(
        server=settings.server,
        port=settings.port,
        security=security,
        username=settings.username or None,
        password=settings.password or None,
        sender=config["MAIL_SENDER"],
    )


def mail_server() -> MailServer | None:
    """The server to send through now; None: mail waits. Raises Unreadable."""
    named = from_environment()
    if named:
        return named
    # In a session of its own: no transaction of the caller's begins, and nothing is stale.
    with Session(db.engine) as session:
        row = session.get(MailSettings, 1)
        return as_server(row) if row else None


def is_configured() -> bool:
    """Say whether there is a mail server to send through."""
    if current_app.config["MAIL_SERVER"]:
        return True
    with Session(db.engine) as session:
        return session.get(MailSettings, 1) is not None


def sender_address() -> str:
    """The address that mail comes from now, or would come from if there were a server."""
    config = current_app.config
    own = [] if config["MAIL_SERVER"] else plain_rows(_SENDER)
    return parseaddr(own[0][0] if own else config["MAIL_SENDER"])[1]


def as_server(row: MailSettings, *, without_password: bool = False) -> MailServer:
    """The practice's own server as plain values. Raises Unreadable."""
    sealed = None if without_password else row.password_sealed
    return MailServer(
        server=row.server,
        port=row.port,
        security=row.security,
        username=row.username,
        password=unseal(sealed) if sealed else None,
        sender=row.sender,
    )


def settings_row(server: MailServer) -> MailSettings:
    """The row that keeps the practice's own server."""
    return MailSettings(
        id=1,
        server=server.server,
        port=server.port,
        security=server.security,
        username=server.username,
        password_sealed=seal(server.password) if server.password else None,
        sender=server.sender,
    )


def seal(password: str) -> str:
    """Return the password as it's stored: who reads the database can't read it."""
    return _fernet().encrypt(password.encode()).decode()


def unseal(sealed: str) -> str:
    """Return a stored password. Raises Unreadable when SECRET_KEY is another one by now."""
    from cryptography.fernet import InvalidToken

    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable from None


def _fernet() -> "Fernet":
    # Where no password is stored, nothing of the package is needed: see portal/later.py.
    from cryptography.fernet import Fernet

    secret = current_app.config["SECRET_KEY"].encode()
    return Fernet(base64.urlsafe_b64encode(hmac.digest(secret, b"mail password", "sha256")))
