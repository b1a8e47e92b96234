"""Sharing services: four ways, lists that are kept, many at once."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from portal.actions.service_sharing import (
    NobodyNamed,
    SharingChange,
    SharingSettings,
    share_service,
    share_services,
)
from portal.db import db
from portal.errors import Changed, Forbidden, Refused
from portal.models import Activity, Member, Role, Service
from portal.scheduling.eligibility import Sharing
from portal.transaction import transaction
from tests.clinics import ANA, BEN, CHO, DEE, NOW

Clinic = Callable[..., None]


def member(email: str) -> Member:
    return db.session.scalars(select(Member).where(Member.email == email)).one()


def service(slug: str) -> Service:
    return db.session.scalars(select(Service).where(Service.slug == slug)).one()


def coach() -> int:
    return db.session.scalars(select(Role.id).where(Role.name == "Coach")).one()


def settings(
    sharing: Sharing, *emails: str, roles: frozenset[int] = frozenset()
) -> SharingSettings:
    return SharingSettings(sharing, frozenset(member(email).id for email in emails), roles)


def share(wanted: SharingSettings, version: int = 1, by: str = ANA) -> Service:
    return share_service(service("follow-up").id, version, wanted, member(by), NOW)


def test_each_list_is_kept_while_another_choice_is_in_force(clinic: Clinic) -> None:
    clinic(sharing="private")
    share(settings(Sharing.MEMBERS, BEN, roles=frozenset({coach()})))
    share(settings(Sharing.ALL, BEN, roles=frozenset({coach()})), 2)
    stored = service("follow-up")
    assert stored.sharing is Sharing.ALL
    assert [each.email for each in stored.shared_members] == [BEN]
    assert [each.name for each in stored.shared_roles] == ["Coach"]


@pytest.mark.parametrize("sharing", [Sharing.MEMBERS, Sharing.ROLES])
def test_an_empty_list_is_refused_and_what_is_stored_remains(
    clinic: Clinic, sharing: Sharing
) -> None:
    clinic(sharing="members", shared_with=[BEN])
    with pytest.raises(NobodyNamed):
        share(settings(sharing))
    stored = service("follow-up")
    assert (stored.sharing, stored.version) == (Sharing.MEMBERS, 1)
    assert [each.email for each in stored.shared_members] == [BEN]


@pytest.mark.parametrize("who", [DEE, CHO])
def test_only_active_practitioners_can_be_named(clinic: Clinic, who: str) -> None:
    clinic(sharing="private")
    with transaction() as session:
        session.scalars(select(Member).where(Member.email == CHO)).one().deactivated_at = NOW
    with pytest.raises(Refused):
        share(settings(Sharing.MEMBERS, BEN, who))
    with pytest.raises(Refused):
        share(SharingSettings(Sharing.ROLES, frozenset(), frozenset({999})))
    assert service("follow-up").sharing is Sharing.PRIVATE


def test_sharing_needs_the_right_and_owning_is_not_enough(clinic: Clinic) -> None:
    clinic(follow_up={"owner": BEN}, sharing="private", packages=[])
    with pytest.raises(Forbidden):
        share(settings(Sharing.ALL), by=BEN)
    with pytest.raises(Forbidden):
        share_services([], member(CHO), NOW)
    assert service("follow-up").sharing is Sharing.PRIVATE


def test_what_changed_is_recorded_by_ids(clinic: Clinic) -> None:
    clinic(sharing="all")
    share(settings(Sharing.MEMBERS, CHO, BEN))
    row = db.session.scalars(select(Activity).where(Activity.act == "service.shared")).one()
    ids = sorted([member(BEN).id, member(CHO).id])
    assert row.details == {"from": "all", "to": f"members: {ids[0]}, {ids[1]}"}


def test_the_second_of_two_who_share_is_told(clinic: Clinic) -> None:
    clinic(sharing="private")
    share(settings(Sharing.ALL))
    with pytest.raises(Changed):
        share(settings(Sharing.PRIVATE))
    assert service("follow-up").sharing is Sharing.ALL


def test_of_many_at_once_all_are_saved_or_none(clinic: Clinic) -> None:
    clinic(sharing="private")
    both = [
        SharingChange(service(slug).id, 1, Sharing.ALL, frozenset())
        for slug in ("intake", "follow-up")
    ]
    share(settings(Sharing.MEMBERS, BEN))
    with pytest.raises(Changed, match="Follow-up"):
        share_services(both, member(ANA), NOW)
    assert service("intake").sharing is Sharing.PRIVATE
    again = [both[0], SharingChange(service("follow-up").id, 2, Sharing.ALL, frozenset())]
    share_services(again, member(ANA), NOW)
    assert {service(slug).sharing for slug in ("intake", "follow-up")} == {Sharing.ALL}


def test_the_table_leaves_the_roles_as_they_are(clinic: Clinic) -> None:
    clinic(sharing="roles", shared_with=["Coach"])
    change = SharingChange(service("follow-up").id, 1, Sharing.MEMBERS, frozenset({member(BEN).id}))
    share_services([change], member(ANA), NOW)
    assert [each.name for each in service("follow-up").shared_roles] == ["Coach"]
