"""One session: what it is, and what can be done now. Each act is a small form of its own."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request

from portal.actions.cancelling import cancel
from portal.actions.linking import link, unlink
from portal.actions.moving import transfer
from portal.actions.outcomes import complete, mark_missed, return_credit
from portal.actions.requests import accept, decline
from portal.errors import Refused
from portal.models import Member
from portal.queries.session_page import load_session
from portal.queries.staff_bookings import find_booking_for_staff
from portal.web.access import open_to
from portal.web.accounts import current_member, members
from portal.web.forms.form import Form
from portal.web.forms.session import DeclineForm, LinkForm, TransferForm
from portal.web.forms.team import CancelForm
from portal.web.htmx import render_page
from portal.web.practice.activity_details import what_changed
from portal.web.practice.activity_words import did
from portal.web.practice.addresses import ID
from portal.web.practice.seen import as_seen, to_session
from portal.web.practice.session_words import DONE, ENDINGS, OUTSIDE, STATUS
from portal.web.request_time import now

blueprint = Blueprint("sessions", __name__, url_prefix=f"/sessions/<{ID}:session>")

FORMS: dict[str, type[Form]] = {
    "decline": DeclineForm,
    "transfer": TransferForm,
    "cancel": CancelForm,
    "link": LinkForm,
}
"""What is typed to do something; the others are a button each."""


@blueprint.get("")
@open_to(members)
def show(session: int) -> Response:
    """Show the session to whoever may see it."""
    return _page(session)


@blueprint.post("/acceptance")
@open_to(members)
def accept_request(session: int) -> Response:
    """Accept the request."""
    return _press(
        session, "accept", lambda session, by, at: accept(session, by, at, seen=as_seen())
    )


@blueprint.post("/decline")
@open_to(members)
def decline_request(session: int) -> Response:
    """Decline the request, with a reason or without one."""
    return _send(
        session,
        "decline",
        lambda form, by, at: decline(session, form.reason.value, by, at, seen=as_seen()),
    )


@blueprint.post("/transfer")
@open_to(members)
def hand_to_colleague(session: int) -> Response:
    """Move the session to a colleague at the same time."""
    return _send(
        session,
        "transfer",
        lambda form, by, at: transfer(
            session, form.to.value, by, at, form.outside.data, seen=as_seen()
        ),
    )


@blueprint.post("/cancellation")
@open_to(members)
def cancel_session(session: int) -> Response:
    """Cancel the session."""
    return _send(
        session,
        "cancel",
        lambda form, by, at: cancel(session, form.reason.value, by, at, seen=as_seen()),
    )


@blueprint.post("/completion")
@open_to(members)
def complete_session(session: int) -> Response:
    """Say that it took place."""
    return _press(session, "complete", complete)


@blueprint.post("/no-show")
@open_to(members)
def miss_session(session: int) -> Response:
    """Say that the client didn't come."""
    return _press(session, "miss", mark_missed)


@blueprint.post("/returned-credit")
@open_to(members)
def give_credit(session: int) -> Response:
    """Return the credit that the session kept."""
    return _press(session, "return_credit", return_credit)


@blueprint.post("/package")
@open_to(members)
def link_to_package(session: int) -> Response:
    """Make it part of one of the client's packages."""
    return _send(
        session, "link", lambda form, by, at: link(session, form.client_package.value, by, at)
    )


@blueprint.post("/package/removal")
@open_to(members)
def unlink_from_package(session: int) -> Response:
    """Take it out of its package."""
    return _press(session, "unlink", unlink)


def _press(session: int, doing: str, act: Callable[[int, Member, datetime], None]) -> Response:
    """Do what needs no words, and say so; or say on the page why it can't be done."""
    try:
        act(session, current_member(), now())
    except Refused as refusal:
        return _page(session, 409, doing, refused=str(refusal))
    return to_session(session, doing)


def _send(session: int, doing: str, act: Callable[[Any, Member, datetime], None]) -> Response:
    """Do what a form says; or show it again with everything typed, and why it can't be done."""
    find_booking_for_staff(session, current_member())
    form = FORMS[doing]()
    if not form.validate():
        return _page(session, 422, doing, form)
    try:
        act(form, current_member(), now())
    except Refused as refusal:
        return _page(session, 409, doing, form, refused=str(refusal))
    return to_session(session, doing)


def _page(
    session: int,
    status: int = 200,
    doing: str | None = None,
    typed: Any = None,
    refused: str | None = None,
) -> Response:
    """`doing` is what was tried, and `typed` its form."""
    forms = {name: make(formdata=None) for name, make in FORMS.items()}
    if doing is not None and typed is not None:
        forms[doing] = typed
    return render_page(
        "practice/session.html",
        status=status,
        page=load_session(session, current_member(), now()),
        forms=forms,
        doing=doing,
        refused=refused,
        done=DONE.get(request.args.get("done", "")) if request.method == "GET" else None,
        status_words=STATUS,
        ending_words=ENDINGS,
        outside_words=OUTSIDE,
        did=did,
        what_changed=what_changed,
    )
