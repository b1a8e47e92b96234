"""Counting what calendars have to learn of: each change of a session has a number of its own."""

from portal.models import Booking


def count_change(booking: Booking) -> None:
    """Make the session's next calendar file the one that counts, whichever file arrives last.

    For every act after which an entry in a calendar is another one: where, when, with whom, how or
    whether the session takes place (RFC 5545, 3.8.7.4). Two acts within one second are told apart
    by it. Called under the lock of the session's practitioner, before the mails are written. What
    became of a session, its package and its client's details leave its entry as it is.
    """
    booking.sequence += 1
