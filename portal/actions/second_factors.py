"""The second factor: codes from an app, recovery codes for when it's lost, and passkeys."""

import secrets
from datetime import datetime

from flask_babel import gettext as _

from portal import mail
from portal.actions.accounts import locked_member
from portal.actions.activity import record
from portal.actions.sign_ins import end_other_sign_ins
from portal.errors import NotFound, Refused
from portal.mail import Change
from portal.mail.outbox import AnySession
from portal.models import Act, Member, Passkey
from portal.queries.accounts import has_second_factor
from portal.tokens import token_hash
from portal.transaction import transaction

AUTHENTICATOR = "authenticator"
"""The only method that Flask-Security is asked for besides passkeys: codes from an app."""

CODES = 8
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""No 0, o, 1, l or i, which are mistaken for each other on paper."""


def turn_on_two_factor(by: Member, secret: str, kept_sign_in: int, now: datetime) -> list[str]:
    """Ask for codes of the app that has the (encrypted) secret from now on; return recovery codes.

    Every other browser is signed out: whoever is in there showed a password and no more. Raises
    Refused where an app is in use already: the one that's shown would lock it out.
    """
    with transaction() as session:
        member = locked_member(session, by)
        if member.tf_primary_method is not None:
            raise Refused(_("Two-factor sign-in is turned on already."))
        member.tf_primary_method, member.tf_totp_secret = AUTHENTICATOR, secret
        codes = _new_codes(member)
        end_other_sign_ins(member, kept_sign_in, now)
        _tell(session, member, Act.TWO_FACTOR_CHANGED, Change.TWO_FACTOR_ON, now)
    return codes


def turn_off_two_factor(by: Member, now: datetime) -> None:
    """Ask for no codes any more. Recovery codes go too, unless a passkey is a second factor."""
    with transaction() as session:
        member = locked_member(session, by)
        if member.tf_primary_method is None:
            return
        member.tf_primary_method = member.tf_totp_secret = None
        _forget_needless_codes(member)
        _tell(session, member, Act.TWO_FACTOR_CHANGED, Change.TWO_FACTOR_OFF, now)


def renew_recovery_codes(by: Member, now: datetime) -> list[str]:
    """Replace all recovery codes; return the new ones, which are shown once and kept as hashes.

    Raises Refused for somebody who has no second factor to lose.
    """
    with transaction() as session:
        member = locked_member(session, by)
        if not has_second_factor(member):
            raise Refused(_("There is no second factor to recover from."))
        codes = _new_codes(member)
        _tell(session, member, Act.TWO_FACTOR_CHANGED, Change.RECOVERY_CODES, now)
    return codes


def remove_passkey(passkey_id: int, by: Member, now: datetime) -> None:
    """Remove one of one's own passkeys: nobody signs in with it any more. Raises NotFound."""
    with transaction() as session:
        member = locked_member(session, by)
        passkey = session.get(Passkey, passkey_id)
        if passkey is None or passkey.user_id != member.id:
            raise NotFound(_("There is no such passkey."))
        member.webauthn.remove(passkey)
        session.flush()
        _forget_needless_codes(member)
        _tell(session, member, Act.PASSKEY_REMOVED, Change.PASSKEY_REMOVED, now)


def note_passkey_added(session: AnySession, member: Member, now: datetime) -> None:
    """Record a passkey that Flask-Security has just added, and tell its owner by mail."""
    _tell(session, member, Act.PASSKEY_ADDED, Change.PASSKEY_ADDED, now)


def recovery_code_hash(code: str) -> str:
    """Return what is stored of a recovery code, however it was typed.

    Its 79 random bits are more than can be tried, so a plain hash is enough. It doesn't depend on a
    secret of the site, which may be lost, and the apps’ secrets with it.
    """
    return token_hash("".join(letter for letter in code.lower() if letter.isalnum()))


def _new_codes(member: Member) -> list[str]:
    codes = ["-".join(_letters(4) for _part in range(4)) for _code in range(CODES)]
    member.mf_recovery_codes = [recovery_code_hash(code) for code in codes]
    return codes


def _letters(number: int) -> str:
    return "".join(secrets.choice(LETTERS) for _position in range(number))


def _forget_needless_codes(member: Member) -> None:
    if not has_second_factor(member):
        member.mf_recovery_codes = None


def _tell(session: AnySession, member: Member, act: Act, change: Change, now: datetime) -> None:
    record(session, act, member, now, by=member, what=change.value)
    mail.account_changed(session, member, change, now)
