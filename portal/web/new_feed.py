"""The address of a calendar feed that was just made, shown once: by the next page in this browser.

It waits in the session's cookie, because the database has only its hash.
"""

from dataclasses import dataclass

from flask import session

from portal.mail import links

MEMBERS, CLIENTS = "new_member_feed", "new_client_feed"
"""Their names in the cookie: one browser may be a member's and a client's."""


@dataclass(frozen=True, slots=True)
class NewFeed:
    """Its address, to be copied, and the same as a link that opens a calendar program."""

    address: str
    webcal: str


def show_once(whose: str, token: str) -> None:
    """Keep the token of a new feed for the next page."""
    session[whose] = token


def new_feed(whose: str) -> NewFeed | None:
    """Return the new feed that is to be shown now, and forget it."""
    token = session.pop(whose, None)
    if not isinstance(token, str):
        return None
    address = links.calendar_feed(token)
    return NewFeed(address, f"webcal:{address.partition(':')[2]}")
