"""Private tokens: made here, mailed once, and stored only as a hash.

A token carries 128 random bits, so a plain SHA-256 is enough: there is nothing to guess and so
nothing for a slow hash to slow down. The hash is what a database reader sees; it opens nothing.
"""

import hashlib
import secrets

TOKEN_BYTES = 16


def new_token() -> str:
    """Return a new private token: 22 characters that are safe in an address."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """Return the 64 hexadecimal digits under which a token is stored and looked up."""
    return hashlib.sha256(token.encode()).hexdigest()
