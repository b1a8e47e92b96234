"""Inviting people to the team, and joining it."""

import secrets
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal import mail
from portal.actions.accounts import hashed_password
from portal.actions.activity import record
from portal.actions.team import About, require_free_address, require_giveable
from portal.errors import WrongField
from portal.mail.outbox import AnySession
from portal.models import Act, Member, TeamInvitation
from portal.queries.team import find_invitation, find_pending
from portal.tokens import new_token, token_hash
from portal.transaction import transaction

INVITATION = timedelta(days=7)
"""How long the link in an invitation's mail works."""


class AlreadyInvited(WrongField):
    """There is a pending invitation to this address, which can be sent again."""

    def __init__(self, invitation_id: int) -> None:
        super().__init__(
            "email",
            _("This address has an invitation already. You can send that one again below."),
        )
        self.invitation_id = invitation_id


def invite_to_team(about: About, by: Member, now: datetime) -> TeamInvitation:
    """Send somebody one mail with a link by which they join the team.

    Raises AlreadyInvited, or WrongField for a member's address and for a role that `by` can't give.
    """
    with transaction() as session:
        require_free_address(session, about.email)
        require_giveable(session, about.role_id, by)
        _require_no_invitation(session, about.email)
        invitation = TeamInvitation(
            email=about.email,
            name=about.name,
            role_id=about.role_id,
            kind=about.kind,
            invited_by=by,
        )
        token = _renew(invitation, now)
        try:
            with session.begin_nested():
                session.add(invitation)
        except IntegrityError:
            # Somebody else invited them just now.
            _require_no_invitation(session, about.email)
            raise
        record(session, Act.MEMBER_INVITED, invitation, now, by=by)
        mail.team_invitation(session, invitation, token, now)
    return invitation


def send_invitation_again(invitation_id: int, by: Member, now: datetime) -> TeamInvitation:
    """Send a pending invitation with a new link, good for another week; the old link is void.

    Raises NotFound, Gone for one that was answered or revoked, and WrongField where its role may
    do more by now than `by` may.
    """
    with transaction() as session:
        invitation = _locked(session, invitation_id)
        require_giveable(session, invitation.role_id, by)
        token = _renew(invitation, now)
        record(session, Act.INVITATION_SENT_AGAIN, invitation, now, by=by)
        mail.team_invitation(session, invitation, token, now)
    return invitation


def revoke_invitation(invitation_id: int, by: Member, now: datetime) -> TeamInvitation:
    """Make a pending invitation's link void for good. Raises NotFound, or Gone."""
    with transaction() as session:
        invitation = _locked(session, invitation_id)
        invitation.revoked_at = now
        record(session, Act.INVITATION_REVOKED, invitation, now, by=by)
    return invitation


def join_team(token: str, name: str, password: str, now: datetime) -> Member:
    """Make whoever has the invitation's link an active member, once.

    Raises NotFound or Gone for a link that isn't of use, and WrongField for a password of no use or
    an address that somebody on the team has by now.
    """
    hashed = hashed_password(password, name)
    with transaction() as session:
        invitation = find_invitation(token, now)
        session.refresh(invitation, with_for_update={"of": TeamInvitation})
        # Under the lock again: the same form may have been sent twice.
        invitation = find_invitation(token, now)
        require_free_address(session, invitation.email)
        member = Member(
            email=invitation.email,
            name=name,
            role_id=invitation.role_id,
            kind=invitation.kind,
            password=hashed,
            fs_uniquifier=secrets.token_hex(32),
        )
        invitation.accepted_at, invitation.member = now, member
        session.add(member)
        session.flush()
        record(session, Act.MEMBER_JOINED, member, now, by=member)
    return member


def _renew(invitation: TeamInvitation, now: datetime) -> str:
    """Give the invitation a new token and another week; return the token."""
    token = new_token()
    invitation.token_hash = token_hash(token)
    invitation.sent_at, invitation.expires_at = now, now + INVITATION
    return token


def _locked(session: AnySession, invitation_id: int) -> TeamInvitation:
    session.refresh(find_pending(invitation_id), with_for_update={"of": TeamInvitation})
    return find_pending(invitation_id)


def _require_no_invitation(session: AnySession, email: str) -> None:
    pending = session.scalar(
        select(TeamInvitation.id).where(
            TeamInvitation.email == email,
            TeamInvitation.accepted_at.is_(None),
            TeamInvitation.revoked_at.is_(None),
        )
    )
    if pending is not None:
        raise AlreadyInvited(pending)
