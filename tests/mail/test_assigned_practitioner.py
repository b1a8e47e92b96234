"""The mail to whom a package is assigned, of a colleague's session from it, if they wish."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.actions import private_links
from portal.actions.cancelling import cancel
from portal.actions.client_cancelling import cancel_by_client, take_back_cancellation
from portal.actions.moving import move
from portal.actions.requests import accept, decline, lapse_requests
from portal.models import Booking, Member, Message
from portal.scheduling.obstacles import Obstacle
from portal.transaction import transaction
from tests.clinics import ANA, BEN, CHO, DEE, NOW
from tests.mail.golden_files import agrees_with_golden_files
from tests.mail.laid_out import calendar_of, html_of, text_of
from tests.mail.messages import TEN, TOKEN, lee_books, messages, one

Clinic = Callable[..., None]
LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    """The links in the client's mails are the same in every run."""
    tokens = iter("abcd")
    monkeypatch.setattr(private_links, "new_token", lambda: next(tokens) * 22)


def ana_wishes_it() -> None:
    with transaction() as session:
        session.execute(update(Member).where(Member.email == ANA).values(told_of_assigned=True))


def member(email: str) -> Member:
    found: Member = one(Member, email=email)
    return found


def told() -> list[Message]:
    return [mail for mail in messages() if mail.kind == "assigned_practitioner"]


def moved(by: str, to: str = CHO, days: int = 1) -> None:
    move(
        one(Booking).id,
        member_id=member(to).id,
        start=TEN + timedelta(days=days),
        method="in_person",
        confirmed=frozenset(Obstacle),
        by=member(by),
        now=LATER,
    )


ACTS = {
    "accepted": lambda: accept(one(Booking).id, member(CHO), LATER),
    "declined": lambda: decline(one(Booking).id, "Cho is away.", member(CHO), LATER),
    "lapsed": lambda: lapse_requests(TEN),
    "cancelled": lambda: cancel(one(Booking).id, "Cho is ill.", member(DEE), LATER),
    "cancelled_by_client": lambda: cancel_by_client(one(Booking).id, "I’m ill.", LATER),
    "moved": lambda: moved(CHO),
}


def test_she_reads_of_a_request_to_a_colleague(clinic: Clinic) -> None:
    clinic(practice={"place": "12 River Street"})
    ana_wishes_it()
    lee_books()
    [mail] = told()
    agrees_with_golden_files(mail, "assigned_practitioner_requested")
    assert mail.recipient == ANA
    assert TOKEN not in text_of(mail) + html_of(mail)


@pytest.mark.parametrize("act", ACTS)
def test_she_reads_what_became_of_it(clinic: Clinic, act: str) -> None:
    clinic(dee_may=["clients", "team"])
    lee_books()
    ana_wishes_it()
    ACTS[act]()
    [mail] = told()
    agrees_with_golden_files(mail, f"assigned_practitioner_{act}")
    assert (mail.recipient, calendar_of(mail)) == (ANA, "")


@pytest.mark.parametrize(("instant", "golden"), [(True, ""), (False, "_request")])
def test_she_reads_that_a_cancellation_was_taken_back(
    clinic: Clinic, instant: bool, golden: str
) -> None:
    clinic()
    lee_books(instant=instant)
    cancel_by_client(one(Booking).id, "I’m ill.", LATER)
    ana_wishes_it()
    take_back_cancellation(one(Booking).id, LATER)
    [mail] = told()
    agrees_with_golden_files(mail, f"assigned_practitioner_restored{golden}")


def test_who_does_not_wish_it_gets_none(clinic: Clinic) -> None:
    clinic()
    lee_books()
    cancel(one(Booking).id, "Cho is ill.", member(CHO), LATER)
    assert told() == []


def test_nor_does_who_acts(clinic: Clinic) -> None:
    clinic()
    lee_books()
    ana_wishes_it()
    moved(ANA)
    cancel(one(Booking).id, "Cho is ill.", member(ANA), LATER)
    assert told() == []


def test_who_has_the_session_or_had_it_is_told_as_such_alone(clinic: Clinic) -> None:
    clinic(dee_may=["clients", "team"])
    lee_books()
    ana_wishes_it()
    moved(CHO, to=ANA)
    moved(DEE, to=BEN, days=2)
    assert [mail.kind for mail in messages() if mail.recipient == ANA] == [
        "booking_moved_practitioner",
        "booking_moved_practitioner",
    ]


def test_nor_does_who_has_left(clinic: Clinic) -> None:
    clinic()
    ana_wishes_it()
    with transaction() as session:
        session.execute(update(Member).where(Member.email == ANA).values(deactivated_at=NOW))
    lee_books()
    assert told() == []
