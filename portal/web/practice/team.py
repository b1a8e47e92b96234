"""The team: its list, invitations to it, and the page of one member."""

from flask import Blueprint, Response, request, url_for

from portal.actions.joining import (
    AlreadyInvited,
    invite_to_team,
    revoke_invitation,
    send_invitation_again,
)
from portal.actions.leaving import reactivate_member
from portal.actions.team import change_member, hand_over_practice
from portal.errors import Changed, Refused, Unsettled, WrongField
from portal.mail import smtp
from portal.models import Right
from portal.queries.team import load_member_page, load_team, role_choices
from portal.web.access import open_to
from portal.web.accounts import current_member, may_open, members, this_member, those_who_may
from portal.web.forms import one_line
from portal.web.forms.team import ConfirmForm, MemberForm, take_refusal
from portal.web.htmx import render_page, whole_page
from portal.web.limits import limiter, setting
from portal.web.practice.addresses import ID, row_id
from portal.web.request_time import now

blueprint = Blueprint("team", __name__)


@blueprint.get("/team")
@open_to(members)
def index() -> Response:
    """List the members; and, for those who manage the team, the invitations."""
    return _list(MemberForm(data={"kind": "practitioner"}))


@blueprint.post("/team/invitations")
@open_to(those_who_may(Right.TEAM))
@limiter.shared_limit(setting("INVITES"), scope="invites", key_func=this_member)
def invite() -> Response:
    """Send an invitation, and show it in the list."""
    form = MemberForm()
    if not form.validate():
        return _list(form, 422)
    try:
        invitation = invite_to_team(form.about(), current_member(), now())
    except WrongField as refusal:
        take_refusal(form, refusal)
        known = refusal.invitation_id if isinstance(refusal, AlreadyInvited) else None
        return _list(form, 422, known)
    return whole_page(url_for(".index", sent=invitation.id, _anchor="invitations"))


@blueprint.post(f"/team/invitations/<{ID}:invitation>/mails")
@open_to(those_who_may(Right.TEAM))
@limiter.shared_limit(setting("INVITES"), scope="invites", key_func=this_member)
def send_again(invitation: int) -> Response:
    """Send an invitation again, with a new link."""
    send_invitation_again(invitation, current_member(), now())
    return whole_page(url_for(".index", sent=invitation, _anchor="invitations"))


@blueprint.post(f"/team/invitations/<{ID}:invitation>/revocation")
@open_to(those_who_may(Right.TEAM))
def revoke(invitation: int) -> Response:
    """Make an invitation's link void."""
    revoke_invitation(invitation, current_member(), now())
    return whole_page(url_for(".index", revoked=1, _anchor="invitations"))


@blueprint.get(f"/team/<{ID}:member>")
@open_to(those_who_may(Right.TEAM))
def show(member: int) -> Response:
    """Show one member's account."""
    return _member(member)


@blueprint.post(f"/team/<{ID}:member>")
@open_to(those_who_may(Right.TEAM))
def save(member: int) -> Response:
    """Store what was changed about a member."""
    form, seen = MemberForm(), request.form.get("seen", "")
    if not form.validate():
        return _member(member, form, 422)
    try:
        change_member(member, form.about(), seen, current_member(), now())
    except WrongField as refusal:
        take_refusal(form, refusal)
        return _member(member, form, 422)
    except (Changed, Unsettled) as reason:
        return _member(member, form, 409, refused=reason)
    return whole_page(url_for(".show", member=member, saved=1))


@blueprint.post(f"/team/<{ID}:member>/ownership")
@open_to(those_who_may(Right.TEAM))
def hand_over(member: int) -> Response:
    """Hand the practice over to this member."""
    sure = ConfirmForm()
    if not sure.validate():
        return _member(member, status=422, sure=sure)
    hand_over_practice(member, current_member(), now())
    return whole_page(url_for(".index", handed_over=member))


@blueprint.post(f"/team/<{ID}:member>/activity")
@open_to(those_who_may(Right.TEAM))
def reactivate(member: int) -> Response:
    """Let a member who had left come back."""
    reactivate_member(member, current_member(), now())
    return whole_page(url_for(".show", member=member, saved=1))


def _list(form: MemberForm, status: int = 200, known: int | None = None) -> Response:
    words, page = one_line(request.args.get("words")), request.args.get("page", 1, type=int)
    return render_page(
        "practice/team.html",
        fragment="members" if request.method == "GET" else None,
        status=status,
        team=load_team(current_member(), words, page, now()),
        roles=role_choices(current_member()),
        form=form,
        known=known,
        sent=request.args.get("sent", type=row_id),
        mail_is_set_up=smtp.is_configured(),
        may_set_up_mail=may_open("mail_settings.show"),
    )


def _member(
    member: int,
    form: MemberForm | None = None,
    status: int = 200,
    sure: ConfirmForm | None = None,
    refused: Refused | None = None,
) -> Response:
    page = load_member_page(member, current_member())
    changed = isinstance(refused, Changed)
    if form and not page.may_change_address:
        form.email.data = page.member.email
    return render_page(
        "practice/member.html",
        status=status,
        page=page,
        member=page.member,
        form=form or MemberForm.of(page.member),
        # Whoever saves again after hearing of another's changes has seen them.
        seen=page.seen if form is None or changed else request.form.get("seen", ""),
        sure=sure or ConfirmForm(formdata=None),
        refused=refused,
        unsettled=isinstance(refused, Unsettled),
        others=form.others(page.member) if form and changed else [],
    )
