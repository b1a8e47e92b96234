"""Sign-ins: begun in one browser, seen there now and then, and ended."""

from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import select, update

from portal.actions.activity import record
from portal.errors import NotFound
from portal.mail.outbox import AnySession
from portal.models import Act, Member, SignIn
from portal.tokens import new_token, token_hash
from portal.transaction import joined_transaction, transaction

SEEN_EVERY = timedelta(minutes=15)
"""How exactly it's known when a browser was last seen: not every request writes."""

BROWSER_CHARACTERS = 300
ADDRESS_CHARACTERS = 64


def begin_sign_in(
    member_id: int, browser: str, address: str, now: datetime, *, how: str | None
) -> str:
    """Note that a member signed in; return the random token for the browser's cookie.

    With `how`, in a word, the activity log says so; without, it's the same sign-in going on. Where
    an act is under way, as when a code was used up, this is part of it.
    """
    token = new_token()
    with joined_transaction() as session:
        member = session.get_one(Member, member_id)
        sign_in = SignIn(
            member_id=member_id,
            token_hash=token_hash(token),
            browser=browser[:BROWSER_CHARACTERS],
            address=address[:ADDRESS_CHARACTERS],
            created_at=now,
            seen_at=now,
        )
        session.add(sign_in)
        if how:
            record(session, Act.SIGNED_IN, member, now, by=member, how=how)
    return token


def sign_out(token: str, now: datetime) -> None:
    """End the sign-in of the browser with this token, for every copy of its cookie too."""
    with joined_transaction() as session:
        sign_in = session.scalar(select(SignIn).where(SignIn.token_hash == token_hash(token)))
        if sign_in is not None and sign_in.ended_at is None:
            _end(session, sign_in, sign_in.member, now)


def end_sign_in(sign_in_id: int, by: Member, now: datetime) -> None:
    """End one of one's own sign-ins. Raises NotFound; one that has ended already stays as it is."""
    with transaction() as session:
        sign_in = session.get(SignIn, sign_in_id, with_for_update={"of": SignIn})
        if sign_in is None or sign_in.member_id != by.id:
            raise NotFound(_("There is no such sign-in."))
        if sign_in.ended_at is None:
            _end(session, sign_in, by, now)


def end_other_sign_ins(by: Member, kept_id: int, now: datetime) -> None:
    """End every sign-in of one's own but the one in this browser.

    Where an act is under way, this is part of it.
    """
    with joined_transaction() as session:
        others = select(SignIn).where(
            SignIn.member_id == by.id, SignIn.ended_at.is_(None), SignIn.id != kept_id
        )
        for sign_in in session.scalars(others.with_for_update(of=SignIn)).all():
            _end(session, sign_in, by, now)


def note_seen(sign_in_id: int, now: datetime) -> None:
    """Note that the browser was seen just now."""
    with transaction() as session:
        session.execute(update(SignIn).where(SignIn.id == sign_in_id).values(seen_at=now))


def end_all_sign_ins(session: AnySession, member_id: int, now: datetime) -> None:
    """End every sign-in of a member within the act that is under way."""
    session.execute(
        update(SignIn)
        .where(SignIn.member_id == member_id, SignIn.ended_at.is_(None))
        .values(ended_at=now)
    )


def _end(session: AnySession, sign_in: SignIn, by: Member, now: datetime) -> None:
    sign_in.ended_at = now
    record(session, Act.SIGN_IN_ENDED, sign_in.member, now, by=by)
