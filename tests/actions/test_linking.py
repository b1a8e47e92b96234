"""Linking a session to a package of the client, and unlinking it again."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import update

from portal.actions.cancelling import cancel
from portal.actions.linking import link, unlink
from portal.actions.outcomes import complete, mark_missed, return_credit
from portal.db import db
from portal.errors import Forbidden, NotBookable, NotFound, Refused
from portal.models import Booking, ClientPackage
from portal.queries.linking import packages_to_link, unlinking
from portal.transaction import transaction
from tests.actions.sessions import (
    TEN,
    acts,
    assign_packages_to,
    book_follow_up,
    left_of,
    member,
    outside_any_package,
)
from tests.clinics import ANA, BEN, CHO, DEE, NOW, lee

Clinic = Callable[..., None]
DAY = timedelta(days=1)
AFTER = TEN + timedelta(days=10)
TUESDAY = date(2027, 3, 2)


def unlinked(who: str = BEN, start: datetime = TEN + DAY, **values: object) -> Booking:
    """A session of Lee's that is part of no package."""
    return db.session.get_one(Booking, outside_any_package(who, start, **values))


def expire(own: int | None, on: date | None) -> None:
    with transaction() as session:
        changed = update(ClientPackage).where(ClientPackage.id == own).values(expires_on=on)
        session.execute(changed)


def test_linking_takes_a_credit_and_unlinking_gives_it_back(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    booked = book_follow_up(BEN)
    own, session = booked.client_package_id, unlinked()
    assert own

    [choice] = packages_to_link(session, NOW)
    assert (choice.name, choice.used, choice.used_after, choice.total) == ("Reset", 1, 2, 4)
    link(session.id, own, member(BEN), NOW)
    assert (session.client_package_id, left_of(booked)) == (own, 1)
    assert acts()[-1] == "booking.linked"
    assert packages_to_link(session, NOW) == ()

    back = unlinking(session)
    assert back
    assert (back.name, back.used, back.used_after, back.total) == ("Reset", 2, 1, 4)
    unlink(session.id, member(BEN), NOW)
    assert (session.client_package_id, left_of(booked)) == (None, 2)
    assert acts()[-1] == "booking.unlinked"
    assert unlinking(session) is None


def test_a_session_can_go_from_one_package_to_another(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    first = book_follow_up(BEN)
    second = book_follow_up(CHO)
    assert second.client_package_id != first.client_package_id
    unlink(first.id, member(ANA), NOW)
    link(first.id, second.client_package_id or 0, member(ANA), NOW)
    assert left_of(second) == 1
    assert unlinking(first) is not None


def test_what_is_over_can_be_linked_too(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    booked, session = book_follow_up(BEN), unlinked()
    complete(session.id, member(BEN), AFTER)
    link(session.id, booked.client_package_id or 0, member(BEN), AFTER)
    assert left_of(booked) == 1


@pytest.mark.parametrize(
    ("expires", "words"),
    [(TUESDAY, None), (TUESDAY - DAY, "expires before the session"), (None, None)],
)
def test_the_package_has_to_be_in_force_on_the_day_of_the_session_whatever_day_it_is_now(
    clinic: Clinic, expires: date | None, words: str | None
) -> None:
    clinic(clients=[lee()])
    booked = book_follow_up(BEN)
    # Eleven in the evening of Tuesday at the clinic is Wednesday in UTC.
    session = unlinked(start=TEN + timedelta(hours=13))
    expire(booked.client_package_id, expires)
    [choice] = packages_to_link(session, AFTER)
    if words is None:
        assert choice.why_not is None
        link(session.id, choice.id, member(BEN), AFTER)
        assert left_of(booked) == 1
        return
    assert choice.why_not
    assert words in choice.why_not
    assert choice.used_after == choice.used
    with pytest.raises(NotBookable, match=words):
        link(session.id, choice.id, member(BEN), AFTER)
    assert left_of(booked) == 2


def test_without_a_credit_left_or_the_service_it_is_refused(clinic: Clinic) -> None:
    clinic(clients=[lee()], package={"items": [{"service": "follow-up", "sessions": 1}]})
    booked, session = book_follow_up(BEN), unlinked()
    own = booked.client_package_id or 0
    with pytest.raises(NotBookable, match="No session of this service is left"):
        link(session.id, own, member(BEN), NOW)
    intake = unlinked(ANA, TEN + 2 * DAY, service_id=1)
    assert packages_to_link(intake, NOW) == ()
    with pytest.raises(NotBookable, match="doesn’t have the service"):
        link(intake.id, own, member(ANA), NOW)
    assert left_of(booked) == 0


def test_it_has_to_be_the_same_clients_package(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    robins = book_follow_up(BEN, email="robin@example.com")
    session = unlinked()
    for own in (robins.client_package_id or 0, 999):
        with pytest.raises(NotFound):
            link(session.id, own, member(ANA), NOW)
    assert left_of(robins) == 2


def test_what_is_linked_or_cancelled_can_not_be_linked(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    booked, session = book_follow_up(BEN), unlinked()
    own = booked.client_package_id or 0
    with pytest.raises(Refused, match="part of a package already"):
        link(booked.id, own, member(BEN), NOW)
    with pytest.raises(Refused, match="isn’t part of a package"):
        unlink(session.id, member(BEN), NOW)
    for each in (session, booked):
        cancel(each.id, "Ill.", member(ANA), NOW)
    with pytest.raises(Refused, match="cancelled"):
        link(session.id, own, member(BEN), NOW)
    with pytest.raises(Refused, match="cancelled"):
        unlink(booked.id, member(BEN), NOW)
    assert left_of(booked) == 3


def test_unlinking_gives_back_no_credit_that_was_returned_before(clinic: Clinic) -> None:
    clinic(clients=[lee()])
    booked, session = book_follow_up(BEN), unlinked()
    link(session.id, booked.client_package_id or 0, member(BEN), NOW)
    mark_missed(session.id, member(BEN), AFTER)
    return_credit(session.id, member(BEN), AFTER)
    after = unlinking(session)
    assert after
    assert after.used_after == after.used
    unlink(session.id, member(BEN), AFTER)
    assert left_of(booked) == 2


def test_only_who_may_change_a_session_links_it(clinic: Clinic) -> None:
    clinic(clients=[lee()], dee_may=["clients"])
    booked, session = book_follow_up(CHO), unlinked(CHO)
    own = booked.client_package_id or 0
    for refused in (NotFound, Forbidden):
        with pytest.raises(refused):
            link(session.id, own, member(BEN), NOW)
        with pytest.raises(refused):
            unlink(booked.id, member(BEN), NOW)
        # Ben sees the client from now on, and still it's Cho's session.
        assign_packages_to(BEN)
    link(session.id, own, member(DEE), NOW)
    assert left_of(booked) == 1
