"""Mail: one function for each message. It becomes a row in the act's own transaction.

What leaves the machine, and when, is the worker's business: see portal/worker/.
"""

from flask import Flask

from portal.mail.account_changed import Change, account_changed
from portal.mail.booking_accepted import booking_accepted
from portal.mail.booking_cancelled import booking_cancelled
from portal.mail.booking_cancelled_by_client import booking_cancelled_by_client
from portal.mail.booking_declined import booking_declined
from portal.mail.booking_lapsed import booking_lapsed
from portal.mail.booking_made import booking_made
from portal.mail.booking_moved import booking_moved
from portal.mail.booking_restored import booking_restored
from portal.mail.client_address_changed import client_address_changed
from portal.mail.dates import full_date
from portal.mail.invite_to_book import invite_to_book
from portal.mail.outbox import one_line
from portal.mail.package_received import package_received
from portal.mail.paragraphs import paragraphs
from portal.mail.password_recovery import password_recovery
from portal.mail.reminder import composed_reminder, reminder
from portal.mail.sign_in_link import composed_sign_in_link, sign_in_link
from portal.mail.smtp import flask_mail
from portal.mail.team_invitation import team_invitation

__all__ = [
    "Change",
    "account_changed",
    "booking_accepted",
    "booking_cancelled",
    "booking_cancelled_by_client",
    "booking_declined",
    "booking_lapsed",
    "booking_made",
    "booking_moved",
    "booking_restored",
    "client_address_changed",
    "composed_reminder",
    "composed_sign_in_link",
    "init_app",
    "invite_to_book",
    "package_received",
    "password_recovery",
    "reminder",
    "sign_in_link",
    "team_invitation",
]


def init_app(app: Flask) -> None:
    """Read the SMTP settings. Without MAIL_SERVER nothing is tried and messages wait."""
    # Flask-Mail would only pretend to send while testing, and the row would say that it was sent.
    app.config.setdefault("MAIL_SUPPRESS_SEND", False)
    flask_mail.init_app(app)
    filters = {"one_line": one_line, "full_date": full_date, "paragraphs": paragraphs}
    app.jinja_env.filters |= filters
