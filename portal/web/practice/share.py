"""Share link: a dialog on My Services, and a page of its own where there's no JavaScript."""

import io

import segno
from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _

from portal.actions.sharing import replace_short_link, short_link_for
from portal.errors import NotFound
from portal.mail import links
from portal.models import Package
from portal.queries.services_page import find_package, may_replace_short_link
from portal.queries.short_links import retired_links_of, short_link_of
from portal.web.access import open_to
from portal.web.accounts import current_member, members
from portal.web.htmx import render_page, wants_fragment, whole_page
from portal.web.practice.addresses import ID
from portal.web.request_time import now

blueprint = Blueprint("share", __name__)


@blueprint.get(f"/packages/<{ID}:package>/share")
@open_to(members)
def show(package: int) -> Response:
    """Show the address to share: the long one, or the short one with ?short=1."""
    return _page(find_package(package), short=request.args.get("short") == "1")


@blueprint.post(f"/packages/<{ID}:package>/short-link")
@open_to(members)
def make_short_link(package: int) -> Response:
    """Make the package's short link if it has none, and show it."""
    short_link_for(package, current_member(), now())
    return _show_short(package)


@blueprint.post(f"/packages/<{ID}:package>/short-link/replacement")
@open_to(members)
def replace(package: int) -> Response:
    """Retire the short link for good, and show the new one."""
    replace_short_link(package, current_member(), now())
    return _show_short(package)


@blueprint.get(f"/packages/<{ID}:package>/qr.svg")
@open_to(members)
def qr_code(package: int) -> Response:
    """Draw the QR code of the address that is shown."""
    found = find_package(package)
    picture = io.BytesIO()
    code = segno.make(_address(found, short=request.args.get("short") == "1"), micro=False)
    # A white border all round, or dark pages make it unreadable to cameras.
    code.save(picture, kind="svg", scale=4, border=4, light="#fff", svgclass=None, lineclass=None)
    return Response(picture.getvalue(), mimetype="image/svg+xml")


def _show_short(package: int) -> Response:
    if wants_fragment():
        return _page(find_package(package), short=True)
    return whole_page(url_for("share.show", package=package, short=1))


def _page(package: Package, short: bool) -> Response:
    link = short_link_of(package.id)
    short = short and link is not None
    return render_page(
        "practice/share.html",
        fragment="share",
        package=package,
        short=short,
        link=link,
        address=_address(package, short),
        retired=retired_links_of(package.id),
        may_replace=may_replace_short_link(current_member(), package),
    )


def _address(package: Package, short: bool) -> str:
    if not short:
        return links.booking_page(package.slug)
    link = short_link_of(package.id)
    if link is None:
        raise NotFound(_("This package has no short link yet."))
    return links.short_page(link.code)
