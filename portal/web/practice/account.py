"""My account: what a member changes about themselves and how they sign in."""

from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from flask_babel import lazy_gettext
from flask_security import login_user

from portal.actions.accounts import change_mails, change_name, change_password
from portal.actions.second_factors import remove_passkey
from portal.actions.sign_ins import end_other_sign_ins, end_sign_in
from portal.queries.accounts import load_account
from portal.queries.calendar_feeds import feeds_of
from portal.web.access import open_to
from portal.web.accounts import (
    current_member,
    members,
    members_not_too_often,
    members_signed_in_lately,
    this_sign_in,
)
from portal.web.forms.account import ChangePasswordForm, MailsForm, NameForm
from portal.web.forms.picklists import language_names
from portal.web.htmx import render_page
from portal.web.new_feed import MEMBERS, new_feed
from portal.web.practice.addresses import ID
from portal.web.practice.browsers import browser_name
from portal.web.practice.calendar_feeds import DETAILS
from portal.web.request_time import now

blueprint = Blueprint("account", __name__)

SAVED = {
    "name": lazy_gettext("Saved."),
    "password": lazy_gettext(
        "Your password is changed. Other browsers in which you were signed in are signed out."
    ),
    "two-factor-off": lazy_gettext("Two-factor sign-in is turned off."),
    "passkey": lazy_gettext("The passkey is added."),
    "passkey-removed": lazy_gettext("The passkey is removed."),
    "ended": lazy_gettext("Signed out there."),
}
"""What the page says after a change, by the word in its address."""


@blueprint.get("/account")
@open_to(members)
def show() -> Response:
    """Show the account."""
    return _page(_name_form())


@blueprint.post("/account/name")
@open_to(members)
def save_name() -> Response:
    """Change the name."""
    form = NameForm()
    if not form.validate_on_submit():
        return _page(form, 422)
    change_name(current_member(), form.name.value, now())
    return _back("name")


@blueprint.post("/account/mails")
@open_to(members)
def save_mails() -> Response:
    """Change in which language the member gets mails, and which."""
    member = current_member()
    form = MailsForm(data={"language": member.language})
    if not form.validate_on_submit():
        return _page(_name_form(), 422, form)
    change_mails(member, form.language.value, form.told_of_assigned.data, now())
    return _back("name")


@blueprint.get("/account/password")
@open_to(members)
def password() -> Response:
    """Show where a new password is typed."""
    return _password_page(ChangePasswordForm(current_member().password), 200)


@blueprint.post("/account/password")
@open_to(members_not_too_often)
def save_password() -> Response:
    """Change the password; this browser goes on, with a sign-in of its own."""
    member = current_member()
    form = ChangePasswordForm(member.password)
    if not form.validate_on_submit():
        return _password_page(form, 422)
    change_password(member, form.password.data, now())
    login_user(member, authn_via=["change"])
    return _back("password")


@blueprint.post(f"/account/sign-ins/<{ID}:sign_in>/end")
@open_to(members)
def end(sign_in: int) -> Response:
    """End one sign-in; where it's this browser's, the next page is the sign-in page."""
    end_sign_in(sign_in, current_member(), now())
    return _back("ended")


@blueprint.post("/account/sign-ins/others/end")
@open_to(members)
def end_others() -> Response:
    """End all sign-ins but this browser's."""
    end_other_sign_ins(current_member(), this_sign_in(), now())
    return _back("ended")


@blueprint.post(f"/account/passkeys/<{ID}:passkey>/removal")
@open_to(members_signed_in_lately)
def remove(passkey: int) -> Response:
    """Remove a passkey."""
    remove_passkey(passkey, current_member(), now())
    return _back("passkey-removed")


def _back(saved: str) -> Any:
    return redirect(url_for("account.show", saved=saved), 303)


def _name_form() -> NameForm:
    return NameForm(formdata=None, data={"name": current_member().name})


def _page(form: NameForm, status: int = 200, mails: MailsForm | None = None) -> Response:
    member = current_member()
    return render_page(
        "practice/account.html",
        status=status,
        form=form,
        mails=mails or MailsForm(formdata=None, obj=member),
        languages=language_names(member.language),
        account=load_account(current_member(), this_sign_in(), now()),
        browser_name=browser_name,
        feeds=feeds_of(current_member()),
        new_feed=new_feed(MEMBERS),
        details=DETAILS,
        saved=SAVED.get(request.args.get("saved", "")),
    )


def _password_page(form: ChangePasswordForm, status: int) -> Response:
    return render_page("security/change_password.html", status=status, form=form)
