"""What a client has to know before they cancel a session: one place says it, for page and act."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import ngettext

from portal.db import db
from portal.ledger import booking_has_credit
from portal.models import Booking, Ending, Practice, Status

UNDO = timedelta(minutes=10)
"""How long a client can take back their own cancellation."""


@dataclass(frozen=True, slots=True)
class CancellationTerms:
    """What cancelling a booking at an instant would mean. Instants are UTC.

    `late`: inside the practice's hours before the start, which begin after `late_from`.
    `has_credit`: a session of a package was taken for it; `returns_credit`: that one goes back;
    `credit_expired`: it goes back to a package that has expired, so staff would have to extend it.
    `package_expired`: it's part of one that has, so it can't be moved either. `forbidden`: the
    client can't cancel, and `why_not` says why. `undo_until`: until when the client can take back
    their cancellation, None where there's none to be taken back (any more).
    """

    late: bool
    late_from: datetime
    has_credit: bool
    returns_credit: bool
    credit_expired: bool
    package_expired: bool
    forbidden: bool
    why_not: str | None
    undo_until: datetime | None


def cancellation_terms(booking: Booking, now: datetime) -> CancellationTerms:
    """What cancelling the booking means for its client at `now`."""
    practice = db.session.get_one(Practice, 1)
    late_from = booking.starts_at - timedelta(hours=practice.late_cancel_hours)
    late = now > late_from
    has_credit = booking.client_package_id is not None and booking_has_credit(booking.id)
    returns = has_credit and (not late or practice.late_cancel_returns_credit)
    why_not = why_not_changed_by_client(booking, now)
    expired = _has_expired(booking, practice, now)
    return CancellationTerms(
        late=late,
        late_from=late_from,
        has_credit=has_credit,
        returns_credit=returns,
        credit_expired=returns and expired,
        package_expired=expired,
        forbidden=why_not is not None,
        why_not=why_not,
        undo_until=_undo_until(booking, now),
    )


def why_not_changed_by_client(booking: Booking, now: datetime) -> str | None:
    """Why the client can't cancel or reschedule by themselves, as a sentence; None: they can.

    Both are refused inside the window where the practice forbids late cancellations: moving a
    session and cancelling it then would be a way round.
    """
    if booking.status is Status.CANCELLED:
        return _why_ended(booking.ending)
    if booking.status not in (Status.REQUESTED, Status.CONFIRMED) or booking.ends_at <= now:
        return _("This session is over, so it can’t be changed any more.")
    if booking.starts_at <= now:
        return _("This session has begun, so it can’t be changed here any more.")
    practice = db.session.get_one(Practice, 1)
    hours = practice.late_cancel_hours
    if practice.late_cancel_forbidden and now > booking.starts_at - timedelta(hours=hours):
        return ngettext(
            "In the last hour before a session it can’t be changed here any more. "
            "Please get in touch with the clinic.",
            "In the last %(num)d hours before a session it can’t be changed here any more. "
            "Please get in touch with the clinic.",
            hours,
        )
    return None


def _why_ended(ending: Ending | None) -> str:
    return {
        Ending.BY_CLIENT: _("You have cancelled this session already."),
        Ending.BY_CLINIC: _("The clinic has cancelled this session."),
        Ending.DECLINED: _("The clinic has declined this request."),
        Ending.LAPSED: _("This request has lapsed: it wasn’t answered before its start."),
        None: _("This session has been cancelled already."),
    }[ending]


def _has_expired(booking: Booking, practice: Practice, now: datetime) -> bool:
    own = booking.client_package
    today = now.astimezone(ZoneInfo(practice.timezone)).date()
    return own is not None and own.expires_on is not None and own.expires_on < today


def _undo_until(booking: Booking, now: datetime) -> datetime | None:
    if booking.ending is not Ending.BY_CLIENT or booking.cancelled_at is None:
        return None
    until = booking.cancelled_at + UNDO
    return min(until, booking.starts_at) if now <= until and now < booking.starts_at else None
