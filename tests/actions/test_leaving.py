"""A member who leaves: everything of theirs is settled one by one, and then they're gone."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.actions.cancelling import cancel
from portal.actions.leaving import (
    deactivate_member,
    hand_over_client_packages,
    hand_over_package,
    hand_over_service,
    reactivate_member,
)
from portal.actions.moving import transfer
from portal.db import db
from portal.errors import Forbidden, NotBookable, NotFound, Refused, Unsettled
from portal.models import (
    Activity,
    Booking,
    Client,
    ClientPackage,
    Member,
    Package,
    Role,
    Service,
    SignIn,
)
from portal.queries.leaving import left_to_settle
from portal.queries.offers import load_offer
from portal.queries.openings import load_board
from portal.transaction import transaction
from tests.actions.sessions import (
    TEN,
    acts,
    book_follow_up,
    member,
    outside_any_package,
)
from tests.clinics import ANA, BEN, CHO, DEE, NOW, lee

Clinic = Callable[..., None]

BENS = {
    "follow_up": {"owner": BEN},
    "package": {"assigned_to": BEN, "items": [{"service": "follow-up", "sessions": 3}]},
}
"""A clinic in which Follow-up is Ben's, and Reset is assigned to him."""


def leave(email: str = BEN, by: str = ANA, kept: tuple[int, ...] = ()) -> None:
    deactivate_member(member(email).id, kept, member(by), NOW)


def reset() -> Package:
    return db.session.scalars(select(Package)).one()


def follow_up() -> Service:
    return db.session.scalars(select(Service).where(Service.slug == "follow-up")).one()


def give_reset(to: str, by: str = ANA) -> None:
    hand_over_package(reset().id, member(BEN).id, member(to).id, member(by), NOW)


def give_follow_up(to: str, by: str = ANA) -> None:
    hand_over_service(follow_up().id, member(BEN).id, member(to).id, member(by), NOW)


def give_clients(ids: list[int], to: str, by: str = ANA) -> None:
    hand_over_client_packages(ids, member(BEN).id, member(to).id, member(by), NOW)


def bookable() -> list[str]:
    offer = load_offer("reset", NOW)
    item = offer.item("follow-up")
    assert item
    board = load_board(offer, item.service, NOW)
    assert {each.member_id for each in board.openings(TEN.date(), 1)} == set(board.calendars)
    return [person.name.split()[0] for person in board.people]


# Deactivating


def test_who_has_nothing_left_is_deactivated_and_signed_out(clinic: Clinic) -> None:
    clinic()
    before = member(BEN).fs_uniquifier
    with transaction() as session:
        session.add(
            SignIn(
                member_id=member(BEN).id,
                token_hash="x",
                browser="",
                address="",
                created_at=NOW,
                seen_at=NOW,
            )
        )
    leave()
    assert member(BEN).deactivated_at == NOW
    assert member(BEN).fs_uniquifier != before
    assert db.session.scalars(select(SignIn.ended_at)).one() == NOW
    assert acts()[-1] == "member.deactivated"


def test_their_openings_vanish_at_once_and_come_back_with_them(clinic: Clinic) -> None:
    clinic()
    assert bookable() == ["Ana", "Ben", "Cho"]
    leave()
    assert bookable() == ["Ana", "Cho"]
    reactivate_member(member(BEN).id, member(ANA), NOW)
    assert bookable() == ["Ana", "Ben", "Cho"]
    assert acts()[-1] == "member.reactivated"


def test_a_session_to_come_is_moved_cancelled_or_kept(clinic: Clinic) -> None:
    clinic()
    hours = [TEN + timedelta(hours=number) for number in (-1, 0, 1)]
    moved, cancelled, kept = (
        book_follow_up(BEN, start, email=f"client{start.hour}@example.com").id for start in hours
    )
    with pytest.raises(Unsettled, match="Still to settle: 3 sessions"):
        leave()
    transfer(moved, member(CHO).id, member(ANA), NOW)
    cancel(cancelled, "Ben leaves", member(ANA), NOW)
    with pytest.raises(Unsettled, match="1 session"):
        leave(kept=(moved, cancelled))
    leave(kept=(kept,))
    assert member(BEN).deactivated_at == NOW
    assert db.session.get_one(Booking, kept).member.email == BEN
    assert db.session.get_one(Booking, kept).cancelled_at is None
    [entry] = db.session.scalars(select(Activity).where(Activity.act == "member.deactivated"))
    assert entry.details == {"kept": [kept]}


def test_a_session_that_came_meanwhile_stops_it(clinic: Clinic) -> None:
    clinic()
    kept = book_follow_up(BEN).id
    book_follow_up(BEN, TEN - timedelta(hours=1), email="robin@example.com")
    with pytest.raises(Unsettled):
        leave(kept=(kept,))
    assert member(BEN).active


def test_what_was_or_is_only_held_does_not_stop_it(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    outside_any_package(BEN, NOW - timedelta(days=1))
    outside_any_package(BEN, NOW)
    outside_any_package(BEN, TEN, cancelled_at=NOW)
    held_until = NOW + timedelta(minutes=10)
    outside_any_package(BEN, TEN, client_id=None, held_until=held_until, confirmed_at=None)
    assert not left_to_settle(member(BEN), NOW)
    leave()


def test_services_and_packages_come_first(clinic: Clinic) -> None:
    clinic(**BENS)
    with pytest.raises(Unsettled, match="1 service, 1 package"):
        leave()
    give_follow_up(CHO)
    with pytest.raises(Unsettled, match="1 package"):
        leave()
    give_reset(CHO)
    leave()


def test_archived_ones_are_handed_over_too(clinic: Clinic) -> None:
    clinic(**BENS)
    with transaction() as session:
        session.execute(update(Package).values(archived_at=NOW))
        session.execute(update(Service).values(archived_at=NOW))
    assert left_to_settle(member(BEN), NOW).words == "1 service, 1 package"


def test_the_owner_does_not_leave_before_handing_over(clinic: Clinic) -> None:
    clinic()
    with pytest.raises(Refused, match="Hand the practice over"):
        leave(ANA)
    assert member(ANA).active


def test_nobody_deactivates_themselves(clinic: Clinic) -> None:
    clinic(dee_may=["team"])
    with pytest.raises(Refused, match="your own account"):
        leave(DEE, by=DEE)


def test_who_may_do_more_is_not_deactivated_by_who_may_do_less(clinic: Clinic) -> None:
    clinic(dee_may=["team"])
    with transaction() as session:
        session.execute(update(Role).where(Role.name == "Coach").values(rights=["clients"]))
    for email in (CHO, ANA):
        with pytest.raises(Forbidden):
            leave(email, by=DEE)
    leave(BEN, by=DEE)
    leave(CHO)
    with pytest.raises(Forbidden):
        reactivate_member(member(CHO).id, member(DEE), NOW)
    assert not member(CHO).active


def test_twice_is_once(clinic: Clinic) -> None:
    clinic()
    leave()
    leave()
    reactivate_member(member(BEN).id, member(ANA), NOW)
    reactivate_member(member(BEN).id, member(ANA), NOW)
    assert acts().count("member.deactivated") == acts().count("member.reactivated") == 1


# Handing over


def test_a_service_has_another_owner_and_counts_the_change(clinic: Clinic) -> None:
    clinic(**BENS, sharing="members", shared_with=[CHO])
    version = follow_up().version
    give_follow_up(ANA)
    assert (follow_up().owner.email, follow_up().version) == (ANA, version + 1)
    assert [each.email for each in follow_up().shared_members] == [CHO]
    [entry] = db.session.scalars(select(Activity).where(Activity.act == "service.handed_over"))
    assert entry.details == {"from": member(BEN).id, "to": member(ANA).id}


def test_a_package_goes_to_who_can_give_all_of_it(clinic: Clinic) -> None:
    clinic(**BENS, sharing="private")
    with pytest.raises(Refused, match=r"Cho Park can’t take this over.*Follow-up"):
        give_reset(CHO)
    assert reset().assigned_to.email == BEN
    give_follow_up(CHO)
    version = reset().version
    give_reset(CHO)
    assert (reset().assigned_to.email, reset().version) == (CHO, version + 1)
    assert acts()[-1] == "package.handed_over"


def test_an_archived_package_goes_to_anybody(clinic: Clinic) -> None:
    clinic(**BENS, sharing="private")
    with transaction() as session:
        session.execute(update(Package).values(archived_at=NOW))
    give_reset(CHO)
    assert reset().assigned_to.email == CHO


@pytest.mark.parametrize("to", [DEE, BEN], ids=["an admin", "who leaves"])
def test_nothing_goes_to_who_is_not_an_active_colleague(clinic: Clinic, to: str) -> None:
    clinic(**BENS)
    own = book_follow_up(BEN).client_package_id
    assert own
    for act in (give_follow_up, give_reset):
        with pytest.raises(NotBookable):
            act(to)
    with pytest.raises(NotBookable):
        give_clients([own], to)
    with transaction() as session:
        session.execute(update(Member).where(Member.email == CHO).values(deactivated_at=NOW))
    with pytest.raises(NotBookable):
        give_reset(CHO)


def test_what_is_not_theirs_is_not_handed_over(clinic: Clinic) -> None:
    clinic()
    own = book_follow_up(BEN).client_package_id
    assert own
    for act in (give_follow_up, give_reset):
        with pytest.raises(NotFound):
            act(CHO)
    with pytest.raises(NotFound):
        give_clients([own], CHO)
    with pytest.raises(NotFound):
        give_clients([], CHO)
    assert reset().assigned_to.email == ANA


def test_what_is_the_owners_is_handed_over_by_nobody_else(clinic: Clinic) -> None:
    clinic(dee_may=["team"])
    with pytest.raises(Forbidden):
        hand_over_package(reset().id, member(ANA).id, member(BEN).id, member(DEE), NOW)


# Clients' packages


def clients_packages(*emails: str) -> list[int]:
    """Each of them books with Ben from Reset; returns the numbers of their packages."""
    ids = []
    for number, email in enumerate(emails):
        booking = book_follow_up(BEN, TEN + timedelta(hours=number - 1), email=email)
        assert booking.client_package_id
        ids.append(booking.client_package_id)
    return ids


def test_clients_packages_are_handed_over_one_by_one_or_all_at_once(clinic: Clinic) -> None:
    clinic(**BENS)
    ids = clients_packages("lee@example.com", "robin@example.com", "kim@example.com")
    give_clients(ids[:1], CHO)
    assert set(left_to_settle(member(BEN), NOW).client_packages) == set(ids[1:])
    give_clients(ids[1:], ANA)
    owners = db.session.scalars(select(ClientPackage).order_by(ClientPackage.id)).all()
    assert [own.assigned_to.email for own in owners] == [CHO, ANA, ANA]
    assert acts().count("client_package.handed_over") == 3


def test_all_of_them_go_or_none(clinic: Clinic) -> None:
    clinic(**BENS)
    ids = clients_packages("lee@example.com", "robin@example.com")
    with pytest.raises(NotFound):
        give_clients([*ids, 999], CHO)
    assert {own.assigned_to.email for own in db.session.scalars(select(ClientPackage))} == {BEN}


def test_a_clients_package_goes_to_who_can_give_all_of_it(clinic: Clinic) -> None:
    clinic(**BENS)
    [own] = clients_packages("lee@example.com")
    with transaction() as session:
        session.execute(update(Service).values(sharing="private"))
    with pytest.raises(Refused, match="Follow-up"):
        give_clients([own], CHO)


def set_all(model: type, **values: object) -> None:
    with transaction() as session:
        session.execute(update(model).values(**values))


def is_in_use() -> bool:
    return bool(left_to_settle(member(BEN), NOW).client_packages)


def test_which_clients_packages_matter(clinic: Clinic) -> None:
    clinic(**BENS)
    booking = book_follow_up(BEN)
    assert is_in_use()
    set_all(ClientPackage, expires_on=NOW.date() - timedelta(days=1))
    assert not is_in_use()
    set_all(ClientPackage, expires_on=NOW.date())
    assert is_in_use()
    set_all(Client, deactivated_at=NOW)
    assert not is_in_use()
    set_all(Client, deactivated_at=None)
    set_all(ClientPackage, expires_on=None)
    for number in (1, 2):
        book_follow_up(BEN, TEN + timedelta(days=number), own=booking.client_package_id)
    assert is_in_use(), "its credits are used, and may come back: there are sessions to come"
    set_all(Booking, cancelled_at=NOW)
    assert not is_in_use()
