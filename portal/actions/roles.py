"""Roles: adding, changing and removing them, and never giving away more than one has."""

from collections.abc import Iterable
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal.actions.activity import record
from portal.actions.versions import require_same
from portal.errors import NotFound, Refused, WrongField
from portal.mail.outbox import AnySession
from portal.models import Act, Member, Right, Role, TeamInvitation
from portal.queries.roles import find_role, role_seen, use_of
from portal.queries.team import has_rights
from portal.transaction import transaction


def add_role(name: str, rights: Iterable[Right], by: Member, now: datetime) -> Role:
    """Add a role. Raises WrongField for a name that's taken or rights that `by` doesn't have."""
    with transaction() as session:
        role = Role(name=name, rights=_in_order(rights))
        _require_rights(by, role.rights)
        _require_unused(session, name)
        session.add(role)
        _flush(session)
        record(session, Act.ROLE_ADDED, role, now, by=by, rights=role.rights)
    return role


def change_role(
    role_id: int, name: str, rights: Iterable[Right], seen: str, by: Member, now: datetime
) -> None:
    """Rename a role, and say anew what its members may do.

    `seen` is what portal.queries.roles.role_seen gave. Raises NotFound, Changed, or WrongField for
    a name that's taken, for rights given or taken away that `by` doesn't have, and where it would
    lock `by` out of managing the team.
    """
    with transaction() as session:
        role = _locked(session, role_id)
        new = _in_order(rights)
        changed = set(role.rights) ^ set(new)
        if role.name == name and not changed:
            return
        require_same(role_seen(role), seen)
        _require_rights(by, changed)
        if by.role is role and not by.is_owner and Right.TEAM.value not in new:
            raise WrongField(
                "rights",
                _("This is your own role, and without that right you couldn’t manage the team."),
            )
        _require_unused(session, name, role.id)
        fields = [
            *(["name"] if role.name != name else []),
            *(["rights"] if changed else []),
        ]
        role.name, role.rights = name, new
        _flush(session)
        record(session, Act.ROLE_CHANGED, role, now, by=by, fields=fields, rights=new)


def remove_role(role_id: int, by: Member, now: datetime) -> None:
    """Remove a role that nobody has and no setting names.

    Raises NotFound, or Refused with what stands in the way.
    """
    with transaction() as session:
        role = _locked(session, role_id)
        _require_rights(by, role.rights)
        if words := use_of(role).words:
            raise Refused(_("This role can’t be removed: %(words)s.", words=words))
        record(session, Act.ROLE_REMOVED, role, now, by=by)
        # Invitations that were answered or revoked only remember it.
        session.execute(
            update(TeamInvitation).where(TeamInvitation.role_id == role.id).values(role_id=None)
        )
        session.delete(role)


def _locked(session: AnySession, role_id: int) -> Role:
    find_role(role_id)
    role = session.get(Role, role_id, with_for_update={"of": Role}, populate_existing=True)
    if role is None:
        raise NotFound(_("There is no such role."))
    return role


def _in_order(rights: Iterable[Right]) -> list[str]:
    chosen = set(rights)
    return [right.value for right in Right if right in chosen]


def _require_rights(by: Member, rights: Iterable[str]) -> None:
    if not has_rights(by, rights):
        raise WrongField("rights", _("You can give, or take away, only rights that you have."))


def _require_unused(session: AnySession, name: str, besides: int | None = None) -> None:
    # Compared here: SQLite knows the two cases of A to Z alone.
    for other_id, other in session.execute(select(Role.id, Role.name)):
        if other_id != besides and other.casefold() == name.casefold():
            raise WrongField("name", _("There is a role called “%(name)s” already.", name=other))


def _flush(session: AnySession) -> None:
    try:
        session.flush()
    except IntegrityError:
        # Somebody else took the name just now.
        raise WrongField("name", _("There is a role of this name already.")) from None
