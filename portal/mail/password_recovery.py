"""The mail with the link by which somebody who forgot their password chooses another."""

from datetime import datetime

from portal.mail import links
from portal.mail.composing import compose
from portal.mail.outbox import AnySession, put_in_outbox
from portal.mail.practice_facts import practice_facts
from portal.models import Member
from portal.tokens import token_hash


def password_recovery(session: AnySession, member: Member, token: str, now: datetime) -> None:
    """Put the mail with the link that `token` opens into the outbox."""
    practice = practice_facts()
    address = links.recovery(token)
    mail = compose("password_recovery", practice, member, reader=member.name, address=address)
    # Each request is a mail of its own; the token has a random part.
    event = f"password_recovery:{token_hash(token)}"
    put_in_outbox(session, event, member.email, mail, now)
