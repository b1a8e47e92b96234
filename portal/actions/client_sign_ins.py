"""Clients sign in to *My bookings* by a mailed link: no password, and no account to make."""

from datetime import datetime, timedelta

from sqlalchemy import select, update

from portal import mail
from portal.actions.activity import record
from portal.db import db
from portal.models import Act, Actor, Client, ClientLink, ClientSignIn
from portal.queries.client_sign_ins import find_client_link
from portal.tokens import new_token, token_hash
from portal.transaction import transaction

LINK = timedelta(minutes=30)
"""How long the link in the mail works, once."""

SIGN_IN = timedelta(days=30)
"""How long a browser stays signed in."""


def send_sign_in_link(email: str, now: datetime) -> None:
    """Mail a link to the client with this address. For any other address nothing is sent.

    The mail is written for both, which takes longer than all the rest, so whoever asks learns
    next to nothing from how long it takes.
    """
    token = new_token()
    with transaction() as session:
        client = session.scalar(
            select(Client).where(
                Client.email == email.strip().lower(), Client.deactivated_at.is_(None)
            )
        )
        name = client.name if client else "Nobody"
        letter = mail.composed_sign_in_link(session, client, name, token)
        if client is not None:
            link = ClientLink(
                client=client, token_hash=token_hash(token), created_at=now, expires_at=now + LINK
            )
            session.add(link)
            mail.sign_in_link(session, link, letter, now)


def sign_in_client(token: str, now: datetime, *, replacing: str | None = None) -> str:
    """Use up the link with this token; return the random token for the browser's cookie.

    `replacing` is the token of the sign-in that this browser had, which ends. Raises Gone for a
    link that doesn't work any more.
    """
    sign_in_token = new_token()
    with transaction() as session:
        link = find_client_link(token, now, lock=True)
        link.used_at = now
        if replacing is not None:
            _end(replacing, now)
        sign_in = ClientSignIn(
            client=link.client,
            token_hash=token_hash(sign_in_token),
            created_at=now,
            expires_at=now + SIGN_IN,
        )
        session.add(sign_in)
        record(session, Act.CLIENT_SIGNED_IN, link.client, now, actor=Actor.CLIENT)
    return sign_in_token


def sign_out_client(token: str, now: datetime) -> None:
    """End the sign-in with this token, for every copy of its cookie too."""
    with transaction():
        _end(token, now)


def _end(token: str, now: datetime) -> None:
    db.session.execute(
        update(ClientSignIn)
        .where(ClientSignIn.token_hash == token_hash(token), ClientSignIn.ended_at.is_(None))
        .values(ended_at=now)
    )
