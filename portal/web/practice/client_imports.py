"""Importing clients: a file is uploaded, looked at, and taken over while a bar shows how far."""

from flask import Blueprint, Response, request, url_for

from portal.actions.client_imports import forget_file, import_clients, look_at_file
from portal.errors import Refused
from portal.models import Right
from portal.queries.client_imports import Kind, load_import, open_imports
from portal.web.access import open_to, takes_file
from portal.web.accounts import current_member, this_member, those_who_may
from portal.web.forms.client_file import ClientFileForm, short_name
from portal.web.htmx import render_page, whole_page
from portal.web.limits import limiter, setting
from portal.web.practice.addresses import ID
from portal.web.request_time import now

blueprint = Blueprint("client_imports", __name__)


@blueprint.get("/clients/imports")
@open_to(those_who_may(Right.CLIENTS))
def index() -> Response:
    """Ask for a file, and say what it has to look like."""
    return _ask(ClientFileForm(formdata=None))


@blueprint.post("/clients/imports")
@open_to(those_who_may(Right.CLIENTS))
@limiter.limit(setting("IMPORTS"), key_func=this_member)
@takes_file("file")
def upload() -> Response:
    """Read a file, and show what is in it. No client is stored."""
    form = ClientFileForm()
    if not form.validate():
        return _ask(form, 422)
    name = short_name(form.file.data.filename)
    made = look_at_file(name, form.lines, current_member(), now())
    return whole_page(url_for(".show", client_import=made))


@blueprint.get(f"/clients/imports/<{ID}:client_import>")
@open_to(those_who_may(Right.CLIENTS))
def show(client_import: int) -> Response:
    """Show what is in a file; or how far its import has come, which the page asks for again."""
    return _page(client_import)


@blueprint.post(f"/clients/imports/<{ID}:client_import>/beginning")
@open_to(those_who_may(Right.CLIENTS))
def begin(client_import: int) -> Response:
    """Have the new clients taken over."""
    try:
        import_clients(client_import, current_member(), now())
    except Refused as reason:
        return _page(client_import, 409, str(reason))
    return whole_page(url_for(".show", client_import=client_import))


@blueprint.post(f"/clients/imports/<{ID}:client_import>/removal")
@open_to(those_who_may(Right.CLIENTS))
def forget(client_import: int) -> Response:
    """Drop a file that was only looked at."""
    forget_file(client_import, current_member())
    return whole_page(url_for(".index"))


def _ask(form: ClientFileForm, status: int = 200) -> Response:
    return render_page(
        "practice/client_import_new.html",
        status=status,
        form=form,
        waiting=open_imports(current_member()),
    )


def _page(client_import: int, status: int = 200, refused: str | None = None) -> Response:
    asked, page = request.args.get("show", ""), request.args.get("page", 1, type=int)
    kind = Kind(asked) if asked in list(Kind) else None
    return render_page(
        "practice/client_import.html",
        fragment="progress",
        status=status,
        file=load_import(client_import, current_member(), kind, page),
        refused=refused,
    )
