"""Two-factor sign-in: turned on with the app's first code, and off; and its recovery codes."""

from typing import Any, cast

import segno
from flask import Blueprint, Response, redirect, session, url_for
from flask_babel import gettext as _
from flask_security.proxies import _security

from portal.actions.second_factors import (
    renew_recovery_codes,
    turn_off_two_factor,
    turn_on_two_factor,
)
from portal.web.access import open_to
from portal.web.accounts import current_member, members_signed_in_lately, this_sign_in
from portal.web.accounts.factors import Codes, remember
from portal.web.forms.account import AppCodeForm
from portal.web.htmx import render_page
from portal.web.request_time import now

blueprint = Blueprint("two_factor", __name__)

SECRET = "two_factor_secret"  # noqa: S105  (its name in the cookie)


@blueprint.get("/account/two-factor")
@open_to(members_signed_in_lately)
def show() -> Any:
    """Show the secret that the app is to have; it stays the same until a code confirms it."""
    if current_member().tf_primary_method is not None:
        return redirect(url_for("account.show"), 303)
    session.setdefault(SECRET, _codes().generate_totp_secret())
    return _page(AppCodeForm(formdata=None), 200)


@blueprint.post("/account/two-factor")
@open_to(members_signed_in_lately)
def turn_on() -> Any:
    """Turn it on, once the app has shown a right code; show the recovery codes, this one time."""
    secret, member, form = session.get(SECRET), current_member(), AppCodeForm()
    if secret is None:
        return redirect(url_for("two_factor.show"), 303)
    if not form.validate_on_submit() or not _codes().verify_totp(
        form.code.data or "", secret, member, window=30
    ):
        form.code.errors = [_("This code isn’t right. Please type the one that the app shows now.")]
        return _page(form, 422)
    codes = turn_on_two_factor(member, remember(secret) or secret, this_sign_in(), now())
    session.pop(SECRET)
    return render_page("security/recovery_codes.html", codes=codes, first=True)


@blueprint.post("/account/two-factor/removal")
@open_to(members_signed_in_lately)
def turn_off() -> Any:
    """Turn it off."""
    turn_off_two_factor(current_member(), now())
    return redirect(url_for("account.show", saved="two-factor-off"), 303)


@blueprint.post("/account/recovery-codes")
@open_to(members_signed_in_lately)
def renew() -> Response:
    """Replace the recovery codes and show the new ones, this one time."""
    codes = renew_recovery_codes(current_member(), now())
    return render_page("security/recovery_codes.html", codes=codes, first=False)


def _codes() -> Codes:
    return cast("Codes", _security.totp_factory)


def _page(form: AppCodeForm, status: int) -> Response:
    secret = session[SECRET]
    address = _codes().address(secret, current_member())
    # A white border all round, or dark pages make it unreadable to cameras.
    picture = segno.make(address, micro=False).svg_data_uri(scale=5, border=4, light="#fff")
    return render_page(
        "security/two_factor.html",
        status=status,
        form=form,
        picture=picture,
        letters=_codes().letters(secret),
        address=address,
    )
