"""Private tokens: made here, mailed once, and stored only as a hash.

A token carries 128 random bits, so a plain SHA-256 is enough: there is nothing to guess and so
nothing for a slow hash to slow down. The hash is what a database reader sees; it opens nothing.
"""

import base64
import hashlib
import hmac
import secrets

TOKEN_BYTES = 16

PATTERN = r"[A-Za-z0-9_-]{22}"
"""A token as a regular expression: 16 bytes, in the base64 that is safe in an address."""


def new_token() -> str:
    """Return a new private token: 22 characters that are safe in an address."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_from(secret: str, sent: str) -> str:
    """Return the private token that follows from what was sent: sent again, it's the same one.

    As good as a new one where `sent` has something in it that nobody else knows.
    """
    digest = hmac.digest(secret.encode(), b"token from " + sent.encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).rstrip(b"=").decode()


def token_hash(token: str) -> str:
    """Return the 64 hexadecimal digits under which a token is stored and looked up."""
    return hashlib.sha256(token.encode()).hexdigest()
