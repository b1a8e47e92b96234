"""Packages: what can be stored and what can't, copies, the archive, the order of the list."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.actions.packages import (
    Direction,
    archive_package,
    create_package,
    duplicate_package,
    move_package,
    restore_package,
    save_package,
)
from portal.db import db
from portal.errors import Changed, NotFound, Refused, WrongFields
from portal.models import (
    Activity,
    ClientPackage,
    Member,
    Package,
    Practice,
    Role,
    Service,
    ShortLink,
)
from portal.queries.packages import Line, PackageValues, listed_packages, values_of
from portal.scheduling.eligibility import Allow, Plan, Sharing, TeamBooking
from portal.transaction import transaction
from tests.clinics import ANA, BEN, CHO, DEE, NOW, lee

Clinic = Callable[..., None]
TEAM = TeamBooking(enabled=True, allow=Allow.ANY)


def member(email: str) -> Member:
    return db.session.scalars(select(Member).where(Member.email == email)).one()


def service(slug: str) -> Service:
    return db.session.scalars(select(Service).where(Service.slug == slug)).one()


def role(name: str) -> Role:
    return db.session.scalars(select(Role).where(Role.name == name)).one()


def reset() -> Package:
    return db.session.scalars(select(Package).where(Package.slug == "reset")).one()


def names() -> list[str]:
    """The packages in the order of the list."""
    return [package.name for package in db.session.scalars(listed_packages())]


def save(**changes: Any) -> Package:
    """Save Reset with these values changed, as Ana who has it open as it is."""
    package = reset()
    values = replace(values_of(package), **changes)
    return save_package(package.id, values, package.version, member(ANA), NOW)


def refused(**changes: Any) -> dict[str, str]:
    """Why Reset can't be saved with these values changed. Nothing is stored."""
    before = values_of(reset()), reset().version
    with pytest.raises(WrongFields) as refusal:
        save(**changes)
    db.session.rollback()
    assert (values_of(reset()), reset().version) == before
    return refusal.value.faults


def new_values(**changes: Any) -> PackageValues:
    """A package with one Follow-up of Ana's."""
    plain = PackageValues(
        name="Kick-off",
        slug=None,
        description="",
        terms="",
        assigned_to=member(ANA).id,
        price=None,
        valid_days=None,
        weekly_limit=None,
        monthly_limit=None,
        lines=(Line(service("follow-up").id, 1),),
        team_booking=TeamBooking(),
    )
    return replace(plain, **changes)


def share(slug: str, sharing: Sharing) -> None:
    with transaction() as session:
        session.scalars(select(Service).where(Service.slug == slug)).one().sharing = sharing


def deactivate(email: str) -> None:
    with transaction() as session:
        row = session.scalars(select(Member).where(Member.email == email)).one()
        row.deactivated_at = NOW


def acts() -> list[tuple[str, int]]:
    return [
        (row.act, row.subject_id)
        for row in db.session.scalars(select(Activity).order_by(Activity.id))
        if row.act.startswith("package.")
    ]


def test_a_new_package_gets_an_address_from_its_name_and_the_last_place(clinic: Clinic) -> None:
    clinic()
    first = create_package(new_values(name="Kick-off – für Ä"), member(ANA), NOW)
    second = create_package(new_values(name="Kick-off fur A"), member(ANA), NOW)
    assert (first.slug, second.slug) == ("kick-off-fur-a", "kick-off-fur-a-2")
    assert names() == ["Reset", "Kick-off – für Ä", "Kick-off fur A"]
    assert acts() == [("package.added", first.id), ("package.added", second.id)]


def test_a_name_without_any_letter_of_the_alphabet_gets_an_address_too(clinic: Clinic) -> None:
    clinic()
    assert create_package(new_values(name="減量"), member(ANA), NOW).slug == "package"
    assert create_package(new_values(name="減量"), member(ANA), NOW).slug == "package-2"


def test_an_address_is_never_longer_than_its_column(clinic: Clinic) -> None:
    clinic()
    slugs = [create_package(new_values(name="x" * 200), member(ANA), NOW).slug for _ in range(3)]
    assert slugs == ["x" * 80, "x" * 78 + "-2", "x" * 78 + "-3"]


def test_several_who_make_the_same_package_at_once_get_one_each(clinic: Clinic, app: Flask) -> None:
    clinic()
    values = new_values()

    def make(_number: int) -> str:
        with app.app_context():
            return create_package(values, member(ANA), NOW).slug

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(make, range(4)))) == 4


def test_everything_that_is_edited_is_stored(clinic: Clinic) -> None:
    clinic()
    intake, follow_up = service("intake").id, service("follow-up").id
    changes = {
        "name": "Reset plus",
        "slug": "reset",
        "description": "Longer.",
        "terms": "Be on time.",
        "price": None,
        "valid_days": 30,
        "weekly_limit": 1,
        "monthly_limit": 2,
        "lines": (Line(follow_up, 5), Line(intake, 2)),
        "team_booking": TeamBooking(
            True, Allow.MEMBERS, frozenset({member(BEN).id}), frozenset({role("Coach").id})
        ),
    }
    save(**changes)
    db.session.expire_all()
    stored = values_of(reset())
    assert {name: getattr(stored, name) for name in changes} == changes
    assert reset().version == 2
    log = db.session.scalars(select(Activity).where(Activity.act == "package.changed")).one()
    assert set(log.details["fields"]) == set(changes) - {"slug"}
    assert log.details["team_booking"] == "members"


def test_the_log_says_the_new_mode_of_team_booking_only_where_it_changed(clinic: Clinic) -> None:
    clinic(enabled=True, allow="any")
    save(name="Another name")
    db.session.expire_all()
    save(team_booking=TeamBooking(False, Allow.ANY))
    query = select(Activity.details).where(Activity.act == "package.changed")
    assert db.session.scalars(query.order_by(Activity.id)).all() == [
        {"fields": ["name"]},
        {"fields": ["team_booking"], "team_booking": "off"},
    ]


def test_clients_own_packages_do_not_change_with_the_template(clinic: Clinic) -> None:
    own = {"client": "lee@example.com", "package": "reset", "started": "2027-03-01"}
    clinic(clients=[lee()], client_packages=[own])
    query = select(ClientPackage)
    before = db.session.scalars(query).one()
    was = (before.team_booking_allow, before.assigned_to_id, len(before.items), before.expires_on)
    save(team_booking=TeamBooking(), valid_days=1, lines=(Line(service("follow-up").id, 9),))
    after = db.session.scalars(query).one()
    assert was == (
        after.team_booking_allow,
        after.assigned_to_id,
        len(after.items),
        after.expires_on,
    )


@pytest.mark.parametrize(
    ("allow", "field"), [(Allow.MEMBERS, "members"), (Allow.ROLES, "roles")], ids=str
)
def test_scenario_08_an_empty_list_is_refused_and_what_is_stored_remains(
    clinic: Clinic, allow: Allow, field: str
) -> None:
    clinic()
    assert list(refused(team_booking=TeamBooking(True, allow))) == [field]


@pytest.mark.parametrize("allow", [Allow.ASSIGNED, Allow.ANY], ids=str)
def test_without_a_restriction_no_list_is_needed_and_both_are_kept(
    clinic: Clinic, allow: Allow
) -> None:
    clinic()
    lists = {"members": frozenset({member(BEN).id}), "roles": frozenset({role("Coach").id})}
    for enabled in (True, False):
        settings = TeamBooking(enabled, allow, **lists)
        save(team_booking=settings)
        assert values_of(reset()).team_booking == settings


def test_an_empty_list_matters_only_while_the_toggle_is_on(clinic: Clinic) -> None:
    clinic()
    for allow in (Allow.MEMBERS, Allow.ROLES):
        save(team_booking=TeamBooking(False, allow))
        assert reset().team_booking_allow is allow


@pytest.mark.parametrize("allow", list(Allow), ids=str)
def test_scenario_11_nobody_but_active_practitioners_can_be_put_in_the_list(
    clinic: Clinic, allow: Allow
) -> None:
    clinic()
    deactivate(CHO)
    for wrong in (member(DEE).id, member(CHO).id, 999):
        members = frozenset({member(BEN).id, wrong})
        for enabled in (True, False):
            settings = TeamBooking(enabled, allow, members, frozenset({role("Coach").id}))
            assert list(refused(team_booking=settings)) == ["members"]


def test_scenario_11_a_role_that_does_not_exist(clinic: Clinic) -> None:
    clinic()
    settings = TeamBooking(True, Allow.ROLES, roles=frozenset({role("Coach").id, 999}))
    assert list(refused(team_booking=settings)) == ["roles"]


def test_whoever_is_deactivated_later_stays_in_the_list(clinic: Clinic) -> None:
    clinic(allow="members", restrict_to=[BEN, CHO])
    deactivate(CHO)
    save(name="Reset still")
    assert [each.email for each in reset().team_members] == [BEN, CHO]


def test_scenario_12_a_line_that_the_assigned_practitioner_can_not_give(clinic: Clinic) -> None:
    clinic()
    faults = refused(assigned_to=member(BEN).id)
    assert faults == {
        "line-0": "Ben Okafor can’t give Intake: they neither own it nor is it shared with them."
    }
    share("intake", Sharing.ALL)
    assert save(assigned_to=member(BEN).id).assigned_to.email == BEN


def test_a_line_that_became_wrong_later_is_refused_at_the_next_save(clinic: Clinic) -> None:
    clinic(sharing="members", shared_with=[BEN])
    share("intake", Sharing.ALL)
    save(assigned_to=member(BEN).id)
    share("intake", Sharing.PRIVATE)
    assert list(refused(name="Renamed")) == ["line-0"]
    assert list(refused(assigned_to=member(CHO).id)) == ["line-0", "line-1"]
    share("intake", Sharing.ALL)
    assert save(name="Renamed").name == "Renamed"


def test_a_service_stands_in_a_package_once(clinic: Clinic) -> None:
    clinic()
    intake = service("intake").id
    faults = refused(lines=(Line(intake, 1), Line(intake, 2)))
    assert faults == {"line-1": "Intake is in line 1 already."}


def test_an_archived_service_can_not_be_added_and_stays_where_it_is(clinic: Clinic) -> None:
    clinic()
    with transaction() as session:
        session.scalars(select(Service).where(Service.slug == "intake")).one().archived_at = NOW
    save(name="Renamed")
    lines = (Line(service("intake").id, 1),)
    with pytest.raises(WrongFields) as refusal:
        create_package(new_values(lines=lines), member(ANA), NOW)
    assert list(refusal.value.faults) == ["line-0"]
    assert list(refused(lines=(Line(999, 1),))) == ["line-0"]


def test_a_package_with_an_archived_service_is_not_put_on_offer_again(clinic: Clinic) -> None:
    clinic()
    archive_package(reset().id, member(ANA), NOW)
    with transaction() as session:
        session.scalars(select(Service).where(Service.slug == "intake")).one().archived_at = NOW
    for act in (restore_package, duplicate_package):
        with pytest.raises(Refused, match="Intake is archived"):
            act(reset().id, member(ANA), NOW)
    assert reset().archived_at == NOW


@pytest.mark.parametrize("who", [DEE, CHO, None], ids=["admin", "deactivated", "nobody"])
def test_a_package_is_assigned_to_an_active_practitioner(clinic: Clinic, who: str | None) -> None:
    clinic()
    deactivate(CHO)
    faults = refused(assigned_to=member(who).id if who else 999, lines=())
    assert list(faults) == ["assigned_to"]


def test_an_address_that_another_package_has(clinic: Clinic) -> None:
    clinic()
    other = create_package(new_values(), member(ANA), NOW).slug
    assert list(refused(slug=other)) == ["slug"]
    with pytest.raises(WrongFields):
        create_package(new_values(slug="reset"), member(ANA), NOW)


def test_the_second_of_two_editors_is_told(clinic: Clinic) -> None:
    clinic()
    package, seen = reset(), reset().version
    mine, theirs = (replace(values_of(package), name=name) for name in ("Mine", "Theirs"))
    save_package(package.id, theirs, seen, member(BEN), NOW)
    with pytest.raises(Changed):
        save_package(package.id, mine, seen, member(ANA), NOW)
    assert reset().name == "Theirs"
    save_package(package.id, mine, seen + 1, member(ANA), NOW)
    assert reset().name == "Mine"


def test_on_the_solo_plan_team_booking_is_kept_as_it_is(clinic: Clinic) -> None:
    clinic(allow="members", restrict_to=[BEN])
    with transaction() as session:
        session.get_one(Practice, 1).plan = Plan.SOLO
    save(name="Renamed", team_booking=TeamBooking())
    assert reset().team_booking_enabled
    assert [each.email for each in reset().team_members] == [BEN]


def test_a_copy_has_items_and_team_booking_and_an_address_of_its_own(clinic: Clinic) -> None:
    clinic(allow="members", restrict_to=[BEN], package={"terms": "Be on time."})
    create_package(new_values(), member(ANA), NOW)
    with transaction() as session:
        session.add(
            ShortLink(
                code="bcdfghj",
                package_id=reset().id,
                created_at=NOW,
                created_by_id=member(ANA).id,
            )
        )
    archive_package(reset().id, member(ANA), NOW)
    copy = duplicate_package(reset().id, member(ANA), NOW)
    assert values_of(copy) == replace(
        values_of(reset()), name="Copy of Reset", slug="copy-of-reset"
    )
    assert copy.archived_at is None
    assert db.session.scalar(select(func.count()).select_from(ShortLink)) == 1
    assert copy.id != reset().id


def test_a_copy_stands_below_its_original(clinic: Clinic) -> None:
    clinic()
    create_package(new_values(), member(ANA), NOW)
    duplicate_package(reset().id, member(ANA), NOW)
    assert names() == ["Reset", "Copy of Reset", "Kick-off"]


def test_archiving_and_restoring(clinic: Clinic) -> None:
    clinic()
    for _ in range(2):
        archive_package(reset().id, member(ANA), NOW)
        assert reset().archived_at == NOW
    for _ in range(2):
        restore_package(reset().id, member(ANA), NOW)
        assert reset().archived_at is None
    assert [act for act, _ in acts()] == ["package.archived", "package.restored"]


def test_moving_changes_places_with_the_neighbour(clinic: Clinic) -> None:
    clinic()
    last = [create_package(new_values(name=name), member(ANA), NOW) for name in ("B", "A", "C")][2]
    archive_package(last.id, member(ANA), NOW)
    assert names() == ["Reset", "B", "A", "C"]
    move_package(reset().id, Direction.DOWN, member(ANA), NOW)
    assert names() == ["B", "Reset", "A", "C"]
    move_package(reset().id, Direction.DOWN, member(ANA), NOW)
    assert names() == ["B", "A", "Reset", "C"]
    move_package(reset().id, Direction.DOWN, member(ANA), NOW)
    move_package(last.id, Direction.UP, member(ANA), NOW)
    assert names() == ["B", "A", "Reset", "C"], "on offer and archived are two lists"
    assert [act for act, _ in acts()].count("package.reordered") == 2, "nothing moved"
    move_package(reset().id, Direction.UP, member(ANA), NOW)
    assert names() == ["B", "Reset", "A", "C"]


def test_a_package_that_is_not_there(clinic: Clinic) -> None:
    clinic()
    values = new_values()
    with pytest.raises(NotFound):
        save_package(999, values, 1, member(ANA), NOW)
    for act in (duplicate_package, archive_package, restore_package):
        with pytest.raises(NotFound):
            act(999, member(ANA), NOW)
    with pytest.raises(NotFound):
        move_package(999, Direction.UP, member(ANA), NOW)
