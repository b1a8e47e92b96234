"""The mail that asks somebody to join the clinic's team."""

from datetime import datetime
from zoneinfo import ZoneInfo

from portal.mail import links
from portal.mail.composing import compose
from portal.mail.outbox import AnySession, put_in_outbox
from portal.mail.practice_facts import practice_facts
from portal.models import TeamInvitation
from portal.tokens import token_hash


def team_invitation(
    session: AnySession, invitation: TeamInvitation, token: str, now: datetime
) -> None:
    """Put the invitation's mail, with the link that `token` opens, into the outbox."""
    session.flush()
    practice = practice_facts()
    mail = compose(
        "team_invitation",
        practice,
        None,
        reader=invitation.name,
        sender=invitation.invited_by.name,
        role=invitation.role.name if invitation.role else None,
        expires=invitation.expires_at,
        zone=ZoneInfo(practice.timezone),
        address=links.join(token),
    )
    # Each time it's sent is a mail of its own, twice in a second too.
    event = f"team_invitation:{invitation.id}:sent:{token_hash(token)}"
    put_in_outbox(session, event, invitation.email, mail, now)
