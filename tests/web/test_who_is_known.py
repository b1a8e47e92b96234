"""Nobody learns who is a client here: not from how long an answer takes, for one thing.

That its words are the same has its tests beside each page (test_holds, test_my_bookings).
"""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.clinics import LEE, lee
from tests.web.clients import ask
from tests.web.stopwatch import least_seconds
from tests.web.visitor import Page, Visitor

Load = Callable[..., None]

BOOK = "/book/reset?service=follow-up"
NOBODY = "nobody@example.com"


@pytest.fixture
def clinic(app: Flask, reset_clinic: Load) -> None:
    """The clinic with the client Lee, in which nobody is put off."""
    reset_clinic(clients=[lee()])
    for limit in ("SIGN_IN_TRIES", "RECOVERY_MAILS", "HOLDS", "BOOKINGS", "ADDRESS_BOOKINGS"):
        app.config[limit] = "1000 per minute"


def books(app: Flask, email: str) -> Page:
    visitor = Visitor(app.test_client())
    page = visitor.get(BOOK)
    return visitor.book(page, page.openings()[0], email=email, name="Lee Park")


def test_booking_takes_as_long_for_an_address_that_is_known(app: Flask, clinic: None) -> None:
    strangers = iter(range(100))
    known, unknown = least_seconds(
        lambda: books(app, LEE),
        lambda: books(app, f"stranger-{next(strangers)}@example.com"),
    )
    assert 0.5 < known / unknown < 2


def test_asking_for_a_link_to_my_bookings_takes_as_long(app: Flask, clinic: None) -> None:
    visitor = Visitor(app.test_client())
    known, unknown = least_seconds(lambda: ask(visitor, LEE), lambda: ask(visitor, NOBODY))
    assert 0.5 < known / unknown < 2


def test_clients_and_members_are_not_told_apart(app: Flask, clinic: None) -> None:
    visitor = Visitor(app.test_client())
    texts = {ask(visitor, email).text for email in (LEE, "ana@example.com", NOBODY)}
    assert len(texts) == 1
