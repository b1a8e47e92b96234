"""The two-layer rule, scenario by scenario, and the order of its reasons."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from portal.scheduling.eligibility import (
    Allow,
    Holder,
    Kind,
    MemberFacts,
    Plan,
    Reason,
    ServiceFacts,
    Sharing,
    TeamBooking,
    why_not_bookable,
)

INTAKE, FOLLOW_UP = 10, 20
ANA, BEN, CHO = 1, 2, 3
NUTRITIONIST, COACH = 1, 2
TODAY = date(2027, 3, 15)
NOBODY: frozenset[int] = frozenset()
ANYBODY = TeamBooking(enabled=True, allow=Allow.ANY)

intake = ServiceFacts(INTAKE, ANA, Sharing.PRIVATE, NOBODY, NOBODY)
follow_up = ServiceFacts(FOLLOW_UP, ANA, Sharing.ALL, NOBODY, NOBODY)
reset = Holder(
    assigned_to=ANA,
    team_booking=ANYBODY,
    active=True,
    expires=date(2027, 6, 13),
    credits={INTAKE: 1, FOLLOW_UP: 3},
)

Names = Callable[..., list[str]]


@pytest.fixture
def team(
    ana: MemberFacts, ben: MemberFacts, cho: MemberFacts, dee: MemberFacts
) -> Sequence[MemberFacts]:
    return [ana, ben, cho, dee]


@pytest.fixture
def bookable(team: Sequence[MemberFacts]) -> Names:
    """Return a function that names who can be booked for a service from the package Reset."""

    def names(
        team_booking: TeamBooking,
        service: ServiceFacts = follow_up,
        plan: Plan = Plan.TEAM,
        **changes: Any,
    ) -> list[str]:
        holder = replace(reset, team_booking=team_booking, **changes)
        return [
            member.name
            for member in team
            if why_not_bookable(
                holder, service, member, plan=plan, today=TODAY, has_availability=True
            )
            is None
        ]

    return names


def test_scenario_01_with_the_toggle_off_only_ana_is_bookable(bookable: Names) -> None:
    assert bookable(TeamBooking(enabled=False, allow=Allow.ANY)) == ["Ana"]


def test_scenario_02_a_private_service_is_anas_alone(bookable: Names) -> None:
    assert bookable(ANYBODY, replace(follow_up, sharing=Sharing.PRIVATE)) == ["Ana"]


def test_scenario_03_shared_with_ben_only_means_ana_and_ben(bookable: Names) -> None:
    with_ben = replace(follow_up, sharing=Sharing.MEMBERS, members=frozenset({BEN}))
    assert bookable(ANYBODY, with_ben) == ["Ana", "Ben"]


def test_scenario_04_shared_with_all_and_any_means_everybody_but_dee(bookable: Names) -> None:
    assert bookable(ANYBODY) == ["Ana", "Ben", "Cho"]


def test_scenario_05_assigned_team_member_only_means_ana(bookable: Names) -> None:
    assert bookable(TeamBooking(enabled=True, allow=Allow.ASSIGNED)) == ["Ana"]


def test_scenario_06_specific_members_means_ana_and_those(bookable: Names) -> None:
    only_ben = TeamBooking(enabled=True, allow=Allow.MEMBERS, members=frozenset({BEN}))
    assert bookable(only_ben) == ["Ana", "Ben"]


def test_scenario_07_specific_roles_means_ana_and_the_coach(bookable: Names) -> None:
    coaches = TeamBooking(enabled=True, allow=Allow.ROLES, roles=frozenset({COACH}))
    assert bookable(coaches) == ["Ana", "Cho"]


@pytest.mark.parametrize("allow", [Allow.MEMBERS, Allow.ROLES])
def test_scenario_08_an_empty_list_would_let_nobody_else_in(bookable: Names, allow: Allow) -> None:
    assert bookable(TeamBooking(enabled=True, allow=allow)) == ["Ana"]


def test_scenario_20_where_only_ana_is_bookable_nobody_else_is_offered(bookable: Names) -> None:
    assert bookable(ANYBODY, intake) == ["Ana"]


def test_lists_of_other_choices_are_kept_but_count_for_nothing(bookable: Names) -> None:
    kept = TeamBooking(True, Allow.ROLES, frozenset({BEN}), frozenset({COACH}))
    assert bookable(kept) == ["Ana", "Cho"]
    assert bookable(replace(kept, allow=Allow.MEMBERS)) == ["Ana", "Ben"]
    assert bookable(replace(kept, allow=Allow.ASSIGNED)) == ["Ana"]


def test_a_service_shared_with_roles_follows_the_role(bookable: Names) -> None:
    for_coaches = replace(follow_up, sharing=Sharing.ROLES, roles=frozenset({COACH}))
    assert bookable(ANYBODY, for_coaches) == ["Ana", "Cho"]


def test_lists_of_another_way_of_sharing_count_for_nothing(bookable: Names) -> None:
    kept = replace(follow_up, members=frozenset({BEN}), roles=frozenset({COACH}))
    assert bookable(ANYBODY, replace(kept, sharing=Sharing.PRIVATE)) == ["Ana"]
    assert bookable(ANYBODY, replace(kept, sharing=Sharing.MEMBERS)) == ["Ana", "Ben"]
    assert bookable(ANYBODY, replace(kept, sharing=Sharing.ROLES)) == ["Ana", "Cho"]


def test_an_owner_needs_no_sharing_to_be_booked_beside_the_assigned(bookable: Names) -> None:
    bens_own = replace(follow_up, owner_id=BEN, sharing=Sharing.PRIVATE)
    assert bookable(ANYBODY, bens_own) == ["Ana", "Ben"]


def test_the_assigned_practitioner_stays_bookable_when_sharing_is_withdrawn(
    bookable: Names,
) -> None:
    bens_own = replace(follow_up, owner_id=BEN, sharing=Sharing.PRIVATE)
    assert bookable(TeamBooking(), bens_own) == ["Ana"]


def test_the_assigned_practitioner_need_not_be_in_the_list(bookable: Names) -> None:
    only_ben = TeamBooking(enabled=True, allow=Allow.MEMBERS, members=frozenset({BEN}))
    assert bookable(only_ben, assigned_to=CHO) == ["Ben", "Cho"]


def test_on_the_solo_plan_only_the_assigned_practitioner_is_bookable(bookable: Names) -> None:
    assert bookable(ANYBODY, plan=Plan.SOLO) == ["Ana"]


def test_a_member_without_a_role_matches_no_list_of_roles(cho: MemberFacts) -> None:
    without = replace(cho, role_id=None)
    roles = frozenset({NUTRITIONIST, COACH})
    assert not TeamBooking(True, Allow.ROLES, NOBODY, roles).allows(without)
    assert not replace(follow_up, sharing=Sharing.ROLES, roles=roles).shared_with(without)


@pytest.mark.parametrize(
    ("expires", "expected"),
    [
        pytest.param(None, None, id="never"),
        pytest.param(date(2027, 3, 16), None, id="tomorrow"),
        pytest.param(TODAY, None, id="today-is-the-last-day"),
        pytest.param(date(2027, 3, 14), Reason.EXPIRED, id="yesterday"),
    ],
)
def test_a_package_can_be_used_through_its_last_day(
    ana: MemberFacts, expires: date | None, expected: Reason | None
) -> None:
    holder = replace(reset, expires=expires)
    assert why_not(holder, follow_up, ana) is expected


@pytest.mark.parametrize(
    ("credits", "expected"),
    [
        pytest.param({FOLLOW_UP: 1}, None, id="one-left"),
        pytest.param({FOLLOW_UP: 0}, Reason.NO_CREDIT_LEFT, id="none-left"),
        pytest.param({FOLLOW_UP: -1}, Reason.NO_CREDIT_LEFT, id="overspent-by-hand"),
        pytest.param({INTAKE: 1}, Reason.NO_CREDIT_LEFT, id="not-an-item"),
    ],
)
def test_a_credit_of_this_very_service_is_needed(
    ana: MemberFacts, credits: dict[int, int], expected: Reason | None
) -> None:
    assert why_not(replace(reset, credits=credits), follow_up, ana) is expected


# Everything that can be wrong with Cho at once, mended one by one: each mending brings the next.
WRONG_WITH_CHO: list[tuple[Reason, str, dict[str, Any]]] = [
    (Reason.ADMIN, "member", {"kind": Kind.PRACTITIONER}),
    (Reason.INACTIVE, "member", {"active": True}),
    (Reason.CLIENT_INACTIVE, "holder", {"client_active": True}),
    (Reason.PACKAGE_INACTIVE, "holder", {"active": True}),
    (Reason.EXPIRED, "holder", {"expires": TODAY}),
    (Reason.NO_CREDIT_LEFT, "holder", {"credits": {FOLLOW_UP: 1}}),
    (Reason.SOLO_PLAN, "asked", {"plan": Plan.TEAM}),
    (Reason.TEAM_BOOKING_OFF, "holder", {"team_booking": TeamBooking(True, Allow.ASSIGNED)}),
    (Reason.NOT_ALLOWED_BY_PACKAGE, "holder", {"team_booking": ANYBODY}),
    (Reason.SERVICE_NOT_SHARED, "service", {"sharing": Sharing.ALL}),
    (Reason.NO_AVAILABILITY, "asked", {"has_availability": True}),
]
TOLD_OF_COLLEAGUES_ONLY = {
    Reason.SOLO_PLAN,
    Reason.TEAM_BOOKING_OFF,
    Reason.NOT_ALLOWED_BY_PACKAGE,
    Reason.SERVICE_NOT_SHARED,
}


def why_not(holder: Holder, service: ServiceFacts, member: MemberFacts) -> Reason | None:
    return why_not_bookable(
        holder, service, member, plan=Plan.TEAM, today=TODAY, has_availability=True
    )


def reasons_while_mending(member: MemberFacts, assigned_to: int) -> list[Reason | None]:
    facts: dict[str, Any] = {
        "member": replace(member, kind=Kind.ADMIN, active=False),
        "holder": Holder(assigned_to, TeamBooking(), False, date(2027, 3, 14), {}, False),
        "service": replace(follow_up, sharing=Sharing.PRIVATE),
    }
    asked: dict[str, Any] = {"plan": Plan.SOLO, "today": TODAY, "has_availability": False}
    reasons = []
    for _, what, mended in WRONG_WITH_CHO:
        reasons.append(why_not_bookable(**facts, **asked))
        if what == "asked":
            asked |= mended
        else:
            facts[what] = replace(facts[what], **mended)
    return [*reasons, why_not_bookable(**facts, **asked)]


def test_the_first_reason_is_given_and_each_mending_brings_the_next(cho: MemberFacts) -> None:
    expected = [reason for reason, _, _ in WRONG_WITH_CHO]
    assert reasons_while_mending(cho, assigned_to=ANA) == [*expected, None]


def test_the_assigned_practitioner_is_never_told_of_the_two_layers(cho: MemberFacts) -> None:
    reasons = reasons_while_mending(cho, assigned_to=CHO)
    assert not TOLD_OF_COLLEAGUES_ONLY & set(reasons)
    expected = [r for r, _, _ in WRONG_WITH_CHO if r not in TOLD_OF_COLLEAGUES_ONLY]
    assert list(dict.fromkeys(reasons)) == [*expected, None]


def test_reasons_are_declared_in_the_order_in_which_they_are_given() -> None:
    assert list(Reason) == [reason for reason, _, _ in WRONG_WITH_CHO]


def test_the_words_stored_and_shown_are_these() -> None:
    assert [word.value for word in (*Kind, *Plan, *Sharing, *Allow)] == [
        *("practitioner", "admin", "solo", "team"),
        *("private", "all", "members", "roles"),
        *("assigned", "any", "members", "roles"),
    ]
    assert all(reason.value == reason.name.lower() for reason in Reason)
