"""Moving a session to a colleague: same time, same client, same credit."""

from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from portal import mail
from portal.actions.activity import record
from portal.actions.cancelling import locked_booking, require_to_come
from portal.actions.guard import guarded, let_go_of_stale_holds
from portal.actions.private_links import new_private_link
from portal.errors import NotBookable, Taken
from portal.models import Act, Booking, Member
from portal.queries.staff_bookings import Outside, colleagues_for, is_free
from portal.scheduling.eligibility import Kind
from portal.transaction import transaction


def transfer(
    booking_id: int, to_member_id: int, by: Member, now: datetime, confirmed_outside: bool = False
) -> None:
    """Move a session that isn't over to another practitioner, who must be free then.

    The time with its buffers, as it was booked, stays; so does the credit. The client and both
    practitioners are told. Somebody whom the client couldn't have chosen is refused unless
    `confirmed_outside`. Raises NotFound or Forbidden for a session that isn't theirs to change,
    NotBookable for a person who can't take it, Taken where they have no time.
    """
    with transaction() as session:
        booking = locked_booking(booking_id, by, to_member_id)
        require_to_come(booking, now)
        former = booking.member
        to = session.get(Member, to_member_id, populate_existing=True)
        if to is None or to.kind is not Kind.PRACTITIONER or not to.active or to is former:
            raise NotBookable(_("Please choose a colleague who is an active practitioner."))
        let_go_of_stale_holds([to.id], now)
        outside = _why_outside(booking, to, now)
        if outside is not None and not confirmed_outside:
            raise NotBookable(sentence_about(outside, to.name))
        with guarded():
            booking.member = to
        people: dict[str, Any] = {"from": former.id, "to": to.id}
        why = outside.value if outside else None
        record(session, Act.BOOKING_TRANSFERRED, booking, now, by=by, **people, outside=why)
        token = new_private_link(session, booking, now)
        mail.booking_transferred(session, booking, former, by, token, now)


def sentence_about(outside: Outside, name: str) -> str:
    """What staff have to know, and confirm, before they move a session to this person."""
    return {
        Outside.SETTINGS: _(
            "%(name)s is outside the settings of the package or the service: clients can’t choose "
            "them for this session.",
            name=name,
        ),
        Outside.HOURS: _("This time is outside %(name)s’s availability.", name=name),
        Outside.DAILY_CAP: _("%(name)s has as many sessions on that day as they take.", name=name),
    }[outside]


def _why_outside(booking: Booking, to: Member, now: datetime) -> Outside | None:
    """Ask again under the lock what the page said. Raises Taken where they aren't free."""
    if not is_free(to.id, booking, now):
        raise Taken(_("%(name)s isn’t free at this time any more.", name=to.name))
    return next(each.outside for each in colleagues_for(booking, now) if each.id == to.id)
