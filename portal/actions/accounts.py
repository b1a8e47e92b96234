"""What concerns a team member's own account: their name, their mails and their password."""

import secrets
import unicodedata
from datetime import datetime

from flask_babel import gettext as _
from flask_security import hash_password
from sqlalchemy import select, update

from portal import mail
from portal.actions.activity import record
from portal.actions.passwords import is_easily_guessed
from portal.actions.sign_ins import end_all_sign_ins
from portal.errors import NotFound, WrongField
from portal.mail import Change
from portal.mail.outbox import AnySession
from portal.models import Act, Member
from portal.queries.accounts import FIRST, has_second_factor, practice_name
from portal.transaction import transaction

LEAST_CHARACTERS = 10
MOST_CHARACTERS = 1000  # more than anybody types, less than a hash refuses


def hashed_password(password: str, *about: str) -> str:
    """Return the Argon2id hash under which a password is stored; it takes a while on purpose.

    The same letters may be typed as one character or as two, so they're brought into one form, as
    signing in does. `about` is what is known about its owner. Raises WrongField for one that's too
    short, too long or easily guessed.
    """
    if len(password) < LEAST_CHARACTERS:
        raise WrongField(
            "password",
            _("A password has at least %(number)d characters.", number=LEAST_CHARACTERS),
        )
    if len(password) > MOST_CHARACTERS:
        raise WrongField(
            "password", _("A password has at most %(number)d characters.", number=MOST_CHARACTERS)
        )
    if is_easily_guessed(password, (practice_name(), *about)):
        raise WrongField(
            "password",
            _(
                "This password is easily guessed. Better are several words that have nothing to do "
                "with each other."
            ),
        )
    hashed: str = hash_password(unicodedata.normalize("NFKD", password))
    return hashed


def set_password(
    email: str, password: str, now: datetime, *, keep_second_factor: bool = True
) -> None:
    """Give the member with this address a password, and end whatever they are signed in to.

    This is the operator's way in, for somebody who has lost theirs, and perhaps their phone and
    recovery codes too: then all that's asked for besides a password goes. Raises NotFound where
    nobody on the team has the address, WrongField for a short password.
    """
    hashed = hashed_password(password, email)
    with transaction() as session:
        member = session.scalar(select(Member).where(Member.email == email.lower()))
        if member is None:
            raise NotFound(_("Nobody on the team has the address %(email)s.", email=email))
        replace_password(session, member, hashed, now)
        record(session, Act.PASSWORD_CHANGED, member, now)
        if not keep_second_factor and has_second_factor(member):
            _drop_second_factors(session, member, now)


def renew_hash(member_id: int, former: str, hashed: str) -> None:
    """Keep a stronger hash of the same password, unless the member has another one by now."""
    with transaction() as session:
        same = Member.id == member_id, Member.password == former
        session.execute(update(Member).where(*same).values(password=hashed))


def change_password(by: Member, password: str, now: datetime) -> None:
    """Give oneself another password. Every sign-in ends, this browser's too: it gets a new one.

    Raises WrongField for a short password.
    """
    hashed = hashed_password(password, by.name, by.email)
    with transaction() as session:
        member = locked_member(session, by)
        replace_password(session, member, hashed, now)
        record(session, Act.PASSWORD_CHANGED, member, now, by=member)
        mail.account_changed(session, member, Change.PASSWORD, now)


def change_name(by: Member, name: str, now: datetime) -> None:
    """Change the name under which clients and colleagues see oneself."""
    with transaction() as session:
        member = locked_member(session, by)
        if member.name != name:
            member.name = name
            record(session, Act.MEMBER_CHANGED, member, now, by=member, fields=["name"])


def change_mails(by: Member, language: str | None, told_of_assigned: bool, now: datetime) -> None:
    """Say in which language one is written to, None for the practice's, and whether of this too:

    what colleagues have to do with clients whose package is assigned to oneself.
    """
    with transaction() as session:
        member = locked_member(session, by)
        wanted = {"language": language, "told_of_assigned": told_of_assigned}
        fields = [name for name, value in wanted.items() if getattr(member, name) != value]
        if fields:
            for name in fields:
                setattr(member, name, wanted[name])
            record(session, Act.MEMBER_CHANGED, member, now, by=member, fields=fields)


def replace_password(session: AnySession, member: Member, hashed: str, now: datetime) -> None:
    """Store the hash, and end every sign-in and every link for a forgotten password."""
    member.password = hashed
    member.fs_uniquifier = secrets.token_hex(32)
    end_all_sign_ins(session, member.id, now)


def _drop_second_factors(session: AnySession, member: Member, now: datetime) -> None:
    member.tf_primary_method = member.tf_totp_secret = member.mf_recovery_codes = None
    member.webauthn = [key for key in member.webauthn if key.usage == FIRST]
    record(session, Act.TWO_FACTOR_CHANGED, member, now, what=Change.TWO_FACTOR_OFF.value)
    mail.account_changed(session, member, Change.TWO_FACTOR_OFF, now)


def locked_member(session: AnySession, member: Member) -> Member:
    """The member's row, locked for the act that is under way."""
    return session.get_one(
        Member, member.id, with_for_update={"of": Member}, populate_existing=True
    )
