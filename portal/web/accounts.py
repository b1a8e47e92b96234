"""Accounts: signing in and out, by Flask-Security with our own pages.

Passwords are Argon2id hashes. A member without one, or who is deactivated, can't sign in, and the
answer is the same, and takes as long, as for an address that nobody has.
"""

import hmac
from functools import cache
from typing import Any

from flask import Flask, Response, current_app, g, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_login import user_logged_out  # type: ignore[import-untyped]
from flask_principal import identity_loaded  # type: ignore[import-untyped]
from flask_security import LoginForm, Security, SQLAlchemyUserDatastore, current_user
from flask_security.core import _on_identity_loaded
from werkzeug.exceptions import HTTPException

from portal.db import db
from portal.errors import Forbidden, NotFound
from portal.models import Member, Right, Role
from portal.web.access import Check, anyone, check_of, declare_open
from portal.web.htmx import render_page, whole_page
from portal.web.limits import limiter

SIGN_IN, SIGN_OUT = "security.login", "security.logout"
PASSWORD_CHARACTERS = 1000  # more than anybody types, less than a hash refuses

SETTINGS = {
    "SECURITY_LOGIN_URL": "/sign-in",
    "SECURITY_LOGOUT_URL": "/sign-out",
    "SECURITY_LOGOUT_METHODS": ["POST"],
    "SECURITY_POST_LOGIN_VIEW": "/practice/services",
    "SECURITY_POST_LOGOUT_VIEW": "/sign-in",
    "SECURITY_PASSWORD_HASH": "argon2",
    # An Argon2 hash has a salt of its own. Mixing a secret in as well, as Flask-Security would,
    # means that nobody can sign in any more once that secret is lost.
    "SECURITY_PASSWORD_SINGLE_HASH": ["argon2"],
    # OWASP's recommendation, with less memory than the library's own: 19 MiB for each sign-in.
    "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": {
        "argon2__memory_cost": 19 * 1024,
        "argon2__time_cost": 2,
        "argon2__parallelism": 1,
    },
    # A member has one role, which comes along with them.
    "SECURITY_JOIN_USER_ROLES": False,
    "SECURITY_RETURN_GENERIC_RESPONSES": True,
    "SECURITY_API_ENABLED_METHODS": ["session"],
    "SECURITY_STATIC_FOLDER": None,
    # An address that the clinic gave out is right, also one in its own network.
    "SECURITY_EMAIL_VALIDATOR_ARGS": {
        "check_deliverability": False,
        "globally_deliverable": False,
        "test_environment": True,
    },
}


def init_app(app: Flask) -> None:
    """Give the app its accounts. Registering, confirming and recovering come later: by staff."""
    app.config.from_mapping(SETTINGS)
    secret = app.config["SECRET_KEY"].encode()
    app.config["SECURITY_PASSWORD_SALT"] = hmac.digest(secret, b"password salt", "sha256").hex()
    # Roles here are jobs in the clinic, without Flask-Security's permissions.
    accounts = _Accounts(db, Member, Role)  # type: ignore[arg-type]
    security = Security(app, accounts, login_form=SignInForm)
    # Typed as giving a text, but what it gives is answered as it is.
    security.render_template = _render  # type: ignore[assignment]
    security.want_json(lambda _request: False)
    # What a member may do is the portal's own business. Flask-Security would ask the roles, which
    # are jobs in the clinic, for permissions.
    identity_loaded.disconnect(_on_identity_loaded, app)
    user_logged_out.connect(_forget, app)
    declare_open(app, SIGN_IN, _not_too_often)
    declare_open(app, SIGN_OUT, anyone)
    declare_open(app, "security.verify", _nobody)


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


FORBIDDEN = {
    Right.OFFERS: lazy_gettext(
        "Your role doesn’t let you edit services and packages. Whoever manages your team can "
        "change that."
    ),
    Right.CLIENTS: lazy_gettext(
        "Your role doesn’t let you see every client. Whoever manages your team can change that."
    ),
    Right.TEAM: lazy_gettext(
        "Your role doesn’t let you manage the team. The owner of the practice can change that."
    ),
    Right.SETTINGS: lazy_gettext(
        "Your role doesn’t let you change the practice’s settings. The owner of the practice can "
        "change that."
    ),
}


def _tries() -> str:
    rate: str = current_app.config["SIGN_IN_TRIES"]
    return rate


# As the check of the address and not around its view: that one is made anew with each app, and
# Flask-Limiter would count once more for each.
@limiter.limit(_tries, methods=["POST"])
def _not_too_often() -> None:
    """Everybody, some times a minute: passwords must not be tried out."""


def _nobody() -> None:
    """An address that Flask-Security adds and that isn't used."""
    raise NotFound("There is nothing at this address.")


def current_member() -> Member:
    """The member who is signed in, in a view that is open to members."""
    member: Member = current_user._get_current_object()
    return member


class SignInForm(LoginForm):
    """Address and password. Whatever is wrong with them, there is one answer."""

    # A machine in a clinic is often shared: the sign-in lasts as long as the browser is open.
    remember = None

    def validate(self, **kwargs: Any) -> bool:
        """Say whether they are right; then nothing of the session before it is kept."""
        too_long = len(self.password.data or "") > PASSWORD_CHARACTERS
        if too_long or not super().validate(**kwargs):
            self.email.errors, self.password.errors = [], []
            self.form_errors = [_("The address or the password isn’t right.")]
            return False
        _forget()
        return True


class _Accounts(SQLAlchemyUserDatastore):
    """Flask-Security's view of the members. It reads them; the portal's own acts write."""

    def commit(self) -> None:
        """Nothing: see portal/transaction.py."""


def _forget(*_sender: Any, **_signal: Any) -> None:
    """Begin a new session, with nothing in it that somebody may have planted or kept."""
    session.clear()
    # Flask-WTF remembers the token of the old session for the rest of the request.
    g.pop("csrf_token", None)


def _render(template: str, **context: Any) -> Response:
    form = context.get("login_user_form")
    return render_page(template, status=422 if form and form.errors else 200, **context)
