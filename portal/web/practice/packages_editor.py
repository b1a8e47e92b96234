"""The package editor: details, price, limits, terms, *Sessions & Services* with team booking."""

from collections.abc import Callable
from dataclasses import replace

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _

from portal.actions.packages import (
    Direction,
    archive_package,
    create_package,
    duplicate_package,
    move_package,
    restore_package,
    save_package,
)
from portal.errors import Changed, NotFound, Refused, WrongFields
from portal.models import Package, Right
from portal.queries.offers import load_offer
from portal.queries.packages import blank_values, services_on_offer, values_of
from portal.queries.services_page import find_package
from portal.web.access import open_to
from portal.web.accounts import current_member, may_open, members, those_who_may
from portal.web.forms.package import PackageForm
from portal.web.htmx import whole_page
from portal.web.practice.addresses import ID
from portal.web.practice.package_page import package_page
from portal.web.practice.services import services_page
from portal.web.public.board_view import Door
from portal.web.public.booking_page import booking_page
from portal.web.request_time import now

blueprint = Blueprint("packages_editor", __name__)


@blueprint.route("/packages/new", methods=["GET", "POST"])
@open_to(those_who_may(Right.OFFERS))
def new() -> Response:
    """Show the editor of a package to be, or make it."""
    form = _form(None)
    if request.method == "GET":
        return package_page(form, None)
    return _save(form, None, lambda: create_package(form.values(), current_member(), now()))


@blueprint.route(f"/packages/<{ID}:package>", methods=["GET", "POST"])
@open_to(those_who_may(Right.OFFERS))
def edit(package: int) -> Response:
    """Show the editor, or save what was changed in it."""
    stored = find_package(package)
    form = _form(stored)
    if request.method == "GET":
        return package_page(form, stored)
    seen = int(form.version.data)
    save = save_package
    return _save(form, stored, lambda: save(package, form.values(), seen, current_member(), now()))


@blueprint.post("/packages/new/items", defaults={"package": None})
@blueprint.post(f"/packages/<{ID}:package>/items")
@open_to(those_who_may(Right.OFFERS))
def items(package: int | None) -> Response:
    """Add, remove or move a line of the form. Nothing is stored."""
    stored = find_package(package) if package else None
    form = _form(stored)
    focus = form.lines.change(request.form.get("change", ""), services_on_offer())
    return package_page(form, stored, fragment="items", focus=focus)


@blueprint.post("/packages/new/bookability", defaults={"package": None})
@blueprint.post(f"/packages/<{ID}:package>/bookability")
@open_to(those_who_may(Right.OFFERS))
def bookability(package: int | None) -> Response:
    """Answer who can be booked if the form were saved as it is. Nothing is stored."""
    stored = find_package(package) if package else None
    return package_page(_form(stored), stored, fragment="bookability")


@blueprint.post(f"/packages/<{ID}:package>/copies")
@open_to(those_who_may(Right.OFFERS))
def duplicate(package: int) -> Response:
    """Make a copy, and show its editor."""
    try:
        copy = duplicate_package(package, current_member(), now())
    except Refused as reason:
        return services_page(archived=True, status=409, refused=str(reason))
    return whole_page(url_for("packages_editor.edit", package=copy.id, copied=1))


@blueprint.post(f"/packages/<{ID}:package>/archive")
@open_to(those_who_may(Right.OFFERS))
def archive(package: int) -> Response:
    """Take the package off the offer."""
    archive_package(package, current_member(), now())
    return whole_page(url_for("services.index", done="archived"))


@blueprint.post(f"/packages/<{ID}:package>/restoration")
@open_to(those_who_may(Right.OFFERS))
def restore(package: int) -> Response:
    """Put an archived package on offer again."""
    try:
        restore_package(package, current_member(), now())
    except Refused as reason:
        return services_page(archived=True, status=409, refused=str(reason))
    return whole_page(url_for("services.index", done="restored", _anchor=f"package-{package}"))


@blueprint.post(f"/packages/<{ID}:package>/position")
@open_to(those_who_may(Right.OFFERS))
def move(package: int) -> Response:
    """Move the package up or down in the list."""
    try:
        direction = Direction(request.form.get("direction", ""))
    except ValueError:
        raise NotFound(_("There is no such direction.")) from None
    move_package(package, direction, current_member(), now())
    return whole_page(url_for("services.index", _anchor=f"package-{package}"))


@blueprint.get(f"/packages/<{ID}:package>/preview")
@open_to(members)
def preview(package: int) -> Response:
    """Show the booking page as a newcomer gets it. Nothing can be held from here."""
    offer = load_offer(find_package(package).slug, now())
    is_editor = may_open("packages_editor.edit")
    back = "packages_editor.edit" if is_editor else "services.index"
    page = url_for("packages_editor.preview", package=package)
    door = Door(page, holds=None, back=url_for(back, package=package if is_editor else None))
    return booking_page(replace(offer, holder=replace(offer.holder, active=True)), door)


def _form(stored: Package | None) -> PackageForm:
    values = values_of(stored) if stored else blank_values(current_member())
    return PackageForm.showing(values, stored.version if stored else 0)


def _save(form: PackageForm, stored: Package | None, save: Callable[[], Package]) -> Response:
    if not form.validate():
        return package_page(form, stored, status=422)
    try:
        package = save()
    except WrongFields as wrong:
        form.refuse(wrong.faults)
        return package_page(form, stored, status=422)
    except Changed as changed:
        return package_page(form, stored, status=409, changed=str(changed))
    return whole_page(url_for("packages_editor.edit", package=package.id, saved=1))
