"""The mail to a client of whose package few sessions are left."""

from collections.abc import Callable

import pytest
from sqlalchemy import update

from portal.mail.practice_facts import practice_facts
from portal.mail.progress import progress_of
from portal.mail.running_out import running_out
from portal.models import (
    Booking,
    Client,
    ClientPackage,
    CreditEntry,
    CreditKind,
    Message,
    Package,
    Practice,
)
from portal.transaction import transaction
from tests.clinics import LEE, NOW
from tests.mail.golden_files import agrees_with_golden_files
from tests.mail.laid_out import html_of, text_of
from tests.mail.messages import TEN, TOKEN, lee_books, messages, one

Clinic = Callable[..., None]
AT_ONE = {"running_out_at": 1}


def three(*, sessions: int = 3) -> dict[str, object]:
    """A package of Follow-ups."""
    return {"items": [{"service": "follow-up", "sessions": sessions}]}


def told() -> list[Message]:
    return [mail for mail in messages() if mail.kind == "running_out"]


def again() -> None:
    """It's asked once more, as at the next booking."""
    with transaction() as session:
        booking = one(Booking, starts_at=TEN)
        assert booking.client_package
        progress = progress_of(booking.client_package)
        running_out(session, practice_facts(), booking, progress, TOKEN, NOW)


def test_it_says_what_is_left_until_when_and_how_to_go_on(clinic: Clinic) -> None:
    clinic(practice=AT_ONE, package=three())
    lee_books(used=2)
    [mail] = told()
    agrees_with_golden_files(mail, "running_out")
    assert (mail.recipient, mail.subject) == (LEE, "Reset: 2 of 3 used")


def test_of_the_last_one_it_says_so(clinic: Clinic) -> None:
    clinic(practice={"running_out_at": 0}, package=three())
    lee_books(used=3)
    [mail] = told()
    agrees_with_golden_files(mail, "running_out_with_the_last")
    assert "/next" not in text_of(mail) + html_of(mail)


@pytest.mark.parametrize(
    ("at", "sessions", "used", "number"),
    [
        pytest.param(None, 3, 3, 0, id="where the practice doesn't wish it, nobody is told"),
        pytest.param(1, 3, 1, 0, id="two are left"),
        pytest.param(1, 3, 2, 1, id="one is left"),
        pytest.param(0, 3, 2, 0, id="one is left, and only none counts"),
        pytest.param(2, 1, 1, 0, id="a package of one session"),
    ],
)
def test_it_goes_when_as_few_are_left_as_the_practice_says(
    clinic: Clinic, at: int | None, sessions: int, used: int, number: int
) -> None:
    clinic(practice={"running_out_at": at}, package=three(sessions=sessions))
    lee_books(used=used)
    assert len(told()) == number


def test_it_goes_once_and_once_more_after_sessions_were_added(clinic: Clinic) -> None:
    clinic(practice={"running_out_at": 2}, package=three())
    lee_books(used=2)
    again()
    assert len(told()) == 1
    with transaction() as session:
        own = one(ClientPackage)
        more = {"kind": CreditKind.ADJUST, "amount": 1, "at": NOW}
        service = own.items[0].service_id
        session.add(CreditEntry(client_package_id=own.id, service_id=service, **more))
    again()
    again()
    assert [mail.subject for mail in told()] == ["Reset: 2 of 3 used", "Reset: 2 of 4 used"]


def test_a_package_that_is_not_offered_any_more_is_not_offered_again(clinic: Clinic) -> None:
    clinic(practice=AT_ONE, package=three())
    with transaction() as session:
        session.execute(update(Package).values(archived_at=NOW))
    lee_books(used=2)
    [mail] = told()
    assert "/book/reset" not in text_of(mail) + html_of(mail)
    assert "please get in touch with the clinic" in text_of(mail)


def test_a_client_without_an_address_gets_none(clinic: Clinic) -> None:
    clinic(package=three())
    lee_books(used=2)
    with transaction() as session:
        session.execute(update(Client).values(email=None))
        session.execute(update(Practice).values(running_out_at=1))
    again()
    assert told() == []
