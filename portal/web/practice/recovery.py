"""A forgotten password: for whoever can't sign in."""

from typing import Any

from flask import Blueprint, Response, redirect, url_for

from portal.actions.recovery import recover, send_recovery_link
from portal.errors import Gone
from portal.queries.recovery import find_recovering
from portal.web.access import open_to
from portal.web.accounts import SIGN_IN, forget_tried_passwords, not_too_often
from portal.web.forms.account import AddressForm, NewPasswordForm
from portal.web.htmx import render_page
from portal.web.limits import no_more_mails_to
from portal.web.request_time import now

blueprint = Blueprint("recovery", __name__)


@blueprint.get("/forgotten-password")
@open_to(not_too_often)
def ask() -> Response:
    """Show where the address is typed."""
    return render_page("security/forgotten_password.html", form=AddressForm(), sent=False)


@blueprint.post("/forgotten-password")
@open_to(not_too_often)
def send() -> Response:
    """Mail a link to whoever has the address; the answer is the same for one that nobody has."""
    form = AddressForm()
    valid = form.validate_on_submit()
    if valid:
        no_more_mails_to(form.email.data.lower())
        send_recovery_link(form.email.data, now())
    return render_page(
        "security/forgotten_password.html", status=200 if valid else 422, form=form, sent=valid
    )


@blueprint.get("/forgotten-password/<signed>")
@open_to(not_too_often)
def choose(signed: str) -> Response:
    """Show where the new password is typed."""
    find_recovering(signed, now())
    return _page(signed, NewPasswordForm(), 200)


@blueprint.post("/forgotten-password/<signed>")
@open_to(not_too_often)
def save(signed: str) -> Any:
    """Store the new password; signing in with it is the next step, with its second factor."""
    address = find_recovering(signed, now()).email
    form = NewPasswordForm()
    if not form.validate_on_submit():
        return _page(signed, form, 422)
    recover(signed, form.password.data, now())
    # Whoever tried out the former password must not keep its owner from using the new one.
    forget_tried_passwords(address)
    return redirect(url_for(SIGN_IN, changed=1), 303)


def _page(signed: str, form: NewPasswordForm, status: int) -> Response:
    return render_page("security/new_password.html", status=status, form=form, signed=signed)


@blueprint.errorhandler(Gone)
def no_longer(error: Gone) -> Response:
    """Say that the link has ended, with the way to another one beside it."""
    return render_page("security/link_ended.html", status=410, sentence=str(error))
