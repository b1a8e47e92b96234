"""Addresses that leave the site: in mails, short links and QR codes.

They are made from BASE_URL alone. What a request says about its host is the visitor's word, and a
link in a mail must not depend on it.
"""

from urllib.parse import quote

from flask import current_app


def booking_page(slug: str, invite: str | None = None) -> str:
    """The address of a package's booking page; `invite` is an invite's token."""
    return _address("book", slug) + (f"?invite={quote(invite, safe='')}" if invite else "")


def short_page(code: str) -> str:
    """The short address of a package's booking page."""
    return _address("s", code)


def booking(token: str) -> str:
    """A booking's own page, for whoever has its private token."""
    return _address("bookings", token)


def next_booking(token: str) -> str:
    """Where the holder of a booking's token books the next session of the same package."""
    return _address("bookings", token, "next")


def my_bookings() -> str:
    """Where a client sees all of their sessions and packages, after signing in by mail."""
    return _address("my-bookings")


def calendar_feed(token: str) -> str:
    """The address at which a calendar program finds somebody's sessions."""
    return _address("calendar", f"{token}.ics")


def client_sign_in(token: str) -> str:
    """Where a client who has the token of a mailed link signs in."""
    return _address("my-bookings", "sign-in", token)


def session_page(booking_id: int) -> str:
    """A session's page for staff, who sign in first."""
    return _address("sessions", str(booking_id))


def join(token: str) -> str:
    """Where somebody who was invited to the team joins it."""
    return _address("join", token)


def forgotten_password() -> str:
    """Where somebody on the team asks for a link to choose another password."""
    return _address("forgotten-password")


def recovery(token: str) -> str:
    """Where somebody who forgot their password chooses another."""
    return _address("forgotten-password", token)


def set_up(token: str) -> str:
    """Where whoever started the site sets up its clinic."""
    return _address("set-up") + f"?token={quote(token, safe='')}"


def _address(*parts: str) -> str:
    path = "/".join(quote(part, safe="") for part in parts)
    return f"{current_app.config['BASE_URL']}/{path}"
