"""Editing services: who may, what is refused, and what stays as it was."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select

from portal.actions.services import (
    ServiceSettings,
    SlugTaken,
    add_service,
    archive_service,
    duplicate_service,
    restore_service,
    save_service,
)
from portal.actions.slugs import slug_of
from portal.db import db
from portal.errors import Changed, Forbidden, NotFound, Refused
from portal.models import Activity, Confirm, Delivery, Member, Package, Service
from portal.scheduling.eligibility import Sharing
from portal.transaction import transaction
from tests.clinics import ANA, BEN, CHO, DEE, NOW

Clinic = Callable[..., None]
SETTINGS = ServiceSettings(name="Check-in", minutes=30, delivery=(Delivery.PHONE,))
EVERYTHING = ServiceSettings(
    name="Check-in",
    minutes=25,
    delivery=(Delivery.PHONE, Delivery.IN_PERSON),
    description="A short talk.",
    buffer_before=5,
    buffer_after=10,
    place="Room 2",
    video_link="https://meet.example.com/2",
    price=Decimal("40.50"),
    confirm=Confirm.INSTANT,
    terms="Be on time.",
)


def member(email: str) -> Member:
    return db.session.scalars(select(Member).where(Member.email == email)).one()


def service(slug: str) -> Service:
    return db.session.scalars(select(Service).where(Service.slug == slug)).one()


def acts() -> list[tuple[str, dict[str, object]]]:
    db.session.rollback()
    rows = db.session.scalars(select(Activity).where(Activity.subject == "service"))
    return [(row.act, row.details) for row in rows]


def test_a_new_service_has_what_was_set_and_is_private(clinic: Clinic) -> None:
    clinic()
    made = add_service(EVERYTHING, member(ANA), NOW)
    for field in ("name", "minutes", "description", "place", "price", "confirm", "terms"):
        assert getattr(made, field) == getattr(EVERYTHING, field)
    assert (made.buffer_before, made.buffer_after) == (5, 10)
    assert made.delivery == ["in_person", "phone"], "in the order in which they are offered"
    assert (made.slug, made.owner.email, made.sharing) == ("check-in", ANA, Sharing.PRIVATE)
    assert acts() == [("service.added", {})]


def test_an_address_is_given_once(clinic: Clinic) -> None:
    clinic()
    names = [add_service(SETTINGS, member(ANA), NOW).slug for _time in range(3)]
    assert names == ["check-in", "check-in-2", "check-in-3"]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        pytest.param("Check-in & more", "check-in-more", id="signs"),
        pytest.param("Évaluation Über", "evaluation-uber", id="accents"),
        pytest.param("初診", "", id="no-latin-letters"),
        pytest.param("x" * 100, "x" * 80, id="long"),
        pytest.param("a" * 79 + " b", "a" * 79, id="cut-at-a-dash"),
    ],
)
def test_an_address_can_be_read(name: str, slug: str) -> None:
    assert slug_of(name) == slug


def test_long_names_that_are_alike_get_addresses_that_fit(clinic: Clinic) -> None:
    clinic()
    long = replace(SETTINGS, name="x" * 100)
    slugs = [add_service(long, member(ANA), NOW).slug for _time in range(2)]
    assert slugs == ["x" * 80, "x" * 78 + "-2"]
    assert add_service(replace(SETTINGS, name="初診"), member(ANA), NOW).slug == "service"


@pytest.mark.parametrize("who", [BEN, CHO])
def test_adding_and_duplicating_need_the_right(clinic: Clinic, who: str) -> None:
    clinic()
    with pytest.raises(Forbidden):
        add_service(SETTINGS, member(who), NOW)
    with pytest.raises(Forbidden):
        duplicate_service(service("follow-up").id, member(who), NOW)
    assert len(db.session.scalars(select(Service)).all()) == 2


@pytest.mark.parametrize("owner", [DEE, None])
def test_a_service_belongs_to_somebody_who_can_be_booked(clinic: Clinic, owner: str | None) -> None:
    clinic(dee_may=["offers"])
    owner_id = member(owner).id if owner else None
    with pytest.raises(Refused):
        add_service(replace(SETTINGS, owner_id=owner_id), member(DEE), NOW)
    given = replace(SETTINGS, owner_id=member(BEN).id)
    assert add_service(given, member(DEE), NOW).owner.email == BEN


def test_saving_keeps_sharing_and_counts_the_change(clinic: Clinic) -> None:
    clinic(sharing="members", shared_with=[BEN])
    saved = save_service(service("follow-up").id, 1, EVERYTHING, member(ANA), NOW)
    assert (saved.name, saved.slug, saved.version) == ("Check-in", "follow-up", 2)
    assert [each.email for each in saved.shared_members] == [BEN]
    [(act, details)] = acts()
    assert act == "service.changed"
    assert "minutes" in details["fields"]  # type: ignore[operator]
    assert "owner_id" not in details["fields"]  # type: ignore[operator]


def test_the_second_of_two_who_edit_is_told(clinic: Clinic) -> None:
    clinic()
    save_service(service("intake").id, 1, SETTINGS, member(ANA), NOW)
    with pytest.raises(Changed):
        save_service(service("intake").id, 1, EVERYTHING, member(ANA), NOW)
    assert service("intake").minutes == 30


def test_recipients_may_not_edit(clinic: Clinic) -> None:
    clinic(sharing="all")
    for act in (archive_service, restore_service):
        with pytest.raises(Forbidden, match="shared with you"):
            act(service("follow-up").id, member(BEN), NOW)
    with pytest.raises(Forbidden, match="shared with you"):
        save_service(service("follow-up").id, 1, SETTINGS, member(BEN), NOW)


def test_a_plain_owner_edits_but_gives_nothing_away(clinic: Clinic) -> None:
    clinic(follow_up={"owner": BEN, "sharing": "all"})
    id_, ben = service("follow-up").id, member(BEN)
    saved = save_service(id_, 1, replace(SETTINGS, owner_id=ben.id), ben, NOW)
    assert saved.name == "Check-in"
    with pytest.raises(Forbidden):
        save_service(id_, 2, replace(SETTINGS, owner_id=member(CHO).id), member(BEN), NOW)
    assert service("follow-up").owner.email == BEN


def test_giving_a_service_to_somebody_else_is_recorded(clinic: Clinic) -> None:
    clinic()
    ana, ben = member(ANA).id, member(BEN).id
    save_service(service("intake").id, 1, replace(SETTINGS, owner_id=ben), member(ANA), NOW)
    assert service("intake").owner.email == BEN
    assert ("service.handed_over", {"from": ana, "to": ben}) in acts()


def test_an_address_that_is_taken_is_refused(clinic: Clinic) -> None:
    clinic()
    taken = replace(SETTINGS, slug="follow-up")
    with pytest.raises(SlugTaken):
        save_service(service("intake").id, 1, taken, member(ANA), NOW)
    own = replace(SETTINGS, slug="intake")
    assert save_service(service("intake").id, 1, own, member(ANA), NOW).slug == "intake"


def test_a_copy_is_private_and_of_the_same_owner(clinic: Clinic) -> None:
    clinic(dee_may=["offers"], follow_up={"owner": BEN, "sharing": "all", "minutes": 45})
    copy = duplicate_service(service("follow-up").id, member(DEE), NOW)
    assert (copy.name, copy.slug) == ("Copy of Follow-up", "copy-of-follow-up")
    assert (copy.owner.email, copy.sharing, copy.minutes) == (BEN, Sharing.PRIVATE, 45)
    assert acts() == [("service.added", {"copy_of": service("follow-up").id})]


def test_a_service_of_a_package_on_offer_is_not_archived(clinic: Clinic) -> None:
    clinic()
    with pytest.raises(Refused, match="Reset"):
        archive_service(service("intake").id, member(ANA), NOW)
    assert service("intake").archived_at is None
    with transaction() as session:
        session.scalars(select(Package)).one().archived_at = NOW
    assert archive_service(service("intake").id, member(ANA), NOW).archived_at == NOW
    assert restore_service(service("intake").id, member(ANA), NOW).archived_at is None
    assert [act for act, _details in acts()] == ["service.archived", "service.restored"]


def test_archiving_twice_is_once(clinic: Clinic) -> None:
    clinic(packages=[])
    for _time in range(2):
        archive_service(service("intake").id, member(ANA), NOW)
    assert [act for act, _details in acts()] == ["service.archived"]


def test_there_is_no_such_service(clinic: Clinic) -> None:
    clinic()
    with pytest.raises(NotFound):
        archive_service(999, member(ANA), NOW)
