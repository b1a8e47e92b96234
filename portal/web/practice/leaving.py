"""A member who leaves: their sessions, services and packages are settled one by one."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, request, url_for

from portal.actions.cancelling import cancel
from portal.actions.leaving import (
    deactivate_member,
    hand_over_client_packages,
    hand_over_package,
    hand_over_service,
)
from portal.actions.moving import transfer
from portal.errors import Changed, Refused, Unsettled, WrongField
from portal.models import Member, Right
from portal.queries.leaving_page import load_leaving_page
from portal.web.access import open_to
from portal.web.accounts import current_member, those_who_may
from portal.web.forms.team import CancelForm, DeactivationForm, HandOverForm, take_refusal
from portal.web.htmx import render_page, whole_page
from portal.web.practice.addresses import ID, row_id
from portal.web.practice.seen import as_seen
from portal.web.request_time import now

blueprint = Blueprint("leaving", __name__, url_prefix=f"/team/<{ID}:member>/leaving")


@blueprint.get("")
@open_to(those_who_may(Right.TEAM))
def show(member: int) -> Response:
    """Show what stands in the way; with ?session= also who could take that session over."""
    return _page(member, session=request.args.get("session", type=row_id))


@blueprint.post(f"/sessions/<{ID}:session>/transfer")
@open_to(those_who_may(Right.TEAM))
def move_session(member: int, session: int) -> Response:
    """Move a session to a colleague."""
    form = HandOverForm()
    if not form.validate():
        return _page(member, 422, session, move=form)
    try:
        to, outside = form.to.value, form.outside.data
        transfer(session, to, current_member(), now(), outside, seen=as_seen())
    except Changed as refusal:
        # It may be somebody else's by now, and then it's no longer on this page.
        return _page(member, 409, session, move=form, refused=str(refusal))
    except Refused as refusal:
        form.to.errors = [str(refusal)]
        return _page(member, 409, session, move=form)
    return _done(member, "moved")


@blueprint.post(f"/sessions/<{ID}:session>/cancellation")
@open_to(those_who_may(Right.TEAM))
def cancel_session(member: int, session: int) -> Response:
    """Cancel a session."""
    form = CancelForm()
    if not form.validate():
        return _page(member, 422, session, cancelling=form)
    try:
        cancel(session, form.reason.value, current_member(), now(), seen=as_seen())
    except WrongField as refusal:
        take_refusal(form, refusal)
        return _page(member, 422, session, cancelling=form)
    except Refused as refusal:
        return _page(member, 409, session, cancelling=form, refused=str(refusal))
    return _done(member, "cancelled")


@blueprint.post(f"/services/<{ID}:service>")
@open_to(those_who_may(Right.TEAM))
def give_service(member: int, service: int) -> Response:
    """Hand a service over."""
    return _hand_over(member, lambda to: hand_over_service(service, member, to, *_by()))


@blueprint.post(f"/packages/<{ID}:package>")
@open_to(those_who_may(Right.TEAM))
def give_package(member: int, package: int) -> Response:
    """Hand a package over."""
    return _hand_over(member, lambda to: hand_over_package(package, member, to, *_by()))


@blueprint.post("/client-packages")
@open_to(those_who_may(Right.TEAM))
def give_client_packages(member: int) -> Response:
    """Hand over one client's package, or all of one package that the form names."""
    ids = request.form.getlist("client_package", type=row_id)
    return _hand_over(member, lambda to: hand_over_client_packages(ids, member, to, *_by()))


@blueprint.post("/deactivation")
@open_to(those_who_may(Right.TEAM))
def deactivate(member: int) -> Response:
    """Close the account, once everything is settled."""
    form = DeactivationForm()
    if not form.validate():
        return _page(member, 422, keep=form, refused=form.keep.errors[0])
    try:
        deactivate_member(member, form.keep.values, current_member(), now())
    except Unsettled as refusal:
        return _page(member, 409, keep=form, refused=str(refusal))
    return whole_page(url_for("team.show", member=member, left=1))


def _hand_over(member: int, act: Callable[[int], None]) -> Response:
    """Do it with the colleague whom the form names, and say how it went."""
    form = HandOverForm()
    if not form.validate():
        return _page(member, 422, refused=form.to.errors[0])
    try:
        act(form.to.value)
    except Refused as refusal:
        return _page(member, 409, refused=str(refusal))
    return _done(member, "handed")


def _by() -> tuple[Member, datetime]:
    return current_member(), now()


def _done(member: int, what: str) -> Response:
    return whole_page(url_for(".show", member=member, done=what))


def _page(
    member: int,
    status: int = 200,
    session: int | None = None,
    *,
    move: HandOverForm | None = None,
    cancelling: CancelForm | None = None,
    keep: DeactivationForm | None = None,
    refused: str | None = None,
) -> Response:
    number = request.args.get("page", 1, type=int)
    return render_page(
        "practice/leaving.html",
        fragment="session" if request.method == "GET" else None,
        status=status,
        page=load_leaving_page(member, current_member(), now(), number, session),
        move=move or HandOverForm(formdata=None),
        cancelling=cancelling or CancelForm(formdata=None),
        kept=[str(id_) for id_ in keep.keep.values] if keep else [],
        refused=refused,
    )
