"""Cancelling, undoing and rescheduling by a booking's private link, without JavaScript."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select, update

from portal.db import db
from portal.models import Booking, ClientPackage, CreditEntry, Ending, Member, Message
from portal.transaction import transaction
from tests.clinics import ANA, BEN, CHO, NOW
from tests.mail.laid_out import text_of
from tests.web.clients import change_booking
from tests.web.conftest import Clock
from tests.web.visitor import Page, Visitor, words

Load = Callable[..., None]
FOLLOW_UP = "/book/reset?service=follow-up&week=2027-03-02"


def book(visitor: Visitor, opening: str = "10:00 Ben Okafor", **typed: str) -> Page:
    return visitor.book(visitor.get(FOLLOW_UP), opening, **typed)


def follow(visitor: Visitor, page: Page, words: str) -> Page:
    """Go where the link with these words leads."""
    link = next(a for a in page.soup.select("a[href]") if a.get_text().strip() == words)
    return visitor.get(str(link["href"]))


def cancel(visitor: Visitor, page: Page, reason: str = "I am away.") -> Page:
    form = follow(visitor, page, "Cancel session")
    assert form.status == 200, form.text
    return visitor.press(form, form.all(".details .actions button")[0], reason=reason)


def everything(app: Flask) -> list[Any]:
    with app.app_context():
        tables = (Booking.__table__, CreditEntry.__table__, Message.__table__)
        return [db.session.execute(select(table)).all() for table in tables]


def recipients(app: Flask, subject: str) -> set[str]:
    with app.app_context():
        query = select(Message.recipient).where(Message.subject.startswith(subject))
        return set(db.session.scalars(query))


# Cancelling


def test_scenario_23_policy_first_a_reason_and_the_credit_is_back(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic(practice={"cancellation_policy": "Please tell us a day before."})
    page = book(visitor)
    form = follow(visitor, page, "Cancel session")
    assert form.text.index("Please tell us a day before.") < form.text.index("Why do you cancel?")
    assert "goes back to your package" in form.text
    assert "Please say so in a few words: Ben Okafor will read it." in form.text
    assert form.one("#reason").has_attr("required")
    refused = visitor.press(form, "Take back the request", reason="  ")
    assert refused.status == 422
    assert refused.soup.select("#reason-error")
    done = visitor.press(refused, "Take back the request", reason="I am away.")
    assert done.all("h1") == ["You cancelled this session"]
    assert "I am away." in done.text
    assert done.all(".bar p")[1] == "Follow-up 0 of 3 used"
    assert "back in your package" in done.text
    assert done.all(".actions a") == ["Book another time"]
    assert {"lee@example.com", BEN} <= recipients(app, "Cancelled")


def test_undo_restores_it_for_ten_minutes(
    reset_clinic: Load, visitor: Visitor, time: Clock
) -> None:
    reset_clinic()
    page = book(visitor)
    gone = cancel(visitor, page)
    assert "until 08:10, Eastern Time (New York)." in gone.one(".undo").get_text()
    elsewhere = visitor.get(f"{page.url}?tz=Asia/Tokyo")
    assert "New York). (22:10 for you)" in words(elsewhere.one(".undo"))
    assert not visitor.get(f"{page.url}?tz=America/Toronto").soup.select(".undo .own-time")
    back = visitor.press(gone, "Undo the cancellation")
    assert "taken back" in back.one(".notice").get_text()
    assert back.all("h1") == ["Your request is in"]
    assert back.all(".bar p")[1] == "Follow-up 1 of 3 used"
    again = visitor.press(gone, "Undo the cancellation")
    assert not again.soup.select(".notice"), "nothing was taken back the second time"
    assert again.all("h1") == ["Your request is in"]
    gone = cancel(visitor, back)
    time.pass_(timedelta(minutes=10, seconds=1))
    late = visitor.press(gone, "Undo the cancellation")
    assert late.status == 409
    assert "too late" in late.text
    assert not late.soup.select(".undo")


def test_undo_says_when_somebody_has_the_time_by_now(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic()
    gone = cancel(visitor, book(visitor))
    book(Visitor(app.test_client()), email="robin@example.com")
    page = visitor.press(gone, "Undo the cancellation")
    assert page.status == 409
    assert "has been taken meanwhile" in page.text
    assert page.all("h1") == ["You cancelled this session"]


def test_a_late_cancellation_says_what_it_costs(reset_clinic: Load, visitor: Visitor) -> None:
    reset_clinic(practice={"late_cancel_hours": 48, "late_cancel_returns_credit": False})
    page = book(visitor)
    form = follow(visitor, page, "Cancel session")
    assert "late cancellation" in form.text
    assert "it counts as used" in form.text
    done = cancel(visitor, page)
    assert "This session counts as used." in done.text
    assert done.all(".bar p")[1] == "Follow-up 1 of 3 used"


def test_inside_the_window_it_is_refused_with_how_to_reach_the_clinic(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic(practice={"late_cancel_hours": 48, "late_cancel_forbidden": True, "place": "Mill"})
    app.config["MAIL_SERVER"] = "mail.example.com"
    app.config["MAIL_SENDER"] = "hello@example.com"
    page = book(visitor)
    assert page.soup.select("a[href='mailto:hello@example.com']")
    assert not page.soup.select(".change")
    before = everything(app)
    token = str(page.one("a[download]")["href"]).removesuffix("/calendar.ics")
    for path in ("/cancellation", "/new-time"):
        answer = visitor.get(token + path)
        assert answer.status == 409
        assert "can’t be changed here any more" in answer.one(".notice").get_text()
    form = visitor.get("/my-bookings")
    data = {"csrf_token": str(form.one("[name=csrf_token]")["value"]), "reason": "Made up."}
    assert visitor.client.post(f"{token}/cancellation", data=data).status_code == 409
    assert everything(app) == before


def test_a_credit_that_comes_back_too_late_is_said_before(
    reset_clinic: Load, visitor: Visitor, app: Flask, time: Clock
) -> None:
    reset_clinic()
    page = book(visitor)
    with app.app_context(), transaction() as session:
        own = session.scalars(select(ClientPackage)).one()
        own.expires_on = time.at.date() - timedelta(days=1)
    form = follow(visitor, page, "Cancel session")
    assert "unless the clinic extends it" in form.one(".strong").get_text()
    done = cancel(visitor, page)
    assert "ask the clinic to extend" in done.text


# Another time


def test_scenario_24_from_ben_to_cho_with_the_same_credit(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic()
    page = book(visitor)
    times = follow(visitor, page, "Reschedule")
    bens = times.soup.select_one("#practitioner option[selected]")
    assert bens is not None
    assert bens.get_text() == "Ben Okafor"
    assert set(times.openings("2027-03-02")) >= {"09:00 Ben Okafor"}
    assert not [each for each in times.openings() if "Cho" in each]
    times = visitor.press(times, "Show openings", practitioner="any", week="2027-03-02")
    sure = visitor.press(times, "11:00 Cho Park")
    was, will = sure.all(".was-will section")
    assert "March 2, 10:00–11:00" in was
    assert "Ben Okafor" in was
    assert "March 2, 11:00–12:00" in will
    assert "Cho Park" in will
    assert sure.all("h2") == ["Was", "Will be"]
    done = visitor.press(sure, "Move the session")
    assert "Your session has been moved" in done.text
    assert "with Cho Park" in done.text
    assert done.all(".bar p")[1] == "Follow-up 1 of 3 used"
    with app.app_context():
        booking = db.session.scalars(select(Booking)).one()
        assert booking.starts_at == datetime(2027, 3, 2, 16, 0, tzinfo=UTC)
    again = Visitor(app.test_client()).get(FOLLOW_UP).openings("2027-03-02")
    assert "10:00 Ben Okafor" in again
    assert "11:00 Cho Park" not in again
    with app.app_context():
        told = select(Message.recipient).where(Message.event.contains("moved"))
        assert set(db.session.scalars(told)) == {"lee@example.com", BEN, CHO}


def test_without_team_booking_the_person_stays(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic(enabled=False)
    page = book(visitor, "10:00 Ana Ruiz")
    times = follow(visitor, page, "Reschedule")
    assert not times.soup.select("#practitioner")
    assert {each.split(" ", 1)[1] for each in times.openings()} == {"Ana Ruiz"}
    assert times.soup.select("input[name=service]")
    assert not times.soup.select("input[name=service][type=radio]")


def test_the_new_times_alone_are_the_block_of_their_page(
    reset_clinic: Load, visitor: Visitor
) -> None:
    reset_clinic()
    page = book(visitor)
    url = str(follow(visitor, page, "Reschedule").url)
    whole, fragment = visitor.get(url), visitor.fragment(url)
    assert not fragment.soup.select("html, head, body, h1")
    assert fragment.all(".slots button") == whole.all(".slots button") != []


def test_a_time_taken_meanwhile_leads_to_fresh_openings(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic()
    times = follow(visitor, book(visitor), "Reschedule")
    times = visitor.press(times, "Show openings", practitioner="any", week="2027-03-02")
    sure = visitor.press(times, "11:00 Cho Park")
    book(Visitor(app.test_client()), "11:00 Cho Park", email="robin@example.com")
    before = everything(app)
    for page in (visitor.press(sure, "Move the session"), visitor.press(times, "11:00 Cho Park")):
        assert page.status == 409
        assert "Your session stays as it is" in page.one(".notice.warning").get_text()
        assert "11:00 Cho Park" not in page.openings("2027-03-02")
        assert "11:00 Ana Ruiz" in page.openings("2027-03-02")
    assert everything(app) == before


def test_its_own_time_is_no_other_time(reset_clinic: Load, visitor: Visitor) -> None:
    reset_clinic()
    start = visitor.press(visitor.get(FOLLOW_UP), "Show openings", week="2027-03-01")
    earliest = start.one(".earliest button")
    assert words(earliest) == "Book 09:00 Ana Ruiz"
    own = str(earliest["value"])
    times = follow(visitor, visitor.book(start, "Book 09:00 Ana Ruiz"), "Reschedule")
    assert times.openings("2027-03-01")[0] == "09:15 Ana Ruiz"
    assert times.all(".earliest button") == ["Choose 09:15 Ana Ruiz"]
    # With somebody else it's another session.
    anybody = visitor.press(times, "Show openings", practitioner="any")
    assert anybody.openings("2027-03-01")[:2] == ["09:00 Ben Okafor", "09:00 Cho Park"]
    # An old page that still has it is told so.
    here = times.url.split("?")[0]
    page = visitor.get(f"{here}/confirmation?opening={own}&delivery=in_person")
    assert page.status == 409
    assert "already" in page.one(".notice").get_text()


def test_a_made_up_choice_changes_nothing(reset_clinic: Load, visitor: Visitor, app: Flask) -> None:
    reset_clinic()
    times = follow(visitor, book(visitor), "Reschedule")
    url = times.url.split("?")[0]
    before = everything(app)
    token = str(visitor.get("/my-bookings").one("[name=csrf_token]")["value"])
    for made_up in ("", "x", "999@1804090000", "2@1804090001"):
        data = {"opening": made_up, "delivery": "in_person", "csrf_token": token}
        assert visitor.client.post(url, data=data).status_code == 409
        assert visitor.get(f"{url}/confirmation?opening={made_up}&delivery=in_person").status == 409
    assert everything(app) == before


def test_a_confirmed_session_that_goes_to_somebody_else_is_asked_for_again(
    reset_clinic: Load, visitor: Visitor, app: Flask, time: Clock
) -> None:
    reset_clinic()
    page = book(visitor)
    change_booking(app, confirmed_at=time.at)
    times = follow(visitor, page, "Reschedule")
    times = visitor.press(times, "Show openings", practitioner="any", week="2027-03-02")
    assert "has to confirm it first" in visitor.press(times, "11:00 Cho Park").text
    assert "has to confirm" not in visitor.press(times, "11:00 Ben Okafor").text


def test_who_has_the_session_may_have_left_meanwhile(
    reset_clinic: Load, visitor: Visitor, app: Flask, time: Clock
) -> None:
    reset_clinic()
    page = book(visitor)
    with app.app_context(), transaction() as session:
        session.execute(update(Member).where(Member.email == BEN).values(deactivated_at=time.at))
    times = follow(visitor, page, "Reschedule")
    assert "can’t be booked" in times.one(".notice").get_text()
    assert {each.split(" ", 1)[1] for each in times.openings()} == {"Ana Ruiz", "Cho Park"}


def test_no_page_of_these_changes_anything(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic()
    url = book(visitor).url
    times = visitor.get(f"{url}/new-time")
    choice = str(times.soup.select(".slots button")[0]["value"])
    before = everything(app)
    pages = ["", "/cancellation", "/new-time", f"/new-time/confirmation?opening={choice}"]
    for page in pages:
        assert visitor.get(url + page).status in (200, 409)
    assert everything(app) == before
    assert visitor.client.get(f"{url}/cancellation/undo").status_code == 405


# What it says


ENDED = [
    ({"ending": Ending.BY_CLINIC}, "Cancelled", "The clinic cancelled this session", "Ben is ill."),
    ({"ending": Ending.DECLINED}, "Declined", "The clinic couldn’t accept your request", "Ben is"),
    ({"ending": Ending.LAPSED}, "Lapsed", "Your request wasn’t answered in time", "Reset"),
    ({"ending": None}, "Cancelled", "This session was cancelled", "Reset"),
    ({"no_show_at": NOW}, "Missed", "You missed this session", "counts as used"),
    ({"completed_at": NOW}, "Completed", "Your session took place", "Reset"),
]


def test_each_ending_has_its_own_words(
    reset_clinic: Load, visitor: Visitor, app: Flask, time: Clock
) -> None:
    reset_clinic()
    url = book(visitor).url
    for values, state, heading, also in ENDED:
        how: dict[str, Any] = dict.fromkeys(("cancelled_at", "no_show_at", "completed_at"))
        if "ending" in values:
            how |= {"cancelled_at": NOW, "cancel_reason": "Ben is ill."}
        change_booking(app, confirmed_at=NOW, **{"ending": None, **how, **values})
        page = visitor.get(url)
        assert (page.all(".state"), page.all("h1")) == ([state], [heading])
        assert also in page.text
        assert not page.soup.select(".change, .undo, [download]")


def test_a_session_that_is_over_says_so(
    reset_clinic: Load, visitor: Visitor, app: Flask, time: Clock
) -> None:
    reset_clinic()
    url = book(visitor, "10:00 Ana Ruiz").url
    change_booking(app, confirmed_at=time.at)
    time.pass_(timedelta(days=2))
    page = visitor.get(url)
    assert page.all(".state") == ["Over"]
    assert not page.soup.select(".change, [download]")


def test_the_page_leads_to_my_bookings(reset_clinic: Load, visitor: Visitor, app: Flask) -> None:
    reset_clinic()
    page = book(visitor, "10:00 Ana Ruiz")
    assert page.one("a[href='/my-bookings']").get_text() == "My bookings"
    with app.app_context():
        query = select(Message).where(Message.recipient == "lee@example.com")
        assert "/my-bookings\n" in text_of(db.session.scalars(query).one())
        assert db.session.scalar(select(Member.id).where(Member.email == ANA))


def test_moving_it_to_where_it_is_says_that_nothing_changed(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic()
    page = book(visitor)
    token = str(follow(visitor, page, "Cancel session").one("[name=csrf_token]")["value"])
    before = everything(app)
    with app.app_context():
        booking = db.session.scalars(select(Booking)).one()
        opening = f"{booking.member_id}@{int(booking.starts_at.timestamp())}"
    address = page.url.split("?")[0] + "/new-time"
    same = {"csrf_token": token, "opening": opening, "delivery": "in_person"}
    answer = visitor.client.post(address, data=same, follow_redirects=True)
    assert "nothing was changed" in answer.text
    assert "has been moved" not in answer.text
    assert everything(app) == before


def test_an_expired_package_advises_no_other_time(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic()
    page = book(visitor)
    assert "Reschedule instead" in follow(visitor, page, "Cancel session").text
    with app.app_context(), transaction() as session:
        session.execute(update(ClientPackage).values(expires_on=NOW.date() - timedelta(days=1)))
    assert "Reschedule instead" not in follow(visitor, page, "Cancel session").text
