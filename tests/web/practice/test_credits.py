"""The history of a client's package, Adjust, and the packages that somebody should look at."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.actions.cancelling import cancel
from portal.db import db
from portal.models import Booking, Client, CreditEntry, Member
from portal.transaction import transaction
from tests.actions.sessions import NINE, TEN, book_follow_up
from tests.clinics import ANA, BEN, NOW, lee
from tests.web.conftest import Clock
from tests.web.practice.people import FRAGMENT, soup, words
from tests.web.practice.test_client_packages import EDITOR, post
from tests.web.visitor import Page, Visitor

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]
HISTORY = f"{EDITOR}/history"
ATTENTION = "/client-packages"


@pytest.fixture(autouse=True)
def standing_still(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """It is NOW."""
    stopped = Clock(NOW)
    monkeypatch.setattr("portal.clock.now", lambda: stopped.at)
    return stopped


@pytest.fixture
def ana(clinic: Clinic, sign_in: SignIn, app: Flask) -> Visitor:
    """Ana, signed in; Lee has a Reset of their own, and one Follow-up requested from it."""
    clinic(clients=[lee(), lee(email="mo@example.com", name="Mo Adler")])
    with app.app_context():
        book_follow_up(ANA, TEN)
    return Visitor(sign_in(ANA))


def lines(page: Page) -> list[list[str]]:
    """The history, newest first, without when it was."""
    return [
        [words(cell) for cell in row.select("td")[1:]]
        for row in page.soup.select(".ledger tbody tr")
    ]


def test_a_request_holds_and_when_accepted_uses_and_says_so(
    ana: Visitor, app: Flask, standing_still: Clock
) -> None:
    held = "Held by a request, for Tue, Mar 2, 10:00"
    granted = [
        ["Granted", "Follow-up", "+3", "3", "The client", "Package booked"],
        ["Granted", "Intake", "+1", "1", "The client", "Package booked"],
    ]
    taken = ["Follow-up", "\N{MINUS SIGN}1", "2", "The client", "Session booked"]
    assert lines(ana.get(HISTORY)) == [[held, *taken], *granted]
    with app.app_context(), transaction():
        db.session.get_one(Booking, 1).confirmed_at = NOW + timedelta(hours=1)
    used = "Used, for Tue, Mar 2, 10:00, requested at first, accepted on Mon, Mar 1"
    assert lines(ana.get(HISTORY))[0] == [used, *taken]
    standing_still.at = NOW + timedelta(hours=2)
    with app.app_context():
        ben = db.session.get_one(Member, 1)
        cancel(1, "I am ill", ben, standing_still.at)
    assert lines(ana.get(HISTORY))[0][1:5] == ["Follow-up", "+1", "3", "Ana Ruiz"]


def test_what_was_left_expired_on_a_day_that_can_be_put_off(
    ana: Visitor, app: Flask, standing_still: Clock
) -> None:
    post(ana, EDITOR, expires_on="2027-03-01")
    standing_still.at = TEN - timedelta(hours=2)
    with app.app_context():
        entries = db.session.query(CreditEntry).count()
        cancel(1, "I am ill", db.session.get_one(Member, 1), standing_still.at)
    page = ana.get(HISTORY)
    assert "This package expired on March 1, 2027." in page.text
    found = lines(page)
    assert [line[:4] for line in found[1:3]] == [
        ["Expired", "Intake", "\N{MINUS SIGN}1", "0"],
        ["Expired", "Follow-up", "\N{MINUS SIGN}2", "0"],
    ]
    assert [words(row.td) for row in page.soup.select(".ledger .expire")] == ["Mon, Mar 1"] * 2
    assert found[0][:4] == ["Given back, for Tue, Mar 2, 10:00", "Follow-up", "+1", "1"]
    assert "when that is extended" in found[0][5]
    post(ana, EDITOR, expires_on="2027-04-01")
    assert all(line[0] != "Expired" for line in lines(ana.get(HISTORY)))
    with app.app_context():
        assert db.session.query(CreditEntry).count() == entries + 1


def test_adjusting_needs_a_reason_and_goes_no_lower_than_what_is_unused(ana: Visitor) -> None:
    page = ana.get(HISTORY)

    def adjust(**fields: str) -> Page:
        return ana.press(page, "Adjust", service="2", **fields)

    assert adjust(way="add", change="1", why="").status == 422
    refused = adjust(way="take", change="3", why="Swapped")
    assert refused.status == 422
    assert words(refused.one("#change-error")) == (
        "Only 2 are unused: no more than that can be taken away."
    )
    done = adjust(way="take", change="2", why="Swapped")
    assert done.all(".notice.good") == ["The sessions are adjusted."]
    taken = "\N{MINUS SIGN}2"
    assert lines(done)[0] == ["Adjusted", "Follow-up", taken, "0", "Ana Ruiz", "Swapped"]
    assert adjust(way="take", change="2", why="Swapped").status == 409


def noticed(page: Page) -> dict[str, str]:
    """Each client who is listed, with the signs."""
    rows = page.soup.select("#noticed .rows > li")
    return {words(row.strong): words(row.select_one(".signs")) for row in rows}


def counts(page: Page) -> list[str]:
    return [words(count) for count in page.soup.select("#noticed .count")]


def test_what_expires_runs_low_or_isnt_used_is_listed(
    ana: Visitor, sign_in: SignIn, app: Flask, standing_still: Clock
) -> None:
    assert noticed(ana.get(ATTENTION)) == {}
    with app.app_context():
        book_follow_up(ANA, NINE, email="mo@example.com")
    post(ana, EDITOR, expires_on="2027-03-15")
    assert noticed(ana.get(ATTENTION)) == {"Lee Park": "Expires in 14 days"}
    post(ana, EDITOR, expires_on="2027-03-16")
    assert noticed(ana.get(ATTENTION)) == {}
    post(ana, EDITOR, service=["2"], sessions=["2"])
    assert noticed(ana.get(ATTENTION)) == {"Lee Park": "1 session left"}
    # On the day after the last one there is nothing more to do about it.
    standing_still.at = TEN.replace(day=16)
    ana = Visitor(sign_in(ANA))
    assert noticed(ana.get(ATTENTION)) == {"Lee Park": "Expires today 1 session left"}
    standing_still.at = TEN + timedelta(days=30, seconds=1)
    ana = Visitor(sign_in(ANA))
    page = ana.get(ATTENTION)
    assert noticed(page) == {"Mo Adler": "Nothing booked since March 2, 2027"}
    assert counts(page) == ["1", "0", "0", "1"]
    assert "Packages to look at 1" in ana.get("/clients").text
    assert noticed(ana.get(f"{ATTENTION}?sign=low")) == {}
    assert noticed(ana.get(f"{ATTENTION}?sign=unused&words=lee")) == {}
    fragment = ana.client.get(f"{ATTENTION}?words=mo", headers=FRAGMENT)
    assert soup(fragment).find(id=True)["id"] == "noticed"
    assert noticed(Visitor(sign_in(BEN)).get(ATTENTION)) == {}
    with app.app_context(), transaction():
        mo = db.session.scalars(select(Client).where(Client.name == "Mo Adler")).one()
        mo.deactivated_at = NOW
    assert noticed(ana.get(ATTENTION)) == {}


def test_a_package_that_was_used_up_lately_is_low_and_one_never_booked_is_unused(
    ana: Visitor, sign_in: SignIn, app: Flask, standing_still: Clock
) -> None:
    post(ana, EDITOR, service=["2"], sessions=["1"], expires_on="")
    assert noticed(ana.get(ATTENTION)) == {"Lee Park": "No session left"}
    standing_still.at = TEN + timedelta(days=30, seconds=1)
    ana = Visitor(sign_in(ANA))
    assert noticed(ana.get(ATTENTION)) == {}
    with app.app_context(), transaction():
        db.session.get_one(Booking, 1).cancelled_at = NOW
    post(ana, EDITOR, service=["2"], sessions=["5"])
    assert noticed(ana.get(ATTENTION)) == {"Lee Park": "Nothing booked yet"}
