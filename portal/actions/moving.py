"""Moving a session to another time or a colleague, for staff: the same row, the same credit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from portal.actions.activity import record
from portal.actions.cancelling import Seen, locked_booking, require_as_seen, require_to_come
from portal.actions.guard import guarded, let_go_of_stale_holds
from portal.actions.private_links import new_private_link
from portal.actions.rescheduling import told_of_the_move
from portal.actions.sequences import count_change
from portal.errors import NotBookable, Refused, Taken, Unconfirmed
from portal.mail.booking_moved import Before, booking_moved
from portal.mail.outbox import AnySession
from portal.models import Act, Booking, Member, Status
from portal.queries.obstacles import (
    InTheWay,
    obstacles_to_moving,
    sentence_about,
    why_not_beyond,
)
from portal.scheduling.obstacles import Obstacle
from portal.transaction import transaction


@dataclass(frozen=True, slots=True)
class _To:
    """Where a session goes: to whom, when (UTC), and how it takes place."""

    member: Member
    start: datetime
    method: str


def move(
    booking_id: int,
    *,
    member_id: int,
    start: datetime,
    method: str,
    confirmed: frozenset[Obstacle],
    by: Member,
    now: datetime,
    seen: Seen | None = None,
) -> bool:
    """Move a session, or a request, that isn't over to another time, person or method.

    It keeps its length, its buffers, its credit and whether it's confirmed; all it concerns are
    told. What it goes beyond has to be `confirmed`, each for itself. Return whether it was moved:
    to where it is already changes nothing. Raises NotFound or Forbidden for a session that isn't
    theirs to change, Refused for one that's over, Changed for one that isn't where it was `seen`,
    NotBookable where not even staff can have it, Unconfirmed, and Taken where the time went just
    now.
    """
    with transaction() as session:
        booking = locked_booking(booking_id, by, member_id)
        _require_movable(booking, now)
        require_as_seen(session, booking, seen)
        to = _To(practitioner(session, member_id), start, method)
        if (to.member, to.start, to.method) == (
            booking.member,
            booking.starts_at,
            booking.delivery,
        ):
            return False
        let_go_of_stale_holds([member_id], now)
        way = obstacles_to_moving(booking, member_id, start, method, now)
        require_confirmed(way, confirmed, to.member, by)
        _carry_out(session, booking, to, way, by, now)
    return True


def transfer(
    booking_id: int,
    to_member_id: int,
    by: Member,
    now: datetime,
    confirmed_outside: bool = False,
    *,
    seen: Seen | None = None,
) -> None:
    """Move a session to another practitioner, who must be free at its time, whatever is confirmed.

    Somebody whom the client couldn't have chosen, or who doesn't work then, takes
    `confirmed_outside`. Raises what `move` raises, and Taken where they have no time.
    """
    with transaction() as session:
        booking = locked_booking(booking_id, by, to_member_id)
        _require_movable(booking, now)
        require_as_seen(session, booking, seen)
        to = _To(practitioner(session, to_member_id), booking.starts_at, booking.delivery)
        if to.member is booking.member:
            raise NotBookable(_("Please choose a colleague who is an active practitioner."))
        let_go_of_stale_holds([to_member_id], now)
        way = obstacles_to_moving(booking, to_member_id, to.start, to.method, now)
        if {Obstacle.OVERLAP, Obstacle.TIME_OFF}.intersection(way.obstacles):
            raise Taken(_("%(name)s isn’t free at this time any more.", name=to.member.name))
        confirmed = frozenset(way.obstacles if confirmed_outside else ())
        require_confirmed(way, confirmed, to.member, by)
        _carry_out(session, booking, to, way, by, now)


def require_confirmed(
    way: InTheWay, confirmed: frozenset[Obstacle], member: Member, by: Member
) -> None:
    """Let go on where nothing is in the way that isn't confirmed.

    Raises NotBookable where not even staff can have it, or not this one, and Unconfirmed with the
    obstacles that nobody confirmed yet.
    """
    if refused := way.refused or why_not_beyond(way, member.id, by):
        raise NotBookable(refused)
    if missing := [obstacle for obstacle in way.obstacles if obstacle not in confirmed]:
        sentences = " ".join(sentence_about(obstacle, member.name) for obstacle in missing)
        raise Unconfirmed(sentences, frozenset(obstacle.value for obstacle in missing))


def overbooked_at(way: InTheWay, now: datetime) -> datetime | None:
    """What the row has, so that the database's guard leaves out what's over another on purpose."""
    return now if Obstacle.OVERLAP in way.obstacles else None


def practitioner(session: AnySession, member_id: int) -> Member:
    """The member as they are under the lock; whether they can be booked, the rule says.

    Raises NotBookable where there is nobody.
    """
    member = session.get(Member, member_id, populate_existing=True)
    if member is None:
        raise NotBookable(_("Please choose an active practitioner."))
    return member


def gone_beyond(way: InTheWay) -> dict[str, Any]:
    """What the activity log says of what was confirmed; empty where nothing had to be."""
    return {"obstacles": [each.value for each in way.obstacles]} if way.obstacles else {}


def _require_movable(booking: Booking, now: datetime) -> None:
    require_to_come(booking, now)
    if booking.status is Status.REQUESTED and booking.starts_at <= now:
        raise Refused(_("This request has lapsed: nobody answered it before its start."))


def _carry_out(
    session: AnySession, booking: Booking, to: _To, way: InTheWay, by: Member, now: datetime
) -> None:
    before = Before(booking.member, booking.starts_at)
    same_place = (to.member, to.start) == (before.member, before.starts_at)
    with guarded():
        by_how_much = to.start - booking.starts_at
        for name in ("starts_at", "ends_at", "busy_start", "busy_end"):
            setattr(booking, name, getattr(booking, name) + by_how_much)
        booking.member, booking.delivery = to.member, to.method
        if not same_place:
            booking.overbooked_at = overbooked_at(way, now)
    count_change(booking)
    to_colleague = to.start == before.starts_at and to.member is not before.member
    act = Act.BOOKING_TRANSFERRED if to_colleague else Act.BOOKING_MOVED
    details = told_of_the_move(booking, before) | gone_beyond(way)
    record(session, act, booking, now, by=by, **details)
    token = new_private_link(session, booking, now)
    booking_moved(session, booking, before, by, token, now)
