"""Sign-ins: whose browser this is, and in which browsers somebody is signed in."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import contains_eager

from portal.db import db
from portal.models import Member, SignIn
from portal.tokens import token_hash

SIGN_IN = timedelta(days=14)
"""How long a sign-in lasts at most: a browser that is never closed has to sign in again."""


def find_sign_in(uniquifier: str, token: str, now: datetime) -> SignIn | None:
    """The sign-in that a browser's cookie names, with its member; None where it has ended.

    It's one query, because every request of somebody who is signed in asks.
    """
    return db.session.scalar(
        select(SignIn)
        .join(SignIn.member)
        .options(contains_eager(SignIn.member))
        .where(
            SignIn.token_hash == token_hash(token),
            Member.fs_uniquifier == uniquifier,
            Member.deactivated_at.is_(None),
            *_in_force(now),
        )
    )


def sign_ins_of(member: Member, now: datetime) -> Sequence[SignIn]:
    """The sign-ins of a member that are in force, the one that was seen last first."""
    query = select(SignIn).where(SignIn.member_id == member.id, *_in_force(now))
    return db.session.scalars(query.order_by(SignIn.seen_at.desc(), SignIn.id.desc())).all()


def _in_force(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return SignIn.ended_at.is_(None), SignIn.created_at > now - SIGN_IN
