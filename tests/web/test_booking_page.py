"""A package's public booking page: whom and when a visitor can choose, and what it says of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from portal.db import db
from portal.models import Booking, Member
from tests.clinics import ANA, BEN, CHO, lee
from tests.web.conftest import Clock
from tests.web.visitor import Visitor

Load = Callable[..., None]
FOLLOW_UP = "/book/reset?service=follow-up"
MONDAY, TUESDAY = "2027-03-01", "2027-03-02"
ONE_EACH = {ANA: [("10:00", "11:00")], BEN: [("09:00", "10:00")], CHO: [("10:00", "11:00")]}


def session_of(who: str, start: str, service: str = "follow-up") -> dict[str, Any]:
    """Lee's confirmed session outside of any package."""
    return {
        "client": "lee@example.com",
        "practitioner": who,
        "service": service,
        "delivery": "in_person",
        "start": start,
        "status": "confirmed",
        "package": None,
    }


def id_of(app: Flask, email: str) -> int:
    with app.app_context():
        return db.session.scalars(select(Member.id).where(Member.email == email)).one()


def test_says_what_the_package_is(reset_clinic: Load, visitor: Visitor) -> None:
    reset_clinic()
    page = visitor.get("/book/reset")
    assert page.status == 200
    for words in ("Riverside Clinic", "Three months to feel better.", "$420.00", "90 days"):
        assert words in page.text
    assert page.all("h1") == ["Reset"]
    assert page.all(".card") == ["Intake 60 min · one session", "Follow-up 60 min · 3 sessions"]


def test_leaves_out_a_price_and_an_expiry_that_there_are_not(
    reset_clinic: Load, visitor: Visitor
) -> None:
    reset_clinic(package={"price": None, "valid_days": None})
    assert visitor.get("/book/reset").all(".facts li") == []


def test_an_unknown_package_is_404(reset_clinic: Load, visitor: Visitor) -> None:
    reset_clinic()
    for url in ("/book/nothing", "/book/nothing%00", "/book/%ff", f"/book/{'a' * 300}"):
        assert visitor.get(url).status == 404


def test_scenario_13_the_opening_chosen_decides_who_is_booked(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic(hours=ONE_EACH)
    page = visitor.get(FOLLOW_UP)
    assert page.openings(TUESDAY) == ["09:00 Ben Okafor", "10:00 Ana Ruiz", "10:00 Cho Park"]
    visitor.book(page, "10:00 Cho Park")
    with app.app_context():
        assert db.session.scalars(select(Booking)).one().member_id == id_of(app, CHO)


def test_scenario_14_a_time_that_went_meanwhile_is_answered_with_fresh_openings(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic(hours=ONE_EACH)
    page, somebody = visitor.get(f"{FOLLOW_UP}&week={TUESDAY}"), Visitor(app.test_client())
    somebody.press(somebody.get(f"{FOLLOW_UP}&week={TUESDAY}"), "10:00 Cho Park")
    late = visitor.press(page, "10:00 Cho Park")
    assert late.status == 409
    assert "has just been taken" in late.text
    assert late.openings(TUESDAY) == ["09:00 Ben Okafor", "10:00 Ana Ruiz"]


def test_scenario_16_a_session_of_another_service_blocks_with_its_buffers(
    reset_clinic: Load, visitor: Visitor
) -> None:
    reset_clinic(
        clients=[lee()],
        follow_up={"buffer_after": 15},
        bookings=[session_of(BEN, f"{TUESDAY}T10:00:00-05:00", "intake")],
        practice={"slot_step_minutes": 30},
    )
    page = visitor.get(FOLLOW_UP)
    bens = [text for text in page.openings(TUESDAY) if "Ben" in text]
    # From 9:00 it would end at 10:00, and its own buffer would reach into the session.
    assert bens == ["11:00 Ben Okafor"]


def test_scenario_17_an_hour_does_not_fit_half_an_hour_before_closing(
    reset_clinic: Load, visitor: Visitor
) -> None:
    reset_clinic(hours={email: [("11:30", "12:00")] for email in (ANA, BEN, CHO)})
    assert visitor.get(FOLLOW_UP).openings() == []


def test_scenario_18_notice_and_horizon_hold_for_made_up_requests_too(
    reset_clinic: Load, visitor: Visitor, app: Flask, time: Clock
) -> None:
    reset_clinic(practice={"min_notice_minutes": 24 * 60})
    page = visitor.get(f"{FOLLOW_UP}&practitioner={id_of(app, ANA)}")
    assert page.openings(MONDAY) == []
    assert page.openings(TUESDAY)[0] == "09:00 Ana Ruiz"
    for wait in (timedelta(hours=1), timedelta(days=60, hours=1)):
        button = page.soup.select(".slots button")[0]
        button["value"] = f"{id_of(app, ANA)}@{int((time.at + wait).timestamp())}"
        assert visitor.press(page, "09:00 Ana Ruiz").status == 409
    with app.app_context():
        assert not db.session.scalar(select(func.count(Booking.id)))


def test_the_last_day_of_the_horizon_ends_the_pages(reset_clinic: Load, visitor: Visitor) -> None:
    reset_clinic(practice={"horizon_days": 10})
    page = visitor.get(FOLLOW_UP)
    assert not page.soup.select("#previous-week")
    page = visitor.get(str(page.one("#next-week")["href"]))
    assert not page.soup.select("#next-week")
    assert page.soup.select("#previous-week")


def test_scenario_19_nobody_free_this_week_leads_to_the_next_opening(
    reset_clinic: Load, visitor: Visitor
) -> None:
    off = {"time_off": [{"from": "2027-03-01T00:00-05:00", "to": "2027-03-31T00:00-04:00"}]}
    days = [{"day": "wed", "from": "09:00", "to": "10:00", "services": None, "delivery": None}]
    reset_clinic(availability=[{"member": ANA, "weekly": days, "overrides": [], **off}])
    page = visitor.get(FOLLOW_UP)
    assert page.openings() == []
    assert "Ana Ruiz isn’t free on these days" in page.text
    jump = page.one("#jump")
    assert jump.get_text() == "Go to the next opening: Wednesday, March 31"
    assert visitor.get(str(jump["href"])).openings() == ["09:00 Ana Ruiz"]


def test_nobody_free_within_the_horizon_is_said_with_the_clinics_name(
    reset_clinic: Load, visitor: Visitor
) -> None:
    reset_clinic(hours={email: [("09:00", "09:30")] for email in (ANA, BEN, CHO)})
    page = visitor.get(FOLLOW_UP)
    assert "Nobody at Riverside Clinic has a free time for Follow-up" in page.text
    assert not page.soup.select("#jump, .earliest")


def test_scenario_20_one_person_has_no_dropdown_and_another_one_named_falls_back(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic(enabled=False)
    page = visitor.get(FOLLOW_UP)
    assert not page.soup.select("select")
    assert page.all(".fixed") == ["In person", "Ana Ruiz"]
    assert not page.soup.select(".notice")
    page = visitor.get(f"{FOLLOW_UP}&practitioner={id_of(app, BEN)}")
    assert "can’t be booked for Follow-up" in page.one(".notice").text
    assert "Ana Ruiz" in page.one(".notice").text
    assert {text.split(maxsplit=1)[1] for text in page.openings()} == {"Ana Ruiz"}


def test_whoever_is_named_in_vain_falls_back_to_any_of_several(
    reset_clinic: Load, visitor: Visitor
) -> None:
    reset_clinic()
    for made_up in ("999999", "-1", "Ben", "1 or 1=1", "9" * 40):
        page = visitor.get(f"{FOLLOW_UP}&practitioner={made_up}")
        assert page.status == 200
        assert "You see everybody who can" in page.one(".notice").text


def test_a_dropdown_lists_who_can_be_booked_with_any_of_them_first(
    reset_clinic: Load, visitor: Visitor
) -> None:
    reset_clinic()
    page = visitor.get(FOLLOW_UP)
    names = ["Any practitioner", "Ana Ruiz", "Ben Okafor", "Cho Park"]
    assert page.all("#practitioner option") == names
    assert not page.soup.select("#practitioner option[selected]")


def test_choosing_a_person_without_javascript_shows_their_openings(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic()
    start = visitor.get(FOLLOW_UP)
    page = visitor.press(start, "Show openings", practitioner=str(id_of(app, CHO)))
    assert page.all("#practitioner option[selected]") == ["Cho Park"]
    assert {text.split(maxsplit=1)[1] for text in page.openings()} == {"Cho Park"}


def test_the_earliest_opening_stands_out_whichever_week_is_shown(
    reset_clinic: Load, visitor: Visitor
) -> None:
    reset_clinic(hours=ONE_EACH)
    page = visitor.get(f"{FOLLOW_UP}&week=2027-03-22")
    assert page.all(".earliest p") == [
        "Earliest opening Today, Mon, Mar 1 at 09:00 with Ben Okafor"
    ]
    form = visitor.press(page, "Book 09:00 Ben Okafor")
    assert "Monday, March 1, 09:00–10:00" in form.text


@pytest.mark.parametrize(
    ("until", "link"),
    [
        pytest.param("11:15", [], id="six in the morning"),
        pytest.param("11:30", ["Show all 7 times"], id="seven"),
    ],
)
def test_a_busy_day_leads_to_all_of_its_times(
    reset_clinic: Load, visitor: Visitor, until: str, link: list[str]
) -> None:
    reset_clinic(enabled=False, hours={ANA: [("09:00", until)]})
    page = visitor.get(FOLLOW_UP)
    assert page.all("#day-2027-03-02 .all-times") == link
    for each in page.soup.select(".all-times"):
        assert page.soup.select(str(each["href"]))


def test_wrong_dates_and_choices_fall_back_to_what_there_is(
    reset_clinic: Load, visitor: Visitor
) -> None:
    reset_clinic()
    usual = visitor.get("/book/reset").openings()
    for query in (
        "week=yesterday",
        "week=0001-01-01",
        "week=2027-02-30",
        "service=none",
        "delivery=fax",
        "tz=Mars/Base",
        "tz=../../etc/passwd",
        "invite=%00",
    ):
        page = visitor.get(f"/book/reset?{query}")
        assert page.status == 200
        assert page.openings() == usual
    assert visitor.get("/book/reset?week=9999-12-31").status == 200


def test_delivery_methods_are_offered_where_there_are_several(
    reset_clinic: Load, visitor: Visitor
) -> None:
    reset_clinic(follow_up={"delivery": ["video", "phone"]})
    page = visitor.get(FOLLOW_UP)
    assert page.all(".pills label") == ["Video call", "Phone call"]
    page = visitor.press(page, "Show openings", delivery="phone")
    assert page.one(".pills input[checked]")["value"] == "phone"
    assert page.one(".week input[name=delivery]")["value"] == "phone"


def test_names_the_clinics_zone_and_the_visitors_where_it_differs(
    reset_clinic: Load, visitor: Visitor
) -> None:
    reset_clinic(hours=ONE_EACH)
    page = visitor.get(FOLLOW_UP)
    assert page.one(".zones").get_text().strip() == "All times are in Eastern Time (New York)."
    page = visitor.get(f"{FOLLOW_UP}&tz=Europe/Berlin")
    assert "Central European Time (Berlin)" in page.one(".zones").text
    assert page.openings(TUESDAY)[0] == "09:00 Ben Okafor 15:00"
    page = visitor.get(f"{FOLLOW_UP}&tz=Asia/Tokyo")
    assert page.openings(TUESDAY)[1] == "10:00 Ana Ruiz Wed 00:00"


def test_nine_stays_nine_over_a_clock_change(reset_clinic: Load, visitor: Visitor) -> None:
    reset_clinic(hours=ONE_EACH)
    page = visitor.get(f"{FOLLOW_UP}&week=2027-03-12")
    # On Sunday 14 March the clock goes forward.
    assert page.openings("2027-03-12")[0] == page.openings("2027-03-15")[0] == "09:00 Ben Okafor"


def test_an_archived_package_is_no_longer_offered(reset_clinic: Load, visitor: Visitor) -> None:
    reset_clinic(package={"archived": True})
    page = visitor.get("/book/reset")
    assert page.status == 410
    assert "Reset is no longer offered by Riverside Clinic." in page.text


def test_the_fragment_is_the_block_of_the_page(reset_clinic: Load, visitor: Visitor) -> None:
    reset_clinic()
    page, fragment = visitor.get(FOLLOW_UP), visitor.fragment(FOLLOW_UP)
    assert not fragment.soup.select("html, head, body, h1")
    assert fragment.soup.select("#openings")
    for selector in (".choices", ".slots button", ".strip li", ".earliest", ".zones"):
        assert fragment.all(selector) == page.all(selector) != []


def test_the_week_takes_few_queries_however_many_openings(
    reset_clinic: Load, visitor: Visitor, app: Flask
) -> None:
    reset_clinic(practice={"slot_step_minutes": 5})
    statements: list[str] = []
    with app.app_context():
        engine = db.engine

    @event.listens_for(engine, "before_cursor_execute")
    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement != "BEGIN":
            statements.append(statement)

    visitor.fragment(FOLLOW_UP)
    assert len(statements) <= 6, "\n".join(statements)


def test_looking_changes_nothing(reset_clinic: Load, visitor: Visitor, app: Flask) -> None:
    reset_clinic()
    visitor.get(f"{FOLLOW_UP}&invite=AAAAAAAAAAAAAAAAAAAAAA")
    with app.app_context():
        assert not db.session.scalar(select(func.count(Booking.id)))


def test_what_is_kept_of_a_page_changes_with_the_day_the_language_and_the_token(
    reset_clinic: Load, app: Flask, time: Clock
) -> None:
    reset_clinic()
    tokens = set()
    monday = time.at
    for days, words in ((1, "Tomorrow"), (0, "Today"), (1, "Tomorrow")):
        time.at = monday - timedelta(days=days)
        page = Visitor(app.test_client()).fragment(FOLLOW_UP)
        assert words in page.one(".earliest time").text
        tokens.add(page.one("form.week input[name=csrf_token]")["value"])
    assert len(tokens) == 3
    german = app.test_client().get(FOLLOW_UP, headers={"Accept-Language": "de"}).text
    assert "Morgen" in german
    assert "Tomorrow" not in german
