"""A member who leaves: what was theirs goes to colleagues, and then the account is closed."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from portal.actions.activity import record
from portal.actions.calendar_feeds import end_feeds
from portal.actions.guard import lock_members
from portal.actions.sign_ins import end_all_sign_ins
from portal.actions.team import locked_member
from portal.errors import Forbidden, NotBookable, NotFound, Refused, Unsettled
from portal.mail.outbox import AnySession
from portal.models import Act, CalendarFeed, ClientPackage, Member, Package, Service
from portal.queries.leaving import heirs_of, left_to_settle, why_not_deactivated
from portal.queries.team import find_member, why_not_manage
from portal.scheduling.eligibility import Kind
from portal.transaction import transaction


def hand_over_service(
    service_id: int, member_id: int, to_id: int, by: Member, now: datetime
) -> None:
    """Make a colleague the owner of the member's service; with whom it's shared stays.

    Raises NotFound where the service isn't the member's (any more), Forbidden, or NotBookable for
    a colleague who isn't an active practitioner.
    """
    with transaction() as session:
        to = _heir(session, member_id, to_id, by)
        service = session.get(Service, service_id, with_for_update={"of": Service})
        if service is None or service.owner_id != member_id:
            raise NotFound(_("This service isn’t theirs any more."))
        service.owner = to
        service.version += 1
        people: dict[str, Any] = {"from": member_id, "to": to.id}
        record(session, Act.SERVICE_HANDED_OVER, service, now, by=by, **people)


def hand_over_package(
    package_id: int, member_id: int, to_id: int, by: Member, now: datetime
) -> None:
    """Assign the member's package to a colleague.

    Raises NotFound where it isn't assigned to the member (any more), Forbidden, NotBookable, or
    Refused, naming the services, where the colleague can't give all of it.
    """
    with transaction() as session:
        to = _heir(session, member_id, to_id, by)
        package = session.get(Package, package_id, with_for_update={"of": Package})
        if package is None or package.assigned_to_id != member_id:
            raise NotFound(_("This package isn’t theirs any more."))
        _require_can_give(to, [package])
        package.assigned_to = to
        package.version += 1
        people: dict[str, Any] = {"from": member_id, "to": to.id}
        record(session, Act.PACKAGE_HANDED_OVER, package, now, by=by, **people)


def hand_over_client_packages(
    ids: Sequence[int], member_id: int, to_id: int, by: Member, now: datetime
) -> None:
    """Assign some clients' packages of the member to a colleague: all of them, or none.

    Raises NotFound where one isn't assigned to the member (any more), Forbidden, NotBookable, or
    Refused, naming the services, where the colleague can't give all of them.
    """
    with transaction() as session:
        to = _heir(session, member_id, to_id, by)
        rows = session.scalars(
            select(ClientPackage)
            .where(ClientPackage.id.in_(ids), ClientPackage.assigned_to_id == member_id)
            .order_by(ClientPackage.id)
            .with_for_update(of=ClientPackage)
        ).all()
        if not rows or len(rows) != len(set(ids)):
            raise NotFound(_("This package isn’t theirs any more."))
        _require_can_give(to, rows)
        people: dict[str, Any] = {"from": member_id, "to": to.id}
        for own in rows:
            own.assigned_to = to
            record(session, Act.CLIENT_PACKAGE_HANDED_OVER, own, now, by=by, **people)


def deactivate_member(member_id: int, kept: Iterable[int], by: Member, now: datetime) -> None:
    """Close the account of a member who leaves; end what they're signed in to, and their feeds.

    Sessions whose ids are `kept` stay with them. Their openings vanish at once. Raises NotFound,
    Forbidden, Refused for the owner or oneself, and Unsettled while anything else is left.
    """
    with transaction() as session:
        member = locked_member(session, member_id, by)
        if reason := why_not_deactivated(member, by):
            raise Refused(reason)
        if not member.active:
            return
        kept = sorted(set(kept))
        if left := left_to_settle(member, now, kept):
            raise Unsettled(
                _(
                    "%(name)s can’t be deactivated yet. Still to settle: %(left)s.",
                    name=member.name,
                    left=left.words,
                )
            )
        staying = left_to_settle(member, now).sessions
        member.deactivated_at = now
        member.fs_uniquifier = secrets.token_hex(32)
        end_all_sign_ins(session, member.id, now)
        end_feeds(session, CalendarFeed.member_id == member.id, now)
        record(session, Act.MEMBER_DEACTIVATED, member, now, by=by, kept=list(staying))


def reactivate_member(member_id: int, by: Member, now: datetime) -> None:
    """Open the account of a member who had left: they can sign in and be booked again.

    Raises NotFound or Forbidden.
    """
    with transaction() as session:
        member = locked_member(session, member_id, by)
        if member.deactivated_at is not None:
            member.deactivated_at = None
            record(session, Act.MEMBER_REACTIVATED, member, now, by=by)


def _heir(session: AnySession, member_id: int, to_id: int, by: Member) -> Member:
    """The colleague who takes something over from the member, both of them locked."""
    lock_members([member_id, to_id])
    member = find_member(member_id)
    if reason := why_not_manage(by, member):
        raise Forbidden(reason)
    to = session.get(Member, to_id, populate_existing=True)
    if to is None or to.kind is not Kind.PRACTITIONER or not to.active or to is member:
        raise NotBookable(_("Please choose a colleague who is an active practitioner."))
    return to


def _require_can_give(to: Member, holders: Sequence[Package | ClientPackage]) -> None:
    [heir] = heirs_of(holders, [to])
    if heir.missing:
        raise Refused(
            _(
                "%(name)s can’t take this over: these services aren’t theirs or shared with them: "
                "%(services)s.",
                name=to.name,
                services=", ".join(heir.missing),
            )
        )
