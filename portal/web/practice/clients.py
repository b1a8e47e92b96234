"""Clients: the list, one client's details, and what staff do with them."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from portal.actions.clients import (
    KnownAddress,
    accept_client,
    add_client,
    change_client,
    deactivate_client,
    end_access,
    export_clients,
    reactivate_client,
)
from portal.errors import Changed, Unsettled
from portal.models import Right
from portal.queries.clients_page import Shown, load_client, load_clients
from portal.queries.standing import count_noticed
from portal.web.access import open_to, the_practice
from portal.web.accounts import current_member, members, this_member, those_who_may
from portal.web.csv_files import csv_answer
from portal.web.forms import one_line
from portal.web.forms.client import ClientForm, KeepSessionsForm
from portal.web.forms.picklists import language_names, zones
from portal.web.forms.team import take_refusal
from portal.web.htmx import render_page, whole_page
from portal.web.limits import limiter, setting
from portal.web.practice.addresses import ID, row_id
from portal.web.practice.chosen_time import Slot, slot_of
from portal.web.request_time import now

blueprint = Blueprint("clients", __name__)

COLUMNS = ("name", "email", "phone", "time zone", "notes", "state", "since")


@blueprint.get("/clients")
@open_to(members)
def index() -> Response:
    """List the clients whom the member may see: with a time to book, to choose whom it's for."""
    asked, page = request.args.get("show", ""), request.args.get("page", 1, type=int)
    shown = Shown(asked) if asked in list(Shown) else Shown.EVERYBODY
    return render_page(
        "practice/clients.html",
        fragment="client_list",
        list=load_clients(current_member(), shown, one_line(request.args.get("words")), page),
        accepted=request.args.get("accepted"),
        slot=_slot(),
        zone=the_practice().zone,
        noticed=count_noticed(current_member(), the_practice(), now()),
    )


@blueprint.get("/clients/new")
@open_to(members)
def new() -> Response:
    """Show an empty form; its address may say what for: see _goes_on."""
    return _new(ClientForm(formdata=None))


@blueprint.post("/clients")
@open_to(members)
def add() -> Response:
    """Add a client, and show them, or go on with what they were added for."""
    form = ClientForm()
    if not form.validate():
        return _new(form, 422)
    try:
        client = add_client(form.about(), current_member(), now())
    except KnownAddress as refusal:
        take_refusal(form, refusal)
        return _new(form, 422, refusal.client_id)
    return whole_page(_goes_on(client.id) or url_for(".show", client=client.id, done="added"))


@blueprint.get(f"/clients/<{ID}:client>")
@open_to(members)
def show(client: int) -> Response:
    """Show one client's details, to be changed in place."""
    return _page(client)


@blueprint.post(f"/clients/<{ID}:client>")
@open_to(members)
def save(client: int) -> Response:
    """Store what was changed about a client."""
    form, stored = ClientForm(), load_client(client, current_member(), now()).client
    if not form.validate():
        return _page(client, form, 422)
    try:
        change_client(client, form.about(), int(form.version.data or 0), current_member(), now())
    except KnownAddress as refusal:
        take_refusal(form, refusal)
        return _page(client, form, 422, known=refusal.client_id)
    except Changed as reason:
        return _page(client, form, 409, refused=str(reason))
    return whole_page(url_for(".show", client=stored.id, done="saved"))


@blueprint.post(f"/clients/<{ID}:client>/acceptance")
@open_to(members)
def accept(client: int) -> Response:
    """Make a prospective client one of the clinic's, and go back to where it was pressed."""
    accept_client(client, current_member(), now())
    if request.form.get("back") == "list":
        return whole_page(url_for(".index", show=Shown.PROSPECTIVE.value, accepted=client))
    return whole_page(url_for(".show", client=client, done="accepted"))


@blueprint.get(f"/clients/<{ID}:client>/deactivation")
@open_to(those_who_may(Right.CLIENTS))
def leaving(client: int) -> Response:
    """Show what has to be settled before a client is deactivated."""
    return _leaving(client)


@blueprint.post(f"/clients/<{ID}:client>/deactivation")
@open_to(those_who_may(Right.CLIENTS))
def deactivate(client: int) -> Response:
    """Deactivate a client, whose sessions to come are settled or stay."""
    form = KeepSessionsForm()
    if not form.validate():
        return _leaving(client, 422)
    try:
        deactivate_client(client, form.keep.values, current_member(), now())
    except Unsettled as reason:
        return _leaving(client, 409, str(reason))
    return whole_page(url_for(".show", client=client, done="deactivated"))


@blueprint.post(f"/clients/<{ID}:client>/activity")
@open_to(those_who_may(Right.CLIENTS))
def reactivate(client: int) -> Response:
    """Let a client book again."""
    reactivate_client(client, current_member(), now())
    return whole_page(url_for(".show", client=client, done="reactivated"))


@blueprint.post(f"/clients/<{ID}:client>/sign-ins/end")
@open_to(members)
def sign_out(client: int) -> Response:
    """End every sign-in and every link of a client, and say so."""
    end_access(client, current_member(), now())
    return whole_page(url_for(".show", client=client, done="signed_out"))


@blueprint.post("/clients/export")
@open_to(those_who_may(Right.CLIENTS))
@limiter.limit(setting("EXPORTS"), key_func=this_member)
def export() -> Response:
    """Answer with the clients as a CSV file. It's recorded, and so no mere link."""
    rows = [
        (each.name, each.email, each.phone, each.timezone, each.notes, each.state, each.since)
        for each in export_clients(current_member(), now())
    ]
    return csv_answer(f"clients-{now():%Y-%m-%d}.csv", COLUMNS, rows)


def _slot() -> Slot | None:
    return slot_of(request.args, the_practice().zone)


def _meant_for() -> dict[str, Any]:
    """Return what the address says a client is added for: a time in the calendar, or an invite."""
    package = request.args.get("package", type=row_id)
    if slot := _slot():
        return {"opening": slot.asked["opening"]}
    return {"package": package} if package else {}


def _goes_on(client: int) -> str | None:
    """Return where the client is booked, or invited, if it was that for which they're added."""
    meant_for = _meant_for()
    if slot := _slot():
        time: dict[str, Any] = {**slot.asked}
        return url_for("booking_for_client.new", client=client, **time)
    return url_for("invitations.index", client=client, **meant_for) if meant_for else None


def _new(form: ClientForm, status: int = 200, known: int | None = None) -> Response:
    return render_page(
        "practice/client_new.html",
        status=status,
        form=form,
        known=known,
        instead=_goes_on(known) if known else None,
        meant_for=_meant_for(),
        zones=zones(first=the_practice().zone.key),
        languages=language_names(),
        reads_notes=True,
    )


def _page(
    client: int,
    form: ClientForm | None = None,
    status: int = 200,
    refused: str | None = None,
    known: int | None = None,
) -> Response:
    page = load_client(client, current_member(), now())
    differing = (
        form.differing(page.client, reads_notes=page.reads_notes) if form and refused else []
    )
    if form and refused:
        # Whoever saves again after hearing of another's changes has seen them.
        form.version.data = str(page.client.version)
    return render_page(
        "practice/client.html",
        status=status,
        page=page,
        client=page.client,
        form=form or ClientForm.of(page.client, formdata=None),
        reads_notes=page.reads_notes,
        refused=refused,
        differing=differing,
        known=known,
        zones=zones(page.client.timezone, the_practice().zone.key),
        languages=language_names(page.client.language),
        done=request.args.get("done") if status == 200 else None,
    )


def _leaving(client: int, status: int = 200, refused: str | None = None) -> Response:
    page = load_client(client, current_member(), now())
    return render_page(
        "practice/client_leaving.html",
        status=status,
        page=page,
        client=page.client,
        kept=request.form.getlist("keep"),
        refused=refused,
    )
