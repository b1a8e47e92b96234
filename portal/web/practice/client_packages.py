"""Client > Bookings & Packages > Packages: a client's own packages, made, edited and reset."""

from collections.abc import Callable

from flask import Blueprint, Response, request, url_for

from portal.actions.client_packages import (
    create_for_client,
    reset_client_package,
    save_client_package,
)
from portal.errors import Changed, Refused, WrongFields
from portal.models import ClientPackage, Right
from portal.queries.client_package_values import newest_of, own_values, why_not_for, why_not_from
from portal.queries.client_packages import find_client_package, load_client_packages
from portal.queries.clients import find_visible_client
from portal.queries.packages import load_choices, services_on_offer, templates_to_make
from portal.queries.services_page import find_package
from portal.queries.standing import Sign, load_attention
from portal.web.access import open_to, the_practice
from portal.web.accounts import current_member, may_open, members, those_who_may
from portal.web.forms import one_line
from portal.web.forms.client_package import ClientPackageForm, NewClientPackageForm
from portal.web.htmx import render_page, whole_page
from portal.web.practice.addresses import ID
from portal.web.practice.client_package_page import Subject, client_package_page, resets_of
from portal.web.request_time import now

blueprint = Blueprint("client_packages", __name__)

ONES = f"/clients/<{ID}:client>/packages"
OWN = f"{ONES}/<{ID}:own>"
NEW = f"{ONES}/new/<{ID}:package>"


@blueprint.get(ONES)
@open_to(members)
def index(client: int) -> Response:
    """Show the client's packages."""
    page = request.args.get("page", 1, type=int)
    return render_page(
        "practice/client_packages.html",
        page=load_client_packages(client, current_member(), now(), page),
        may_book=may_open("booking_for_client.new_from"),
        done=next((word for word in ("created", "reset") if word in request.args), None),
    )


@blueprint.get(f"{ONES}/new")
@open_to(those_who_may(Right.OFFERS))
def choose(client: int) -> Response:
    """Show the packages that can be made for the client."""
    found = find_visible_client(client, current_member())
    words, page = one_line(request.args.get("words")), request.args.get("page", 1, type=int)
    return render_page(
        "practice/client_package_new.html",
        fragment="templates",
        client=found,
        why_not=why_not_for(found),
        words=words,
        list=templates_to_make(words, page),
        currency=the_practice().currency,
    )


@blueprint.route(NEW, methods=["GET", "POST"])
@open_to(those_who_may(Right.OFFERS))
def new(client: int, package: int) -> Response:
    """Show the package as it would be made for the client, or make it."""
    subject = _new_subject(client, package)
    form = _new_form(subject)
    if request.method == "GET":
        refused = why_not_for(subject.client) or why_not_from(subject.package)
        return client_package_page(form, subject, refused=refused)
    newest, by = int(form.version.data), current_member()
    make = create_for_client
    return _save(form, subject, lambda: make(client, package, form.values(), newest, by, now()))


@blueprint.post(f"{NEW}/items")
@open_to(those_who_may(Right.OFFERS))
def new_items(client: int, package: int) -> Response:
    """Add, remove or move a line of the form. Nothing is stored."""
    subject = _new_subject(client, package)
    return _items(_new_form(subject), subject)


@blueprint.post(f"{NEW}/bookability")
@open_to(those_who_may(Right.OFFERS))
def new_bookability(client: int, package: int) -> Response:
    """Answer who could be booked if it were made as it is. Nothing is stored."""
    subject = _new_subject(client, package)
    return client_package_page(_new_form(subject), subject, fragment="bookability")


@blueprint.route(OWN, methods=["GET", "POST"])
@open_to(those_who_may(Right.OFFERS))
def edit(client: int, own: int) -> Response:
    """Show the editor of this one package, or save what was changed in it."""
    subject = _subject(client, own)
    form = _form(subject)
    if request.method == "GET":
        return client_package_page(form, subject)
    seen, by = int(form.version.data), current_member()
    save = save_client_package
    return _save(
        form, subject, lambda: save(own, form.values(), seen, form.why.value or "", by, now())
    )


@blueprint.post(f"{OWN}/items")
@open_to(those_who_may(Right.OFFERS))
def items(client: int, own: int) -> Response:
    """Add, remove or move a line of the form. Nothing is stored."""
    subject = _subject(client, own)
    return _items(_form(subject), subject)


@blueprint.post(f"{OWN}/bookability")
@open_to(those_who_may(Right.OFFERS))
def bookability(client: int, own: int) -> Response:
    """Answer who can be booked if the form were saved as it is. Nothing is stored."""
    subject = _subject(client, own)
    return client_package_page(_form(subject), subject, fragment="bookability")


@blueprint.route(f"{OWN}/reset", methods=["GET", "POST"])
@open_to(those_who_may(Right.OFFERS))
def reset(client: int, own: int) -> Response:
    """Ask whether the package is to be what the template is now, or make it so."""
    found = find_client_package(client, own, current_member())
    if request.method == "GET":
        return _reset_page(found)
    try:
        seen = request.form.get("version", 0, type=int)
        reset_client_package(own, seen, current_member(), now())
    except Refused as reason:
        return _reset_page(found, 409, str(reason))
    return whole_page(url_for("client_packages.index", client=client, reset=1))


@blueprint.get("/client-packages")
@open_to(members)
def attention() -> Response:
    """List the clients' packages that somebody should look at."""
    asked, words = request.args.get("sign", ""), one_line(request.args.get("words"))
    sign = Sign(asked) if asked in list(Sign) else None
    page = request.args.get("page", 1, type=int)
    return render_page(
        "practice/client_packages_attention.html",
        fragment="noticed",
        sign=sign,
        words=words,
        list=load_attention(current_member(), the_practice(), sign, words, page, now()),
    )


def _subject(client: int, own: int) -> Subject:
    found = find_client_package(client, own, current_member())
    return Subject(found.client, found.package, found)


def _new_subject(client: int, package: int) -> Subject:
    return Subject(find_visible_client(client, current_member()), find_package(package))


def _form(subject: Subject) -> ClientPackageForm:
    return ClientPackageForm.showing(subject.stored(), subject.own.version if subject.own else 0)


def _new_form(subject: Subject) -> ClientPackageForm:
    return NewClientPackageForm.showing(subject.template(), newest_of(subject.client))


def _items(form: ClientPackageForm, subject: Subject) -> Response:
    focus = form.lines.change(request.form.get("change", ""), services_on_offer())
    return client_package_page(form, subject, fragment="items", focus=focus)


def _save(form: ClientPackageForm, subject: Subject, save: Callable[[], ClientPackage]) -> Response:
    if not form.validate():
        return client_package_page(form, subject, status=422)
    try:
        own = save()
    except WrongFields as wrong:
        form.refuse(wrong.faults)
        return client_package_page(form, subject, status=422)
    except Changed as changed:
        form.version.data = str(newest_of(subject.client))
        return client_package_page(form, subject, status=409, changed=str(changed))
    except Refused as reason:
        return client_package_page(form, subject, status=409, refused=str(reason))
    if subject.own is None:
        return whole_page(url_for("client_packages.index", client=own.client_id, created=1))
    return whole_page(url_for(".edit", client=own.client_id, own=own.id, saved=1))


def _reset_page(own: ClientPackage, status: int = 200, refused: str | None = None) -> Response:
    subject = Subject(own.client, own.package, own)
    choices = load_choices(own_values(own), subject.template())
    return render_page(
        "practice/client_package_reset.html",
        status=status,
        client=own.client,
        package=own.package,
        own=own,
        resets=resets_of(own, choices),
        refused=refused,
    )
