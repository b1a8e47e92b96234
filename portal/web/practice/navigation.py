"""The links on top of staff pages: those that the member who is signed in may open."""

from dataclasses import dataclass
from typing import Any

from flask import current_app, request, url_for
from flask_babel import lazy_gettext

from portal.web.accounts import may_open


@dataclass(frozen=True, slots=True)
class Link:
    """One link; `current` where the page belongs to it."""

    url: str
    words: Any
    current: bool


PAGES = {
    "calendar.show": lazy_gettext("Calendar"),
    "services.index": lazy_gettext("My Services"),
    "clients.index": lazy_gettext("Clients"),
    "team.index": lazy_gettext("Team"),
    "availability.mine": lazy_gettext("Availability"),
    "bookability.show": lazy_gettext("Check bookability"),
    "outbox.index": lazy_gettext("Outbox"),
    "activity.index": lazy_gettext("Activity"),
    "settings.show": lazy_gettext("Settings"),
    "account.show": lazy_gettext("My account"),
}

PARTS = {
    "client_sessions": "clients.index",
    "booking_for_client": "clients.index",
    "sessions": "calendar.show",
    "session_moving": "calendar.show",
    "sessions_cancelling": "calendar.show",
    "packages_editor": "services.index",
    "service_editor": "services.index",
    "service_sharing": "services.index",
    "sharing_table": "services.index",
    "invitations": "services.index",
    "share": "services.index",
    "client_packages": "clients.index",
    "credits": "clients.index",
    "client_imports": "clients.index",
    "merging_clients": "clients.index",
    "erasing_clients": "clients.index",
    "roles": "team.index",
    "leaving": "team.index",
    "availability": "availability.mine",
    "availability_dates": "availability.mine",
    "mail_settings": "settings.show",
    "messages": "settings.show",
    "two_factor": "account.show",
    "security": "account.show",
}
"""To which link the pages of another blueprint belong."""


def staff_links() -> list[Link]:
    """Return the links in their order."""
    blueprint = request.blueprint or ""
    here = PARTS.get(blueprint)
    return [
        Link(url_for(endpoint), words, endpoint == here or endpoint.split(".")[0] == blueprint)
        for endpoint, words in PAGES.items()
        if endpoint in current_app.view_functions and may_open(endpoint)
    ]
