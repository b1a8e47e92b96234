"""Clients who are signed in to *My bookings*: whose browser this is, and the links that sign in."""

from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from portal.db import db
from portal.errors import Gone
from portal.models import Client, ClientLink, ClientSignIn
from portal.tokens import token_hash


def find_signed_in_client(token: str, now: datetime) -> Client | None:
    """The client whose sign-in has this token; None where it has ended, or they're deactivated."""
    return db.session.scalar(
        select(Client)
        .join(ClientSignIn, ClientSignIn.client_id == Client.id)
        .where(
            ClientSignIn.token_hash == token_hash(token),
            ClientSignIn.ended_at.is_(None),
            ClientSignIn.expires_at > now,
            Client.deactivated_at.is_(None),
        )
    )


def find_client_link(token: str, now: datetime, *, lock: bool = False) -> ClientLink:
    """The link with this token, with its client; locked where it's about to be used.

    Raises Gone for a link that is unknown, used, over, or of a deactivated client: whoever has
    one of these learns nothing from it.
    """
    query = (
        select(ClientLink)
        .join(ClientLink.client)
        .options(contains_eager(ClientLink.client))
        .where(
            ClientLink.token_hash == token_hash(token),
            ClientLink.used_at.is_(None),
            ClientLink.expires_at > now,
            Client.deactivated_at.is_(None),
        )
    )
    if lock:
        query = query.with_for_update(of=ClientLink)
    link = db.session.scalar(query.execution_options(populate_existing=True))
    if link is None:
        raise Gone(_("This link doesn’t work any more. It works once, and for half an hour."))
    return link
