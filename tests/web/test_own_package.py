"""A signed-in client books from the package they have, wherever they come from."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.actions.sharing import short_link_for
from portal.db import db
from portal.models import Booking, ClientPackage, Member, Package
from portal.scheduling.eligibility import Allow
from portal.transaction import transaction
from tests.clinics import ANA, NOW, lee
from tests.web.clients import sign_in
from tests.web.conftest import Clock
from tests.web.visitor import Visitor

Load = Callable[..., None]
FOLLOW_UP = "/book/reset?service=follow-up&week=2027-03-02"


@pytest.fixture
def stranger(app: Flask) -> Visitor:
    """Somebody whom the clinic doesn't know."""
    return Visitor(app.test_client())


@pytest.fixture
def lees(reset_clinic: Load, visitor: Visitor, app: Flask) -> Visitor:
    """Lee, who has a package with one session booked, signed in."""
    reset_clinic()
    visitor.book(visitor.get(FOLLOW_UP), "09:00 Ana Ruiz")
    sign_in(app, visitor)
    return visitor


def packages(app: Flask) -> list[int | None]:
    """The package of each session, in the order in which they were booked."""
    with app.app_context():
        return list(db.session.scalars(select(Booking.client_package_id).order_by(Booking.id)))


def test_the_public_page_books_from_the_package_they_have(
    lees: Visitor, app: Flask, stranger: Visitor
) -> None:
    page = lees.get(FOLLOW_UP)
    assert "You are booking from your package: 1 of 4 used." in page.text
    assert page.response.headers["Cache-Control"] == "no-store"
    assert "Cookie" in page.response.headers["Vary"]
    form = lees.press(page, "10:00 Ben Okafor")
    assert not form.soup.select("#email")
    lees.press(form, "Request booking")
    first, second = packages(app)
    assert first == second
    newcomers = stranger.get(FOLLOW_UP)
    assert "your package" not in newcomers.text
    assert newcomers.all("header a[href='/my-bookings']") == ["Book from My bookings"]
    assert "Have this package already?" not in page.text
    assert newcomers.response.headers["Cache-Control"] == "private, no-cache"


def test_a_short_link_leads_to_it_too(lees: Visitor, app: Flask) -> None:
    with app.app_context():
        ana = db.session.scalars(select(Member).where(Member.email == ANA)).one()
        package = db.session.scalars(select(Package)).one()
        code = short_link_for(package.id, ana, NOW).code
    assert "You are booking from your package" in lees.get(f"/s/{code}").text


def test_signing_out_there_leads_back_to_the_page_of_newcomers(lees: Visitor) -> None:
    page = lees.press(lees.get(FOLLOW_UP), "Sign out")
    assert page.url == "/book/reset"
    assert not page.soup.select(".own-package")


def test_scenario_27_only_lee_sees_others(lees: Visitor, app: Flask, stranger: Visitor) -> None:
    with app.app_context(), transaction() as session:
        session.scalars(select(Package)).one().team_booking_allow = Allow.ASSIGNED
    for_lee = {each.split(" ", 1)[1] for each in lees.get(FOLLOW_UP).openings()}
    assert for_lee == {"Ana Ruiz", "Ben Okafor", "Cho Park"}
    others = {each.split(" ", 1)[1] for each in stranger.get(FOLLOW_UP).openings()}
    assert others == {"Ana Ruiz"}


def test_scenario_31_an_archived_template_still_books_from_the_own_copy(
    lees: Visitor, app: Flask, stranger: Visitor, time: Clock
) -> None:
    with app.app_context(), transaction() as session:
        session.scalars(select(Package)).one().archived_at = time.at
    assert stranger.get(FOLLOW_UP).status == 410
    page = lees.press(lees.get(FOLLOW_UP), "10:00 Ben Okafor")
    assert lees.press(page, "Request booking").url.startswith("/bookings/")
    assert len(set(packages(app))) == 1
    assert not lees.get(FOLLOW_UP).soup.select("a[href$=new-package]")
    time.pass_(timedelta(days=91))
    sign_in(app, lees)
    assert "This package expired on May 30, 2027" in lees.get(FOLLOW_UP).text


def test_scenario_25_the_day_of_expiry_is_the_last_one(lees: Visitor, app: Flask) -> None:
    with app.app_context(), transaction() as session:
        session.scalars(select(ClientPackage)).one().expires_on = date(2027, 3, 4)
    openings = lees.get(FOLLOW_UP)
    assert openings.openings("2027-03-04")
    assert not openings.openings("2027-03-05")
    form = openings.one("form.week")
    friday = 1804255200  # 10:00 on Friday 5 March
    values = {str(each["name"]): str(each["value"]) for each in form.select("input[name]")}
    answer = lees.client.post(str(form["action"]), data=values | {"opening": f"1@{friday}"})
    assert answer.status_code == 409


def test_the_copy_that_expires_first_is_used_first(lees: Visitor, app: Flask) -> None:
    page = lees.get("/book/reset/new-package?service=follow-up&week=2027-03-02")
    assert "This is a new package, beside the one that you have." in page.text
    form = lees.press(page, "10:00 Ben Okafor")
    assert form.one("#email")["value"] == "lee@example.com"
    lees.press(form, "Request booking", name="Lee Park")
    with app.app_context(), transaction() as session:
        first, second = session.scalars(select(ClientPackage).order_by(ClientPackage.id)).all()
        second.expires_on = (first.expires_on or date.max) - timedelta(days=30)
        sooner = second.id
    form = lees.press(lees.get(FOLLOW_UP), "11:00 Ben Okafor")
    lees.press(form, "Request booking")
    assert packages(app)[-1] == sooner


def test_a_service_that_is_used_up_in_one_copy_is_booked_from_the_next(
    lees: Visitor, app: Flask
) -> None:
    for opening in ("10:00 Ana Ruiz", "11:00 Ana Ruiz"):
        lees.press(lees.press(lees.get(FOLLOW_UP), opening), "Request booking")
    page = lees.get(FOLLOW_UP)
    assert "All sessions of Follow-up are used" in page.text
    assert page.openings() == []
    new = lees.get(str(page.one(".own-package a[href$=new-package]")["href"]))
    form = lees.press(
        lees.press(new, "Show openings", service="follow-up", week="2027-03-02"), "10:00 Ben Okafor"
    )
    lees.press(form, "Request booking")
    assert len(set(packages(app))) == 2
    page = lees.get(FOLLOW_UP)
    assert page.all(".card") == ["Intake 60 min · 1 of 1 left", "Follow-up 60 min · 2 of 3 left"]
    lees.press(lees.press(page, "11:00 Ben Okafor"), "Request booking")
    assert packages(app)[-1] == packages(app)[-2]


def test_with_none_left_a_new_one_is_booked_as_everybody_can(
    lees: Visitor, app: Flask, time: Clock
) -> None:
    time.pass_(timedelta(days=91))
    page = lees.get("/book/reset?service=follow-up")
    assert "The package that you have has expired." not in page.text  # signed out by now
    sign_in(app, lees)
    page = lees.get("/book/reset?service=follow-up")
    assert "The package that you have has expired." in page.text
    assert page.response.headers["Cache-Control"] == "no-store"
    form = lees.press(page, page.openings()[0])
    assert form.one("#email")["value"] == "lee@example.com"
    lees.press(form, "Request booking")
    assert len(set(packages(app))) == 2


def test_a_package_that_the_clinic_made_has_its_terms_with_its_first_booking(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    own = {"client": "lee@example.com", "package": "reset", "started": "2027-03-01"}
    more = {"expires": None, "assigned_to": ANA, "items": None, "team_booking": None}
    reset_clinic(clients=[lee()], client_packages=[own | more])
    with app.app_context(), transaction() as session:
        session.scalars(select(Package)).one().terms = "Cancel a day ahead."
    sign_in(app, visitor)
    form = visitor.press(visitor.get(FOLLOW_UP), "10:00 Ana Ruiz")
    assert form.one(".terms").get_text() == "Cancel a day ahead."
    refused = visitor.press(form, "Request booking")
    assert (refused.status, len(refused.all("#terms-error"))) == (422, 1)
    visitor.press(refused, "Request booking", terms="y")
    assert packages(app) == [1]
    again = visitor.press(visitor.get(FOLLOW_UP), "11:00 Ana Ruiz")
    assert not again.soup.select(".terms")
    visitor.press(again, "Request booking")
    assert packages(app) == [1, 1]
