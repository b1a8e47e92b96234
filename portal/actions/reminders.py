"""Reminding clients of their sessions: each reminder is written once, when it's due."""

from datetime import datetime

from portal import mail
from portal.actions.guard import lock_members
from portal.actions.private_links import new_private_link
from portal.db import db
from portal.models import Booking
from portal.queries.reminders import due_reminders
from portal.transaction import transaction


def remind_clients(now: datetime) -> int:
    """Put every reminder that is due into the outbox; return how many there were.

    Each in a transaction of its own, which makes acts on that session and other workers wait and
    looks again: however many run, and whatever their clocks say, a reminder is written once.
    """
    due = due_reminders(now)
    # Nothing may be read between here and the acts that decide.
    db.session.rollback()
    written = 0
    for reminder in due:
        with transaction() as session:
            lock_members([reminder.member_id])
            if reminder not in due_reminders(now, reminder.booking_id):
                # It was moved or cancelled just now, or another worker was first.
                continue
            booking = session.get_one(Booking, reminder.booking_id)
            token = new_private_link(session, booking, now)
            mail.reminder(session, booking, reminder.minutes, token, now)
            written += 1
    return written
