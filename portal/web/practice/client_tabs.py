"""The pages of one client, as tabs: those that there are."""

from dataclasses import dataclass
from typing import Any

from flask import current_app, request, url_for
from flask_babel import lazy_gettext

TABS = {
    "clients.show": lazy_gettext("Details"),
    "client_packages.index": lazy_gettext("Packages"),
    "client_sessions.index": lazy_gettext("Sessions"),
}

PARTS = {
    "booking_for_client": "client_sessions",
    "credits": "client_packages",
    "erasing_clients": "clients",
    "merging_clients": "clients",
}
"""To which tab the pages of another blueprint belong."""


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab; `current` where the page belongs to it."""

    url: str
    words: Any
    current: bool


def client_tabs(client_id: int) -> list[Tab]:
    """Return the tabs of a client whom the member may see, in their order."""
    blueprint = request.blueprint or ""
    here = PARTS.get(blueprint, blueprint)
    return [
        Tab(url_for(endpoint, client=client_id), words, endpoint.split(".")[0] == here)
        for endpoint, words in TABS.items()
        if endpoint in current_app.view_functions
    ]
