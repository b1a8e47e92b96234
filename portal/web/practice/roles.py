"""Roles: what each lets its members do, and who has it."""

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from portal.actions.roles import add_role, change_role, remove_role
from portal.errors import Changed, Refused, WrongField
from portal.models import Right, Role
from portal.queries.roles import find_role, load_roles, role_seen, use_of
from portal.queries.team import has_rights
from portal.web.access import open_to
from portal.web.accounts import current_member, those_who_may
from portal.web.forms import one_line
from portal.web.forms.team import RoleForm, take_refusal
from portal.web.htmx import render_page, whole_page
from portal.web.practice.addresses import ID
from portal.web.request_time import now

blueprint = Blueprint("roles", __name__)

RIGHTS = {
    Right.OFFERS: (
        lazy_gettext("Edit packages and sharing"),
        lazy_gettext("Make and edit services and packages, and say with whom they are shared."),
    ),
    Right.CLIENTS: (
        lazy_gettext("See all clients"),
        lazy_gettext("Every client with their sessions and mail, not only one’s own."),
    ),
    Right.TEAM: (
        lazy_gettext("Manage the team"),
        lazy_gettext("Invite and edit members and roles, and edit everybody’s availability."),
    ),
    Right.SETTINGS: (
        lazy_gettext("Change the settings"),
        lazy_gettext("The practice’s settings and its mail server, and reading the activity log."),
    ),
}
"""What each right is called, and what it allows."""


@blueprint.get("/roles")
@open_to(those_who_may(Right.TEAM))
def index() -> Response:
    """List the roles."""
    words, page = one_line(request.args.get("words")), request.args.get("page", 1, type=int)
    return render_page(
        "practice/roles.html",
        fragment="roles",
        roles=load_roles(words, page),
        words=words,
        rights=RIGHTS,
    )


@blueprint.get("/roles/new")
@open_to(those_who_may(Right.TEAM))
def new() -> Response:
    """Show the form for another role."""
    return _page(None, RoleForm.of(None))


@blueprint.post("/roles")
@open_to(those_who_may(Right.TEAM))
def add() -> Response:
    """Add a role, and show it in the list."""
    form = RoleForm()
    if not form.validate():
        return _page(None, form, 422)
    try:
        add_role(form.name.value, form.rights.values, current_member(), now())
    except WrongField as refusal:
        take_refusal(form, refusal)
        return _page(None, form, 422)
    return whole_page(url_for(".index", saved=1))


@blueprint.get(f"/roles/<{ID}:role>")
@open_to(those_who_may(Right.TEAM))
def show(role: int) -> Response:
    """Show one role, and what names it."""
    found = find_role(role)
    return _page(found, RoleForm.of(found))


@blueprint.post(f"/roles/<{ID}:role>")
@open_to(those_who_may(Right.TEAM))
def save(role: int) -> Response:
    """Store a role's name and rights."""
    found, form, seen = find_role(role), RoleForm(), request.form.get("seen", "")
    if not form.validate():
        return _page(found, form, 422, seen=seen)
    try:
        change_role(role, form.name.value, form.rights.values, seen, current_member(), now())
    except WrongField as refusal:
        take_refusal(form, refusal)
        return _page(find_role(role), form, 422, seen=seen)
    except Changed as refusal:
        return _page(find_role(role), form, 409, refusal)
    return whole_page(url_for(".show", role=role, saved=1))


@blueprint.post(f"/roles/<{ID}:role>/removal")
@open_to(those_who_may(Right.TEAM))
def remove(role: int) -> Response:
    """Remove a role that nobody has and nothing names."""
    try:
        remove_role(role, current_member(), now())
    except Refused as refusal:
        found = find_role(role)
        return _page(found, RoleForm.of(found), 409, refusal)
    return whole_page(url_for(".index", removed=1))


def _page(
    role: Role | None,
    form: RoleForm,
    status: int = 200,
    refused: Refused | None = None,
    *,
    seen: str | None = None,
) -> Response:
    member = current_member()
    return render_page(
        "practice/role.html",
        status=status,
        role=role,
        use=use_of(role) if role else None,
        form=form,
        # Whoever saves again after hearing of another's changes has seen them.
        seen=role_seen(role) if role and seen is None else seen,
        others=_others(form, role) if role and isinstance(refused, Changed) else [],
        # A right that somebody doesn't have they can neither give nor take away.
        fixed=[right.value for right in Right if not has_rights(member, [right.value])],
        refused=refused,
        rights=RIGHTS,
    )


def _others(form: RoleForm, stored: Role) -> list[tuple[str, str]]:
    """What is stored by now and isn't what was typed: pairs of label and words."""
    rights = [str(words) for right, (words, _allows) in RIGHTS.items() if right in stored.rights]
    found = []
    if form.name.data != stored.name:
        found.append((str(form.name.label.text), stored.name))
    if set(form.rights.data or []) != set(stored.rights):
        found.append((str(form.rights.label.text), ", ".join(rights) or _("nothing")))
    return found
