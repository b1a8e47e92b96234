"""Merging a client who was known twice: everything moves, and nothing of the other is left."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.actions.inviting import invite_to_book
from portal.actions.merging_clients import merge_clients, referring_columns
from portal.db import db
from portal.errors import NotFound, Refused
from portal.ledger import credits_of
from portal.models import Activity, Booking, Client, ClientPackage, Package
from portal.queries.duplicates import likely_duplicates, load_duplicates
from portal.tokens import new_token
from portal.transaction import transaction
from tests.actions.sessions import NINE, TEN, book_follow_up, member, outside_any_package
from tests.actions.test_clients import client, give_package, sign_in_and_link, still_open
from tests.clinics import ANA, BEN, CHO, LEE, NOW, lee

Clinic = Callable[..., None]
OTHER = "lee.park@example.org"


def other(**changes: object) -> dict[str, object]:
    return lee(**{"email": OTHER, "name": "lee park", "prospective": True, **changes})


def hanging_on(client_id: int) -> int:
    """How many rows of any table say that they're this client's."""
    return sum(
        db.session.scalars(
            select(func.count()).select_from(column.table).where(column == client_id)
        ).one()
        for column in referring_columns()
    )


def test_everything_of_the_other_moves_and_the_other_goes(clinic: Clinic) -> None:
    clinic(clients=[lee(notes="Likes tea."), other(phone="+1 212 555 0100", notes="Shy.")])
    booking = book_follow_up(BEN, TEN, email=OTHER)
    booking_id, own = booking.id, booking.client_package_id
    package = db.session.scalars(select(Package.id)).one()
    invite_to_book(package, client(OTHER).id, "", new_token(), member(ANA), NOW)
    keep_id, other_id = client().id, sign_in_and_link(client(OTHER))
    moving = hanging_on(other_id)
    assert moving == 5
    merge_clients(keep_id, other_id, member(ANA), NOW)
    assert db.session.get(Client, other_id) is None
    assert (hanging_on(keep_id), hanging_on(other_id)) == (moving, 0)
    assert db.session.get_one(Booking, booking_id).client_id == keep_id
    assert own
    assert credits_of([own])
    kept = client()
    assert (kept.name, kept.email, kept.phone) == ("Lee Park", LEE, "+1 212 555 0100")
    assert kept.notes == "Likes tea.\n\nShy."
    # Whoever reads the address that is forgotten doesn't get into what is the other's now.
    assert still_open(other_id) == (False, False)
    logged = db.session.scalars(select(Activity).order_by(Activity.id.desc())).first()
    assert logged
    assert (logged.act, logged.subject_id) == ("client.merged", keep_id)
    assert logged.details == {"bookings": 1, "client_packages": 1}


def test_what_the_kept_one_lacks_comes_from_the_other(clinic: Clinic) -> None:
    clinic(clients=[lee(email=None, key="lee", prospective=True), other(prospective=False)])
    keep = db.session.scalars(select(Client).where(Client.email.is_(None))).one()
    other_id = sign_in_and_link(client(OTHER))
    merge_clients(keep.id, other_id, member(ANA), NOW)
    assert (keep.name, keep.email, keep.accepted_at) == ("Lee Park", OTHER, NOW)
    # It's the same address as before, so its browser stays signed in.
    assert still_open(other_id) == (True, True)


def test_nobody_is_in_two_sessions_at_once_so_they_are_two_people(clinic: Clinic) -> None:
    clinic(clients=[lee(), other()])
    mine = outside_any_package(BEN, NINE)
    theirs = outside_any_package(CHO, NINE + timedelta(minutes=30), client_id=client(OTHER).id)
    both = client().id, client(OTHER).id
    with pytest.raises(Refused, match="at 09:00 on Tuesday, March 2, 2027"):
        merge_clients(*both, member(ANA), NOW)
    assert client(OTHER)
    with transaction() as session:
        session.get_one(Booking, theirs).no_show_at = NOW
    merge_clients(*both, member(ANA), NOW)
    assert {row.client_id for row in db.session.scalars(select(Booking))} == {both[0]}
    assert mine != theirs


def test_only_two_clients_whom_one_sees_can_be_merged(clinic: Clinic) -> None:
    clinic(clients=[lee(), other()])
    with pytest.raises(Refused):
        merge_clients(client().id, client().id, member(ANA), NOW)
    give_package(client(OTHER), ANA)
    with pytest.raises(NotFound):
        merge_clients(client().id, client(OTHER).id, member(BEN), NOW)
    assert db.session.scalars(select(func.count(ClientPackage.id))).one() == 1


def test_duplicates_are_those_of_the_same_name_or_phone(clinic: Clinic) -> None:
    people = [
        lee(phone="+1 212 555-0114"),
        other(),
        lee(name="Somebody", email="s@x.org", phone="(1) 212.555.0114"),
        lee(name="Short", email="a@x.org", phone="12"),
        lee(name="Shorter", email="b@x.org", phone="12"),
        lee(name="No Phone", email="c@x.org"),
    ]
    clinic(clients=people)
    twins = likely_duplicates(client(), member(ANA))
    assert [(twin.name, twin.same_name, twin.same_phone) for twin in twins] == [
        ("Somebody", False, True),
        ("lee park", True, False),
    ]
    assert likely_duplicates(client("a@x.org"), member(ANA)) == ()
    pairs = load_duplicates(member(ANA), 1).shown
    assert {frozenset((pair.first.name, pair.second.name)) for pair in pairs} == {
        frozenset(("Lee Park", "lee park")),
        frozenset(("Lee Park", "Somebody")),
    }
