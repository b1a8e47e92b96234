"""Another time for a session: what its client can choose from, and what a choice would mean."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from flask_babel import gettext as _

from portal.errors import NotBookable, Taken
from portal.models import Booking
from portal.queries.booking_offers import offer_for_moving
from portal.queries.offers import Offer
from portal.queries.openings import load_board


@dataclass(frozen=True, slots=True)
class NewTime:
    """An opening that a session could be moved to. `again`: it has to be confirmed again."""

    member_id: int
    practitioner: str
    starts_at: datetime
    ends_at: datetime
    delivery: str
    again: bool


def offer_for_new_time(booking: Booking, now: datetime) -> Offer:
    """What the session can be moved within: its own service alone, its own credit left."""
    offer = offer_for_moving(booking, now)
    return replace(offer, items=tuple(i for i in offer.items if i.service.id == booking.service_id))


def find_new_time(
    booking: Booking, member_id: int, start: datetime, method: str, now: datetime
) -> NewTime:
    """What the opening would make of the session. The act asks again.

    Raises NotBookable for somebody who can't be booked, and for what the session is already; Taken
    for a time that isn't open.
    """
    if (booking.member_id, booking.starts_at, booking.delivery) == (member_id, start, method):
        raise NotBookable(_("That is when your session is already."))
    offer = offer_for_new_time(booking, now)
    service = offer.items[0].service
    board = load_board(offer, service, now, ignoring=booking.id, around=start)
    person = next((each for each in board.people if each.id == member_id), None)
    if person is None:
        raise NotBookable(_("This person can’t be booked for this session any more."))
    if not board.is_open(member_id, start, method):
        raise Taken(_("This time isn’t free any more."))
    other = member_id != booking.member_id
    return NewTime(
        member_id=member_id,
        practitioner=person.name,
        starts_at=start,
        ends_at=start + timedelta(minutes=service.minutes),
        delivery=method,
        again=booking.confirmed_at is not None and other and not service.instant,
    )
