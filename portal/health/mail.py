"""Does mail go out? The server is asked, without sending anything, and the outbox is looked at."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parseaddr

from portal.db import db
from portal.health.faults import Fault
from portal.mail.servers import MailServer, Unreadable, mail_server
from portal.mail.smtp import open_connection
from portal.mail.test_message import PATIENCE, advice
from portal.queries.outbox import State
from portal.queries.outbox_standing import failed_since, outbox_standing

TOO_LONG = timedelta(minutes=15)
"""How long a message that is due may wait for a worker."""

RECENT = timedelta(days=7)
"""How far back messages that failed are counted: older ones are history."""

NO_SERVER = "Set MAIL_SERVER and the settings beside it, or name one in the practice's settings."


def mail_goes_out(now: datetime) -> Sequence[Fault]:
    """There is a mail server, and it takes the connection and the sign-in."""
    try:
        server = mail_server()
    except Unreadable:
        sentence = "The mail server's password can't be read, because SECRET_KEY changed."
        return [Fault("mail", sentence, "Type it again in the practice's settings.")]
    if server is None:
        return [Fault("mail", "No mail server is set up: all mail waits in the outbox.", NO_SERVER)]
    faults = list(_refusal(server))
    host = parseaddr(server.sender)[1].rpartition("@")[2]
    if host in ("", "localhost"):
        sentence = f"Mail comes from {server.sender}, which is nobody's address."
        mend = "Set MAIL_SENDER to an address that the mail server may send from."
        faults.append(Fault("mail", sentence, mend))
    return faults


def _refusal(server: MailServer) -> Sequence[Fault]:
    # It may take its time: no transaction is open while it's waited for.
    db.session.rollback()
    try:
        connection = open_connection(server, PATIENCE)
    except Exception as error:  # of any kind: a server can answer with whatever it likes
        sentence = f"The mail server {server.server}:{server.port} can't be used."
        return [Fault("mail", sentence, advice(error, server))]
    with suppress(OSError):
        connection.quit()
    connection.close()
    return []


def outbox_is_empty_enough(now: datetime) -> Sequence[Fault]:
    """No message waits for long, is tried again and again, or was given up lately."""
    standing, faults = outbox_standing(now), []
    look = "Look at the outbox: it has the reason beside each message, and sends it again."
    if standing.overdue_since and now - standing.overdue_since > TOO_LONG:
        sentence = f"{standing.counts[State.WAITING]} messages wait in the outbox, one of them "
        sentence += f"since {standing.overdue_since:%Y-%m-%d %H:%M} UTC."
        faults.append(Fault("outbox", sentence, "Mend the worker or the mail server, named above."))
    if standing.struggling:
        sentence = f"{standing.struggling} messages were tried several times and not taken."
        faults.append(Fault("outbox", sentence, look))
    if failed := failed_since(now - RECENT):
        sentence = f"{failed} messages of the last {RECENT.days} days were given up."
        faults.append(Fault("outbox", sentence, look))
    return faults
