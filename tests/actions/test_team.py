"""Changing members and handing the practice over; and nobody gains a right that way."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from portal.actions.team import About, change_member, hand_over_practice
from portal.db import db
from portal.errors import Changed, Forbidden, NotFound, Refused, Unsettled, WrongField
from portal.models import Activity, Member, Message, Role
from portal.queries.team import has_rights, job_words, load_team, member_seen, role_choices
from portal.scheduling.eligibility import Kind
from portal.transaction import transaction
from tests.actions.sessions import acts, book_follow_up, member
from tests.clinics import ANA, BEN, CHO, DEE, NOW
from tests.mail.laid_out import text_of

Clinic = Callable[..., None]


def role_id(name: str) -> int:
    return db.session.scalars(select(Role.id).where(Role.name == name)).one()


def give(role: str, *rights: str) -> None:
    """Let a role's members do this."""
    with transaction() as session:
        session.execute(update(Role).where(Role.name == role).values(rights=list(rights)))


def change(whose: str, by: str = ANA, **changes: Any) -> None:
    who = member(whose)
    about = About(who.name, who.email, who.role_id, who.kind)
    change_member(who.id, replace(about, **changes), member_seen(who), member(by), NOW)


def test_what_is_changed_is_stored_and_recorded_by_the_fields_names(clinic: Clinic) -> None:
    clinic()
    change(BEN, name="Benedict Okafor", email="benedict@example.com", role_id=role_id("Coach"))
    who = member("benedict@example.com")
    assert (who.name, who.role.name if who.role else None) == ("Benedict Okafor", "Coach")
    [entry] = db.session.scalars(select(Activity).where(Activity.act == "member.changed"))
    assert (entry.by_id, entry.subject_id) == (member(ANA).id, who.id)
    assert entry.details == {"fields": ["name", "email", "role"]}


def test_saving_without_a_change_is_not_recorded(clinic: Clinic) -> None:
    clinic()
    change(BEN)
    assert "member.changed" not in acts()


def test_an_address_is_one_members(clinic: Clinic) -> None:
    clinic()
    with pytest.raises(WrongField, match="Cho Park is on the team") as refusal:
        change(BEN, email=CHO)
    assert refusal.value.field == "email"
    assert member(BEN).name == "Ben Okafor"


def test_a_role_that_is_not_there(clinic: Clinic) -> None:
    clinic()
    with pytest.raises(WrongField) as refusal:
        change(BEN, role_id=999)
    assert refusal.value.field == "role"


def test_a_member_that_is_not_there(clinic: Clinic) -> None:
    clinic()
    with pytest.raises(NotFound):
        change_member(999, About("X", "x@example.com", None, Kind.ADMIN), "", member(ANA), NOW)


@pytest.mark.parametrize(
    "theirs",
    [
        pytest.param({"name": "Benedict Okafor"}, id="name"),
        pytest.param({"email": "benedict@example.com"}, id="address"),
        pytest.param({"role_id": None}, id="role"),
        pytest.param({"kind": Kind.ADMIN}, id="kind"),
    ],
)
def test_the_second_of_two_editors_is_told(clinic: Clinic, theirs: dict[str, Any]) -> None:
    clinic()
    who = member(BEN)
    id_, seen = who.id, member_seen(who)
    about = About("Ben", who.email, who.role_id, who.kind)
    change(BEN, **theirs)
    stored = db.session.get_one(Member, id_)
    with pytest.raises(Changed, match="Somebody else saved changes"):
        change_member(id_, about, seen, member(ANA), NOW)
    assert stored.name != "Ben"
    change_member(id_, about, member_seen(stored), member(ANA), NOW)
    assert (stored.name, stored.email) == ("Ben", BEN)


def test_saving_what_is_stored_already_is_no_conflict(clinic: Clinic) -> None:
    clinic()
    who = member(BEN)
    about = About(who.name, who.email, who.role_id, who.kind)
    change_member(who.id, about, "made up", member(ANA), NOW)
    assert "member.changed" not in acts()


# Addresses


def mails() -> list[tuple[str, str]]:
    return [(row.recipient, text_of(row)) for row in db.session.scalars(select(Message))]


def test_the_owner_changes_an_address_and_whoever_reads_the_old_one_is_told_and_out(
    clinic: Clinic,
) -> None:
    clinic()
    before = member(BEN).fs_uniquifier
    change(BEN, email="benedict@example.com")
    assert member("benedict@example.com").fs_uniquifier != before
    [(recipient, text)] = mails()
    assert recipient == BEN
    assert "Ana Ruiz changed the address with which you sign in" in text


def test_sign_ins_go_on_when_the_address_stays(clinic: Clinic) -> None:
    clinic()
    before = member(BEN).fs_uniquifier
    change(BEN, name="Benedict Okafor")
    assert (member(BEN).fs_uniquifier, mails()) == (before, [])


def test_who_manages_the_team_does_not_change_a_colleagues_address(clinic: Clinic) -> None:
    clinic(dee_may=["team", "clients", "offers", "settings"])
    before = member(BEN).fs_uniquifier
    with pytest.raises(WrongField, match="Only the owner of the practice") as refusal:
        change(BEN, by=DEE, name="Benedict", email="dee+ben@example.com")
    assert refusal.value.field == "email"
    assert (member(BEN).name, member(BEN).fs_uniquifier) == ("Ben Okafor", before)
    assert mails() == []
    change(BEN, by=DEE, name="Benedict")
    assert member(BEN).name == "Benedict"


def test_ones_own_address_is_ones_own_to_change_and_the_old_one_is_told(clinic: Clinic) -> None:
    clinic(dee_may=["team"])
    before = member(DEE).fs_uniquifier
    change(DEE, by=DEE, email="novak@example.com")
    assert member("novak@example.com").fs_uniquifier == before
    assert [recipient for recipient, _text in mails()] == [DEE]


# Rights


def test_nobody_gives_a_role_that_may_do_more_than_they_may(clinic: Clinic) -> None:
    clinic(dee_may=["team"])
    give("Coach", "settings")
    with pytest.raises(WrongField, match="may do more than you") as refusal:
        change(BEN, by=DEE, role_id=role_id("Coach"))
    assert refusal.value.field == "role"
    with pytest.raises(WrongField):
        change(DEE, by=DEE, role_id=role_id("Coach"))
    assert [words for _id, words in role_choices(member(DEE))] == [
        "No role",
        "Front desk",
        "Nutritionist",
    ]


def test_a_role_with_the_same_rights_can_be_given(clinic: Clinic) -> None:
    clinic(dee_may=["team"])
    change(BEN, by=DEE, role_id=role_id("Front desk"))
    assert has_rights(member(BEN), ["team"])


def test_nobody_changes_an_account_that_may_do_more_than_theirs(clinic: Clinic) -> None:
    clinic(dee_may=["team"])
    give("Coach", "settings")
    for email in (CHO, ANA):
        with pytest.raises(Forbidden):
            change(email, by=DEE, email="taken@example.com")
    change(BEN, by=DEE, name="Benedict")
    names = db.session.scalars(select(Member.name).order_by(Member.id)).all()
    assert names == ["Ana Ruiz", "Benedict", "Cho Park", "Dee Novak"]


def test_nobody_locks_themselves_out_of_managing_the_team(clinic: Clinic) -> None:
    clinic(dee_may=["team"])
    for role in (None, role_id("Coach")):
        with pytest.raises(WrongField) as refusal:
            change(DEE, by=DEE, role_id=role)
        assert refusal.value.field == "role"
    change(DEE, by=DEE, name="Dee N.")
    change(ANA, role_id=None)
    assert has_rights(member(ANA), ["team"])


# Kinds


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"follow_up": {"owner": BEN}}, id="owns a service"),
        pytest.param(
            {
                "package": {
                    "assigned_to": BEN,
                    "items": [{"service": "follow-up", "sessions": 3}],
                }
            },
            id="has a package",
        ),
    ],
)
def test_who_still_has_something_does_not_become_an_admin(
    clinic: Clinic, changes: dict[str, object]
) -> None:
    clinic(**changes)
    with pytest.raises(Unsettled, match="Settle them first"):
        change(BEN, kind=Kind.ADMIN)
    assert member(BEN).kind is Kind.PRACTITIONER


def test_who_has_a_session_to_come_does_not_become_an_admin(clinic: Clinic) -> None:
    clinic()
    book_follow_up(CHO)
    with pytest.raises(Unsettled):
        change(CHO, kind=Kind.ADMIN)
    change(BEN, kind=Kind.ADMIN)
    assert member(BEN).kind is Kind.ADMIN
    change(DEE, kind=Kind.PRACTITIONER)
    assert member(DEE).kind is Kind.PRACTITIONER


# The owner


def test_the_practice_is_handed_over(clinic: Clinic) -> None:
    clinic()
    hand_over_practice(member(BEN).id, member(ANA), NOW)
    assert [each.email for each in owners()] == [BEN]
    assert has_rights(member(BEN), ["settings"])
    assert not has_rights(member(ANA), ["settings"])
    assert acts()[-1] == "practice.handed_over"


def owners() -> list[Member]:
    return list(db.session.scalars(select(Member).where(Member.is_owner)))


def test_only_the_owner_hands_it_over(clinic: Clinic) -> None:
    clinic(dee_may=["team", "settings"])
    for to in (DEE, BEN):
        with pytest.raises(Forbidden):
            hand_over_practice(member(to).id, member(DEE), NOW)
    assert [each.email for each in owners()] == [ANA]


def test_it_is_not_handed_over_to_who_left_or_oneself(clinic: Clinic) -> None:
    clinic()
    with transaction() as session:
        session.execute(update(Member).where(Member.email == BEN).values(deactivated_at=NOW))
    for to in (BEN, ANA):
        with pytest.raises(Refused):
            hand_over_practice(member(to).id, member(ANA), NOW)
    assert [each.email for each in owners()] == [ANA]


# The list


@pytest.mark.parametrize(
    ("role", "kind", "words"),
    [
        ("Practitioner", Kind.PRACTITIONER, "Practitioner"),
        ("Senior practitioner", Kind.PRACTITIONER, "Senior practitioner"),
        ("Practitioner", Kind.ADMIN, "Practitioner · Admin"),
        ("Coach", Kind.PRACTITIONER, "Coach · Practitioner"),
        (None, Kind.ADMIN, "No role · Admin"),
    ],
)
@pytest.mark.usefixtures("clinic")
def test_role_and_kind_say_no_word_twice(role: str | None, kind: Kind, words: str) -> None:
    assert job_words(Role(name=role) if role else None, kind) == words


def test_the_list_searches_and_pages_and_who_left_comes_last(clinic: Clinic) -> None:
    clinic()
    with transaction() as session:
        session.execute(update(Member).where(Member.email == ANA).values(deactivated_at=NOW))
    team = load_team(member(BEN), "", 1, NOW)
    names = [line.name.split()[0] for line in team.members.shown]
    assert names == ["Ben", "Cho", "Dee", "Ana"]
    assert [line.oneself for line in team.members.shown] == [True, False, False, False]

    def found(words: str) -> list[str]:
        return [line.email for line in load_team(member(BEN), words, 1, NOW).members.shown]

    assert found("coach") == [CHO, DEE]
    assert found("okafor nutri") == [BEN]
    assert found("nobody") == []
