"""What concerns a team member's own account."""

import secrets

from flask_security import hash_password
from sqlalchemy import select

from portal.errors import NotFound, Refused
from portal.models import Member
from portal.transaction import transaction

LEAST_CHARACTERS = 10


def set_password(email: str, password: str) -> None:
    """Give the member with this address a password, and end whatever they are signed in to.

    Raises NotFound where nobody on the team has the address, Refused for a short password.
    """
    if len(password) < LEAST_CHARACTERS:
        raise Refused(f"A password has at least {LEAST_CHARACTERS} characters.")
    with transaction() as session:
        member = session.scalar(select(Member).where(Member.email == email.lower()))
        if member is None:
            raise NotFound(f"Nobody on the team has the address {email}.")
        member.password = hash_password(password)
        member.fs_uniquifier = secrets.token_hex(32)
