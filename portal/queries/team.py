"""The team: who is on it, who was invited, and which of them a member may manage."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.db import db
from portal.errors import Gone, NotFound
from portal.models import Member, Practice, Right, Role, TeamInvitation
from portal.queries.paging import Paged, matches, paged
from portal.scheduling.eligibility import Kind, Plan
from portal.tokens import token_hash


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A member in the list; `job` is their role and kind in words."""

    id: int
    name: str
    email: str
    job: str
    owner: bool
    active: bool
    oneself: bool


@dataclass(frozen=True, slots=True)
class InvitationLine:
    """An invitation that nobody has answered yet; `expired` ones can be sent again."""

    id: int
    name: str
    email: str
    job: str
    sent_by: str
    sent_at: datetime
    expires_at: datetime
    expired: bool


@dataclass(frozen=True, slots=True)
class MemberPage:
    """One member's page. `why_not` says why the reader can't change this account, if they can't.

    `seen` changes whenever what the form shows does. `may_hand_over`: the reader owns the practice
    and could hand it over to this member.
    """

    member: Member
    seen: str
    oneself: bool
    why_not: str | None
    may_change_address: bool
    may_hand_over: bool
    roles: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Team:
    """The list, the pending invitations and what the page says about the plan."""

    members: Paged[MemberLine]
    invitations: tuple[InvitationLine, ...]
    zone: ZoneInfo
    solo: bool
    manages: bool
    words: str


def load_team(reader: Member, words: str, page: int, now: datetime) -> Team:
    """What any member may read, and the invitations for those who manage the team.

    Members who left come last.
    """
    practice = db.session.get_one(Practice, 1)
    query = (
        select(Member)
        .outerjoin(Role, Role.id == Member.role_id)
        .where(matches(words, Member.name, Member.email, Role.name))
        .options(joinedload(Member.role))
        .order_by(Member.deactivated_at.is_not(None), Member.name, Member.id)
    )
    manages = reader.may(Right.TEAM)
    return Team(
        members=paged(query, page, lambda member: _member_line(member, reader)),
        invitations=_pending(now) if manages else (),
        zone=ZoneInfo(practice.timezone),
        solo=practice.plan is Plan.SOLO,
        manages=manages,
        words=words,
    )


def load_member_page(member_id: int, reader: Member) -> MemberPage:
    """A member, with what the reader may do about them. Raises NotFound."""
    member = find_member(member_id)
    return MemberPage(
        member=member,
        seen=member_seen(member),
        oneself=member.id == reader.id,
        may_change_address=may_change_address(reader, member),
        why_not=why_not_manage(reader, member),
        may_hand_over=reader.is_owner and member.active and member is not reader,
        roles=role_choices(reader, member.role_id),
    )


def find_member(member_id: int) -> Member:
    """The member with this number, active or not. Raises NotFound."""
    member = db.session.get(Member, member_id)
    if member is None:
        raise NotFound(_("There is nobody like that on the team."))
    return member


def find_pending(invitation_id: int) -> TeamInvitation:
    """The invitation, while it can be sent again or revoked. Raises NotFound, or Gone after."""
    invitation = db.session.get(TeamInvitation, invitation_id)
    if invitation is None:
        raise NotFound(_("There is no such invitation."))
    if invitation.accepted_at is not None:
        raise Gone(_("%(name)s has joined the team already.", name=invitation.name))
    if invitation.revoked_at is not None:
        raise Gone(_("This invitation was revoked already."))
    return invitation


def find_invitation(token: str, now: datetime) -> TeamInvitation:
    """The invitation that the link in a mail leads to.

    Raises NotFound for an unknown token, or one that a later mail replaced, and Gone for an
    invitation that was used or revoked or has expired.
    """
    invitation = db.session.scalar(
        select(TeamInvitation)
        .where(TeamInvitation.token_hash == token_hash(token))
        .options(joinedload(TeamInvitation.role), joinedload(TeamInvitation.invited_by))
    )
    if invitation is None:
        raise NotFound(
            _("This link isn’t known. If there is a newer mail with an invitation, use that one.")
        )
    if invitation.accepted_at is not None:
        raise Gone(_("This invitation has been used already. You can sign in."))
    if invitation.revoked_at is not None:
        raise Gone(_("This invitation was revoked. Please ask whoever sent it."))
    if invitation.expires_at <= now:
        raise Gone(_("This invitation has expired. Please ask for a new one."))
    return invitation


def has_rights(member: Member, rights: Iterable[str]) -> bool:
    """Has the member all of these rights, so that they may also give them to somebody?"""
    return all(member.may(Right(right)) for right in rights)


def why_not_manage(by: Member, member: Member) -> str | None:
    """The reason why `by` can't change the account of `member`; None if they can.

    Nobody manages an account that may do more than they themselves may, the owner's first of all.
    """
    if by.is_owner:
        return None
    if member.is_owner:
        return _("%(name)s owns the practice: only they change this account.", name=member.name)
    if member.role is not None and not has_rights(by, member.role.rights):
        return _(
            "%(name)s may do more than you may, so only the owner of the practice, or somebody "
            "with the same rights, changes this account.",
            name=member.name,
        )
    return None


def may_change_address(by: Member, member: Member) -> bool:
    """May `by` change the address with which `member` signs in?

    Whoever gives an account an address of theirs can ask for a new password there, and so take it
    over. So that's for the owner of the practice, and one's own address.
    """
    return by.is_owner or by.id == member.id


def member_seen(member: Member) -> str:
    """A text that changes whenever the name, address, role or kind of a member does."""
    values = (member.name, member.email, member.role_id, member.kind.value)
    return hashlib.sha256(repr(values).encode()).hexdigest()[:32]


def kind_words(kind: Kind) -> str:
    """What a kind is called."""
    return _("Admin") if kind is Kind.ADMIN else _("Practitioner")


def job_words(role: Role | None, kind: Kind) -> str:
    """Role and kind in words, such as "Coach · Practitioner"; no word of it twice."""
    words = kind_words(kind)
    if role is None:
        return _("No role") + " · " + words
    return role.name if words.casefold() in role.name.casefold() else f"{role.name} · {words}"


def role_choices(by: Member, present: int | None = None) -> tuple[tuple[str, str], ...]:
    """Value and words of the roles that `by` may give, and the present one, by name."""
    roles = db.session.scalars(select(Role).order_by(Role.name, Role.id))
    given = [
        (str(role.id), role.name)
        for role in roles
        if role.id == present or has_rights(by, role.rights)
    ]
    return (("", _("No role")), *given)


def _pending(now: datetime) -> tuple[InvitationLine, ...]:
    rows = db.session.scalars(
        select(TeamInvitation)
        .where(TeamInvitation.accepted_at.is_(None), TeamInvitation.revoked_at.is_(None))
        .options(joinedload(TeamInvitation.role), joinedload(TeamInvitation.invited_by))
        .order_by(TeamInvitation.sent_at.desc(), TeamInvitation.id.desc())
    )
    return tuple(
        InvitationLine(
            id=row.id,
            name=row.name,
            email=row.email,
            job=job_words(row.role, row.kind),
            sent_by=row.invited_by.name,
            sent_at=row.sent_at,
            expires_at=row.expires_at,
            expired=row.expires_at <= now,
        )
        for row in rows
    )


def _member_line(member: Member, reader: Member) -> MemberLine:
    return MemberLine(
        id=member.id,
        name=member.name,
        email=member.email,
        job=job_words(member.role, member.kind),
        owner=member.is_owner,
        active=member.active,
        oneself=member.id == reader.id,
    )
