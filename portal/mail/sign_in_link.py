"""The mail with the link by which a client gets to *My bookings*."""

from datetime import datetime

from portal.mail import links
from portal.mail.composing import compose
from portal.mail.outbox import AnySession, Composed, put_in_outbox
from portal.mail.practice_facts import practice_facts
from portal.models import Client, ClientLink


def composed_sign_in_link(
    session: AnySession, client: Client | None, name: str, token: str
) -> Composed:
    """The mail to somebody of this name, with the link that `token` opens; None: no client."""
    practice, address = practice_facts(), links.client_sign_in(token)
    return compose("sign_in_link", practice, client, client=name, address=address)


def sign_in_link(session: AnySession, link: ClientLink, letter: Composed, now: datetime) -> None:
    """Put the mail into the outbox, addressed to the link's client."""
    session.flush()
    put_in_outbox(session, f"client_link:{link.id}:sent", link.client.email or "", letter, now)
