"""How a client reaches the clinic when something can't be done by oneself."""

from email.utils import parseaddr

from portal.db import db
from portal.mail.servers import from_environment
from portal.models import MailSettings


def clinics_address() -> str | None:
    """The address that the clinic's mails come from; None where there is no mail server yet."""
    server = from_environment() or db.session.get(MailSettings, 1)
    return (parseaddr(server.sender)[1] or None) if server else None
