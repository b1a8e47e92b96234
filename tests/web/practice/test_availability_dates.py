"""The calendar, the hours of one date, and time off, in the browser."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from portal import clock
from portal.db import db
from portal.models import TimeOff
from tests.actions.test_availability import session_of
from tests.clinics import BEN, NOW, lee
from tests.web.practice.availability_forms import BENS, TUESDAY, filled, form_of, plain
from tests.web.practice.people import FRAGMENT, soup, words
from tests.web.visitor import Page, Visitor

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]


@pytest.fixture(autouse=True)
def _time_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def test_the_calendar_leads_to_each_date_and_alone_is_that_of_its_page(
    clinic: Clinic, sign_in: SignIn
) -> None:
    clinic(clients=[lee()], bookings=[session_of(BEN, TUESDAY, 9)])
    ben = sign_in(BEN)
    answer = soup(ben.get(f"{BENS}/dates"))
    cell = answer.find("a", href=f"{BENS}/dates/2027-03-02")
    assert words(cell) == "2 Tuesday, March 2: 09:00–12:00 one session"
    assert words(answer.find(id="month")) == "March 2027"
    following = answer.find(id="month-right")["href"]
    whole = soup(ben.get(following)).find(id="calendar")
    alone = soup(ben.get(following, headers=FRAGMENT))
    assert words(alone.h2) == "April 2027"
    assert alone.find(id="calendar") == whole
    for month in ("0000-00", "9999-12", "x", "2027-3"):
        assert ben.get(f"{BENS}/dates?month={month}").status_code == 200


def date_form(browser: FlaskClient, day: str = "2027-03-02") -> MultiDict[str, str]:
    return form_of(browser.get(f"{BENS}/dates/{day}"), "date-editor")


def test_a_date_begins_with_its_weekly_hours_is_changed_closed_and_put_back(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic(
        enabled=False,
        package={"assigned_to": BEN, "items": [{"service": "follow-up", "sessions": 3}]},
    )
    ben, visitor = sign_in(BEN), Visitor(app.test_client())

    def openings() -> list[str]:
        return visitor.get("/book/reset").openings(str(TUESDAY))

    data = date_form(ben)
    assert (data["kind"], data["hours-0-from"], data["hours-0-to"]) == ("weekly", "09:00", "12:00")
    data = filled(data, {"kind": "hours", "hours-0-from": "15:00", "hours-0-to": "16:00"})
    answer = ben.post(f"{BENS}/dates/2027-03-02", data=data)
    assert answer.location == f"{BENS}/dates?month=2027-03&saved=1"
    assert "Changed" in words(soup(ben.get(answer.location)).find("a", href=re.compile("03-02$")))
    assert openings() == ["15:00 Ben Okafor"]
    assert date_form(ben)["kind"] == "hours"
    ben.post(f"{BENS}/dates/2027-03-02", data=filled(date_form(ben), {"kind": "closed"}))
    assert date_form(ben)["kind"] == "closed"
    assert openings() == []
    ben.post(f"{BENS}/dates/2027-03-02", data=filled(date_form(ben), {"kind": "weekly"}))
    assert openings()[0] == "09:00 Ben Okafor"


def test_other_dates_of_the_week_get_the_same_hours(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    ben, url = sign_in(BEN), f"{BENS}/dates/2027-03-02"
    page = soup(ben.get(url))
    others = page.select("[name=also]")
    # Monday is today, and Tuesday the date itself.
    assert [box["value"].split()[0][-2:] for box in others] == ["01", "03", "04", "05", "06", "07"]
    assert words(others[1].parent) == "Wednesday, March 3 so far: 09:00–12:00"
    ticked = [box["value"] for box in others[1:3]]
    typed = {"kind": "hours", "hours-0-from": "15:00", "hours-0-to": "16:00", "also": ticked}
    data = filled(date_form(ben), typed)
    assert ben.post(url, data=filled(data, {"hours-0-to": "14:00"})).status_code == 422
    kept = form_of(ben.post(f"{url}/draft", data=filled(data, {"add": "hours"})), "date-editor")
    assert kept.getlist("also") == ticked
    assert ben.post(url, data=data).status_code == 303
    times = [
        words(soup(ben.get(f"{BENS}/dates")).select_one(f"a[href$='03-0{n}']"))
        for n in (2, 3, 4, 5)
    ]
    assert ["15:00–16:00" in each for each in times] == [True, True, True, False]
    # Somebody who saw the week before that doesn't overwrite it.
    answer = ben.post(
        f"{BENS}/dates/2027-03-05",
        data=filled(date_form(ben, "2027-03-05"), {"kind": "closed", "also": ticked}),
    )
    assert answer.status_code == 409
    assert words(soup(ben.get(f"{BENS}/dates")).select_one("a[href$='03-05']")).endswith(
        "09:00–12:00"
    )


def test_own_hours_need_hours_and_keep_what_was_typed(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    ben = sign_in(BEN)
    url = f"{BENS}/dates/2027-03-02"
    data = date_form(ben)
    data = filled(data, {"kind": "hours", "hours-0-to": "08:00"})
    answer = ben.post(url, data=data)
    assert answer.status_code == 422
    assert "later than the beginning" in words(soup(answer).find(id="hours-0-to-error"))
    assert plain(form_of(answer, "date-editor")) == plain(data)
    none = {name: data[name] for name in ("csrf_token", "seen", "kind")}
    answer = ben.post(url, data=none)
    assert answer.status_code == 422
    assert "Please add hours" in answer.text
    # Hours that aren't chosen needn't be right.
    assert ben.post(url, data=filled(data, {"kind": "closed"})).status_code == 303


def test_the_hours_of_a_date_alone_are_those_of_its_page(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    ben = sign_in(BEN)
    data = filled(date_form(ben), {"kind": "hours", "add": "hours"})
    url = f"{BENS}/dates/2027-03-02/draft"
    alone = soup(ben.post(url, data=data, headers=FRAGMENT))
    whole = soup(ben.post(url, data=data))
    assert alone.find(id="hours") == whole.find(id="hours")
    assert len(alone.select("li.stretch")) == 2
    assert whole.select_one("[name=kind][checked]")["value"] == "hours"


def test_two_who_change_a_date_and_one_that_is_over(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    ben, url = sign_in(BEN), f"{BENS}/dates/2027-03-02"
    data = date_form(ben)
    ben.post(url, data=filled(data, {"kind": "closed"}))
    answer = ben.post(url, data=filled(data, {"kind": "hours"}))
    assert answer.status_code == 409
    assert "Stored now: closed all day" in words(soup(answer))
    again = form_of(answer, "date-editor")
    assert again["kind"] == "hours"
    assert ben.post(url, data=again).status_code == 303
    past = ben.post(
        f"{BENS}/dates/2027-02-01", data=filled(date_form(ben, "2027-02-01"), {"kind": "closed"})
    )
    assert past.status_code == 409
    for day in ("2027-02-30", "0001-01-01", "9999-12-31", "soon"):
        assert ben.get(f"{BENS}/dates/{day}").status_code == 404


def time_off(app: Flask) -> list[str]:
    with app.app_context():
        rows = db.session.scalars(select(TimeOff).order_by(TimeOff.id))
        return [f"{row.starts_at:%m-%d %H:%M} {row.ends_at:%m-%d %H:%M}" for row in rows]


@pytest.mark.parametrize(
    ("typed", "utc"),
    [
        pytest.param({"from_day": "2027-03-02"}, "03-02 05:00 03-03 05:00", id="a-day"),
        pytest.param(
            {"from_day": "2027-03-13", "to_day": "2027-03-14"},
            "03-13 05:00 03-15 04:00",
            id="days-over-a-clock-change",
        ),
        pytest.param(
            {"from_day": "2027-03-02", "from_time": "12:00", "to_time": "15:30"},
            "03-02 17:00 03-02 20:30",
            id="an-afternoon",
        ),
        pytest.param(
            {"from_day": "2027-03-02", "from_time": "12:00", "to_day": "2027-03-04"},
            "03-02 17:00 03-05 05:00",
            id="from-noon-on",
        ),
        pytest.param(
            {"from_day": "2027-11-07", "from_time": "01:00", "to_time": "01:30"},
            "11-07 05:00 11-07 06:30",
            id="until-the-second-half-past-one",
        ),
    ],
)
def test_time_off_is_added_listed_and_removed(
    clinic: Clinic, app: Flask, sign_in: SignIn, typed: dict[str, str], utc: str
) -> None:
    clinic()
    ben = sign_in(BEN)
    data = form_of(ben.get(f"{BENS}/dates"), "time-off")
    answer = ben.post(f"{BENS}/time-off", data=filled(data, typed))
    assert answer.location == f"{BENS}/dates?month={typed['from_day'][:7]}&saved=1"
    assert time_off(app) == [utc]
    listed = Page(ben.get(answer.location))
    assert len(listed.soup.select("#time-off-title ~ .rows li")) == 1
    assert Visitor(ben).press(listed, "Remove").status == 200
    assert time_off(app) == []


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        pytest.param({}, "from_day", id="no-day"),
        pytest.param({"from_day": "soon"}, "from_day", id="no-date"),
        pytest.param({"from_day": "2999-01-01"}, "from_day", id="too-far"),
        pytest.param({"from_day": "2027-03-02", "from_time": "noon"}, "from_time", id="no-time"),
        pytest.param({"from_day": "2027-03-02", "to_day": "2027-03-01"}, "to_day", id="backwards"),
        pytest.param({"from_day": "2027-02-02"}, "to_day", id="over"),
        pytest.param(
            {"from_day": "2027-03-02", "from_time": "12:00", "to_time": "11:00"},
            "to_time",
            id="backwards-in-a-day",
        ),
    ],
)
def test_time_off_that_can_not_be_is_said_beside_its_field(
    clinic: Clinic, app: Flask, sign_in: SignIn, typed: dict[str, str], field: str
) -> None:
    clinic()
    ben = sign_in(BEN)
    data = filled(form_of(ben.get(f"{BENS}/dates"), "time-off"), typed)
    answer = ben.post(f"{BENS}/time-off", data=data)
    assert answer.status_code == 422
    assert [error["id"] for error in soup(answer).select(".error")] == [f"{field}-error"]
    assert plain(form_of(answer, "time-off")) == plain(data)
    assert time_off(app) == []


def test_the_sessions_in_time_off_are_named_before_it_is_added(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic(clients=[lee()], bookings=[session_of(BEN, TUESDAY, 9)])
    ben, url = sign_in(BEN), f"{BENS}/time-off/preview"
    data = filled(form_of(ben.get(f"{BENS}/dates"), "time-off"), {"from_day": "2027-03-02"})
    alone = soup(ben.post(url, data=data, headers=FRAGMENT))
    whole = soup(ben.post(url, data=data))
    assert alone.find(id="affected") == whole.find(id="affected")
    assert "Tue, Mar 2, 09:00–10:00 Follow-up" in words(alone)
    # Whoever sees the client is one click from moving it, cancelling it or giving it away.
    to_session = whole.find(id="affected").select_one("a[href^='/sessions/']")
    assert ben.get(str(to_session["href"])).status_code == 200
    assert whole.find(id="from_day")["value"] == "2027-03-02"
    none = ben.post(url, data=filled(data, {"from_time": "11:00"}), headers=FRAGMENT)
    assert "No session lies in this time." in none.text
    for wrong in ({"from_day": ""}, {"from_day": "2027-02-01"}):
        assert words(soup(ben.post(url, data=filled(data, wrong), headers=FRAGMENT))) == ""
    assert time_off(app) == []
