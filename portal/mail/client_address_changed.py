"""The mail that tells a client that staff changed the address they're known by."""

from datetime import datetime

from portal.mail.composing import compose
from portal.mail.outbox import AnySession, put_in_outbox
from portal.mail.practice_facts import practice_facts
from portal.models import Client
from portal.tokens import new_token


def client_address_changed(session: AnySession, client: Client, now: datetime) -> None:
    """Put the mail into the outbox for the address that the client has, if they have one.

    Call it before that is another one, which the mail doesn't name: it may be somebody else's.
    """
    if client.email is None:
        return
    practice = practice_facts()
    mail = compose("client_address_changed", practice, client, client=client.name)
    # Twice in a second is two changes.
    event = f"client:{client.id}:address:{new_token()}"
    put_in_outbox(session, event, client.email, mail, now)
