"""What Flask-Security asks about second factors: the app's codes, recovery codes, passkeys.

The packages that encrypt the apps' secrets and read passkeys are loaded at the first use.
"""

import json
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, g
from flask_security import MfRecoveryCodesUtil, Totp, WebauthnUtil
from passlib.exc import TokenError  # type: ignore[import-untyped]

from portal.actions.second_factors import recovery_code_hash
from portal.later import bring_in
from portal.models import Member
from portal.queries.accounts import FIRST, SECONDARY, practice_name

LAST = "last_counter"
"""In the stored secret beside the key: which code was used last. Passlib leaves it alone."""


class Codes(Totp):
    """Codes of an authenticator app, each of which works once."""

    @property
    def _totp(self) -> Any:
        bring_in("cryptography", "passlib.totp")
        return self._kind

    @_totp.setter
    def _totp(self, kind: Any) -> None:
        self._kind = kind

    def verify_totp(self, token: str, totp_secret: str, user: Any, window: int = 0) -> bool:
        """Say whether the code is right; `remember` then notes that it was used."""
        try:
            last = json.loads(totp_secret).get(LAST)
            match = self._totp.verify(token, totp_secret, window=window, last_counter=last)
        # Passlib's word for a secret that another SECRET_KEY of the site encrypted is ValueError
        # or KeyError: then a recovery code still helps.
        except (TokenError, ValueError, KeyError):
            return False
        g.totp_counter = match.counter
        return True

    def address(self, secret: str, member: Member) -> str:
        """Return the otpauth: address that the app reads from the QR code."""
        key = self._totp.from_source(secret)
        return str(key.to_uri(label=member.email, issuer=practice_name().replace(":", " ")))

    def letters(self, secret: str) -> str:
        """Return the secret in groups of letters, to be typed into the app."""
        return str(self._totp.from_source(secret).pretty_key(sep=" "))


def remember(secret: str | None) -> str | None:
    """Return the secret with a note of the code that was accepted in this request, if one was."""
    counter = g.pop("totp_counter", None)
    if secret is None or counter is None:
        return secret
    return json.dumps(json.loads(secret) | {LAST: counter})


class RecoveryCodes(MfRecoveryCodesUtil):
    """Recovery codes, of which only hashes are stored."""

    def check_recovery_code(self, user: Any, code: str) -> bool:
        """Say whether it's one of those that are left."""
        return recovery_code_hash(code) in (user.mf_recovery_codes or ())

    def delete_recovery_code(self, user: Any, code: str) -> bool:
        """Use it up."""
        used = recovery_code_hash(code)
        # A new list: a change inside of the old one wouldn't be stored.
        user.mf_recovery_codes = [each for each in user.mf_recovery_codes if each != used]
        return True


def load_passkeys() -> None:
    """Give Flask-Security what its views of passkeys need."""
    bring_in("webauthn", "flask_security.webauthn", "flask_security.webauthn_util")


class Passkeys(WebauthnUtil):
    """What is asked of passkeys. The site's name is BASE_URL's, not the visitor's word."""

    def origin(self) -> str:
        """Return the address that browsers sign."""
        parts = urlsplit(current_app.config["BASE_URL"])
        return f"{parts.scheme}://{parts.netloc}"

    def registration_options(
        self, user: Any, usage: str, existing_options: dict[str, Any]
    ) -> dict[str, Any]:
        """Return how a new passkey is to be: on the person's device or on a key, both will do."""
        from webauthn.helpers.structs import (
            AuthenticatorSelectionCriteria,
            ResidentKeyRequirement,
            UserVerificationRequirement,
        )

        first = usage == FIRST
        # Instead of a password it must find its owner by itself, and check who holds it.
        selection = AuthenticatorSelectionCriteria(
            resident_key=_required(first, ResidentKeyRequirement),
            user_verification=_required(first, UserVerificationRequirement),
        )
        names = {"rp_id": _host(), "rp_name": practice_name(), "user_display_name": user.name}
        return existing_options | names | {"authenticator_selection": selection}

    def authentication_options(
        self, user: Any, usage: list[str], existing_options: dict[str, Any]
    ) -> dict[str, Any]:
        """Return what is asked of a passkey at sign-in."""
        from webauthn.helpers.structs import UserVerificationRequirement

        verification = _required(SECONDARY not in usage, UserVerificationRequirement)
        return existing_options | {"rp_id": _host(), "user_verification": verification}


def _required(needed: bool, requirement: Any) -> Any:
    return requirement.REQUIRED if needed else requirement.DISCOURAGED


def _host() -> str:
    return urlsplit(current_app.config["BASE_URL"]).hostname or "localhost"
