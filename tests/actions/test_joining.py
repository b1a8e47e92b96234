"""Inviting people to the team, and joining it: one mail, one link, one member."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask_security import verify_password
from sqlalchemy import select, update

from portal.actions.joining import (
    INVITATION,
    AlreadyInvited,
    invite_to_team,
    join_team,
    revoke_invitation,
    send_invitation_again,
)
from portal.actions.team import About
from portal.db import db
from portal.errors import Gone, NotFound, WrongField
from portal.models import Member, Message, Role, TeamInvitation
from portal.queries.team import find_invitation, load_team
from portal.scheduling.eligibility import Kind
from portal.tokens import token_hash
from portal.transaction import transaction
from tests.actions.sessions import acts, member
from tests.clinics import ANA, BEN, DEE, NOW
from tests.mail.laid_out import text_of

Clinic = Callable[..., None]
GUS = "gus@example.com"
PASSWORD = "seven cows in a meadow"
LATER = NOW + timedelta(days=1)


def role_id(name: str) -> int:
    return db.session.scalars(select(Role.id).where(Role.name == name)).one()


def gus(role: str | None = "Coach", email: str = GUS) -> About:
    return About("Gus Lind", email, role_id(role) if role else None, Kind.PRACTITIONER)


def invite(by: str = ANA, about: About | None = None, now: datetime = NOW) -> TeamInvitation:
    return invite_to_team(about or gus(), member(by), now)


def tokens() -> list[str]:
    """The tokens in the mails, oldest first."""
    texts = map(text_of, db.session.scalars(select(Message).order_by(Message.id)))
    return [match[1] for text in texts if (match := re.search(r"/join/([\w-]{22})", text))]


def test_it_makes_the_invitation_and_one_mail_and_stores_no_token(clinic: Clinic) -> None:
    clinic()
    made = invite()
    [mail] = db.session.scalars(select(Message))
    [token] = tokens()
    assert mail.recipient == GUS
    assert made.token_hash == token_hash(token)
    assert (made.sent_at, made.expires_at - made.sent_at) == (NOW, INVITATION)
    assert timedelta(days=7) == INVITATION
    assert acts()[-1] == "member.invited"


def test_joining_makes_an_active_member_of_the_kind_and_role(clinic: Clinic) -> None:
    clinic()
    made = invite()
    joined = join_team(tokens()[0], "Gus L.", PASSWORD, LATER)
    assert joined is member(GUS)
    assert (joined.name, joined.kind, joined.active) == ("Gus L.", Kind.PRACTITIONER, True)
    assert joined.role
    assert joined.role.name == "Coach"
    assert not joined.is_owner
    assert verify_password(PASSWORD, joined.password)
    assert (made.accepted_at, made.member) == (LATER, joined)
    assert acts()[-1] == "member.joined"


def test_an_invitation_is_used_once(clinic: Clinic) -> None:
    clinic()
    invite()
    join_team(tokens()[0], "Gus", PASSWORD, LATER)
    with pytest.raises(Gone, match="used already"):
        join_team(tokens()[0], "Eve", PASSWORD, LATER)
    assert member(GUS).name == "Gus"


def test_it_expires_after_a_week(clinic: Clinic) -> None:
    clinic()
    invite()
    [token] = tokens()
    assert find_invitation(token, NOW + INVITATION - timedelta(seconds=1))
    with pytest.raises(Gone, match="expired"):
        join_team(token, "Gus", PASSWORD, NOW + INVITATION)
    assert load_team(member(ANA), "", 1, NOW + INVITATION).invitations[0].expired


def test_a_revoked_one_is_void(clinic: Clinic) -> None:
    clinic()
    made = invite()
    revoke_invitation(made.id, member(ANA), NOW)
    with pytest.raises(Gone, match="revoked"):
        join_team(tokens()[0], "Gus", PASSWORD, LATER)
    for act in (revoke_invitation, send_invitation_again):
        with pytest.raises(Gone):
            act(made.id, member(ANA), NOW)
    assert load_team(member(ANA), "", 1, NOW).invitations == ()
    assert acts()[-1] == "member.invitation_revoked"
    # and the address can be invited anew
    assert invite(now=LATER).id != made.id


def test_sent_again_it_has_a_new_link_and_the_old_one_is_void(clinic: Clinic) -> None:
    clinic()
    made = invite()
    again = NOW + timedelta(days=20)
    send_invitation_again(made.id, member(ANA), again)
    first, second = tokens()
    assert first != second
    assert (made.sent_at, made.expires_at) == (again, again + INVITATION)
    with pytest.raises(NotFound):
        join_team(first, "Gus", PASSWORD, again)
    assert join_team(second, "Gus", PASSWORD, again).email == GUS
    assert acts()[-2:] == ["member.invited_again", "member.joined"]
    with pytest.raises(Gone, match="has joined"):
        send_invitation_again(made.id, member(ANA), again)


def test_an_address_has_one_pending_invitation(clinic: Clinic) -> None:
    clinic()
    made = invite()
    with pytest.raises(AlreadyInvited) as refusal:
        invite(now=NOW + timedelta(days=30))
    assert (refusal.value.field, refusal.value.invitation_id) == ("email", made.id)
    assert len(tokens()) == 1


def test_a_members_address_is_not_invited(clinic: Clinic) -> None:
    clinic()
    with pytest.raises(WrongField, match="Ben Okafor is on the team"):
        invite(about=gus(email=BEN))
    with transaction() as session:
        session.execute(update(Member).where(Member.email == BEN).values(deactivated_at=NOW))
    with pytest.raises(WrongField):
        invite(about=gus(email=BEN))
    assert tokens() == []


def test_who_got_the_address_meanwhile_keeps_it(clinic: Clinic) -> None:
    clinic()
    invite()
    with transaction() as session:
        session.execute(update(Member).where(Member.email == BEN).values(email=GUS))
    with pytest.raises(WrongField):
        join_team(tokens()[0], "Gus", PASSWORD, LATER)
    assert member(GUS).name == "Ben Okafor"


def test_nobody_invites_to_a_role_that_may_do_more_than_they_may(clinic: Clinic) -> None:
    clinic(dee_may=["team"])
    made = invite(DEE)
    with transaction() as session:
        session.execute(update(Role).where(Role.name == "Coach").values(rights=["settings"]))
    with pytest.raises(WrongField) as refusal:
        invite(DEE, gus(email="hal@example.com"))
    assert refusal.value.field == "role"
    with pytest.raises(WrongField):
        send_invitation_again(made.id, member(DEE), LATER)
    assert len(tokens()) == 1


def test_a_short_password_is_refused(clinic: Clinic) -> None:
    clinic()
    invite()
    with pytest.raises(WrongField) as refusal:
        join_team(tokens()[0], "Gus", "nine char", LATER)
    assert refusal.value.field == "password"
    assert find_invitation(tokens()[0], LATER)


def test_unknown_links_and_invitations(clinic: Clinic) -> None:
    clinic()
    with pytest.raises(NotFound):
        join_team("x" * 22, "Gus", PASSWORD, NOW)
    for act in (revoke_invitation, send_invitation_again):
        with pytest.raises(NotFound):
            act(999, member(ANA), NOW)


def test_only_those_who_manage_the_team_see_invitations(clinic: Clinic) -> None:
    clinic(dee_may=["team"])
    invite()
    assert len(load_team(member(DEE), "", 1, NOW).invitations) == 1
    assert load_team(member(BEN), "", 1, NOW).invitations == ()
