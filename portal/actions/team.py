"""Changing a member of the team, and handing the practice over."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal import mail
from portal.actions.activity import record
from portal.actions.guard import lock_members
from portal.actions.sign_ins import end_all_sign_ins
from portal.actions.versions import require_same
from portal.errors import Forbidden, Refused, Unsettled, WrongField
from portal.mail import Change
from portal.mail.outbox import AnySession
from portal.models import Act, Member, Right, Role
from portal.queries.leaving import left_to_settle
from portal.queries.team import (
    find_member,
    has_rights,
    may_change_address,
    member_seen,
    why_not_manage,
)
from portal.scheduling.eligibility import Kind
from portal.transaction import transaction


@dataclass(frozen=True, slots=True)
class About:
    """What there is to say about a member; the address is in lower case."""

    name: str
    email: str
    role_id: int | None
    kind: Kind


def change_member(member_id: int, about: About, seen: str, by: Member, now: datetime) -> None:
    """Store a member's name, address, role and kind.

    `seen` is what portal.queries.team.member_seen gave. Raises NotFound; Forbidden for an account
    that `by` doesn't manage; Changed; WrongField for an address that's taken or that isn't theirs
    to change, or a role that `by` can't give; Unsettled where a practitioner who still has
    something to settle would become an admin.
    """
    with transaction() as session:
        member = locked_member(session, member_id, by)
        fields = changed_fields(member, about)
        if not fields:
            return
        require_same(member_seen(member), seen)
        if "role" in fields:
            _require_role(session, member, about.role_id, by)
        if "email" in fields:
            _leave_address(session, member, about.email, by, now)
        if about.kind is Kind.ADMIN and "kind" in fields and left_to_settle(member, now):
            raise Unsettled(
                _(
                    "%(name)s still has sessions to come, packages or services, and an admin has "
                    "none. Settle them first.",
                    name=member.name,
                )
            )
        member.name, member.email = about.name, about.email
        member.role_id, member.kind = about.role_id, about.kind
        _flush(session)
        record(session, Act.MEMBER_CHANGED, member, now, by=by, fields=fields)


def hand_over_practice(to_id: int, by: Member, now: datetime) -> None:
    """Make another active member the owner of the practice, in place of `by`.

    Raises NotFound; Forbidden unless `by` is the owner; Refused for somebody who left.
    """
    with transaction() as session:
        lock_members([by.id, to_id])
        session.refresh(by)
        to = find_member(to_id)
        session.refresh(to)
        if not by.is_owner:
            raise Forbidden(_("Only the owner can hand the practice over."))
        if to is by or not to.active:
            raise Refused(_("The practice can be handed over to another active member only."))
        # One after the other: the database lets a practice have one owner at a time.
        by.is_owner = False
        session.flush()
        to.is_owner = True
        record(session, Act.OWNER_CHANGED, to, now, by=by, former=by.id)


def locked_member(session: AnySession, member_id: int, by: Member) -> Member:
    """The member as they are under their lock. Raises NotFound, or Forbidden if not `by`'s."""
    lock_members([member_id])
    member = find_member(member_id)
    session.refresh(member)
    if reason := why_not_manage(by, member):
        raise Forbidden(reason)
    return member


def changed_fields(member: Member, about: About) -> list[str]:
    """The names of the fields that would be stored anew."""
    pairs = {
        "name": (member.name, about.name),
        "email": (member.email, about.email),
        "role": (member.role_id, about.role_id),
        "kind": (member.kind, about.kind),
    }
    return [name for name, (old, new) in pairs.items() if old != new]


def require_free_address(session: AnySession, email: str) -> None:
    """Refuse an address that somebody on the team has. Raises WrongField."""
    name = session.scalar(select(Member.name).where(Member.email == email))
    if name is not None:
        raise WrongField("email", _("%(name)s is on the team with this address.", name=name))


def require_giveable(session: AnySession, role_id: int | None, by: Member) -> None:
    """Refuse a role that isn't there, or that lets its members do what `by` may not.

    Raises WrongField.
    """
    role = session.get(Role, role_id) if role_id is not None else None
    if role_id is not None and role is None:
        raise WrongField("role", _("Please choose one of these."))
    if role is not None and not has_rights(by, role.rights):
        raise WrongField("role", _("This role may do more than you may, so you can’t give it."))


def _leave_address(
    session: AnySession, member: Member, email: str, by: Member, now: datetime
) -> None:
    """See that the account can have this address, and part with whoever reads the present one."""
    if not may_change_address(by, member):
        raise WrongField(
            "email",
            _("Only the owner of the practice, or %(name)s, changes this.", name=member.name),
        )
    require_free_address(session, email)
    mail.account_changed(session, member, Change.EMAIL, now, by=by)
    if member.id != by.id:
        member.fs_uniquifier = secrets.token_hex(32)
        end_all_sign_ins(session, member.id, now)


def _require_role(session: AnySession, member: Member, role_id: int | None, by: Member) -> None:
    require_giveable(session, role_id, by)
    role = session.get(Role, role_id) if role_id is not None else None
    if member is by and not by.is_owner and (role is None or Right.TEAM.value not in role.rights):
        sentence = _("With this role you couldn’t manage the team any more: ask somebody else.")
        raise WrongField("role", sentence)


def _flush(session: AnySession) -> None:
    try:
        session.flush()
    except IntegrityError:
        # Somebody else took the address just now.
        raise WrongField("email", _("Somebody on the team has this address.")) from None
