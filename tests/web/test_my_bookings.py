"""My bookings: the way in, what a client sees there, and that it's theirs alone."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask_security import hash_password
from sqlalchemy import func, select

from portal.db import db
from portal.models import (
    Booking,
    Client,
    ClientLink,
    ClientPackage,
    ClientSignIn,
    CreditEntry,
    CreditKind,
    Ending,
    Member,
    Message,
)
from portal.transaction import transaction
from tests.clinics import ANA, NOW, lee
from tests.web.clients import ask, change_booking, newest_link, sign_in
from tests.web.conftest import Clock
from tests.web.practice.people import PASSWORD, try_to_sign_in
from tests.web.visitor import Visitor

Load = Callable[..., None]
FOLLOW_UP = "/book/reset?service=follow-up&week=2027-03-02"


@pytest.fixture
def other(app: Flask) -> Visitor:
    """Somebody else with a browser of their own."""
    return Visitor(app.test_client())


def count(app: Flask, model: Any) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


# The way in


def test_the_answer_is_the_same_for_every_address(
    reset_clinic: Load, visitor: Visitor, app: Flask, time: Clock
) -> None:
    reset_clinic(clients=[lee()])
    known, unknown = ask(visitor), ask(visitor, "nobody@example.com")
    with app.app_context(), transaction() as session:
        session.scalars(select(Client)).one().deactivated_at = time.at
    deactivated = ask(visitor)
    assert known.status == 200
    assert known.text == unknown.text == deactivated.text
    assert "If we know this address" in known.text
    assert count(app, Message) == count(app, ClientLink) == 1


def test_no_inbox_is_filled_and_the_answer_does_not_tell(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic(clients=[lee()])
    app.config["RECOVERY_MAILS"] = "2 per hour"
    answers = [ask(visitor) for _ in range(3)]
    assert {answer.status for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert count(app, Message) == 2


def test_nobody_tries_addresses_one_after_the_other(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic(clients=[lee()])
    app.config["SIGN_IN_TRIES"] = "2 per minute"
    assert [ask(visitor, f"a{i}@example.com").status for i in range(3)] == [200, 200, 429]


def test_what_is_no_address_is_said_beside_the_field(reset_clinic: Load, visitor: Visitor) -> None:
    reset_clinic()
    page = ask(visitor, "lee at home")
    assert page.status == 422
    assert "This isn’t an email address" in page.one("#email-error").get_text()
    assert page.one("#email")["value"] == "lee at home"


def test_opening_the_link_changes_nothing_and_its_button_signs_in_once(
    reset_clinic: Load, visitor: Visitor, other: Visitor, app: Flask
) -> None:
    reset_clinic(clients=[lee()])
    ask(visitor)
    link = newest_link(app)
    for scanner in (other, visitor):
        assert scanner.get(link).status == 200
    assert count(app, ClientSignIn) == 0
    page = visitor.press(visitor.get(link), "See my bookings")
    assert page.url == "/my-bookings"
    assert "Lee Park" in page.text
    again = other.get(link)
    assert again.status == 410
    assert "works once" in again.text
    assert again.all("form button") == ["Mail me a link"]
    assert other.get("/my-bookings").all("form button") == ["Mail me a link"]


def test_signing_out_ends_it_for_every_copy_of_the_cookie(
    reset_clinic: Load, visitor: Visitor, other: Visitor, app: Flask
) -> None:
    reset_clinic(clients=[lee()])
    page = sign_in(app, visitor)
    cookie = visitor.client.get_cookie("session")
    assert cookie is not None
    assert cookie.max_age == 31 * 24 * 3600 or cookie.expires is not None
    visitor.press(page, "Sign out")
    assert "Lee Park" not in visitor.get("/my-bookings").text
    other.client.set_cookie("session", cookie.value)
    assert "Lee Park" not in other.get("/my-bookings").text


def test_a_deactivated_client_is_out_at_once(
    reset_clinic: Load, visitor: Visitor, app: Flask, time: Clock
) -> None:
    reset_clinic(clients=[lee()])
    sign_in(app, visitor)
    with app.app_context(), transaction() as session:
        session.scalars(select(Client)).one().deactivated_at = time.at
    assert "Lee Park" not in visitor.get("/my-bookings").text
    assert visitor.client.get("/my-bookings/data.json").status_code == 303


def test_somebody_may_be_a_client_and_on_the_team_in_one_browser(
    reset_clinic: Load, visitor: Visitor, other: Visitor, app: Flask
) -> None:
    reset_clinic(clients=[lee()])
    with app.app_context(), transaction() as session:
        ana = session.scalars(select(Member).where(Member.email == ANA)).one()
        ana.password = hash_password(PASSWORD)
    sign_in(app, visitor)
    assert try_to_sign_in(visitor.client, ANA).status_code == 302
    both = ("/my-bookings", "/practice/services")
    assert [visitor.get(url).url for url in both] == list(both)
    assert "Lee Park" in visitor.get("/my-bookings").text
    ask(other)
    visitor.press(visitor.get(newest_link(app)), "See my bookings")
    assert [visitor.get(url).url for url in both] == list(both)
    visitor.press(visitor.get("/my-bookings"), "Sign out")
    assert visitor.get("/practice/services").url == "/practice/services"


# What there is


def test_packages_coming_sessions_and_past_ones(
    reset_clinic: Load, visitor: Visitor, app: Flask, time: Clock
) -> None:
    reset_clinic(clients=[lee(timezone="Europe/Berlin")])
    visitor.book(visitor.get(FOLLOW_UP), "09:00 Ana Ruiz")
    page = sign_in(app, visitor)
    assert page.all(".own-card h3") == ["Reset"]
    assert page.all(".own-card .bar p") == ["Intake 0 of 1 used", "Follow-up 1 of 3 used"]
    assert "Sessions until May 30, 2027." in page.text
    [coming] = page.all(".coming li")
    for words in ("Follow-up", "with Ana Ruiz", "Tuesday, March 2, 09:00–10:00", "15:00–16:00"):
        assert words in coming
    assert page.all(".doings a") == ["Reschedule", "Cancel"]
    assert page.response.headers["Cache-Control"] == "no-store"
    time.pass_(timedelta(days=3))
    page = visitor.get("/my-bookings")
    assert page.all(".coming li") == []
    assert page.all(".past li") == ["Follow-up with Ana Ruiz Tuesday, March 2, 09:00 not confirmed"]


ENDINGS = {
    Ending.BY_CLIENT: "cancelled by you",
    Ending.BY_CLINIC: "cancelled by the clinic",
    Ending.DECLINED: "declined",
    Ending.LAPSED: "lapsed",
    None: "cancelled",
}


def test_a_past_session_says_how_it_ended(
    reset_clinic: Load, visitor: Visitor, app: Flask, time: Clock
) -> None:
    reset_clinic()
    visitor.book(visitor.get(FOLLOW_UP), "09:00 Ana Ruiz")
    sign_in(app, visitor)
    for ending, words in ENDINGS.items():
        change_booking(app, cancelled_at=time.at, ending=ending)
        assert visitor.get("/my-bookings").all(".past .how") == [words]


def test_past_sessions_have_pages(
    reset_clinic: Load, visitor: Visitor, app: Flask, time: Clock
) -> None:
    reset_clinic()
    visitor.book(visitor.get(FOLLOW_UP), "09:00 Ana Ruiz")
    with app.app_context(), transaction() as session:
        made = session.scalars(select(Booking)).one()
        for week in range(1, 12):
            starts = made.starts_at - timedelta(weeks=week)
            session.add(
                Booking(
                    member_id=made.member_id,
                    service_id=made.service_id,
                    delivery=made.delivery,
                    starts_at=starts,
                    ends_at=starts + timedelta(hours=1),
                    busy_start=starts,
                    busy_end=starts + timedelta(hours=1),
                    client_id=made.client_id,
                    created_at=time.at,
                    confirmed_at=time.at,
                )
            )
    page = sign_in(app, visitor)
    assert len(page.all(".past li")) == 10
    older = visitor.get(str(page.one("nav.pages a[rel=next]")["href"]))
    assert len(older.all(".past li")) == 1


def test_an_expired_package_is_folded_away(
    reset_clinic: Load, visitor: Visitor, app: Flask, time: Clock
) -> None:
    reset_clinic()
    visitor.book(visitor.get(FOLLOW_UP), "09:00 Ana Ruiz")
    time.pass_(timedelta(days=91))
    page = sign_in(app, visitor)
    assert page.all(".own-packages h3") == page.all("details .own-card h3") == ["Reset"]
    assert "3 sessions were left" in page.one("details").get_text()
    assert not page.soup.select(".own-card [role=button]")
    with app.app_context():
        own = db.session.scalars(select(ClientPackage.id)).one()
    assert (
        "This package expired on May 30, 2027" in visitor.get(f"/my-bookings/packages/{own}").text
    )


def test_the_next_session_is_booked_from_a_package(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic()
    visitor.book(visitor.get(FOLLOW_UP), "09:00 Ana Ruiz")
    page = sign_in(app, visitor)
    own = visitor.get(str(page.one(".own-card [role=button]")["href"]))
    assert "You are booking from your package: 1 of 4 used." in own.text
    own = visitor.press(own, "Show openings", service="follow-up")
    form = visitor.press(own, "Book 09:00 Ana Ruiz")
    assert not form.soup.select("#name, #email")
    booked = visitor.press(form, "Request booking")
    assert booked.all(".bar p")[1] == "Follow-up 2 of 3 used"
    assert count(app, ClientPackage) == 1


def test_the_openings_alone_are_the_block_of_their_page(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic()
    visitor.book(visitor.get(FOLLOW_UP), "09:00 Ana Ruiz")
    page = sign_in(app, visitor)
    url = f"{page.one('.own-card [role=button]')['href']}?service=follow-up"
    whole, fragment = visitor.get(url), visitor.fragment(url)
    assert not fragment.soup.select("html, head, body, h1")
    assert fragment.all(".slots button") == whole.all(".slots button") != []
    assert fragment.all(".own-package p") == whole.all(".own-package p") != []


def test_the_data_are_everything_about_this_client_and_nobody_else(
    reset_clinic: Load, visitor: Visitor, other: Visitor, app: Flask
) -> None:
    reset_clinic(clients=[lee(phone="+1 555 0199")])
    visitor.book(visitor.get(FOLLOW_UP), "09:00 Ana Ruiz", note="My knee.")
    other.book(other.get(FOLLOW_UP), "10:00 Ben Okafor", name="Robin", email="robin@example.com")
    with app.app_context(), transaction() as session:
        for client in session.scalars(select(Client)):
            client.notes = "A note of the staff."
        for booking in session.scalars(select(Booking)):
            booking.staff_note = "For staff alone."
        own = session.scalar(select(func.min(ClientPackage.id)))
        entry = {"service_id": 2, "kind": CreditKind.ADJUST, "amount": 1, "at": NOW}
        session.add(CreditEntry(client_package_id=own, why="Her sister is ill.", **entry))
    sign_in(app, visitor)
    answer = visitor.client.get("/my-bookings/data.json")
    assert answer.mimetype == "application/json"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
    data = json.loads(answer.text)
    assert data["details"]["phone"] == "+1 555 0199"
    assert [package["name"] for package in data["packages"]] == ["Reset"]
    amounts = [entry["sessions"] for entry in data["packages"][0]["credits"]]
    assert sorted(amounts) == [-1, 1, 1, 3]
    reasons = [entry["why"] for entry in data["packages"][0]["credits"]]
    assert reasons == [*["Package booked"] * 2, "Session booked", None]
    [session_] = data["sessions"]
    assert (session_["practitioner"], session_["note"]) == ("Ana Ruiz", "My knee.")
    assert session_["starts"] == "2027-03-02T14:00:00+00:00"
    private = ("Robin", "robin@example.com", "A note of the staff", "sister", "For staff alone")
    assert not [words for words in private if words in answer.text]
    for url in ("/my-bookings", "/bookings/my-1"):
        assert "For staff alone" not in visitor.get(url).text


def test_scenario_33_another_clients_package_and_booking_are_404(
    reset_clinic: Load, visitor: Visitor, other: Visitor, app: Flask
) -> None:
    reset_clinic()
    other.book(other.get(FOLLOW_UP), "10:00 Ben Okafor", name="Robin", email="robin@example.com")
    visitor.book(visitor.get(FOLLOW_UP), "09:00 Ana Ruiz")
    sign_in(app, visitor)
    with app.app_context():
        robins, lees = db.session.scalars(select(Booking).order_by(Booking.id)).all()
        pages = [
            "/my-bookings/packages/{0.client_package_id}",
            "/bookings/my-{0.id}",
            "/bookings/my-{0.id}/next",
            "/bookings/my-{0.id}/new-time",
            "/bookings/my-{0.id}/cancellation",
            "/bookings/my-{0.id}/calendar.ics",
        ]
        addresses = [(page.format(lees), page.format(robins)) for page in pages]
    for mine, robins_ in addresses:
        assert visitor.get(mine).status == 200, mine
        assert visitor.get(robins_).status == 404, robins_
    form = {
        "csrf_token": str(visitor.get("/my-bookings").one(".mine-head [name=csrf_token]")["value"])
    }
    for action in ("cancellation", "cancellation/undo", "new-time"):
        url = f"{addresses[1][1]}/{action}"
        answer = visitor.client.post(url, data={**form, "reason": "Not mine."})
        assert answer.status_code == 404, url
    with app.app_context():
        assert set(db.session.scalars(select(Booking.cancelled_at))) == {None}


def test_whoever_is_not_signed_in_is_led_to_the_way_in(
    reset_clinic: Load, visitor: Visitor
) -> None:
    reset_clinic()
    for url in ("/bookings/my-1", "/my-bookings/packages/1", "/my-bookings/data.json"):
        page = visitor.get(url)
        assert page.url == "/my-bookings"
        assert page.all("form button") == ["Mail me a link"]
