"""Who may use which address. Nothing is open by default.

Each view function says with `open_to` which check stands before it, and an endpoint without one
answers 404 to everybody. A check returns nothing when the visitor may go on; otherwise it raises
NotFound (may not know of the thing), Forbidden, or an HTTP exception with an answer of its own.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, current_app, request
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from portal.db import db
from portal.errors import Gone, NotFound
from portal.models import Practice, ShortLink
from portal.queries.facts import PracticeInfo, practice_info
from portal.queries.short_links import find_short_link
from portal.web.limits import misses

Check = Callable[[], None]
View = TypeVar("View", bound=Callable[..., Any])

_EXTENSION = "portal_access"


def init_app(app: Flask) -> None:
    """Ask each endpoint's check before its view is called."""
    app.extensions[_EXTENSION] = {}
    app.before_request(_ask)


def open_to(check: Check) -> Callable[[View], View]:
    """Declare the check of a view function. Stands below its route."""

    def declare(view: View) -> View:
        view.open_to = check  # type: ignore[attr-defined]
        return view

    return declare


def takes_file(name: str) -> Callable[[View], View]:
    """Declare that the form of a view function has a field for a file. Stands below open_to."""

    def declare(view: View) -> View:
        view.takes_file = name  # type: ignore[attr-defined]
        return view

    return declare


def declare_open(app: Flask, endpoint: str, check: Check) -> None:
    """Declare the check of an endpoint whose view function isn't ours, an extension's say."""
    app.extensions[_EXTENSION][endpoint] = check


def check_of(app: Flask, endpoint: str) -> Check | None:
    """Return the check that stands before an endpoint; None: it answers nobody."""
    declared: Check | None = app.extensions[_EXTENSION].get(endpoint)
    return declared or getattr(app.view_functions[endpoint], "open_to", None)


def anyone() -> None:
    """Everybody: the address shows nothing that is somebody's own."""


def _unknown(answer: Response) -> bool:
    """Say whether the token opened nothing: only such tries are counted, they may be guesses."""
    return answer.status_code in (404, 410)


@misses("LINK_MISSES", "private links", _unknown)
def whoever_has_the_link() -> None:
    """Whoever knows the private token in the address; the view looks it up, or answers 404."""


def the_practice() -> PracticeInfo:
    """Return the clinic. Raises NotFound before it's set up."""
    row = db.session.get(Practice, 1)
    if row is None:
        raise NotFound(_("This clinic isn’t set up yet."))
    return practice_info(row)


def short_link_in_force(code: str) -> ShortLink:
    """Return the short link with this code.

    Raises NotFound for an unknown code, and Gone for one that was replaced.
    """
    link = find_short_link(code) if code.isalnum() and code.isascii() else None
    if link is None:
        raise NotFound(_("This short link isn’t known. Perhaps a character is missing?"))
    if link.retired_at is not None:
        raise Gone(_("This short link was replaced. Please ask the clinic for the new one."))
    return link


def _ask() -> None:
    # An address that matches no route has no endpoint: its 404 or 405 comes later by itself.
    if request.endpoint is None:
        return
    # Forms are forms here. A parser that nothing needs is one that nobody can trip.
    if request.is_json:
        raise UnsupportedMediaType
    check = check_of(current_app, request.endpoint)
    if check is None:
        raise NotFound(_("There is nothing at this address."))
    check()
    # A field that is a text never finds a file in its place.
    view = current_app.view_functions[request.endpoint]
    if request.method == "POST" and request.files.keys() - {getattr(view, "takes_file", None)}:
        raise BadRequest
