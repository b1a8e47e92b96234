"""Book session for a client, and the list of a client's sessions."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portal.db import db
from portal.models import Booking, Client, ClientPackage, Status
from portal.transaction import transaction
from tests.actions.sessions import NINE, TEN, book_follow_up, left_of, outside_any_package
from tests.clinics import ANA, BEN, CHO, DEE, LEE, LEES_OWN, NOW
from tests.web.conftest import Clock
from tests.web.practice.people import FRAGMENT, csrf_token, soup, words

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]
pytestmark = pytest.mark.usefixtures("time")

NEW = "/clients/1/sessions/new"
AT_NINE = {
    "service": "follow-up",
    "day": "2027-03-02",
    "time": "09:00",
    "practitioner": "3",
    "delivery": "in_person",
}


@pytest.fixture
def booked(clinic: Clinic, app: Flask) -> Callable[..., None]:
    """Load the clinic; Lee has the package Reset, and a request with Ben at ten on Tuesday."""

    def load(**changes: Any) -> None:
        clinic(**changes)
        with app.app_context():
            book_follow_up(BEN, TEN)

    return load


def post(browser: FlaskClient, path: str, **data: Any) -> Any:
    return browser.post(path, data={"csrf_token": csrf_token(browser, "/calendar"), **data})


def last(app: Flask) -> Booking:
    with app.app_context():
        return db.session.scalars(select(Booking).order_by(Booking.id.desc())).all()[0]


def test_the_package_that_expires_first_is_chosen_and_the_rule_says_with_whom(
    booked: Callable[..., None], sign_in: SignIn
) -> None:
    booked(allow="members", restrict_to=[BEN])
    page = soup(sign_in(ANA).get(NEW))
    sources = [words(link) for link in page.select(".sources a")]
    assert sources == [
        "Reset 3 of 4 left · until May 30, 2027",
        "Outside any package One session of any service",
    ]
    assert words(page.select_one(".sources [aria-current]")).startswith("Reset")
    choose = f"{NEW}/1?service=follow-up"
    first = soup(sign_in(ANA).get(choose)).select("#practitioner")
    people = [words(option) for option in first[0]("option")]
    assert people == ["Any practitioner", "Ana Ruiz", "Ben Okafor"]
    # Whoever books sees their own openings at first, if they can be booked.
    chosen = [words(option) for each in first for option in each("option", selected=True)]
    assert chosen == ["Ana Ruiz", "Ana Ruiz"]
    for who, address in ((ANA, f"{choose}&practitioner=any"), (DEE, choose)):
        assert not soup(sign_in(who).get(address)).select("#practitioner [selected]")


def test_an_opening_fills_the_form_in_and_the_form_books_it_confirmed_at_once(
    booked: Callable[..., None], app: Flask, sign_in: SignIn
) -> None:
    booked()
    ana = sign_in(ANA)
    opening = f"3@{int(NINE.timestamp())}"
    chosen = {"service": "follow-up", "delivery": "in_person", "practitioner": "any"}
    answer = post(ana, f"{NEW}/1/time", **chosen, opening=opening)
    assert answer.status_code == 303
    form = soup(ana.get(answer.location)).select_one("#chosen-time form")
    assert [form.select_one(f"#{name}")["value"] for name in ("day", "time")] == [
        "2027-03-02",
        "09:00",
    ]
    assert words(form.select_one("option[selected]")) == "Cho Park"
    answer = post(ana, form["action"], **AT_NINE, note="Bring the diary.")
    assert answer.location == "/sessions/2?done=book"
    made = last(app)
    assert (made.starts_at, made.status, made.note) == (NINE, Status.CONFIRMED, "")
    assert "Bring the diary." in words(soup(ana.get("/sessions/2")).main)
    with app.app_context():
        assert left_of(made) == 1


def test_outside_any_package_every_service_can_be_chosen_and_no_credit_is_used(
    booked: Callable[..., None], app: Flask, sign_in: SignIn
) -> None:
    booked()
    ana = sign_in(ANA)
    page = soup(ana.get(f"{NEW}/0?service=intake"))
    assert [words(each) for each in page.select(".card b")] == ["Follow-up", "Intake"]
    # Intake is private, so there is nobody to choose from.
    assert not page.select("select[name=practitioner] option[value='2']")
    assert post(ana, f"{NEW}/0", **AT_NINE).status_code == 303
    assert last(app).client_package_id is None


def test_another_time_is_booked_once_what_is_in_the_way_is_confirmed(
    booked: Callable[..., None], app: Flask, sign_in: SignIn
) -> None:
    booked()
    ana = sign_in(ANA)
    wanted = {**AT_NINE, "practitioner": "2", "time": "10:30", "note": "On purpose."}
    answer = post(ana, f"{NEW}/1", **wanted)
    page = soup(answer)
    assert answer.status_code == 409
    assert [tick["value"] for tick in page.select("[name=confirmed]")] == ["overlap"]
    assert page.select_one("#note").get_text() == "On purpose."
    about = page.select_one("[name=about]")["value"]
    answer = post(ana, f"{NEW}/1", **wanted, confirmed="overlap", about=about)
    assert answer.status_code == 303
    assert last(app).overbooked_at is not None


def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    booked: Callable[..., None], sign_in: SignIn
) -> None:
    booked()
    ana = sign_in(ANA)
    answer = post(ana, f"{NEW}/1", **{**AT_NINE, "time": "noon"}, note="Bring the diary.")
    assert answer.status_code == 422
    page = soup(answer)
    assert page.select_one("#time")["value"] == "noon"
    assert page.select_one("#note").get_text() == "Bring the diary."
    assert words(page.select_one(".card :checked").find_parent("label")).startswith("Follow-up")
    answer = post(ana, f"{NEW}/1", **{**AT_NINE, "service": "massage"})
    assert answer.status_code == 409, "a service that nobody has"


def test_openings_are_a_fragment_of_the_page(booked: Callable[..., None], sign_in: SignIn) -> None:
    booked()
    part = soup(sign_in(ANA).get(f"{NEW}/1?service=follow-up", headers=FRAGMENT))
    assert part.find().get("id") == "openings"
    assert part.select_one("#chosen-time [name=service]")["value"] == "follow-up"


def test_an_expired_package_is_not_offered(
    booked: Callable[..., None], app: Flask, sign_in: SignIn
) -> None:
    booked()
    with app.app_context(), transaction() as session:
        session.execute(update(ClientPackage).values(expires_on=NOW.date() - timedelta(1)))
    page = soup(sign_in(ANA).get(NEW))
    assert [words(link)[:7] for link in page.select(".sources a")] == ["Outside"]


def test_scenario_34_neither_another_client_nor_another_client_s_package_can_be_addressed(
    booked: Callable[..., None], app: Flask, sign_in: SignIn
) -> None:
    booked()
    with app.app_context():
        book_follow_up(CHO, NINE, email="kim@example.com")
    # Ben has a session with Lee, whose package is Ana's.
    ben, ana = sign_in(BEN), sign_in(ANA)
    for path in (NEW, f"{NEW}/1", "/clients/1/sessions", "/clients/99/sessions"):
        assert ben.get(path).status_code == 404, path
    assert post(ben, f"{NEW}/1", **AT_NINE).status_code == 404
    assert ana.get(f"{NEW}/2").status_code == 404
    assert post(ana, f"{NEW}/2", **AT_NINE).status_code == 404


def test_a_client_s_sessions_are_listed_those_to_come_first_and_past_ones_by_page(
    booked: Callable[..., None], app: Flask, sign_in: SignIn, time: Clock
) -> None:
    booked()
    with app.app_context():
        for week in range(1, 28):
            outside_any_package(CHO, NINE - timedelta(weeks=week), completed_at=NOW)
    ana = sign_in(ANA)
    page = soup(ana.get("/clients/1/sessions"))
    assert [words(each) for each in page.select(".count")] == ["1", "27"]
    coming, past = page.select(".rows")
    assert words(coming.select_one("li")) == (
        "Tuesday, March 2, 10:00–11:00 Requested Follow-up · with Ben Okafor · Reset"
    )
    assert coming.select_one("a")["href"] == "/sessions/1"
    assert len(past.select("li")) == 25
    assert words(past.select_one("li")) == (
        "Tuesday, February 23, 09:00–10:00 Completed Follow-up · with Cho Park · "
        "Outside any package"
    )
    assert len(soup(ana.get("/clients/1/sessions?page=2")).select(".rows")[1].select("li")) == 2
    assert page.select_one(f"a[href='{NEW}']")
    with app.app_context(), transaction() as session:
        session.execute(update(Client).values(deactivated_at=NOW))
    assert not soup(ana.get("/clients/1/sessions")).select(f"a[href='{NEW}']")


def test_a_time_in_the_calendar_is_kept_while_client_package_and_service_are_chosen(
    booked: Callable[..., None], sign_in: SignIn
) -> None:
    booked()
    ana = sign_in(ANA)
    opening = f"3@{int(NINE.timestamp())}"
    list_ = soup(ana.get(f"/clients?opening={opening}"))
    assert words(list_.h1) == "Book a session"
    assert words(list_.select_one(".lead")).startswith(
        "Tomorrow, Tue, Mar 2 at 09:00 with Cho Park."
    )
    assert list_.select_one("[role=search] [name=opening]")["value"] == opening
    assert all("opening=" in a["href"] for a in list_.select(".states a"))
    page = soup(ana.get(list_.select_one(".client-row a")["href"]))
    assert words(page.select_one("#chosen-time #practitioner [selected]")) == "Cho Park"
    outside = soup(ana.get(page.select(".sources a")[1]["href"]))
    for shown in (page, outside):
        fields = [shown.select_one(f"#chosen-time #{name}")["value"] for name in ("day", "time")]
        assert fields == ["2027-03-02", "09:00"]
        # Another service is chosen with this form.
        assert shown.select_one(".choices [name=opening]")["value"] == opening
    # Somebody else's openings aren't about this time any more.
    other = soup(ana.get(f"{NEW}?opening={opening}&practitioner=2"))
    assert not other.select(".choices [name=opening]")


def test_somebody_new_is_added_for_the_time_in_the_calendar_and_booked_at_it(
    booked: Callable[..., None], sign_in: SignIn
) -> None:
    booked()
    ana, opening = sign_in(ANA), f"3@{int(NINE.timestamp())}"
    to_add = soup(ana.get(f"/clients?opening={opening}")).select_one(".lead a")["href"]
    added = soup(ana.get(to_add)).select_one("#client-editor")["action"]
    known = soup(post(ana, added, name="Lee again", email=LEE))
    [instead] = known.find_all("a", string="Go on with the client who has this address")
    assert instead["href"] == f"{NEW}?opening={opening}&practitioner=3&week=2027-03-02"
    assert known.select_one("#client-editor")["action"] == added
    answer = post(ana, added, name="Mo Diaz", email="mo@example.com")
    page = soup(ana.get(answer.location))
    assert words(page.h1) == "Book a session for Mo Diaz"
    fields = [page.select_one(f"#chosen-time #{name}")["value"] for name in ("day", "time")]
    assert fields == ["2027-03-02", "09:00"]


def test_a_time_in_the_calendar_starts_with_a_package_and_a_service_that_its_person_can_give(
    booked: Callable[..., None], sign_in: SignIn
) -> None:
    only_ana = {"enabled": False, "allow": "assigned", "restrict_to": []}
    booked(
        client_packages=[{**LEES_OWN, "expires": "2027-03-20", "team_booking": only_ana}, LEES_OWN]
    )
    ana, at_nine = sign_in(ANA), f"opening=3@{int(NINE.timestamp())}&practitioner=3"
    page = soup(ana.get(f"{NEW}?{at_nine}"))
    # Cho isn't shared the Intake, and the package that expires first is with Ana alone.
    assert page.select_one(".sources [aria-current]")["href"].startswith(f"{NEW}/2?")
    assert words(page.select_one("#time-title")) == "Follow-up at this time?"
    assert page.select_one("#chosen-time [name=service]")["value"] == "follow-up"
    assert "can’t be booked for this" not in words(page)
    outside = soup(ana.get(f"{NEW}/0?{at_nine}"))
    assert words(outside.select_one("#time-title")) == "Follow-up at this time?"
    # What is chosen afterwards stays chosen.
    asked = soup(ana.get(f"{NEW}/2?{at_nine}&service=intake"))
    assert "Cho Park can’t be booked for this." in words(asked)


def test_whoever_cannot_be_booked_from_the_package_is_named(
    booked: Callable[..., None], sign_in: SignIn
) -> None:
    booked(allow="members", restrict_to=[BEN])
    page = soup(sign_in(ANA).get(f"{NEW}?opening=3@{int(NINE.timestamp())}&practitioner=3"))
    assert "Cho Park can’t be booked for this." in words(page.select_one("#openings"))


@pytest.mark.parametrize("opening", ["x", "3@", "99@1804000000", "4@1804000000"])
def test_a_time_that_is_nobodys_is_left_out(
    booked: Callable[..., None], sign_in: SignIn, opening: str
) -> None:
    booked()
    page = soup(sign_in(ANA).get(f"/clients?opening={opening}"))
    assert words(page.h1) == "Clients"
    assert page.select_one(".client-row a")["href"] == "/clients/1"
