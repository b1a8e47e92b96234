"""The checks that stand before pages for staff, and before the ways in."""

from functools import cache

from flask import Flask, current_app, request, session, url_for
from flask_babel import gettext as _
from flask_security import current_user
from flask_security.utils import check_and_update_authn_fresh
from werkzeug.exceptions import HTTPException

from portal.errors import Forbidden, NotFound
from portal.models import Member, Right
from portal.tokens import token_hash
from portal.web.access import Check, anyone, check_of, declare_open
from portal.web.accounts.texts import (
    CONFIRM,
    FORBIDDEN,
    SIGN_IN,
    SIGN_OUT,
    too_many_for_account,
)
from portal.web.htmx import whole_page
from portal.web.limits import forget_counts, limiter, setting

PASSWORDS = "passwords"


def init_app(app: Flask) -> None:
    """Declare who may use each of Flask-Security's addresses; what isn't used answers nobody."""
    declare_open(app, SIGN_IN, _passwords_not_too_often)
    declare_open(app, SIGN_OUT, anyone)
    declare_open(app, CONFIRM, members_not_too_often)
    for name in ("wan_signin", "wan_signin_response"):
        declare_open(app, f"security.{name}", _visitors_not_too_often)
    for name in ("tf_select", "two_factor_token_validation", "mf_recovery"):
        declare_open(app, f"security.{name}", _halfway_in)
    for name in ("wan_register", "wan_register_response"):
        declare_open(app, f"security.{name}", members_signed_in_lately)
    unused = ("two_factor_setup", "two_factor_setup_validate", "two_factor_rescue")
    for name in (*unused, "mf_recovery_codes", "wan_delete"):
        declare_open(app, f"security.{name}", nobody)


def current_member() -> Member:
    """The member who is signed in, in a view that is open to members."""
    member: Member = current_user._get_current_object()
    return member


def this_member() -> str:
    """Whom a limit counts for in such a view: the member, wherever they're signed in."""
    return f"member {current_member().id}"


def members() -> None:
    """Whoever is signed in. Others are sent to the sign-in page, out of a fragment too."""
    if not current_user.is_authenticated:
        # After a form that changes something there is no way back into the middle of it.
        back = request.full_path.rstrip("?") if request.method == "GET" else None
        raise HTTPException(response=whole_page(url_for(SIGN_IN, next=back)))


@cache
def those_who_may(right: Right) -> Check:
    """Whoever is signed in and whose role has the right. Others get a 403 that names it."""

    def check() -> None:
        members()
        if not current_member().may(right):
            raise Forbidden(FORBIDDEN[right])

    return check


def may_open(endpoint: str) -> bool:
    """Say whether the member who is signed in gets past the check of a staff page."""
    check = check_of(current_app, endpoint)
    return check is members or any(
        check is those_who_may(right) for right in Right if current_member().may(right)
    )


def members_signed_in_lately() -> None:
    """Whoever gave their password a short while ago; others are asked for it, and led back.

    It stands before what would lock somebody out whose browser was left open.
    """
    members()
    within = current_app.config["SECURITY_FRESHNESS"]
    grace = current_app.config["SECURITY_FRESHNESS_GRACE_PERIOD"]
    if not check_and_update_authn_fresh(within, grace, "session"):
        here = request.full_path.rstrip("?")
        back = here if request.method == "GET" else url_for("account.show")
        raise HTTPException(response=whole_page(url_for(CONFIRM, next=back)))


def not_signed_in() -> None:
    """Whoever isn't signed in yet; others have no business with a way in."""
    if current_user.is_authenticated:
        post_login = current_app.config["SECURITY_POST_LOGIN_VIEW"]
        raise HTTPException(response=whole_page(post_login))


def nobody() -> None:
    """An address that Flask-Security adds and that isn't used."""
    raise NotFound(_("There is nothing at this address."))


def _whose_code() -> str:
    return f"code of {session.get('tf_user_id', 'nobody')}"


# As checks of the addresses and not around their views: those are made anew with each app, and
# Flask-Limiter would count once more for each.
@limiter.limit(setting("SIGN_IN_TRIES"), methods=["POST"])
def not_too_often() -> None:
    """Everybody, some times a minute: passwords must not be tried out."""


# A new password by mail gives the member a new `tf_user_id`, and with it a count of its own.
@limiter.limit(
    setting("CODE_TRIES"),
    methods=["POST"],
    key_func=_whose_code,
    error_message=too_many_for_account,
)
def _codes_not_too_often() -> None:
    """For one member from everywhere together: a code has six digits only."""


def _whose_password() -> str:
    address = request.form.get("email", "")
    if current_user.is_authenticated:
        address = current_member().email
    return _password_of(address)


def _password_of(address: str) -> str:
    return f"password of {token_hash(address.strip().lower())}"


# Counted for addresses that nobody has as well, so that the answer doesn't tell. It stops who comes
# from many networks at once; the passkeys and open browsers of whom they're after go on working,
# and a new password by mail lets them in again.
@limiter.shared_limit(
    setting("PASSWORD_TRIES"),
    scope=PASSWORDS,
    methods=["POST"],
    key_func=_whose_password,
    error_message=too_many_for_account,
)
def _one_address_not_too_often() -> None:
    """For one address from everywhere together."""


def forget_tried_passwords(address: str) -> None:
    """Count anew for this address: what was tried was tried with a password that is no more."""
    forget_counts("PASSWORD_TRIES", _password_of(address), PASSWORDS)


def _passwords_not_too_often() -> None:
    """Everybody, some times a minute, and for each address some times a day."""
    not_too_often()
    _one_address_not_too_often()


def members_not_too_often() -> None:
    """Members, some times a minute: whoever finds a browser open must not try out passwords."""
    members()
    _passwords_not_too_often()


def _visitors_not_too_often() -> None:
    """Whoever isn't signed in yet, some times a minute."""
    not_signed_in()
    not_too_often()


def _halfway_in() -> None:
    """Whoever isn't signed in yet; that they gave a right password is the view's business."""
    not_signed_in()
    not_too_often()
    _codes_not_too_often()
