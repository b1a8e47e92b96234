"""The activity log, with filters. Whoever may change the settings reads it."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, request, url_for

from portal.models import Right
from portal.queries.activity import Filters, load_log
from portal.web.access import open_to
from portal.web.accounts import those_who_may
from portal.web.htmx import render_page
from portal.web.practice.activity_details import what_changed
from portal.web.practice.activity_words import NOUNS, sentence
from portal.web.practice.addresses import row_id
from portal.web.request_time import now

blueprint = Blueprint("activity", __name__)


@blueprint.get("/activity")
@open_to(those_who_may(Right.SETTINGS))
def index() -> Response:
    """Show what was done, newest first; a filter that makes no sense is none."""
    filters, page = _filters(), request.args.get("page", 1, type=int)
    return render_page(
        "practice/activity.html",
        fragment="acts",
        log=load_log(filters, page),
        filters=filters,
        nouns=NOUNS,
        sentence=sentence,
        what_changed=what_changed,
        address=lambda number: url_for("activity.index", **_as_asked(), page=number),
        today=now().date(),
    )


def _filters() -> Filters:
    asked = request.args
    noun = asked.get("noun", "")
    return Filters(
        noun=noun if noun in NOUNS else "",
        by=asked.get("by", type=row_id),
        first=asked.get("first", type=_a_date),
        last=asked.get("last", type=_a_date),
    )


def _as_asked() -> dict[str, Any]:
    names = ("noun", "by", "first", "last")
    return {name: request.args[name] for name in names if request.args.get(name)}


def _a_date(text: str) -> date:
    day = date.fromisoformat(text)
    # Within what instants can be made of, whatever the zone.
    if not 1970 < day.year < 9999:
        raise ValueError("too far away")
    return day
