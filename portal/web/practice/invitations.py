"""Invite to book: pick a client, see the message, send it; and what became of earlier ones."""

from dataclasses import dataclass

from flask import Blueprint, Response, request, url_for

from portal.actions.inviting import LINE_CHARACTERS, invite_to_book
from portal.errors import Refused
from portal.queries.clients import search_clients
from portal.queries.invites import load_invites, preview_invite
from portal.queries.services_page import find_package
from portal.tokens import new_token
from portal.web.access import open_to
from portal.web.accounts import current_member, members, this_member
from portal.web.forms import one_line, some_lines
from portal.web.htmx import render_page, whole_page
from portal.web.limits import limiter, setting
from portal.web.practice.addresses import ID, row_id
from portal.web.request_time import now

blueprint = Blueprint("invitations", __name__)


@dataclass(frozen=True, slots=True)
class Typed:
    """What the form holds. The token is made with the form, and makes its invite one of a kind."""

    words: str
    client_id: int | None
    line: str
    token: str


@blueprint.get(f"/packages/<{ID}:package>/invitations")
@open_to(members)
def index(package: int) -> Response:
    """Show the form, and the package's invites."""
    return _page(package, _typed(new_token()), sent=request.args.get("sent", type=row_id))


@blueprint.get(f"/packages/<{ID}:package>/invitations/clients")
@open_to(members)
def clients(package: int) -> Response:
    """Show the clients that a search finds."""
    return _page(package, _typed(new_token()), fragment="clients")


@blueprint.post(f"/packages/<{ID}:package>/invitations/preview")
@open_to(members)
def preview(package: int) -> Response:
    """Show the message as it would go now. Nothing is kept."""
    return _page(package, _typed(), fragment="preview")


@blueprint.post(f"/packages/<{ID}:package>/invitations")
@open_to(members)
@limiter.shared_limit(setting("INVITES"), scope="invites", key_func=this_member)
def send(package: int) -> Response:
    """Send the invite, and show it in the list."""
    typed, member = _typed(), current_member()
    try:
        invite = invite_to_book(package, typed.client_id, typed.line, typed.token, member, now())
    except Refused as reason:
        return _page(package, _typed(new_token()), status=422, refused=str(reason))
    return whole_page(url_for("invitations.index", package=package, sent=invite.id))


def _typed(token: str | None = None) -> Typed:
    return Typed(
        words=one_line(request.values.get("words")),
        client_id=request.values.get("client", type=row_id),
        line=some_lines(request.values.get("line")),
        token=token or request.form.get("token", ""),
    )


def _page(
    package_id: int,
    typed: Typed,
    fragment: str | None = None,
    status: int = 200,
    sent: int | None = None,
    refused: str | None = None,
) -> Response:
    package, member = find_package(package_id), current_member()
    return render_page(
        "practice/invitations.html",
        fragment=fragment,
        status=status,
        package=package,
        typed=typed,
        most=LINE_CHARACTERS,
        choices=search_clients(member, typed.words, typed.client_id),
        preview=preview_invite(package, typed.client_id, typed.line, typed.token, member),
        invites=load_invites(package.id, member, request.args.get("page", 1, type=int)),
        sent=sent,
        refused=refused,
    )
