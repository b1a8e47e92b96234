"""The session's cookie: signed by Flask, with what signs it made once and not twice a request."""

import hashlib
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface


class Cookies(SecureCookieSessionInterface):
    """Flask's own, which makes what signs and reads the cookie anew each time."""

    # The same as Flask's, by the name under which OpenSSL computes all of the signature.
    digest_method = staticmethod(hashlib.sha1)

    def __init__(self) -> None:
        self._made: dict[Any, Any] = {}

    def get_signing_serializer(self, app: Flask) -> Any:
        """What signs with the keys that the application has now."""
        keys = app.secret_key, *(app.config["SECRET_KEY_FALLBACKS"] or ())
        if keys not in self._made:
            self._made[keys] = super().get_signing_serializer(app)
        return self._made[keys]


def init_app(app: Flask) -> None:
    """Give the app its sessions."""
    app.session_interface = Cookies()
