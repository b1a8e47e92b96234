"""Roles: their names, what they may do, and when they can go."""

from collections.abc import Callable, Iterable
from datetime import datetime

import pytest
from sqlalchemy import select

from portal.actions import roles
from portal.actions.joining import invite_to_team, revoke_invitation
from portal.actions.roles import add_role, remove_role
from portal.actions.team import About
from portal.db import db
from portal.errors import Changed, NotFound, Refused, WrongField
from portal.models import Activity, Member, Right, Role, TeamInvitation
from portal.queries.roles import find_role, load_roles, role_seen, use_of
from portal.scheduling.eligibility import Kind
from tests.actions.sessions import acts, book_follow_up, member
from tests.clinics import ANA, DEE, NOW

Clinic = Callable[..., None]


def role(name: str) -> Role:
    return db.session.scalars(select(Role).where(Role.name == name)).one()


def change_role(
    role_id: int, name: str, rights: Iterable[Right], by: Member, now: datetime
) -> None:
    """Change it as it's stored, when nobody else edits it."""
    roles.change_role(role_id, name, rights, role_seen(find_role(role_id)), by, now)


def test_a_role_is_added_with_its_rights_in_order(clinic: Clinic) -> None:
    clinic()
    made = add_role("Intern", [Right.TEAM, Right.OFFERS], member(ANA), NOW)
    assert (made.name, made.rights) == ("Intern", ["offers", "team"])
    [entry] = db.session.scalars(select(Activity).where(Activity.act == "role.added"))
    assert entry.details == {"rights": ["offers", "team"]}


@pytest.mark.parametrize("name", ["Coach", "coach", "COACH"])
def test_a_name_is_one_roles_whatever_its_case(clinic: Clinic, name: str) -> None:
    clinic()
    with pytest.raises(WrongField, match="There is a role called “Coach” already") as refusal:
        add_role(name, [], member(ANA), NOW)
    assert refusal.value.field == "name"
    with pytest.raises(WrongField):
        change_role(role("Nutritionist").id, name, [], member(ANA), NOW)


def test_case_counts_beyond_a_to_z_too(clinic: Clinic) -> None:
    clinic()
    add_role("Émigré", [], member(ANA), NOW)
    with pytest.raises(WrongField):
        add_role("émigré", [], member(ANA), NOW)


def test_a_role_can_be_renamed_and_its_own_name_is_no_clash(clinic: Clinic) -> None:
    clinic()
    change_role(role("Coach").id, "COACH", [Right.OFFERS], member(ANA), NOW)
    assert role("COACH").rights == ["offers"]
    [entry] = db.session.scalars(select(Activity).where(Activity.act == "role.changed"))
    assert entry.details == {"fields": ["name", "rights"], "rights": ["offers"]}


def test_saving_without_a_change_is_not_recorded(clinic: Clinic) -> None:
    clinic()
    change_role(role("Coach").id, "Coach", [], member(ANA), NOW)
    assert "role.changed" not in acts()


@pytest.mark.parametrize(("name", "rights"), [("Trainer", []), ("Coach", [Right.OFFERS])])
def test_the_second_of_two_editors_is_told(clinic: Clinic, name: str, rights: list[Right]) -> None:
    clinic()
    coach = role("Coach")
    seen, by = role_seen(coach), member(ANA)
    change_role(coach.id, name, rights, by, NOW)
    with pytest.raises(Changed, match="Somebody else saved changes"):
        roles.change_role(coach.id, "Mine", [Right.CLIENTS], seen, by, NOW)
    assert (coach.name, coach.rights) == (name, rights)
    # What is stored already can be saved by whoever saw whatever.
    roles.change_role(coach.id, name, rights, seen, by, NOW)
    roles.change_role(coach.id, "Mine", [Right.CLIENTS], role_seen(coach), by, NOW)
    assert (coach.name, coach.rights) == ("Mine", ["clients"])


def test_only_rights_that_one_has_are_given_or_taken_away(clinic: Clinic) -> None:
    clinic(dee_may=["team", "offers"])
    by = member(DEE)
    change_role(role("Coach").id, "Coach", [Right.OFFERS], by, NOW)
    change_role(role("Nutritionist").id, "Nutritionist", [Right.SETTINGS], member(ANA), NOW)
    attempts = [
        ("Coach", [Right.SETTINGS]),
        ("Front desk", [Right.TEAM, Right.OFFERS, Right.CLIENTS]),
        ("Nutritionist", []),
    ]
    for name, rights in attempts:
        before = list(role(name).rights)
        with pytest.raises(WrongField, match="only rights that you have") as refusal:
            change_role(role(name).id, name, rights, member(DEE), NOW)
        assert refusal.value.field == "rights"
        assert role(name).rights == before
    with pytest.raises(WrongField):
        add_role("Boss", [Right.SETTINGS], member(DEE), NOW)
    with pytest.raises(WrongField):
        remove_role(role("Nutritionist").id, member(DEE), NOW)


def test_a_right_that_one_lacks_stays_when_the_rest_is_changed(clinic: Clinic) -> None:
    clinic(dee_may=["team", "offers"])
    change_role(role("Coach").id, "Coach", [Right.SETTINGS], member(ANA), NOW)
    change_role(role("Coach").id, "Coach", [Right.SETTINGS, Right.OFFERS], member(DEE), NOW)
    assert role("Coach").rights == ["offers", "settings"]


def test_nobody_takes_the_right_to_manage_the_team_from_themselves(clinic: Clinic) -> None:
    clinic(dee_may=["team", "offers"])
    with pytest.raises(WrongField, match="your own role"):
        change_role(role("Front desk").id, "Front desk", [Right.OFFERS], member(DEE), NOW)
    change_role(role("Front desk").id, "Front desk", [Right.TEAM], member(DEE), NOW)
    change_role(role("Front desk").id, "Front desk", [], member(ANA), NOW)
    assert role("Front desk").rights == []


def test_a_role_that_nothing_names_is_removed(clinic: Clinic) -> None:
    clinic()
    made = add_role("Intern", [], member(ANA), NOW).id
    remove_role(made, member(ANA), NOW)
    assert acts()[-1] == "role.removed"
    with pytest.raises(NotFound):
        find_role(made)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param({"dee_may": []}, "it’s the role of Cho Park", id="somebody has it"),
        pytest.param({"allow": "roles"}, r"named by Reset \(package\)", id="a package"),
        pytest.param({"sharing": "roles"}, r"named by Follow-up \(service\)", id="a service"),
    ],
)
def test_a_role_that_is_needed_stays_and_it_says_by_what(
    clinic: Clinic, changes: dict[str, object], sentence: str
) -> None:
    lists = {"allow": "restrict_to", "sharing": "shared_with"}
    named = {lists[key]: ["Coach"] for key in changes if key in lists}
    clinic(**changes, **named)
    with pytest.raises(Refused, match=sentence):
        remove_role(role("Coach").id, member(ANA), NOW)
    assert role("Coach")


def test_a_clients_package_that_names_it_needs_it_too(clinic: Clinic) -> None:
    clinic(allow="roles", restrict_to=["Nutritionist"])
    book_follow_up()
    assert use_of(role("Nutritionist")).client_packages == 1
    assert "1 client’s package" in use_of(role("Nutritionist")).settings
    assert use_of(role("Coach")).settings == ""


def test_a_pending_invitation_needs_its_role_and_a_revoked_one_does_not(clinic: Clinic) -> None:
    clinic()
    made = add_role("Intern", [], member(ANA), NOW).id
    about = About("Gus Lind", "gus@example.com", made, Kind.PRACTITIONER)
    invitation = invite_to_team(about, member(ANA), NOW).id
    with pytest.raises(Refused, match="Gus Lind is invited with it"):
        remove_role(made, member(ANA), NOW)
    revoke_invitation(invitation, member(ANA), NOW)
    remove_role(made, member(ANA), NOW)
    assert db.session.get_one(TeamInvitation, invitation).role_id is None


def test_the_list_says_who_has_which_role_and_searches(clinic: Clinic) -> None:
    clinic(dee_may=["team"])
    lines = {line.name: line for line in load_roles("", 1).shown}
    assert list(lines) == ["Coach", "Front desk", "Nutritionist"]
    assert lines["Nutritionist"].members == ("Ana Ruiz", "Ben Okafor")
    assert lines["Front desk"].rights == (Right.TEAM,)
    assert [line.name for line in load_roles("desk", 1).shown] == ["Front desk"]
