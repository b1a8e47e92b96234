"""How tests get to My bookings: by the link in the mail, and the button on its page."""

import re
from typing import Any

from flask import Flask
from sqlalchemy import select

from portal.db import db
from portal.models import Booking, Message
from portal.transaction import transaction
from tests.clinics import LEE
from tests.mail.laid_out import text_of
from tests.web.visitor import Page, Visitor

LINK = re.compile(r"http://[^/\s]+(/my-bookings/sign-in/\S+)")


def ask(visitor: Visitor, email: str = LEE) -> Page:
    """Ask for the mail with the link."""
    return visitor.press(visitor.get("/my-bookings"), "Mail me a link", email=email)


def newest_link(app: Flask) -> str:
    """The path in the newest mail that signs in."""
    with app.app_context():
        texts = map(text_of, db.session.scalars(select(Message).order_by(Message.id.desc())))
        return next(found[1] for text in texts if (found := LINK.search(text)))


def sign_in(app: Flask, visitor: Visitor, email: str = LEE) -> Page:
    """Sign a client in; returns their page."""
    ask(visitor, email)
    return visitor.press(visitor.get(newest_link(app)), "See my bookings")


def change_booking(app: Flask, **values: Any) -> None:
    """Set these values in the newest booking."""
    with app.app_context(), transaction() as session:
        newest = session.scalars(select(Booking).order_by(Booking.id.desc())).first()
        for name, value in values.items():
            setattr(newest, name, value)
