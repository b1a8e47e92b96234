"""A client's own package: made, edited, reset and adjusted, and nothing else with it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from portal.actions.adjusting import adjust_credits
from portal.actions.client_packages import (
    create_for_client,
    reset_client_package,
    save_client_package,
)
from portal.actions.packages import archive_package, save_package
from portal.db import db
from portal.errors import Changed, Refused, Taken, WrongField, WrongFields
from portal.ledger import credits_of
from portal.models import (
    Act,
    Activity,
    Client,
    ClientPackage,
    CreditEntry,
    CreditKind,
    Package,
    Service,
    Why,
)
from portal.queries.client_package_values import (
    OwnValues,
    newest_of,
    own_values,
    taken_of,
    values_of_template,
)
from portal.queries.offers import load_client_offer
from portal.queries.openings import load_board
from portal.queries.packages import Line, values_of
from portal.scheduling.eligibility import Allow, TeamBooking
from portal.transaction import transaction
from tests.actions.sessions import NINE, TEN, book_follow_up, member
from tests.clinics import ANA, BEN, CHO, DEE, LEE, NOW, lee

Clinic = Callable[..., None]
INTAKE, FOLLOW_UP = 1, 2
ANY = TeamBooking(enabled=True, allow=Allow.ANY)
TODAY = date(2027, 3, 1)
OTHER = "mo@example.com"


def client(email: str = LEE) -> Client:
    return db.session.scalars(select(Client).where(Client.email == email)).one()


def own_of(email: str = LEE) -> ClientPackage:
    found = select(ClientPackage).join(Client).where(Client.email == email)
    return db.session.scalars(found).one()


def template() -> Package:
    return db.session.scalars(select(Package)).one()


def save(*, why: str = "", **changes: Any) -> ClientPackage:
    """Save Lee's package with these values changed, as Ana who has it open as it is."""
    own = own_of()
    values = replace(own_values(own), **changes)
    return save_client_package(own.id, values, own.version, why, member(ANA), NOW)


def create(email: str = LEE, **changes: Any) -> ClientPackage:
    """Ana makes a package for the client."""
    values = replace(values_of_template(template(), TODAY), **changes)
    newest = newest_of(client(email))
    return create_for_client(client(email).id, template().id, values, newest, member(ANA), NOW)


def refused(**changes: Any) -> dict[str, str]:
    """Why Lee's package can't be saved with these values changed. Nothing is stored."""
    before, entries = own_values(own_of()), ledger()
    with pytest.raises(WrongFields) as refusal:
        save(**changes)
    db.session.rollback()
    assert (own_values(own_of()), ledger()) == (before, entries)
    return refusal.value.faults


def ledger(own: ClientPackage | None = None) -> list[tuple[str, int, int, str]]:
    """Every entry of Lee's package: kind, service, amount and why."""
    rows = db.session.scalars(
        select(CreditEntry)
        .where(CreditEntry.client_package_id == (own or own_of()).id)
        .order_by(CreditEntry.id)
    )
    return [(row.kind.value, row.service_id, row.amount, row.why) for row in rows]


def left(service_id: int = FOLLOW_UP) -> tuple[int, int]:
    """(in all, left) of Lee's package."""
    return credits_of([own_of().id])[own_of().id, service_id]


def bookable(own: ClientPackage) -> list[str]:
    """Whom the package lets its client book for a Follow-up."""
    offer = load_client_offer(own.id, NOW)
    item = offer.item(FOLLOW_UP)
    assert item
    return [person.name.split()[0] for person in load_board(offer, item.service, NOW).people]


def log() -> list[tuple[str, dict[str, Any]]]:
    rows = db.session.scalars(select(Activity).order_by(Activity.id))
    return [(row.act, row.details) for row in rows if row.act.startswith("client_package.")]


@pytest.fixture
def lees(clinic: Clinic) -> None:
    """Lee has a Reset of their own with one Follow-up booked, and so has another client."""
    clinic(enabled=False, clients=[lee(), lee(email=OTHER, name="Mo Adler")])
    book_follow_up(ANA, TEN)
    create(OTHER)


@pytest.mark.usefixtures("lees")
def test_scenario_26_staff_extend_lees_expiry_and_nothing_else_changes() -> None:
    save(expires_on=TODAY)
    with pytest.raises(Taken):
        book_follow_up(ANA, NINE + timedelta(days=1), own=own_of().id)
    before = values_of(template()), own_values(own_of(OTHER)), ledger()
    save(expires_on=date(2027, 12, 31))
    book_follow_up(ANA, NINE + timedelta(days=1), own=own_of().id)
    assert (values_of(template()), own_values(own_of(OTHER))) == before[:2]
    assert ledger()[:-1] == before[2]
    assert (Act.CLIENT_PACKAGE_CHANGED, {"fields": ["expires_on"]}) in log()


@pytest.mark.usefixtures("lees")
def test_scenario_27_only_lee_sees_others_when_lees_copy_says_any() -> None:
    save(team_booking=ANY)
    assert bookable(own_of()) == ["Ana", "Ben", "Cho"]
    assert bookable(own_of(OTHER)) == ["Ana"]
    assert not template().team_booking_enabled
    assert log()[-1] == (
        Act.CLIENT_PACKAGE_CHANGED,
        {"fields": ["team_booking"], "team_booking": "any"},
    )


@pytest.mark.usefixtures("lees")
def test_scenario_28_a_count_below_used_plus_booked_is_refused() -> None:
    book_follow_up(ANA, NINE + timedelta(days=1), own=own_of().id)
    faults = refused(lines=(Line(INTAKE, 1), Line(FOLLOW_UP, 1)))
    assert faults == {"line-1": "2 of Follow-up are used or booked, so it can’t be fewer."}
    faults = refused(lines=(Line(INTAKE, 1),))
    assert "Follow-up" in faults["lines"]
    save(lines=(Line(INTAKE, 1), Line(FOLLOW_UP, 2)))
    assert left() == (2, 0)


@pytest.mark.usefixtures("lees")
def test_a_count_that_changes_adds_an_adjustment_with_its_reason() -> None:
    before = ledger()
    save(lines=(Line(FOLLOW_UP, 5), Line(INTAKE, 1)), why="A gift")
    save(lines=(Line(FOLLOW_UP, 4), Line(INTAKE, 1)))
    assert ledger() == [
        *before,
        ("adjust", FOLLOW_UP, 2, "A gift"),
        ("adjust", FOLLOW_UP, -1, Why.COUNT_CHANGED),
    ]
    assert left() == (4, 3)
    assert [item.service_id for item in own_of().items] == [FOLLOW_UP, INTAKE]
    entry = db.session.scalars(select(CreditEntry).order_by(CreditEntry.id.desc())).first()
    assert entry is not None
    assert entry.by_id == member(ANA).id


@pytest.mark.usefixtures("lees")
def test_an_unused_service_is_taken_out_and_put_in_again() -> None:
    save(lines=(Line(FOLLOW_UP, 3),))
    assert left(INTAKE) == (0, 0)
    assert [item.service_id for item in own_of().items] == [FOLLOW_UP]
    save(lines=(Line(FOLLOW_UP, 3), Line(INTAKE, 2)))
    assert left(INTAKE) == (2, 2)


@pytest.mark.usefixtures("lees")
def test_price_limits_and_practitioner_are_lees_own() -> None:
    with transaction() as session:
        session.get_one(Service, INTAKE).owner_id = member(BEN).id
    faults = refused(price=None)
    assert list(faults) == ["line-0"]
    assert faults["line-0"].startswith("Ana Ruiz can’t give Intake")
    own = save(assigned_to=member(BEN).id, price=Decimal("99.50"), weekly_limit=1, monthly_limit=2)
    assert (own.price, own.weekly_limit, own.monthly_limit) == (Decimal("99.50"), 1, 2)
    assert bookable(own_of()) == ["Ben"]
    assert template().assigned_to_id == member(ANA).id


@pytest.mark.usefixtures("lees")
@pytest.mark.parametrize("who", [DEE, CHO])
def test_whoever_cant_be_booked_cant_be_assigned(who: str) -> None:
    with transaction():
        member(CHO).deactivated_at = NOW
    assert "assigned_to" in refused(assigned_to=member(who).id)
    named = replace(ANY, allow=Allow.MEMBERS, members=frozenset({member(who).id}))
    assert "members" in refused(team_booking=named)


@pytest.mark.usefixtures("lees")
def test_it_cant_expire_before_it_was_started() -> None:
    assert list(refused(expires_on=TODAY - timedelta(days=1))) == ["expires_on"]


@pytest.mark.usefixtures("lees")
def test_of_two_who_edit_at_once_the_second_is_told() -> None:
    own = own_of()
    values, seen = own_values(own), own.version
    save(price=None)
    with pytest.raises(Changed):
        save_client_package(own.id, values, seen, "", member(ANA), NOW)
    assert own_of().price is None


@pytest.mark.usefixtures("lees")
def test_on_the_solo_plan_team_booking_is_kept_as_it_is() -> None:
    save(team_booking=ANY)
    with transaction() as session:
        from portal.models import Practice
        from portal.scheduling.eligibility import Plan

        session.get_one(Practice, 1).plan = Plan.SOLO
    save(team_booking=TeamBooking(), price=None)
    assert own_values(own_of()).team_booking == ANY


@pytest.mark.usefixtures("lees")
def test_reset_makes_it_what_the_template_is_now_and_keeps_what_is_taken() -> None:
    book_follow_up(ANA, NINE + timedelta(days=1), own=own_of().id)
    save(expires_on=None, price=None, assigned_to=member(ANA).id, team_booking=ANY)
    values = values_of(template())
    new = replace(values, lines=(Line(INTAKE, 4), Line(FOLLOW_UP, 1)), valid_days=10)
    save_package(template().id, new, template().version, member(ANA), NOW)
    others = own_values(own_of(OTHER))
    reset_client_package(own_of().id, own_of().version, member(ANA), NOW)
    after = own_values(own_of())
    assert after.lines == (Line(INTAKE, 4), Line(FOLLOW_UP, 2))
    assert (after.expires_on, after.price) == (TODAY + timedelta(days=10), Decimal("420.00"))
    assert after.team_booking is not None
    assert not after.team_booking.enabled
    assert own_values(own_of(OTHER)) == others
    assert ledger()[-2:] == [("adjust", INTAKE, 3, Why.RESET), ("adjust", FOLLOW_UP, -1, Why.RESET)]
    assert log()[-1][0] == Act.CLIENT_PACKAGE_RESET


@pytest.mark.usefixtures("lees")
def test_reset_keeps_a_service_that_is_taken_and_not_in_the_template_any_more() -> None:
    values = replace(values_of(template()), lines=(Line(INTAKE, 1),))
    save_package(template().id, values, template().version, member(ANA), NOW)
    reset_client_package(own_of().id, own_of().version, member(ANA), NOW)
    assert own_values(own_of()).lines == (Line(INTAKE, 1), Line(FOLLOW_UP, 1))


@pytest.mark.usefixtures("lees")
def test_reset_is_refused_where_the_templates_practitioner_has_left() -> None:
    save(assigned_to=member(ANA).id)
    with transaction():
        template().assigned_to_id = member(BEN).id
        member(BEN).deactivated_at = NOW
    before = own_values(own_of()), own_of().version
    with pytest.raises(Refused, match="active practitioner"):
        reset_client_package(own_of().id, own_of().version, member(ANA), NOW)
    with pytest.raises(Changed):
        reset_client_package(own_of().id, own_of().version - 1, member(ANA), NOW)
    assert (own_values(own_of()), own_of().version) == before


@pytest.mark.usefixtures("lees")
def test_adjusting_adds_sessions_and_takes_unused_ones_away() -> None:
    ana = member(ANA)

    def adjust(change: int, why: str = "Goodwill", service: int = FOLLOW_UP) -> None:
        own = own_of()
        adjust_credits(own.id, service, change, why, own.version, ana, NOW)

    adjust(2)
    assert left() == (5, 4)
    adjust(-4)
    assert left() == (1, 0)
    wrong = [(-1, "Why", FOLLOW_UP), (0, "Why", FOLLOW_UP), (1, "", FOLLOW_UP), (1, "Why", 99)]
    before = ledger()
    for change, why, service in wrong:
        with pytest.raises(WrongField):
            adjust(change, why, service)
    with pytest.raises(Changed):
        adjust_credits(own_of().id, FOLLOW_UP, 1, "Twice", own_of().version - 1, ana, NOW)
    assert ledger() == before
    assert before[-2:] == [
        ("adjust", FOLLOW_UP, 2, "Goodwill"),
        ("adjust", FOLLOW_UP, -4, "Goodwill"),
    ]
    assert log()[-1] == (Act.CREDITS_ADJUSTED, {"service": FOLLOW_UP, "change": -4})


def test_staff_make_a_package_for_a_client(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    values = OwnValues(
        assigned_to=member(ANA).id,
        price=Decimal("10.00"),
        expires_on=date(2027, 4, 1),
        weekly_limit=1,
        monthly_limit=None,
        lines=(Line(FOLLOW_UP, 6),),
        team_booking=TeamBooking(),
    )
    make = (client().id, template().id, values, 0, member(ANA), NOW)
    own = create_for_client(*make)
    stored = own_values(own)
    # Team booking is the template's, whatever the form says.
    assert stored == replace(values, team_booking=ANY)
    assert (own.started_on, taken_of(own)) == (TODAY, {})
    assert ledger() == [("grant", FOLLOW_UP, 6, Why.PACKAGE_MADE)]
    assert bookable(own_of()) == ["Ana", "Ben", "Cho"]
    assert log() == [(Act.CLIENT_PACKAGE_ADDED, {"package": template().id})]
    with pytest.raises(Changed):
        create_for_client(*make)
    assert own_of().id == own.id


def test_nothing_is_made_for_a_deactivated_client_or_from_an_archived_package(
    clinic: Clinic,
) -> None:
    clinic(clients=[lee(active=False), lee(email=OTHER, name="Mo Adler")])
    with pytest.raises(Refused, match="Lee Park is deactivated"):
        create()
    with pytest.raises(WrongFields) as wrong:
        create(OTHER, assigned_to=member(BEN).id)
    assert list(wrong.value.faults) == ["line-0"]
    archive_package(template().id, member(ANA), NOW)
    with pytest.raises(Refused, match="Reset is archived"):
        create(OTHER)
    assert not db.session.scalars(select(ClientPackage)).all()
    assert not db.session.scalars(
        select(CreditEntry).where(CreditEntry.kind == CreditKind.GRANT)
    ).all()
