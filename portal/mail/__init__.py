"""Mail: one function for each message. It becomes a row in the act's own transaction.

What leaves the machine, and when, is the worker's business: see portal/worker.py.
"""

from flask import Flask

from portal.mail.booking_made import booking_made
from portal.mail.dates import full_date
from portal.mail.invite_to_book import invite_to_book
from portal.mail.outbox import one_line
from portal.mail.smtp import flask_mail

__all__ = ["booking_made", "init_app", "invite_to_book"]


def init_app(app: Flask) -> None:
    """Read the SMTP settings. Without MAIL_SERVER nothing is tried and messages wait."""
    # Flask-Mail would only pretend to send while testing, and the row would say that it was sent.
    app.config.setdefault("MAIL_SUPPRESS_SEND", False)
    flask_mail.init_app(app)
    app.jinja_env.filters |= {"one_line": one_line, "full_date": full_date}
