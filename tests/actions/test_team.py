"""Changing members and handing the practice over; and nobody gains a right that way."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from portal.actions.team import About, change_member, hand_over_practice
from portal.db import db
from portal.errors import Forbidden, NotFound, Refused, Unsettled, WrongField
from portal.models import Activity, Member, Role
from portal.queries.team import has_rights, load_team, role_choices
from portal.scheduling.eligibility import Kind
from portal.transaction import transaction
from tests.actions.sessions import acts, book_follow_up, member
from tests.clinics import ANA, BEN, CHO, DEE, NOW

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
    change_member(who.id, replace(about, **changes), member(by), NOW)


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
        change_member(999, About("X", "x@example.com", None, Kind.ADMIN), member(ANA), NOW)


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
    change(BEN, by=DEE, email="benedict@example.com")
    assert db.session.scalars(select(Member.email).order_by(Member.id)).all() == [
        ANA,
        "benedict@example.com",
        CHO,
        DEE,
    ]


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
