"""A forgotten password: asking for a link by mail, and choosing another password with it."""

from datetime import datetime, timedelta

from flask_security import hash_password
from sqlalchemy import select

from portal import mail
from portal.actions.accounts import hashed_password, replace_password
from portal.actions.activity import record
from portal.mail import Change
from portal.models import Act, Member
from portal.queries.recovery import find_recovering, recovery_token
from portal.tokens import new_token
from portal.transaction import transaction

LINK = timedelta(hours=1)
"""How long the link in the mail works."""


def send_recovery_link(email: str, now: datetime) -> None:
    """Send a link to the member with this address. For any other address nothing is done.

    Whoever asks learns nothing from how long it takes: the hash takes longer than all the rest,
    and is made for both.
    """
    hash_password(new_token())
    with transaction() as session:
        member = session.scalar(
            select(Member).where(
                Member.email == email.strip().lower(), Member.deactivated_at.is_(None)
            )
        )
        if member is not None:
            expires = now + LINK
            mail.password_recovery(session, member, recovery_token(member, expires), now)


def recover(token: str, password: str, now: datetime) -> None:
    """Give the member whose link it is another password; it ends all sign-ins and all such links.

    The second factor stays as it is. Raises Gone for a link that doesn't work any more, and
    WrongField for a short password.
    """
    member = find_recovering(token, now)
    hashed = hashed_password(password, member.name, member.email)
    with transaction() as session:
        member = find_recovering(token, now, lock=True)
        replace_password(session, member, hashed, now)
        record(session, Act.PASSWORD_CHANGED, member, now, by=member, how="link")
        mail.account_changed(session, member, Change.PASSWORD, now)
