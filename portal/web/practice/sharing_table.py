"""Who offers what: all services and packages against people, many at once."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from portal.actions.service_sharing import share_services
from portal.errors import Changed
from portal.models import Right
from portal.queries.sharing_table import load_sharing_table
from portal.web.access import open_to
from portal.web.accounts import current_member, those_who_may
from portal.web.forms import one_line
from portal.web.forms.sharing_table import TypedRow, as_shown, changes, read_rows
from portal.web.htmx import render_page, whole_page
from portal.web.request_time import now

blueprint = Blueprint("sharing_table", __name__)
SHOWN = ("words", "services", "packages")


@blueprint.get("/practice/sharing")
@open_to(those_who_may(Right.OFFERS))
def show() -> Response:
    """Show both tables."""
    return _page({})


@blueprint.post("/practice/sharing")
@open_to(those_who_may(Right.OFFERS))
def save() -> Response:
    """Save every row that was changed, or none; and show the table again."""
    rows = read_rows(request.form)
    if any(row.error for row in rows.values()):
        return _page(rows, 422)
    try:
        share_services(changes(list(rows.values())), current_member(), now())
    except Changed as refusal:
        return _page(rows, 409, str(refusal))
    return whole_page(url_for(".show", **_shown(), saved=1))


def _page(rows: dict[int, TypedRow], status: int = 200, refused: str | None = None) -> Response:
    asked = request.args
    table = load_sharing_table(
        one_line(asked.get("words")),
        asked.get("services", 1, type=int),
        asked.get("packages", 1, type=int),
    )
    return render_page(
        "practice/sharing_table.html",
        status=status,
        table=table,
        rows=rows,
        as_shown=as_shown,
        stale=[row.id for row in table.services.shown if _is_stale(rows.get(row.id), row.version)],
        refused=refused,
        saved="saved" in asked and status == 200,
        asked=_shown(),
    )


def _shown() -> dict[str, Any]:
    """Return what the address says about what is shown, to show the same again."""
    return {name: request.args[name] for name in SHOWN if name in request.args}


def _is_stale(typed: TypedRow | None, version: int) -> bool:
    return typed is not None and typed.changed and typed.version != version
