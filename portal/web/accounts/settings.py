"""How Flask-Security is set up: what it does, under which addresses, and with whose pages."""

import hmac
from datetime import timedelta
from typing import Any

from flask import Flask, Response
from flask_principal import identity_loaded  # type: ignore[import-untyped]
from flask_security import Security
from flask_security.core import _on_identity_loaded
from flask_wtf import FlaskForm

from portal.actions.second_factors import AUTHENTICATOR
from portal.db import db
from portal.models import Member, Passkey, Role
from portal.web.accounts import factors, forms, hooks, signing_in
from portal.web.htmx import render_page
from portal.web.request_time import now

SETTINGS = {
    "SECURITY_LOGIN_URL": "/sign-in",
    "SECURITY_LOGOUT_URL": "/sign-out",
    "SECURITY_LOGOUT_METHODS": ["POST"],
    # Their day at a glance, unless another page asked them to sign in.
    "SECURITY_POST_LOGIN_VIEW": "/calendar?view=day",
    "SECURITY_POST_LOGOUT_VIEW": "/sign-in",
    "SECURITY_FLASH_MESSAGES": False,
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
    # Its own would be `private=True, no-store=True`, which no cache understands: see headers.py.
    "SECURITY_CACHE_CONTROL": None,
    "SECURITY_DATETIME_FACTORY": now,
    # An address that the clinic gave out is right, also one in its own network.
    "SECURITY_EMAIL_VALIDATOR_ARGS": {
        "check_deliverability": False,
        "globally_deliverable": False,
        "test_environment": True,
    },
    # Before somebody changes how they sign in they gave their password within this time.
    "SECURITY_FRESHNESS": timedelta(minutes=20),
    "SECURITY_FRESHNESS_GRACE_PERIOD": timedelta(0),
    "SECURITY_VERIFY_URL": "/account/confirmation",
    "SECURITY_POST_VERIFY_VIEW": "/account",
}

SECOND_FACTORS = {
    "SECURITY_TWO_FACTOR": True,
    "SECURITY_TWO_FACTOR_ENABLED_METHODS": [AUTHENTICATOR],
    # Seconds that a phone's clock may be early or late: with its own code that makes three codes.
    "SECURITY_TWO_FACTOR_AUTHENTICATOR_VALIDITY": 30,
    "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
    "SECURITY_TWO_FACTOR_SELECT_URL": "/sign-in/second-step",
    "SECURITY_TWO_FACTOR_TOKEN_VALIDATION_URL": "/sign-in/code",
    "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
    "SECURITY_MULTI_FACTOR_RECOVERY_URL": "/sign-in/recovery-code",
    # The practice's name is in the database: see factors.Codes.address.
    "SECURITY_TOTP_ISSUER": "Booking",
    "SECURITY_WEBAUTHN": True,
    "SECURITY_WAN_REGISTER_URL": "/account/passkeys/new",
    "SECURITY_WAN_POST_REGISTER_VIEW": "/account?saved=passkey",
    "SECURITY_WAN_SIGNIN_URL": "/sign-in/passkey",
    "SECURITY_WAN_SIGNIN_WITHIN": timedelta(minutes=5),
    # Which passkeys an address has is nobody's business before the sign-in.
    "SECURITY_WAN_ALLOW_USER_HINTS": False,
    "SECURITY_WAN_ALLOW_AS_VERIFY": [],
}

FORMS: dict[str, Any] = {
    "login_form": forms.SignInForm,
    "verify_form": forms.PasswordForm,
    "two_factor_verify_code_form": forms.CodeForm,
    "two_factor_rescue_form": forms.NoRescueForm,
    "two_factor_select_form": forms.SecondStepForm,
    "mf_recovery_form": forms.RecoveryCodeForm,
    "wan_register_form": forms.PasskeyForm,
    "wan_register_response_form": forms.NewPasskeyForm,
    "wan_signin_form": forms.PasskeySignInForm,
    "wan_signin_response_form": forms.PasskeyAnswerForm,
}


def init_app(app: Flask) -> None:
    """Give the app Flask-Security, with our own forms, pages and rows."""
    app.config.from_mapping(SETTINGS | SECOND_FACTORS)
    app.config["SECURITY_PASSWORD_SALT"] = _derived(app, b"password salt")
    app.config["SECURITY_TOTP_SECRETS"] = {"1": _derived(app, b"authenticator apps")}
    # Roles here are jobs in the clinic, without Flask-Security's permissions.
    accounts = hooks.Accounts(db, Member, Role, Passkey)  # type: ignore[arg-type]
    security = Security(
        app,
        accounts,
        totp_cls=factors.Codes,
        mf_recovery_codes_util_cls=factors.RecoveryCodes,
        webauthn_util_cls=factors.Passkeys,
        **FORMS,
    )
    # People sign in with cookies alone. Flask-Security would look for a token in every request, and
    # in its JSON: also on an error page, about JSON that can't be read.
    app.login_manager._request_callback = None  # type: ignore[attr-defined]
    # Typed as giving a text, but what it gives is answered as it is.
    security.render_template = _render  # type: ignore[assignment]
    security.want_json(lambda _request: False)
    # What a member may do is the portal's own business. Flask-Security would ask the roles, which
    # are jobs in the clinic, for permissions.
    identity_loaded.disconnect(_on_identity_loaded, app)
    hooks.init_app(app)
    signing_in.init_app(app, security)


def _derived(app: Flask, purpose: bytes) -> str:
    """A secret of its own for each purpose, from the one that the installation keeps."""
    return hmac.digest(app.config["SECRET_KEY"].encode(), purpose, "sha256").hex()


def _render(template: str, **context: Any) -> Response:
    sent = [each for each in context.values() if isinstance(each, FlaskForm)]
    return render_page(template, status=422 if any(f.errors for f in sent) else 200, **context)
