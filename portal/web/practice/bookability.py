"""Check bookability: who can be booked with a package, by which client, on which date; or why not.

A practitioner asks here why Lee can't book Ben, and gets the booking page's own answer.
"""

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, Response, request, url_for

from portal.models import Client, Package
from portal.queries.bookability import columns_for, load_bookability
from portal.queries.clients import find_visible_client, search_clients
from portal.queries.packages import load_listed_packages
from portal.queries.services_page import find_package
from portal.web.access import open_to, the_practice
from portal.web.accounts import current_member, members
from portal.web.forms import one_line
from portal.web.htmx import render_page
from portal.web.practice.addresses import row_id
from portal.web.practice.bookability_words import mend, why_not
from portal.web.request_time import now

blueprint = Blueprint("bookability", __name__)

YEARS = range(1971, 2999)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: a package, perhaps a client whom `words` may find, a date of the clinic."""

    package: Package | None
    client: Client | None
    words: str
    day: date


@blueprint.get("/bookability")
@open_to(members)
def show() -> Response:
    """Show the question and its answer; or the answer alone."""
    return _page("answer")


@blueprint.get("/bookability/clients")
@open_to(members)
def clients() -> Response:
    """Show the clients that a search finds."""
    return _page("client_choices")


def _page(fragment: str) -> Response:
    packages, practice = load_listed_packages(), the_practice()
    asked = _asked(packages, practice.today(now()))
    columns = columns_for(asked.package, asked.client, now()) if asked.package else []
    editor = url_for("packages_editor.edit", package=asked.package.id) if asked.package else ""
    return render_page(
        "practice/bookability.html",
        fragment,
        packages=packages,
        asked=asked,
        found=search_clients(
            current_member(), asked.words, asked.client.id if asked.client else None
        ),
        zone=practice.zone,
        own=any(column.offer.client_package_id for column in columns),
        table=load_bookability(columns, now(), asked.day),
        why_not=why_not,
        mend=lambda cell, row: mend(cell, row, editor),
    )


def _asked(packages: list[Package], today: date) -> Asked:
    """Read the address. Raises NotFound for a package or client that the member can't see."""
    package_id = request.args.get("package", type=row_id)
    client_id = request.args.get("client", type=row_id)
    return Asked(
        package=find_package(package_id) if package_id else next(iter(packages), None),
        client=find_visible_client(client_id, current_member()) if client_id else None,
        words=one_line(request.args.get("words")),
        day=_date(request.args.get("date", "")) or today,
    )


def _date(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year in YEARS else None
