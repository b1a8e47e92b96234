"""The mail that tells somebody what was changed about how they sign in, in case it wasn't them."""

from datetime import datetime
from enum import StrEnum

from portal.mail import links
from portal.mail.composing import compose
from portal.mail.outbox import AnySession, put_in_outbox
from portal.mail.practice_facts import practice_facts
from portal.models import Member
from portal.tokens import new_token


class Change(StrEnum):
    """What was changed about how somebody signs in."""

    EMAIL = "email"
    PASSWORD = "password"  # noqa: S105  (a word in the log)
    TWO_FACTOR_ON = "two_factor_on"
    TWO_FACTOR_OFF = "two_factor_off"
    RECOVERY_CODES = "recovery_codes"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"


def account_changed(
    session: AnySession,
    member: Member,
    change: Change,
    now: datetime,
    *,
    by: Member | None = None,
) -> None:
    """Put the mail about the change into the outbox; `by` is who made it, where the mail says so.

    It goes to the address that the account has: call it before that is another one.
    """
    practice = practice_facts()
    mail = compose(
        "account_changed",
        practice,
        member,
        reader=member.name,
        change=change.value,
        by=by.name if by else "",
        address=links.forgotten_password(),
    )
    # Twice in a second is two changes.
    event = f"member:{member.id}:{change.value}:{new_token()}"
    put_in_outbox(session, event, member.email, mail, now)
