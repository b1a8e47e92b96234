"""What stands between a session and a time that staff want for it, and what they can't go beyond.

Staff ask the same board as the booking page: what it offers has no obstacles, and nobody whom the
rule refuses gets round it here.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from flask_babel import gettext as _
from sqlalchemy import or_, select

from portal.db import db
from portal.models import Booking, Member
from portal.queries.booking_offers import alone, as_booked, offer_for_moving
from portal.queries.clients import sees_everyone
from portal.queries.facts import ServiceInfo
from portal.queries.offers import Offer
from portal.queries.openings import Board, load_board
from portal.scheduling.eligibility import Reason
from portal.scheduling.obstacles import OF_A_CALENDAR, Obstacle, in_order, obstacles_at

SETTINGS = frozenset(
    {
        Reason.SOLO_PLAN,
        Reason.TEAM_BOOKING_OFF,
        Reason.NOT_ALLOWED_BY_PACKAGE,
        Reason.SERVICE_NOT_SHARED,
    }
)
"""Of the rule's reasons, those that staff may go beyond when they move a session."""

OF_THE_AGREEMENT = frozenset({Obstacle.NOTICE, Obstacle.HORIZON, Obstacle.LIMITS})
"""What doesn't matter any more for a time that was agreed on already."""


@dataclass(frozen=True, slots=True)
class Underneath:
    """A session, or a time that's held, over which another one would be booked.

    `start` and `end` are the session's own, without buffers. Whose it is, is for whoever may see it
    to look up by its `id`.
    """

    id: int
    start: datetime
    end: datetime
    held: bool


@dataclass(frozen=True, slots=True)
class InTheWay:
    """What's in the way of a session with one person at one time, in the order of telling it.

    `refused` is a sentence where even staff can't have it; there are no obstacles then.
    `underneath` has what OVERLAP is about, by start.
    """

    refused: str | None
    obstacles: tuple[Obstacle, ...] = ()
    underneath: tuple[Underneath, ...] = ()


def obstacles_to(
    offer: Offer,
    service: ServiceInfo,
    member_id: int,
    start: datetime,
    method: str,
    now: datetime,
    ignoring: int | None = None,
) -> InTheWay:
    """What staff would have to confirm to book `service` from `offer` with the member at `start`.

    With `ignoring`, the id of a booking, it's about moving that one: then a person outside the
    settings of the package or the service is an obstacle. For a new session they're refused.
    """
    board = load_board(
        offer,
        service,
        now,
        ignoring=ignoring,
        around=start,
        only=member_id,
        besides=[member_id],
    )
    return _asked(board, member_id, start, method, ignoring)


def obstacles_to_moving(
    booking: Booking, member_id: int, start: datetime, method: str, now: datetime
) -> InTheWay:
    """What staff would have to confirm to move the session, which keeps its length and buffers.

    At the time that was agreed on, only the person and their calendar count: notice, horizon,
    limits, expiry and whether the client is still active don't. With the same person too, it's
    only about how the session takes place.
    """
    offer, service = _agreed_on(booking, now)
    if start != booking.starts_at:
        return obstacles_to(offer, service, member_id, start, method, now, booking.id)
    board = _board_then(booking, offer, service, now, {member_id})
    way = _asked(board, member_id, start, method, booking.id, agreed=True)
    if member_id != booking.member_id:
        return way
    obstacles = tuple(each for each in way.obstacles if each is Obstacle.HOURS)
    return replace(way, obstacles=obstacles, underneath=())


def why_not_beyond(way: InTheWay, member_id: int, by: Member) -> str | None:
    """Why `by` can't go beyond these obstacles, even confirming them; None if they can.

    Somebody else's own time is theirs: only who sees every client plans over it.
    """
    if member_id == by.id or sees_everyone(by) or not OF_A_CALENDAR.intersection(way.obstacles):
        return None
    return _("Only somebody who sees all clients can plan over a colleague’s own time.")


def sentence_about(obstacle: Obstacle, name: str) -> str:
    """What staff have to know, and confirm, before they go beyond it; `name` is the member's."""
    return {
        Obstacle.SETTINGS: _(
            "%(name)s is outside the settings of the package or the service: clients can’t choose "
            "them for this session.",
            name=name,
        ),
        Obstacle.NOTICE: _("This is at shorter notice than clients can book."),
        Obstacle.HORIZON: _("This is further ahead than clients can book."),
        Obstacle.LIMITS: _("The package has no more sessions in this week or month."),
        Obstacle.DAILY_CAP: _("%(name)s has as many sessions on that day as they take.", name=name),
        Obstacle.HOURS: _("This time is outside %(name)s’s availability.", name=name),
        Obstacle.TIME_OFF: _("%(name)s has time off then.", name=name),
        Obstacle.OVERLAP: _("%(name)s has another session then, buffers included.", name=name),
    }[obstacle]


@dataclass(frozen=True, slots=True)
class Colleague:
    """A practitioner who is free when the booking is, and what else is in the way, if anything."""

    id: int
    name: str
    obstacles: tuple[Obstacle, ...]


def colleagues_for(booking: Booking, now: datetime) -> tuple[Colleague, ...]:
    """Every other practitioner who is free at the booking's time, buffers included.

    First those whom the rule lets the client book, who work then; then the others, for staff to
    choose deliberately.
    """
    offer, service = _agreed_on(booking, now)
    others = set(db.session.scalars(select(Member.id).where(Member.id != booking.member_id)))
    board = _board_then(booking, offer, service, now, others)
    found = []
    for person, _reason in board.verdicts:
        asked = (person.id, booking.starts_at, booking.delivery, booking.id)
        way = _asked(board, *asked, agreed=True)
        busy = {Obstacle.TIME_OFF, Obstacle.OVERLAP}.intersection(way.obstacles)
        if person.id in others and way.refused is None and not busy:
            found.append(Colleague(person.id, person.name, way.obstacles))
    found.sort(key=lambda person: (bool(person.obstacles), person.name, person.id))
    return tuple(found)


def _agreed_on(booking: Booking, now: datetime) -> tuple[Offer, ServiceInfo]:
    """What the booking is of, and its service with the times and the method agreed on.

    Outside of any package the service's sharing decides, and whoever has the session may keep it.
    """
    offer = offer_for_moving(booking, now)
    if booking.client_package_id is None:
        offer = alone(booking.service, booking.client)
        offer = replace(offer, holder=replace(offer.holder, keeps=booking.member_id))
    item = offer.item(booking.service_id)
    assert item is not None, "an offer for moving has the booking's own line"
    return offer, as_booked(item.service, booking)


def _board_then(
    booking: Booking, offer: Offer, service: ServiceInfo, now: datetime, besides: set[int]
) -> Board:
    """The board of the time that was agreed on: for that, offer and client are in force."""
    holder = replace(offer.holder, active=True, client_active=True, expires=None)
    agreed = replace(offer, holder=holder)
    around = booking.starts_at
    return load_board(agreed, service, now, ignoring=booking.id, around=around, besides=besides)


def _asked(
    board: Board,
    member_id: int,
    start: datetime,
    method: str,
    ignoring: int | None,
    agreed: bool = False,
) -> InTheWay:
    reasons = {person.id: reason for person, reason in board.verdicts}
    reason = reasons.get(member_id, Reason.INACTIVE)
    moving = ignoring is not None
    refused = _why_not(reason, moving) or _why_not_then(board, start, method, agreed)
    if refused is not None:
        return InTheWay(refused)
    calendar = board.calendars.get(member_id) or board.others[member_id]
    visit, second = board.visit(method), int(start.timestamp())
    found = set(obstacles_at(second, calendar, visit, board.bounds(), board.limits))
    if agreed:
        found -= OF_THE_AGREEMENT
    if reason in SETTINGS:
        found.add(Obstacle.SETTINGS)
    under: tuple[Underneath, ...] = ()
    if Obstacle.OVERLAP in found:
        begin, end = (datetime.fromtimestamp(at, UTC) for at in visit.taken(second))
        under = _underneath(member_id, begin, end, board.now, ignoring)
    return InTheWay(None, in_order(found), under)


def _why_not(reason: Reason | None, moving: bool) -> str | None:
    """The rule's no, where staff can't go beyond it. Without hours, every time is outside them."""
    if reason is None or reason is Reason.NO_AVAILABILITY or (moving and reason in SETTINGS):
        return None
    return {
        Reason.ADMIN: _("Please choose an active practitioner."),
        Reason.INACTIVE: _("Please choose an active practitioner."),
        Reason.CLIENT_INACTIVE: _("This client is deactivated."),
        Reason.PACKAGE_INACTIVE: _("This package is no longer offered."),
        Reason.EXPIRED: _("This package has expired. Extend it first."),
        Reason.NO_CREDIT_LEFT: _(
            "No session of this service is left in the package. Raise their number first."
        ),
    }.get(reason) or _("Clients can’t choose this person for the service, so staff can’t either.")


def _why_not_then(board: Board, start: datetime, method: str, agreed: bool) -> str | None:
    if method not in board.service.delivery:
        return _("This service doesn’t take place like that.")
    if agreed:
        return None
    if start < board.now:
        return _("This time is over. Sessions can’t be booked in the past.")
    expiry = board.bounds().expiry
    if expiry is not None and start.timestamp() >= expiry:
        return _("The package expires before this time. Extend it first.")
    return None


def _underneath(
    member_id: int, begin: datetime, end: datetime, now: datetime, ignoring: int | None
) -> tuple[Underneath, ...]:
    rows = db.session.execute(
        select(Booking.id, Booking.starts_at, Booking.ends_at, Booking.held_until)
        .where(
            Booking.member_id == member_id,
            Booking.cancelled_at.is_(None),
            or_(Booking.held_until.is_(None), Booking.held_until > now),
            Booking.id != (ignoring or 0),
            Booking.busy_start < end,
            Booking.busy_end > begin,
        )
        .order_by(Booking.starts_at, Booking.id)
    )
    return tuple(
        Underneath(row.id, row.starts_at, row.ends_at, row.held_until is not None) for row in rows
    )
