"""The links for a forgotten password: who they are for, and whether they still work.

A link isn't stored. It's signed with the site's secret and names the member, its end, and what a
new password replaces: so it works once, and all of them are void when the password is changed.
"""

import hashlib
import secrets
from datetime import datetime
from typing import Any

from flask import current_app
from flask_babel import lazy_gettext
from itsdangerous import BadSignature, URLSafeSerializer

from portal.db import db
from portal.errors import Gone
from portal.models import Member
from portal.tokens import token_hash


def recovery_token(member: Member, expires: datetime) -> str:
    """Return a new token for the member's link, which works until `expires`."""
    chance = secrets.token_urlsafe(16)
    parts = [member.id, token_hash(member.fs_uniquifier), int(expires.timestamp()), chance]
    return str(_serializer().dumps(parts))


def find_recovering(token: str, now: datetime, *, lock: bool = False) -> Member:
    """The member whose link it is, locked where they're about to be changed.

    Raises Gone for a link that has ended, was used, or isn't one.
    """
    member_id, uniquifier_hash, expires = _read(token)
    locking = {"with_for_update": {"of": Member}, "populate_existing": True} if lock else {}
    member = db.session.get(Member, member_id, **locking)  # type: ignore[arg-type]
    if (
        member is None
        or member.deactivated_at is not None
        or not secrets.compare_digest(token_hash(member.fs_uniquifier), uniquifier_hash)
        or now.timestamp() >= expires
    ):
        raise Gone(str(ENDED))
    return member


ENDED = lazy_gettext(
    "This link doesn’t work any more. It works once, and for one hour. You can ask for another."
)


def _read(token: str) -> tuple[int, str, int]:
    try:
        member_id, uniquifier_hash, expires, _chance = _serializer().loads(token)
    except BadSignature:
        raise Gone(str(ENDED)) from None
    return member_id, uniquifier_hash, expires


def _serializer() -> URLSafeSerializer:
    options: dict[str, Any] = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    secret = current_app.config["SECRET_KEY"]
    return URLSafeSerializer(secret, salt="forgotten password", signer_kwargs=options)
