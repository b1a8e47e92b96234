"""A member's own account: what My account shows."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from portal.db import db
from portal.models import Member, Practice, SignIn
from portal.queries.sign_ins import sign_ins_of
from portal.scheduling.eligibility import Kind

FIRST, SECONDARY = "first", "secondary"
"""What a passkey is for: instead of a password, or besides it. The words are Flask-Security's."""


@dataclass(frozen=True, slots=True)
class PasskeyLine:
    """One passkey; `first`: it signs in without a password."""

    id: int
    name: str
    first: bool
    added_at: datetime
    used_at: datetime


@dataclass(frozen=True, slots=True)
class SignInLine:
    """One browser in which the member is signed in; `here`: the one that asks."""

    id: int
    browser: str
    address: str
    began_at: datetime
    seen_at: datetime
    here: bool


@dataclass(frozen=True, slots=True)
class Account:
    """A member's account; `codes_left` is None for somebody who has no second factor."""

    name: str
    email: str
    role: str | None
    is_practitioner: bool
    zone: ZoneInfo
    app: bool
    passkeys: tuple[PasskeyLine, ...]
    codes_left: int | None
    sign_ins: tuple[SignInLine, ...]


def load_account(member: Member, sign_in_id: int, now: datetime) -> Account:
    """The member's account as the browser with this sign-in sees it."""
    practice = db.session.get_one(Practice, 1)
    return Account(
        name=member.name,
        email=member.email,
        role=member.role.name if member.role else None,
        is_practitioner=member.kind is Kind.PRACTITIONER,
        zone=ZoneInfo(member.timezone or practice.timezone),
        app=member.tf_primary_method is not None,
        passkeys=tuple(
            PasskeyLine(
                key.id, key.name, key.usage == FIRST, key.create_datetime, key.lastuse_datetime
            )
            for key in member.webauthn
        ),
        codes_left=len(member.mf_recovery_codes or ()) if has_second_factor(member) else None,
        sign_ins=tuple(_line(each, sign_in_id) for each in sign_ins_of(member, now)),
    )


def has_second_factor(member: Member) -> bool:
    """Say whether a password alone doesn't sign the member in."""
    return member.tf_primary_method is not None or any(
        key.usage == SECONDARY for key in member.webauthn
    )


def practice_name() -> str:
    """What authenticator apps and passkeys call this site."""
    practice = db.session.get(Practice, 1)
    return practice.name if practice else "Booking"


def _line(sign_in: SignIn, here_id: int) -> SignInLine:
    return SignInLine(
        id=sign_in.id,
        browser=sign_in.browser,
        address=sign_in.address,
        began_at=sign_in.created_at,
        seen_at=sign_in.seen_at,
        here=sign_in.id == here_id,
    )
