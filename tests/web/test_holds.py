"""A held time: its form, what is wrong with it, and what becomes of it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.db import db
from portal.models import (
    Booking,
    Client,
    CreditEntry,
    CreditKind,
    Invite,
    Member,
    Message,
    Package,
)
from portal.queries.bookings import find_by_token
from portal.tokens import new_token, token_hash
from portal.transaction import transaction
from tests.clinics import ANA, BEN, CHO, lee
from tests.conftest import database_url  # noqa: F401  (here: both databases)
from tests.web.conftest import Clock
from tests.web.visitor import Page, Visitor

Load = Callable[..., None]
FOLLOW_UP = "/book/reset?service=follow-up&week=2027-03-02"
TUESDAY = "2027-03-02"
ONE_EACH = {ANA: [("10:00", "11:00")], BEN: [("09:00", "10:00")], CHO: [("10:00", "11:00")]}
LEE = {"name": "Lee Park", "email": "lee@example.com", "phone": "+1 555 0100", "note": "My knee."}


def hold(visitor: Visitor, opening: str = "10:00 Cho Park") -> Page:
    return visitor.press(visitor.get(FOLLOW_UP), opening)


def count(app: Flask, what: object) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count(what))) or 0  # type: ignore[arg-type]


def set_terms(app: Flask, terms: str) -> None:
    with app.app_context(), transaction() as session:
        session.scalars(select(Package)).one().terms = terms


def test_shows_the_choice_and_how_long_it_is_held(reset_clinic: Load, visitor: Visitor) -> None:
    reset_clinic(practice={"place": "12 River Street"})
    page = hold(visitor)
    assert page.status == 200
    for words in (
        "Request your session",
        "Follow-up",
        "with Cho Park",
        "Tuesday, March 2, 10:00–11:00",
        "Eastern Time (New York)",
        "12 River Street",
        "Held for you until 08:10",
    ):
        assert words in page.text
    assert page.response.headers["Cache-Control"] == "no-store"


def test_shows_the_visitors_own_time_where_it_is_known(
    reset_clinic: Load, visitor: Visitor
) -> None:
    reset_clinic()
    page = visitor.press(visitor.get(FOLLOW_UP), "10:00 Cho Park", tz="Asia/Tokyo")
    own = "Wednesday, March 3, 00:00–01:00 for you: Japan Time (Tokyo)"
    assert own in page.text
    assert "Held for you until 08:10 (22:10 for you)" in page.text
    page = visitor.press(page, "Request booking", name="Lee", email="lee@example.com")
    for path in ("", "/new-time", "/cancellation"):
        assert own in visitor.get(f"{page.url.split('?')[0]}{path}?tz=Asia/Tokyo").text


@pytest.mark.parametrize("zone", ["localtime", "Factory", "Mars/Base", "x" * 5000])
def test_what_is_no_zone_is_ignored_and_led_nowhere(
    reset_clinic: Load, visitor: Visitor, zone: str
) -> None:
    reset_clinic()
    page = visitor.press(visitor.get(FOLLOW_UP), "10:00 Cho Park", tz=zone)
    assert page.status == 200
    assert "tz=" not in page.url
    assert "Eastern Time (New York)" in page.text
    assert zone not in page.response.get_data(as_text=True)
    asked = visitor.get(f"{page.url}?tz={zone}")
    page = visitor.press(asked, "Request booking", name="Lee", email="lee@example.com")
    assert "tz=" not in page.url
    page = visitor.get(f"{page.url}/new-time?tz={zone}")
    assert zone not in page.response.get_data(as_text=True)


@pytest.mark.parametrize(
    ("confirm", "button"), [("request", "Request booking"), ("instant", "Confirm booking")]
)
def test_the_button_says_whether_it_is_a_request(
    reset_clinic: Load, visitor: Visitor, confirm: str, button: str
) -> None:
    reset_clinic(practice={"confirm": confirm})
    assert hold(visitor).all(".actions button") == [button, "Choose another time"]


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_is_kept(
    reset_clinic: Load, visitor: Visitor
) -> None:
    reset_clinic()
    page = visitor.press(
        hold(visitor),
        "Request booking",
        name=" ",
        email="lee at example.com",
        phone="none",
        note="Knee & <back>",
    )
    assert page.status == 422
    assert page.all(".field .error") == [
        "Please enter your name.",
        "This isn’t an email address. It should look like lee@example.com.",
        "Please enter a phone number, or leave it out.",
    ]
    assert page.one("#email")["value"] == "lee at example.com"
    assert page.one("#email")["aria-invalid"] == "true"
    assert "email-error" in str(page.one("#email")["aria-describedby"])
    assert page.one("#note").get_text() == "Knee & <back>"
    assert page.one("[autofocus]")["id"] == "name"


@pytest.mark.parametrize(
    "email",
    [
        "lee@example.com, cho@example.com",
        "lee@example.com\r\nBcc: all@example.com",
        "Lee <lee@example.com>",
        "lee@example",
        "lee@" + "a" * 300 + ".com",
        "lée@example.com",
        "lee@example.com\0",
    ],
)
def test_only_one_plain_address_is_taken(
    reset_clinic: Load, visitor: Visitor, app: Flask, email: str
) -> None:
    reset_clinic()
    page = visitor.press(hold(visitor), "Request booking", **{**LEE, "email": email})
    if page.status == 200:
        # What can't be printed is left out; nothing else may be.
        with app.app_context():
            assert db.session.scalars(select(Client.email)).one() == "lee@example.com"
        assert email == "lee@example.com\0"
    else:
        assert page.status == 422
        assert not count(app, Client.id)


def test_terms_have_to_be_accepted_where_the_package_has_some(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic()
    set_terms(app, "Cancel a day ahead.")
    page = hold(visitor)
    assert page.one(".terms").get_text() == "Cancel a day ahead."
    page = visitor.press(page, "Request booking", **LEE)
    assert page.status == 422
    assert page.all(".error") == ["Please read the terms and tick the box to accept them."]
    assert visitor.press(page, "Request booking", **LEE, terms="y").url.startswith("/bookings/")


def test_the_form_alone_is_the_block_of_its_page(reset_clinic: Load, visitor: Visitor) -> None:
    reset_clinic()
    page = hold(visitor)
    fragment = visitor.fragment(page.url)
    assert not fragment.soup.select("html, head, body")
    assert fragment.all("#contact label") == page.all("#contact label") != []


def test_booking_makes_a_client_a_credit_and_mails(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic()
    page = visitor.press(hold(visitor), "Request booking", **LEE)
    assert page.url.startswith("/bookings/")
    with app.app_context():
        booking = db.session.scalars(select(Booking)).one()
        assert booking.note == "My knee."
        assert booking.client is not None
        assert (booking.client.name, booking.client.email) == ("Lee Park", "lee@example.com")


def test_scenario_15_a_double_click_is_one_booking_one_credit_one_mail_each(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic()
    form = hold(visitor)
    first = visitor.press(form, "Request booking", **LEE)
    second = visitor.press(form, "Request booking", **LEE)
    assert second.url == first.url
    with app.app_context():
        taken = select(func.count(CreditEntry.id)).where(CreditEntry.kind == CreditKind.TAKE)
        assert db.session.scalar(taken) == 1
        mails = select(Message.recipient).order_by(Message.recipient)
        assert db.session.scalars(mails).all() == ["cho@example.com", "lee@example.com"]
    assert count(app, Booking.id) == 1


def test_going_back_to_the_form_after_booking_leads_to_the_booking(
    reset_clinic: Load, visitor: Visitor
) -> None:
    reset_clinic()
    form = hold(visitor)
    visitor.press(form, "Request booking", **LEE)
    assert visitor.get(form.url).url.startswith("/bookings/")


def test_a_hold_that_ran_out_is_booked_all_the_same_while_the_time_is_free(
    reset_clinic: Load, visitor: Visitor, time: Clock
) -> None:
    reset_clinic()
    form = hold(visitor)
    time.pass_(timedelta(minutes=11))
    assert "The ten minutes are over" in visitor.get(form.url).text
    assert visitor.press(form, "Request booking", **LEE).url.startswith("/bookings/")


def test_a_time_that_went_meanwhile_keeps_what_was_typed_for_the_next_one(
    reset_clinic: Load, visitor: Visitor, app: Flask, time: Clock
) -> None:
    reset_clinic(hours=ONE_EACH)
    form, somebody = hold(visitor), Visitor(app.test_client())
    time.pass_(timedelta(minutes=11))
    somebody.book(somebody.get(FOLLOW_UP), "10:00 Cho Park", email="kim@example.com")
    late = visitor.press(form, "Request booking", **LEE)
    assert late.status == 409
    assert "has just been taken" in late.text
    assert "10:00 Cho Park" not in late.openings(TUESDAY)
    with app.app_context():
        taken = select(func.count(CreditEntry.id)).where(CreditEntry.kind == CreditKind.TAKE)
        assert db.session.scalar(taken) == 1
    again = visitor.press(late, "10:00 Ana Ruiz")
    assert {name: again.one(f"#{name}").get("value") for name in ("name", "email", "phone")} == {
        name: LEE[name] for name in ("name", "email", "phone")
    }
    assert again.one("#note").get_text() == "My knee."
    assert visitor.press(again, "Request booking").url.startswith("/bookings/")


def test_the_time_of_whoever_is_told_to_get_in_touch_is_free_for_others(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic(hours=ONE_EACH, clients=[lee(active=False)])
    refused = visitor.press(hold(visitor), "Request booking", **LEE)
    assert refused.status == 409
    assert "get in touch" in refused.text
    somebody = Visitor(app.test_client())
    assert "10:00 Cho Park" in somebody.get(FOLLOW_UP).openings(TUESDAY)


def test_choosing_another_time_keeps_what_was_typed_and_lets_go_of_the_first(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic(hours=ONE_EACH)
    openings = visitor.press(hold(visitor), "Choose another time", name="Lee P", email="lee@")
    assert openings.url.startswith("/book/reset?service=follow-up")
    # One's own held time is still free for oneself.
    assert openings.openings(TUESDAY) == ["09:00 Ben Okafor", "10:00 Ana Ruiz", "10:00 Cho Park"]
    form = visitor.press(openings, "09:00 Ben Okafor")
    assert form.one("#name")["value"] == "Lee P"
    assert form.one("#email")["value"] == "lee@"
    somebody = Visitor(app.test_client())
    assert "10:00 Cho Park" in somebody.get(FOLLOW_UP).openings(TUESDAY)


def test_a_browser_holds_one_time_however_its_owner_goes_back(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic(hours=ONE_EACH)
    start = visitor.get(FOLLOW_UP)
    first = visitor.press(start, "10:00 Cho Park")
    # Back, to the page as it was, and another time; a fresh page, and another service's.
    second = visitor.press(start, "09:00 Ben Okafor")
    somebody = Visitor(app.test_client())
    assert somebody.get(FOLLOW_UP).openings(TUESDAY) == ["10:00 Ana Ruiz", "10:00 Cho Park"]
    other_service = visitor.get("/book/reset?service=first-visit&week=2027-03-02")
    third = visitor.press(other_service, other_service.openings()[0])
    assert len({first.url, second.url, third.url}) == 3
    with app.app_context():
        held = [row.cancelled_at is None for row in db.session.query(Booking).order_by(Booking.id)]
    assert held == [False, False, True]
    cookie = visitor.client.get_cookie("session")
    assert cookie is not None
    assert len(cookie.value) < 400
    # What was booked is not let go of with the next one.
    booked = visitor.press(third, "Request booking", **LEE)
    visitor.press(visitor.get(FOLLOW_UP), "10:00 Cho Park")
    assert visitor.get(booked.url).all("h1") == booked.all("h1")
    with app.app_context():
        live = db.session.query(Booking).filter(Booking.cancelled_at.is_(None))
        assert [row.client_id is not None for row in live.order_by(Booking.id)] == [True, False]


def test_what_was_typed_is_forgotten_once_it_is_booked(
    reset_clinic: Load, visitor: Visitor
) -> None:
    reset_clinic()
    page = visitor.press(hold(visitor), "Choose another time", **LEE)
    visitor.press(visitor.press(page, "10:00 Ana Ruiz"), "Request booking")
    assert hold(visitor).one("#name")["value"] == ""


def test_a_very_long_note_never_costs_the_cookie(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic()
    typed = {"name": "李" * 200, "email": "lee@example.com", "note": "汉" * 1000 + "字" * 1000}
    page = visitor.press(hold(visitor), "Choose another time", **typed)
    stored = visitor.client.get_cookie("session")
    assert stored is not None
    assert len(stored.value) < 3900
    form = visitor.press(page, "10:00 Ana Ruiz")
    assert form.one("#name")["value"] == typed["name"]
    assert typed["note"].startswith(form.one("#note").get_text())


def test_known_and_unknown_addresses_get_the_same_answer(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic(clients=[lee(name="Lee Park-Ng", phone="+1 555 0199")])
    known = visitor.press(hold(visitor), "Request booking", **LEE)
    stranger = Visitor(app.test_client())
    form = stranger.press(stranger.get(FOLLOW_UP), "10:00 Ana Ruiz")
    unknown = stranger.press(form, "Request booking", **{**LEE, "email": "kim@example.com"})
    as_typed = unknown.text.replace("kim@example.com", LEE["email"])
    assert known.text == as_typed.replace("Ana Ruiz", "Cho Park")
    assert "Park-Ng" not in known.text
    assert "0199" not in known.text


def test_a_made_up_choice_is_refused_kindly(reset_clinic: Load, visitor: Visitor) -> None:
    reset_clinic()
    for value in ("", "x", "1", "1@", "1@9999999999", "999999999@1", "1@-5", "٣@٤"):
        page = visitor.get(FOLLOW_UP)
        page.soup.select(".slots button")[0]["value"] = value
        answer = visitor.press(page, page.openings()[0])
        assert answer.status == 409
        assert answer.soup.select(".slots button")


def test_an_invite_fills_in_name_and_address(
    reset_clinic: Load, visitor: Visitor, app: Flask, time: Clock
) -> None:
    reset_clinic(clients=[lee()])
    token = new_token()
    with app.app_context(), transaction() as session:
        client = session.scalars(select(Client)).one()
        package = session.scalars(select(Package)).one()
        ana = session.scalars(select(Member).where(Member.email == ANA)).one()
        session.add(
            Invite(
                package=package,
                client=client,
                sent_by=ana,
                token_hash=token_hash(token),
                created_at=client.created_at,
            )
        )
    form = visitor.press(visitor.get(f"{FOLLOW_UP}&invite={token}"), "10:00 Cho Park")
    assert form.one("#name")["value"] == "Lee Park"
    assert form.one("#email")["value"] == "lee@example.com"
    # The invite goes along when another time is chosen.
    form = visitor.press(visitor.press(form, "Choose another time"), "10:00 Ben Okafor")
    booking = visitor.press(form, "Request booking").url.split("/")[-1]
    with app.app_context():
        assert find_by_token(booking, time.at).invite_id is not None
    stranger = Visitor(app.test_client())
    form = stranger.press(stranger.get(f"{FOLLOW_UP}&invite={new_token()}"), "10:00 Ana Ruiz")
    assert form.one("#name")["value"] == ""


def test_scenario_33_an_unknown_token_is_404(reset_clinic: Load, visitor: Visitor) -> None:
    reset_clinic()
    url = hold(visitor).url
    changed = url[:-1] + ("A" if url[-1] != "A" else "B")
    assert visitor.get(url).status == 200
    for made_up in (changed, url[:-1], f"{url}A", "/holds/1", "/holds/%00"):
        assert visitor.get(made_up).status == 404


@pytest.mark.parametrize(
    ("header", "language"),
    [
        pytest.param("en-GB,en;q=0.8", "en-GB", id="one that the portal has"),
        pytest.param("en-AU", "en", id="a variety that it hasn't"),
        pytest.param("fr", None, id="another: the practice's"),
    ],
)
def test_the_language_in_which_somebody_booked_is_remembered(
    reset_clinic: Load, app: Flask, header: str, language: str | None
) -> None:
    reset_clinic()
    browser = app.test_client()
    browser.environ_base["HTTP_ACCEPT_LANGUAGE"] = header
    visitor = Visitor(browser)
    visitor.press(hold(visitor), "Request booking", **LEE)
    with app.app_context():
        assert db.session.scalars(select(Client.language)).one() == language
