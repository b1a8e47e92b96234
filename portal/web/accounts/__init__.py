"""Accounts: signing in and out, by Flask-Security with our own pages.

Passwords are Argon2id hashes. A member without one, or who is deactivated, can't sign in, and the
answer is the same, and takes as long, as for an address that nobody has.

Flask-Security does the sign-in itself, with its second factors, and adds passkeys; what a member
changes about their account are acts of ours (portal/actions). What it writes joins them: see hooks.
"""

from flask import Flask

from portal.actions.accounts import MOST_CHARACTERS as PASSWORD_CHARACTERS
from portal.web.accounts import checks, settings
from portal.web.accounts.checks import (
    current_member,
    forget_tried_passwords,
    may_open,
    members,
    members_not_too_often,
    members_signed_in_lately,
    not_signed_in,
    not_too_often,
    this_member,
    those_who_may,
)
from portal.web.accounts.signing_in import this_sign_in
from portal.web.accounts.texts import SIGN_IN, SIGN_OUT

__all__ = [
    "PASSWORD_CHARACTERS",
    "SIGN_IN",
    "SIGN_OUT",
    "current_member",
    "forget_tried_passwords",
    "init_app",
    "may_open",
    "members",
    "members_not_too_often",
    "members_signed_in_lately",
    "not_signed_in",
    "not_too_often",
    "this_member",
    "this_sign_in",
    "those_who_may",
]


def init_app(app: Flask) -> None:
    """Give the app its accounts. Nobody registers: staff are invited."""
    settings.init_app(app)
    checks.init_app(app)
