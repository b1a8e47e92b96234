"""Settings: the practice's own, with its look; the mail server has a page of its own."""

from flask import Blueprint, Response, request, url_for

from portal.actions.practice import (
    ZoneUnconfirmed,
    change_logo,
    change_settings,
    remove_logo,
)
from portal.errors import Changed, Refused
from portal.models import Right
from portal.queries.practice import load_settings, load_zone_change
from portal.web.access import open_to, takes_file
from portal.web.accounts import current_member, those_who_may
from portal.web.forms.picklists import currencies, language_names, zones
from portal.web.forms.settings import LogoForm, SettingsForm
from portal.web.htmx import render_page, wants_fragment, whole_page
from portal.web.request_time import now

blueprint = Blueprint("settings", __name__)


@blueprint.get("/practice/settings")
@open_to(those_who_may(Right.SETTINGS))
def show() -> Response:
    """Show the settings."""
    return _page(SettingsForm(load_settings()))


@blueprint.post("/practice/settings")
@open_to(those_who_may(Right.SETTINGS))
def save() -> Response:
    """Save them, and show them again; another zone is asked about first."""
    form = SettingsForm(load_settings())
    if not form.validate():
        return _page(form, status=422)
    seen, confirmed = form.version.value, form.confirmed_zone.data
    try:
        change_settings(seen, form.settings(), confirmed, current_member(), now())
    except ZoneUnconfirmed:
        return _page(form, status=422, asked_zone=form.timezone.value)
    except Changed as refusal:
        return _page(form, status=409, refused=refusal)
    return whole_page(url_for("settings.show", saved=1))


@blueprint.post("/practice/settings/logo")
@open_to(those_who_may(Right.SETTINGS))
@takes_file("picture")
def upload() -> Response:
    """Store the logo; nothing else of the page is touched by it."""
    form = LogoForm()
    if not form.validate():
        return _page(SettingsForm(load_settings(), formdata=None), form, status=422)
    try:
        change_logo(form.version.value, form.picture.data.read(), current_member(), now())
    except Refused as refusal:
        form.picture.errors = [str(refusal)]
        return _page(SettingsForm(load_settings(), formdata=None), form, status=422)
    return _after_logo()


@blueprint.post("/practice/settings/logo/removal")
@open_to(those_who_may(Right.SETTINGS))
def remove() -> Response:
    """Go back to the portal's own mark."""
    form = LogoForm()
    del form.picture
    if form.validate():
        remove_logo(form.version.value, current_member(), now())
    return _after_logo()


def _after_logo() -> Response:
    """Show the logo as it is now: in its place, or on the whole page."""
    if wants_fragment():
        return _page(SettingsForm(load_settings(), formdata=None))
    return whole_page(url_for("settings.show", saved=1))


def _page(
    form: SettingsForm,
    logo: LogoForm | None = None,
    status: int = 200,
    asked_zone: str | None = None,
    refused: Changed | None = None,
) -> Response:
    stored = load_settings()
    others = form.others(stored) if refused else []
    form.version.data = str(stored.version) if refused else form.version.data
    # A zone that was asked about is confirmed by saving again, and no other one.
    form.confirmed_zone.data = asked_zone or ""
    return render_page(
        "practice/settings.html",
        fragment="logo",
        status=status,
        form=form,
        logo=logo or LogoForm(formdata=None),
        stored=stored,
        zones=zones(stored.timezone),
        currencies=currencies(stored.currency),
        languages=language_names(stored.language),
        zone_change=load_zone_change(asked_zone, now()) if asked_zone else None,
        refused=refused,
        others=others,
        saved="saved" in request.args and status == 200,
    )
