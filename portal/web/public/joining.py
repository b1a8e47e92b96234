"""Joining the team by the link in an invitation's mail. Opening the link changes nothing."""

from flask import Blueprint, Response, url_for
from flask_security import login_user

from portal.actions.accounts import LEAST_CHARACTERS
from portal.actions.joining import join_team
from portal.errors import WrongField
from portal.models import Member
from portal.queries.team import find_invitation
from portal.web.access import open_to, the_practice, whoever_has_the_link
from portal.web.forms.team import JoinForm, take_refusal
from portal.web.htmx import render_page, whole_page
from portal.web.request_time import now

blueprint = Blueprint("joining", __name__)


@blueprint.get("/join/<token:token>")
@open_to(whoever_has_the_link)
def show(token: str) -> Response:
    """Who invites whom to what, and the form for a password."""
    return _page(token, JoinForm(data={"name": find_invitation(token, now()).name}))


@blueprint.post("/join/<token:token>")
@open_to(whoever_has_the_link)
def join(token: str) -> Response:
    """Make whoever has the link a member, sign them in and show them what the clinic offers."""
    find_invitation(token, now())
    form = JoinForm()
    if not form.validate():
        return _page(token, form, 422)
    try:
        member = join_team(token, form.name.value, form.password.data, now())
    except WrongField as refusal:
        return _refused(token, form, refusal)
    return _signed_in(member)


def _refused(token: str, form: JoinForm, refusal: WrongField) -> Response:
    if refusal.field in form:
        take_refusal(form, refusal)
        return _page(token, form, 422)
    return _page(token, form, 409, str(refusal))


def _signed_in(member: Member) -> Response:
    login_user(member, authn_via=["password"])
    return whole_page(url_for("services.index"))


def _page(token: str, form: JoinForm, status: int = 200, refused: str | None = None) -> Response:
    return render_page(
        "public/join.html",
        status=status,
        token=token,
        invitation=find_invitation(token, now()),
        practice=the_practice(),
        form=form,
        least=LEAST_CHARACTERS,
        refused=refused,
    )
