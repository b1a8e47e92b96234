"""Cancelling a session for the clinic: its time is free at once, and its credit goes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from portal import mail
from portal.actions.activity import record
from portal.actions.credits import give_credit_back, lock_client_packages
from portal.actions.guard import lock_members
from portal.actions.private_links import new_private_link
from portal.actions.sequences import count_change
from portal.errors import Changed, Forbidden, NotFound, Refused, WrongField
from portal.mail.dates import full_date
from portal.mail.outbox import AnySession
from portal.models import Act, Booking, Ending, Member, Practice, Status, Why
from portal.queries.staff_bookings import find_booking_for_staff
from portal.transaction import transaction

BY_STAFF = {
    Ending.BY_CLINIC: (Why.CANCELLED_BY_CLINIC, Act.BOOKING_CANCELLED),
    Ending.DECLINED: (Why.DECLINED, Act.BOOKING_DECLINED),
}
"""How staff end a session: why its credit goes back, and what the log calls it."""

REASON_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class Seen:
    """With whom and when (UTC) a session was on the page from which somebody acts."""

    member_id: int
    starts_at: datetime


def cancel(
    booking_id: int, reason: str, by: Member, now: datetime, *, seen: Seen | None = None
) -> None:
    """Cancel a session, or a request, that isn't over; client and practitioner are told why.

    It's the clinic that cancels, so the credit goes back however late it is: what the practice
    says of late cancellations is about clients. Raises NotFound or Forbidden for a session that
    isn't theirs to change, WrongField without a reason, Refused for one that can't be cancelled
    any more, and Changed for one that isn't where it was `seen`.
    """
    reason = read_reason(reason, _("Please say why: the client will read it."))
    with transaction() as session:
        booking = locked_booking(booking_id, by)
        require_to_come(booking, now)
        require_as_seen(session, booking, seen)
        _cancel(session, booking, reason, by, now)


def cancel_several(seen: Mapping[int, Seen], reason: str, by: Member, now: datetime) -> int:
    """Cancel sessions, each by its id with where it was `seen`, for one reason: all, or none.

    Somebody has fallen ill, say. Each is cancelled as `cancel` does it, and each client is told.
    Those that are cancelled or over meanwhile stay as they are, so sent twice it's done once.
    Return how many were cancelled. Raises WrongField without a reason, and Changed where one isn't
    where it was seen, has begun meanwhile, or isn't theirs to change (any more): what is done about
    a session that is under way is said of that one alone.
    """
    reason = read_reason(reason, _("Please say why: the clients will read it."))
    with transaction() as session:
        lock_members({each.member_id for each in seen.values()})
        try:
            bookings = [find_booking_for_staff(id_, by) for id_ in sorted(seen)]
        except (NotFound, Forbidden):
            raise Changed(
                _("One of these sessions isn’t yours to cancel. Please look at them again.")
            ) from None
        lock_client_packages(booking.client_package_id for booking in bookings)
        to_come = [booking for booking in bookings if is_to_come(booking, now)]
        for booking in to_come:
            require_as_seen(session, booking, seen[booking.id])
            if booking.starts_at <= now:
                raise Changed(
                    _("One of these sessions has begun meanwhile. Please look at them again.")
                )
        for booking in to_come:
            _cancel(session, booking, reason, by, now)
    return len(to_come)


def _cancel(session: AnySession, booking: Booking, reason: str, by: Member, now: datetime) -> None:
    token = end_by_staff(session, booking, Ending.BY_CLINIC, reason, by, now)
    mail.booking_cancelled(session, booking, by, token, now)


def end_by_staff(
    session: AnySession, booking: Booking, ending: Ending, reason: str, by: Member, now: datetime
) -> str:
    """End a session or a request under the locks that are held; its credit goes back.

    Returns the private link for the mail to the client, which is left to the caller.
    """
    why, act = BY_STAFF[ending]
    booking.cancelled_at, booking.cancelled_by_id = now, by.id
    booking.cancel_reason = reason
    booking.ending = ending
    count_change(booking)
    give_credit_back(session, booking, why, now, by)
    record(session, act, booking, now, by=by, member=booking.member_id)
    return new_private_link(session, booking, now)


def read_reason(reason: str, if_empty: str | None = None) -> str:
    """The reason as it's stored. Raises WrongField for a long one, and for none with `if_empty`."""
    reason = reason.strip()
    if not reason and if_empty is not None:
        raise WrongField("reason", if_empty)
    if len(reason) > REASON_CHARACTERS:
        sentence = _("Please use at most %(number)d characters.", number=REASON_CHARACTERS)
        raise WrongField("reason", sentence)
    return reason


def locked_booking(booking_id: int, by: Member, *others: int) -> Booking:
    """The session that `by` may change, as it is under the locks of all practitioners concerned.

    Raises NotFound, Forbidden, or Refused where it went to somebody else just now.
    """
    locked = {find_booking_for_staff(booking_id, by).member_id, *others}
    lock_members(locked)
    booking = find_booking_for_staff(booking_id, by)
    lock_client_packages([booking.client_package_id])
    if booking.member_id not in locked:
        raise Refused(_("Somebody else just moved this session. Please look at it again."))
    return booking


def require_as_seen(session: AnySession, booking: Booking, seen: Seen | None) -> None:
    """Let go on with a session that is still with whom and when it was seen; None: not asked.

    Raises Changed, with where it is now: whoever acts had another session in mind.
    """
    if seen is None or seen == Seen(booking.member_id, booking.starts_at):
        return
    zone = ZoneInfo(session.get_one(Practice, 1).timezone)
    raise Changed(
        _(
            "This session was moved meanwhile: it’s now on %(day)s at %(time)s with %(name)s. "
            "Please look at it again.",
            day=full_date(booking.starts_at, zone),
            time=f"{booking.starts_at.astimezone(zone):%H:%M}",
            name=booking.member.name,
        )
    )


def require_to_come(booking: Booking, now: datetime) -> None:
    """Let go on with a session that is requested or confirmed and not over. Raises Refused."""
    if booking.status is Status.CANCELLED:
        raise Refused(_("This session has been cancelled already."))
    if not is_to_come(booking, now):
        raise Refused(_("This session is over, so it can’t be changed any more."))


def is_to_come(booking: Booking, now: datetime) -> bool:
    """Say whether the session is requested or confirmed and not over."""
    return booking.status in (Status.REQUESTED, Status.CONFIRMED) and booking.ends_at > now
