"""Managing availability in the browser: the week, dates, time off, zone and cap, the picture."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from werkzeug.datastructures import MultiDict

from portal import clock
from portal.db import db
from portal.models import DateOverride, TimeOff, WeeklyHours
from portal.queries.availability import in_order
from portal.transaction import transaction
from portal.web.forms.availability import DAYS, HoursForm, read_time
from portal.web.templating import amount
from tests.actions.test_availability import session_of, stretches
from tests.clinics import ANA, BEN, CHO, DEE, NOW, lee
from tests.web.practice.availability_forms import (
    ANAS,
    BENS,
    CHOS,
    DEES,
    TUESDAY,
    WEDNESDAY,
    filled,
    form_of,
    plain,
    shown,
    stored,
    week_of,
)
from tests.web.practice.people import FRAGMENT, soup, words
from tests.web.visitor import Visitor

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]
SETTLED = (BENS, f"{BENS}/dates", f"{BENS}/dates/2027-03-02", f"{BENS}/picture", f"{BENS}/settings")


@pytest.fixture(autouse=True)
def _time_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def test_each_practitioner_is_led_to_their_own_page(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    assert sign_in(BEN).get("/availability").location == BENS
    answer = sign_in(BEN).get(BENS)
    assert words(soup(answer).h1) == "Your availability"
    assert "Everybody’s availability" not in answer.text
    others = soup(sign_in(ANA).get(BENS))
    assert words(others.h1) == "Ben Okafor’s availability"


def test_an_admin_is_led_to_the_people_whose_hours_they_may_edit(
    clinic: Clinic, sign_in: SignIn
) -> None:
    clinic(dee_may=["team"])
    dee = sign_in(DEE)
    assert dee.get("/availability").location == "/availability/people"
    for url in ("/availability/people", DEES):
        answer = dee.get(url)
        assert "You are an admin, so clients can’t book you" in answer.text
        names = [words(link) for link in soup(answer).select(".rows a")]
        assert names == ["Ana Ruiz", "Ben Okafor", "Cho Park"]
    about = sign_in(ANA).get(DEES)
    assert "Dee Novak is an admin" in about.text
    found = dee.get("/availability/people?words=cho", headers=FRAGMENT)
    assert [words(link) for link in soup(found).select(".rows a")] == ["Cho Park"]
    assert soup(found).find("html") is None


def test_the_hours_of_a_week_are_counted_as_people_count_them(
    clinic: Clinic, sign_in: SignIn
) -> None:
    clinic(hours={ANA: [("09:00", "09:12")], BEN: [("09:00", "10:30")], CHO: []})
    ana = sign_in(ANA)
    counted = [words(each) for each in soup(ana.get("/availability/people")).select(".rows li")]
    assert [line.split("Sets")[0] for line in counted] == [
        "Ana Ruiz Nutritionist 1 hour a week",
        "Ben Okafor Nutritionist 7.5 hours a week",
        "Cho Park Coach No weekly hours yet",
    ]
    with ana.application.test_request_context(), force_locale("de"):
        assert (amount(7.5), amount(40.0)) == ("7,5", "40")


def test_an_admin_without_the_right_sees_nobody(clinic: Clinic, sign_in: SignIn) -> None:
    clinic(dee_may=["offers"])
    assert "There is nobody whose availability you may edit." in sign_in(DEE).get(DEES).text


@pytest.mark.parametrize("path", SETTLED)
def test_each_page_answers_whole_and_to_a_manager(
    clinic: Clinic, sign_in: SignIn, path: str
) -> None:
    clinic(dee_may=["team"])
    for email in (BEN, ANA, DEE):
        assert sign_in(email).get(path).status_code == 200


@pytest.mark.parametrize("path", SETTLED)
def test_somebody_else_s_pages_are_not_there(
    clinic: Clinic, sign_in: SignIn, client: FlaskClient, path: str
) -> None:
    clinic(dee_may=["offers", "clients", "settings"])
    assert sign_in(CHO).get(path).status_code == 404
    assert sign_in(DEE).get(path).status_code == 404
    assert client.get(path).status_code == 303


def test_an_admin_has_no_pages_besides_the_list(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    for path in ("/dates", "/dates/2027-03-02", "/picture", "/settings"):
        assert sign_in(ANA).get(f"{DEES}{path}").status_code == 404


def test_a_made_up_form_for_somebody_else_is_404_and_stores_nothing(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    cho, before = sign_in(CHO), stored(app)
    token = {"csrf_token": week_of(cho, CHOS)["csrf_token"]}
    theirs = week_of(sign_in(ANA))
    for path, data in (
        ("hours", filled(theirs, {"mon-0-from": "05:00"})),
        ("hours/draft", {"add": "mon"}),
        ("dates/2027-03-02", {"kind": "closed"}),
        ("dates/2027-03-02/draft", {"add": "hours"}),
        ("time-off", {"from_day": "2027-03-02"}),
        ("time-off/preview", {"from_day": "2027-03-02"}),
        ("time-off/1/removal", {}),
        ("settings", {"timezone": "Europe/Lisbon"}),
    ):
        answer = cho.post(f"{BENS}/{path}", data=filled(data, token))
        assert answer.status_code == 404, path
    assert stored(app) == before
    with app.app_context():
        assert not db.session.scalars(select(DateOverride)).all()
        assert not db.session.scalars(select(TimeOff)).all()


def test_hours_are_typed_saved_and_shown_again(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic()
    ben = sign_in(BEN)
    data = week_of(ben)
    data["mon-0-from"], data["mon-0-to"] = "08:30", "00:00"
    answer = ben.post(f"{BENS}/hours", data=data)
    assert (answer.status_code, answer.location) == (303, f"{BENS}?saved=1")
    assert stored(app)["mon"] == ["08:30-24:00"]
    again = ben.get(answer.location)
    assert shown(again)["mon"] == ["08:30-00:00"]
    assert words(soup(again).select_one(".notice.good")) == "Saved."


def test_clients_see_new_hours_at_once(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic(enabled=False)
    book, visitor = "/book/reset?service=follow-up", Visitor(app.test_client())
    assert visitor.get(book).openings(str(TUESDAY))[0] == "09:00 Ana Ruiz"
    ana = sign_in(ANA)
    data = week_of(ana, ANAS)
    data["tue-0-from"], data["tue-0-to"] = "14:00", "15:00"
    ana.post(f"{ANAS}/hours", data=data)
    assert visitor.get(book).openings(str(TUESDAY)) == ["14:00 Ana Ruiz"]


METHODS = ["in_person", "video", "phone"]
WRONG = {
    "no-time": ({"mon-0-from": ""}, "mon-0-from", "Please enter a time such as 09:00."),
    "no-time-at-all": ({"mon-0-to": "late"}, "mon-0-to", "Please enter a time such as 17:00."),
    "backwards": ({"mon-0-to": "08:00"}, "mon-0-to", "later than the beginning"),
    "the-same": ({"mon-0-to": "09:00"}, "mon-0-to", "later than the beginning"),
    "begins-at-24:00": ({"mon-0-from": "24:00"}, "mon-0-from", "Please enter a time"),
    "overlapping": (
        {"mon-1-from": "11:00", "mon-1-to": "13:00", "mon-1-methods": METHODS, "mon-1-for": "all"},
        "mon-1-from",
        "This overlaps another stretch",
    ),
    "for-no-service": ({"mon-0-for": "some"}, "mon-0-services", "Please choose a service"),
    "for-a-made-up-service": (
        {"mon-0-for": "some", "mon-0-services": "999"},
        "mon-0-services",
        "Please choose a service",
    ),
    "by-nothing": ({"mon-0-methods": []}, "mon-0-methods", "Please choose at least one."),
    "by-fax": ({"mon-0-methods": "fax"}, "mon-0-methods", "Please choose at least one."),
}


@pytest.mark.parametrize(("typed", "field", "sentence"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_said_at_its_stretch_and_everything_typed_is_kept(
    clinic: Clinic,
    app: Flask,
    sign_in: SignIn,
    typed: dict[str, Any],
    field: str,
    sentence: str,
) -> None:
    clinic()
    ben, before = sign_in(BEN), stored(app)
    data = week_of(ben)
    data = filled(data, {"fri-0-from": "07:05", **typed})
    answer = ben.post(f"{BENS}/hours", data=data)
    assert answer.status_code == 422
    assert sentence in words(soup(answer).find(id=f"{field}-error"))
    assert len(soup(answer).select(".error")) == 1
    assert "Not saved yet" in answer.text
    again = plain(form_of(answer, "hours-editor"))
    # A box that isn't on the page can't be ticked there.
    gone = {name for name in data if {"fax", "999"} & set(data.getlist(name))}
    assert again == {
        name: typed for name, typed in plain(data).items() if typed and name not in gone
    }
    assert stored(app) == before


def test_hours_of_other_services_may_overlap(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic()
    ben = sign_in(BEN)
    data = week_of(ben)
    data = filled(data, {"mon-1-from": "10:00", "mon-1-to": "13:00", "mon-1-for": "some"})
    data.setlist("mon-1-services", ["2"])
    data.setlist("mon-1-methods", ["in_person", "video", "phone"])
    assert ben.post(f"{BENS}/hours", data=data).status_code == 303
    assert stored(app)["mon"] == ["09:00-12:00", "10:00-13:00"]


def test_hours_from_a_clinic_file_that_nobody_would_type_can_stay(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic(hours={BEN: [("09:00", "12:00"), ("09:07", "12:00")]})
    ben = sign_in(BEN)
    answer = ben.get(BENS)
    # A browser refuses to send a time that its step doesn't reach.
    steps = [field["step"] for field in soup(answer).select("#mon-0 input[type=time]")]
    odd = [field["step"] for field in soup(answer).select("#mon-1 input[type=time]")]
    assert (steps, odd) == (["300", "300"], ["60", "60"])
    data = week_of(ben)
    data["tue-0-from"] = "08:00"
    assert ben.post(f"{BENS}/hours", data=data).status_code == 422
    data["tue-0-from"], data["sat-0-from"], data["sat-0-to"] = "09:00", "10:00", "11:00"
    data.setlist("sat-0-methods", ["video"])
    assert ben.post(f"{BENS}/hours", data=data).status_code == 303
    assert stored(app)["mon"] == ["09:00-12:00", "09:07-12:00"]


def test_a_limit_without_a_service_stays_until_somebody_decides(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    with app.app_context(), transaction() as session:
        session.execute(update(WeeklyHours).values(only_services=True))
    ben = sign_in(BEN)
    data = filled(week_of(ben), {"mon-0-from": "10:00", "tue-0-for": "all"})
    answer = ben.post(f"{BENS}/hours", data=data)
    assert answer.status_code == 422
    assert [error["id"] for error in soup(answer).select(".error")] == ["mon-0-services-error"]
    assert ben.post(f"{BENS}/hours", data=filled(data, {"mon-0-from": "09:00"})).status_code == 303
    again = week_of(ben)
    assert [again[f"{day}-0-for"] for day in ("mon", "tue", "wed")] == ["some", "all", "some"]


def test_a_stretch_is_added_and_removed_without_being_stored(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    ben, before = sign_in(BEN), stored(app)
    data = week_of(ben)
    data["mon-0-from"] = "09:35"
    added = ben.post(f"{BENS}/hours/draft", data=filled(data, {"add": "mon"}))
    assert shown(added)["mon"] == ["09:35-12:00", "-"]
    assert soup(added).find(id="mon-1-from").has_attr("autofocus")
    assert words(soup(added).find(id="hours-editor-unsaved")) != ""
    removed = ben.post(
        f"{BENS}/hours/draft", data=filled(form_of(added, "hours-editor"), {"remove": "mon-0"})
    )
    assert shown(removed)["mon"] == ["-"]
    assert form_of(removed, "hours-editor")["seen"] == data["seen"]
    assert stored(app) == before


def test_a_day_is_copied_to_others_limits_and_all(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    ben, before = sign_in(BEN), stored(app)
    data = week_of(ben)
    data["mon-0-from"] = "10:00"
    data.setlist("mon-0-methods", ["phone"])
    data.setlist("mon-copy", ["tue", "sat", "mon", "someday"])
    data["copy"] = "mon"
    copied = ben.post(f"{BENS}/hours/draft", data=data)
    days = shown(copied)
    assert days["mon"] == days["tue"] == days["sat"] == ["10:00-12:00"]
    assert (days["wed"], days["sun"]) == (["09:00-12:00"], [])
    again = form_of(copied, "hours-editor")
    assert again.getlist("sat-0-methods") == ["phone"]
    assert again.getlist("mon-copy") == []
    assert stored(app) == before
    ben.post(f"{BENS}/hours", data=again)
    assert stored(app)["sat"] == ["10:00-12:00"]


@pytest.mark.parametrize(
    "button",
    [
        {"add": "someday"},
        {"remove": "mon-9"},
        {"remove": "mon--1"},
        {"remove": "mon-x"},
        {"remove": "mon-²"},
        {"copy": "someday", "someday-copy": "mon"},
        {},
    ],
)
def test_a_made_up_button_changes_nothing(
    clinic: Clinic, sign_in: SignIn, button: dict[str, str]
) -> None:
    clinic()
    ben = sign_in(BEN)
    answer = ben.post(f"{BENS}/hours/draft", data=filled(week_of(ben), button))
    assert answer.status_code == 200
    assert shown(answer) == shown(ben.get(BENS))


def test_the_week_alone_is_the_week_of_its_page(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    ben = sign_in(BEN)
    data = filled(week_of(ben), {"add": "sun"})
    alone = soup(ben.post(f"{BENS}/hours/draft", data=data, headers=FRAGMENT))
    whole = soup(ben.post(f"{BENS}/hours/draft", data=data)).find(id="week")
    assert [tag["id"] for tag in alone.find_all(recursive=False)] == ["week"]
    assert alone.find(id="week") == whole


def test_whoever_saves_second_sees_what_is_stored_and_can_save_again(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    ben, ana = sign_in(BEN), sign_in(ANA)
    bens, anas = week_of(ben), week_of(ana)
    anas["mon-0-from"] = "08:00"
    ana.post(f"{BENS}/hours", data=anas)
    bens["tue-0-from"] = "10:00"
    # What was seen stays what was seen while the form is worked on.
    for path, changes in (("hours/draft", {"add": "sat"}), ("hours", {"mon-0-to": ""})):
        unsaved = ben.post(f"{BENS}/{path}", data=filled(bens, changes))
        assert form_of(unsaved, "hours-editor")["seen"] == bens["seen"]
    answer = ben.post(f"{BENS}/hours", data=bens)
    assert answer.status_code == 409
    assert "Somebody else saved changes" in answer.text
    theirs = words(soup(answer).select_one(".theirs dl"))
    assert theirs == "Monday 08:00–12:00 Tuesday 09:00–12:00"
    again = form_of(answer, "hours-editor")
    assert (again["mon-0-from"], again["tue-0-from"]) == ("09:00", "10:00")
    assert stored(app)["mon"] == ["08:00-12:00"]
    assert ben.post(f"{BENS}/hours", data=again).status_code == 303
    assert (stored(app)["mon"], stored(app)["tue"]) == (["09:00-12:00"], ["10:00-12:00"])


def test_an_empty_form_removes_no_hours(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic()
    ben, before = sign_in(BEN), stored(app)
    token = week_of(ben)["csrf_token"]
    assert ben.post(f"{BENS}/hours", data={"csrf_token": token}).status_code == 409
    assert stored(app) == before


def test_after_saving_each_session_outside_the_hours_is_named(
    clinic: Clinic, sign_in: SignIn
) -> None:
    sessions = [session_of(BEN, TUESDAY, 9), session_of(BEN, WEDNESDAY, 9)]
    clinic(clients=[lee()], bookings=sessions, dee_may=["team"])
    ben = sign_in(BEN)
    data = week_of(ben)
    data["tue-0-from"] = "10:00"
    saved = soup(ben.get(ben.post(f"{BENS}/hours", data=data).location))
    assert "They stay booked as they are." in words(saved.select_one(".outside"))
    assert [words(one) for one in saved.select(".outside li")] == [
        "Tue, Mar 2, 09:00–10:00 Follow-up, Lee Park"
    ]
    hers = words(soup(sign_in(DEE).get(BENS)).select_one(".outside li"))
    assert hers == "Tue, Mar 2, 09:00–10:00 Follow-up"


def as_sent(week: dict[str, Any]) -> MultiDict[str, str]:
    """What the form of a week would send, each day's stretches in order."""
    data = MultiDict[str, str]()
    for day in HoursForm.stored({day: in_order(rows) for day, rows in week.items()}).days:
        for at, stretch in enumerate(day.stretches):
            key = f"{day.key}-{at}"
            data.add(f"{key}-from", stretch.start)
            data.add(f"{key}-to", stretch.end)
            data.add(f"{key}-for", "some" if stretch.limited else "all")
            for name, values in (("services", stretch.services), ("methods", stretch.methods)):
                data.update({f"{key}-{name}": list(values)})
    return data


@hypothesis_settings(max_examples=60, deadline=None)
@given(rows=st.dictionaries(st.sampled_from(DAYS), stretches))
def test_any_week_that_is_shown_is_read_as_it_was(rows: dict[str, Any]) -> None:
    form = HoursForm.typed(DAYS, as_sent(rows))
    assert form.validate([1, 2])
    assert form.rows == {day: in_order(rows.get(day, ())) for day in DAYS}


def test_any_week_that_is_typed_is_stored_and_shown_again_exactly(
    clinic: Clinic, sign_in: SignIn
) -> None:
    clinic()
    ana = sign_in(ANA)

    @hypothesis_settings(max_examples=12, deadline=None)
    @given(rows=st.dictionaries(st.sampled_from(DAYS), stretches))
    def check(rows: dict[str, Any]) -> None:
        before, sent = week_of(ana, ANAS), as_sent(rows)
        data = sent.copy()
        data.update({name: before[name] for name in ("csrf_token", "seen")})
        assert ana.post(f"{ANAS}/hours", data=data).status_code == 303
        again = plain(week_of(ana, ANAS))
        again.pop("seen")
        in_any_order = {name: sorted(values) for name, values in again.items()}
        assert in_any_order == {name: sorted(values) for name, values in plain(sent).items()}

    check()


@pytest.mark.parametrize(
    ("text", "minute"),
    [
        ("00:00", 0),
        ("09:05", 545),
        ("09:05:00", 545),
        ("23:59", 1439),
        ("24:00", 1440),
        ("24:01", None),
        ("9:05", None),
        ("09:60", None),
        ("09:05:30", None),
        ("\u0660\u0669:\u0660\u0660", None),
        ("", None),
    ],
)
def test_a_time_of_day_is_read_as_browsers_send_it(text: str, minute: int | None) -> None:
    assert read_time(text) == minute
