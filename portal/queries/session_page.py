"""The page of one session: what it is, what was done to it, and what its reader can do now."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select

from portal.db import db
from portal.ledger import booking_has_credit
from portal.models import Booking, Client, Ending, Member, Practice, Status
from portal.queries.activity import Log, history_of
from portal.queries.clients import visible_clients
from portal.queries.facts import PracticeInfo, practice_info
from portal.queries.linking import PackageToLink, Unlinking, packages_to_link, unlinking
from portal.queries.obstacles import Colleague, colleagues_for
from portal.queries.staff_bookings import find_visible_booking, may_change


class Can(StrEnum):
    """What can be done to a session; whether it may be is asked again by the act."""

    ACCEPT = "accept"
    DECLINE = "decline"
    COMPLETE = "complete"
    MISS = "miss"
    MOVE = "move"
    TRANSFER = "transfer"
    CANCEL = "cancel"
    RETURN_CREDIT = "return_credit"
    LINK = "link"
    UNLINK = "unlink"


@dataclass(frozen=True, slots=True)
class Contact:
    """The client, and how to reach them: whoever has the session has to.

    `id` is None for a client who isn't the reader's because a session with them is.
    """

    id: int | None
    name: str
    email: str | None
    phone: str | None
    prospective: bool
    deactivated: bool


@dataclass(frozen=True, slots=True)
class SessionPage:
    """One session. `since` and `by` say when it became what it is, and by whom on the team.

    `package` has the progress of the package that it's part of. Without the right to change it,
    `can` is empty, and so are the choices.
    """

    booking: Booking
    practice: PracticeInfo
    client: Contact
    status: Status
    since: datetime
    by: str | None
    ending: Ending | None
    package: Unlinking | None
    keeps_credit: bool
    can: frozenset[Can]
    mine_to_change: bool
    colleagues: tuple[Colleague, ...]
    to_link: tuple[PackageToLink, ...]
    history: Log


def load_session(session_id: int, member: Member, now: datetime) -> SessionPage:
    """The session as the member sees it. Raises NotFound where they may not know of it."""
    booking = find_visible_booking(session_id, member)
    mine = may_change(booking, member)
    keeps_credit = booking_has_credit(booking.id)
    can = what_can_be_done(booking, keeps_credit, now) if mine else frozenset()
    by = db.session.get(Member, booking.cancelled_by_id) if booking.cancelled_by_id else None
    return SessionPage(
        booking=booking,
        practice=practice_info(db.session.get_one(Practice, 1)),
        client=_contact(booking, member),
        status=booking.status,
        since=_since(booking),
        by=by.name if by and booking.status is Status.CANCELLED else None,
        ending=booking.ending,
        package=unlinking(booking),
        keeps_credit=keeps_credit,
        can=can,
        mine_to_change=mine,
        colleagues=colleagues_for(booking, now) if Can.TRANSFER in can else (),
        to_link=packages_to_link(booking, now) if Can.LINK in can else (),
        history=history_of(Booking.__tablename__, booking.id),
    )


def what_can_be_done(booking: Booking, keeps_credit: bool, now: datetime) -> frozenset[Can]:
    """What makes sense for a session as it stands at `now`, by whoever may change it.

    A request whose time has come has lapsed, whether that was noted yet or not.
    """
    status = booking.status
    begun, over = booking.starts_at <= now, booking.ends_at <= now
    requested, confirmed = status is Status.REQUESTED, status is Status.CONFIRMED
    to_come = (requested and not begun) or (confirmed and not over)
    cancelled = status is Status.CANCELLED
    sensible = {
        Can.ACCEPT: requested and not begun,
        Can.DECLINE: requested and not begun,
        Can.COMPLETE: begun and status in (Status.CONFIRMED, Status.NO_SHOW),
        Can.MISS: begun and status in (Status.CONFIRMED, Status.COMPLETED),
        Can.MOVE: to_come,
        Can.TRANSFER: to_come,
        Can.CANCEL: to_come,
        Can.RETURN_CREDIT: keeps_credit and (cancelled or status is Status.NO_SHOW),
        Can.LINK: not cancelled and booking.client_package_id is None,
        Can.UNLINK: not cancelled and booking.client_package_id is not None,
    }
    return frozenset(each for each, makes_sense in sensible.items() if makes_sense)


def _contact(booking: Booking, member: Member) -> Contact:
    client = booking.client
    assert client is not None, "a session is somebody's"
    sees = select(Client.id).where(Client.id == client.id, Client.id.in_(visible_clients(member)))
    return Contact(
        id=db.session.scalar(sees),
        name=client.name,
        email=client.email,
        phone=client.phone,
        prospective=client.accepted_at is None,
        deactivated=client.deactivated_at is not None,
    )


def _since(booking: Booking) -> datetime:
    facts = {
        Status.CANCELLED: booking.cancelled_at,
        Status.NO_SHOW: booking.no_show_at,
        Status.COMPLETED: booking.completed_at,
        Status.CONFIRMED: booking.confirmed_at,
    }
    return facts.get(booking.status) or booking.created_at
