"""A booking's own page: what it says, what it keeps to itself, and the way to the next session."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from icalendar import Calendar
from sqlalchemy import select

from portal.db import db
from portal.models import Booking, CreditEntry, Message, Package
from portal.transaction import transaction
from tests.clinics import lee
from tests.web.conftest import Clock
from tests.web.visitor import Page, Visitor, fields

Load = Callable[..., None]
FOLLOW_UP = "/book/reset?service=follow-up&week=2027-03-02"
LEE = {"name": "Lee Park", "email": "lee@example.com"}
VIDEO = {"delivery": ["video"], "video_link": "https://video.example.com/riverside"}


def book(visitor: Visitor, opening: str = "10:00 Cho Park", **typed: str) -> Page:
    return visitor.book(visitor.get(FOLLOW_UP), opening, **typed)


def change_booking(app: Flask, **values: Any) -> None:
    with app.app_context(), transaction() as session:
        for name, value in values.items():
            setattr(session.scalars(select(Booking)).one(), name, value)


def test_scenario_32_names_who_when_where_what_is_left_and_the_next_step(
    reset_clinic: Load, visitor: Visitor
) -> None:
    reset_clinic(practice={"place": "12 River Street"})
    page = book(visitor, note="My knee.")
    assert page.status == 200
    for words in (
        "Your request is in",
        "Follow-up",
        "with Cho Park",
        "Tuesday, March 2, 10:00–11:00",
        "Eastern Time (New York)",
        "12 River Street",
        "My knee.",
    ):
        assert words in page.text
    assert page.all(".bar p") == ["Intake 0 of 1 used", "Follow-up 1 of 3 used"]
    assert [bar["value"] for bar in page.soup.select("progress")] == ["0", "1"]
    assert str(page.one(".details [role=button]")["href"]).endswith("/next")
    assert page.response.headers["Cache-Control"] == "no-store"


def test_a_service_that_is_confirmed_at_once_is_booked(
    reset_clinic: Load, visitor: Visitor
) -> None:
    reset_clinic(follow_up={"confirm": "instant", **VIDEO})
    page = book(visitor)
    assert page.all("h1") == ["You’re booked"]
    assert page.one(".session a")["href"] == VIDEO["video_link"]


def test_a_cancelled_session_says_so_and_offers_no_calendar_file(
    reset_clinic: Load, visitor: Visitor, app: Flask, time: Clock
) -> None:
    reset_clinic()
    url = book(visitor).url
    change_booking(app, cancelled_at=time.at)
    page = visitor.get(url)
    assert page.all("h1") == ["This session was cancelled"]
    assert not page.soup.select("[download]")


def test_shows_the_visitors_own_time_beside_the_clinics(
    reset_clinic: Load, visitor: Visitor
) -> None:
    reset_clinic()
    page = visitor.get(f"{book(visitor).url}?tz=Europe/Berlin")
    assert (
        page.one(".own-time").get_text().strip()
        == "16:00–17:00 for you: Central European Time (Berlin)"
    )
    assert not visitor.get(f"{page.url.split('?')[0]}?tz=America/Toronto").all(
        ".own-time:not([hidden])"
    )


def test_the_client_books_the_next_session_from_their_own_package(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic()
    first = book(visitor)
    page = visitor.get(str(first.one(".details [role=button]")["href"]))
    assert page.all(".card") == ["Intake 60 min · 1 of 1 left", "Follow-up 60 min · 2 of 3 left"]
    assert page.response.headers["Cache-Control"] == "no-store"
    page = visitor.press(page, "Show openings", service="follow-up")
    form = visitor.press(page, "Book 09:00 Ana Ruiz")
    assert not form.soup.select("#name, #email")
    second = visitor.press(form, "Request booking", note="Better already.")
    assert second.all(".bar p") == ["Intake 0 of 1 used", "Follow-up 2 of 3 used"]
    with app.app_context():
        packages = db.session.scalars(select(Booking.client_package_id)).all()
        assert len(packages) == 2
        assert len(set(packages)) == 1
        assert set(db.session.scalars(select(Message.recipient))) >= {"lee@example.com"}


def test_the_next_page_alone_is_the_block_of_its_page(reset_clinic: Load, visitor: Visitor) -> None:
    reset_clinic()
    url = f"{book(visitor).url}/next?service=follow-up"
    page, fragment = visitor.get(url), visitor.fragment(url)
    assert not fragment.soup.select("html, head, body, h1")
    assert fragment.all(".slots button") == page.all(".slots button") != []


def test_scenario_21_with_no_session_left_the_page_and_a_made_up_request_say_so(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic()
    url = book(visitor).url
    for opening in ("09:00 Ana Ruiz", "09:00 Ben Okafor"):
        page = visitor.get(f"{url}/next?service=follow-up&week=2027-03-03")
        visitor.press(visitor.press(page, opening), "Request booking")
    page = visitor.get(f"{url}/next?service=follow-up")
    assert "All sessions of Follow-up are used" in page.text
    assert page.openings() == []
    other = visitor.get(f"{url}/next")
    assert other.one("input[name=service][checked]")["value"] == "intake"
    other.one(".week input[name=service]")["value"] = "follow-up"
    assert visitor.press(other, other.openings()[0]).status == 409


def test_an_expired_package_offers_no_next_session(
    reset_clinic: Load, visitor: Visitor, time: Clock
) -> None:
    reset_clinic()
    url = book(visitor).url
    time.pass_(timedelta(days=91))
    assert not visitor.get(url).soup.select(".details [role=button]")


def test_scenario_31_an_archived_package_still_books_for_the_client_who_has_it(
    reset_clinic: Load, visitor: Visitor, app: Flask, time: Clock
) -> None:
    reset_clinic()
    url = book(visitor).url
    with app.app_context(), transaction() as session:
        session.scalars(select(Package)).one().archived_at = time.at
    assert visitor.get("/book/reset").status == 410
    page = visitor.press(visitor.get(f"{url}/next?service=follow-up"), "Book 09:00 Ana Ruiz")
    assert visitor.press(page, "Request booking").url.startswith("/bookings/")


def test_scenario_33_an_unknown_token_is_404_everywhere(
    reset_clinic: Load, visitor: Visitor
) -> None:
    reset_clinic()
    url = book(visitor).url
    changed = url[:-1] + ("A" if url[-1] != "A" else "B")
    for page in ("", "/next", "/calendar.ics"):
        assert visitor.get(url + page).status == 200
        assert visitor.get(changed + page).status == 404
    for made_up in ("/bookings/1", "/bookings/", "/bookings/%00", f"{url}A"):
        assert visitor.get(made_up).status == 404


def test_a_time_that_is_only_held_has_no_booking_yet(reset_clinic: Load, visitor: Visitor) -> None:
    reset_clinic()
    form = visitor.press(visitor.get(FOLLOW_UP), "10:00 Cho Park")
    token = form.url.split("/")[-1]
    assert visitor.get(f"/bookings/{token}").url.startswith("/holds/")
    assert visitor.get(f"/bookings/{token}/calendar.ics").status == 404
    assert visitor.get(f"/bookings/{token}/next").status == 404


def test_the_calendar_file_names_one_instant_in_utc(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic(follow_up=VIDEO)
    answer = visitor.get(f"{book(visitor).url}/calendar.ics").response
    assert answer.mimetype == "text/calendar"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    calendar = Calendar.from_ical(answer.get_data())
    assert calendar["METHOD"] == "PUBLISH"
    event = calendar.walk("VEVENT")[0]
    assert event["SUMMARY"] == "Follow-up with Cho Park, Riverside Clinic"
    assert event["LOCATION"] == VIDEO["video_link"]
    assert event["STATUS"] == "TENTATIVE"
    with app.app_context():
        booking = db.session.scalars(select(Booking)).one()
        assert (event["DTSTART"].dt, event["DTEND"].dt) == (booking.starts_at, booking.ends_at)
    assert b"DTSTART:20270302T150000Z" in answer.get_data()


def test_nothing_about_a_client_is_told_to_whoever_has_the_link(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic(clients=[lee(name="Lee Park-Ng", phone="+1 555 0199")])
    booked = book(visitor, name="Somebody Else")
    for private in ("Park-Ng", "0199"):
        assert private not in booked.response.get_data(as_text=True)
    for page in (Visitor(app.test_client()).get(booked.url), visitor.get(booked.url)):
        for private in ("Park-Ng", "0199", "Somebody Else", "lee@example.com"):
            assert private not in page.response.get_data(as_text=True)


def test_who_has_booked_reads_once_where_the_mail_goes(
    reset_clinic: Load, visitor: Visitor
) -> None:
    reset_clinic()
    first = book(visitor, "11:00 Ben Okafor", email="robin@example.com", name="Robin")
    assert "goes to Robin, robin@example.com." in first.one(".notice").get_text()
    assert not visitor.get(first.url).soup.select(".notice")
    form = visitor.press(visitor.get(FOLLOW_UP), "10:00 Cho Park")
    second = visitor.client.post(form.url, data=fields(form.one("form")) | LEE)
    assert not visitor.get(first.url).soup.select(".notice"), "that’s about another session"
    page = visitor.get(str(second.location))
    assert "goes to Lee Park, lee@example.com." in page.one(".notice").get_text()


def test_looking_at_a_booking_changes_nothing(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic()
    url = book(visitor).url

    def everything() -> list[Any]:
        with app.app_context():
            tables = (Booking.__table__, CreditEntry.__table__, Message.__table__)
            return [db.session.execute(select(table)).all() for table in tables]

    before = everything()
    for page in ("", "/next", "/calendar.ics"):
        visitor.get(url + page)
    assert everything() == before
