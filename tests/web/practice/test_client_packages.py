"""Client > Bookings & Packages > Packages, without JavaScript: list, editor, making one, reset."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.actions.packages import archive_package
from portal.db import db
from portal.models import Client, ClientPackage, Member
from portal.queries.client_package_values import OwnValues, own_values
from portal.queries.packages import Line
from portal.scheduling.eligibility import Allow
from portal.transaction import transaction
from tests.actions.sessions import TEN, book_follow_up
from tests.clinics import ANA, BEN, DEE, NOW, lee
from tests.web.conftest import Clock
from tests.web.practice.people import FRAGMENT, soup, words
from tests.web.visitor import Page, Visitor

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]
LIST, EDITOR, NEW = "/clients/1/packages", "/clients/1/packages/1", "/clients/1/packages/new/1"
EMPTY: list[Any] = []


@pytest.fixture(autouse=True)
def standing_still(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """It is NOW."""
    stopped = Clock(NOW)
    monkeypatch.setattr("portal.clock.now", lambda: stopped.at)
    return stopped


@pytest.fixture
def ana(clinic: Clinic, sign_in: SignIn, app: Flask) -> Visitor:
    """Ana, signed in; Lee has a Reset of their own, and one Follow-up booked from it."""
    clinic(enabled=False, clients=[lee(), lee(email="mo@example.com", name="Mo Adler")])
    with app.app_context():
        book_follow_up(ANA, TEN)
    return Visitor(sign_in(ANA))


def stored(app: Flask) -> OwnValues:
    with app.app_context():
        return own_values(db.session.get_one(ClientPackage, 1))


def post(
    visitor: Visitor,
    url: str,
    page: str = EDITOR,
    headers: dict[str, str] | None = None,
    **changes: Any,
) -> Page:
    """Send the editor's form as its page has it, with some fields changed: lists are lists."""
    form = visitor.get(page).one("#package-editor")
    data: dict[str, Any] = {}
    for field in form.select("input[name], select[name]"):
        if field.get("type") in ("checkbox", "radio") and not field.has_attr("checked"):
            continue
        chosen = field.select_one("option[selected]") if field.name == "select" else field
        data.setdefault(str(field["name"]), []).append(chosen.get("value", ""))
    data |= changes
    answer = visitor.client.post(url, data=data, headers=headers, follow_redirects=True)
    return Page(answer)


def verdicts(root: Any) -> dict[str, str]:
    """What the table says of each person and a Follow-up."""
    rows = root.select(".bookability tbody tr")
    return {words(row.th).split()[0]: words(row.select("td")[-1]) for row in rows}


def differing(root: Any) -> dict[str, list[str]]:
    """The rows of the first table of differences: the field, and both values."""
    rows = root.select(".differences")[:1]
    return {
        words(row.th): [words(cell) for cell in row.select("td")]
        for table in rows
        for row in table.select("tbody tr")
    }


def test_the_list_shows_each_package_with_what_is_used_and_what_can_be_done(ana: Visitor) -> None:
    page = ana.get(LIST)
    card = page.one(".own-packages > li")
    assert words(card.select_one(".mark")) == "Active"
    assert "0 of 1 used" in words(card)
    assert "1 of 3 used 1 of these is booked and to come" in words(card)
    assert "Off: clients book with Ana Ruiz" in words(card)
    assert "Expires May 30, 2027" in words(card)
    assert [words(link) for link in card.select(".menu li")] == [
        "Edit package",
        "Book session",
        "Reset to template",
        "History",
    ]
    # What is done most is there without the menu.
    assert card.h3.a["href"] == EDITOR
    assert words(card.select_one(".tile-act a")) == "Book session"


def test_expiry_is_a_matter_of_the_date(ana: Visitor, standing_still: Clock) -> None:
    post(ana, EDITOR, expires_on="2027-03-02")
    assert "Expires tomorrow" in ana.get(LIST).text
    standing_still.at = TEN
    card = ana.get(LIST).one(".own-packages > li")
    assert words(card.select_one(".tile-head .mark")) == "Active"
    assert "Expires today" in words(card)
    standing_still.at = TEN.replace(day=3)
    card = ana.get(LIST).one(".own-packages > li")
    assert words(card.select_one(".mark")) == "Expired"
    assert "Book session" not in words(card)


def test_whoever_doesnt_edit_packages_sees_only_the_history(
    ana: Visitor, sign_in: SignIn, app: Flask
) -> None:
    with app.app_context(), transaction():
        db.session.get_one(ClientPackage, 1).assigned_to_id = 2
    ben = Visitor(sign_in(BEN))
    page = ben.get(LIST)
    assert "Edit package" not in page.text
    assert not page.soup.select(".own-packages h3 a")
    assert "Create for client" not in page.text
    assert [ben.get(url).status for url in (EDITOR, f"{EDITOR}/reset", NEW)] == [403] * 3
    assert ben.get(f"{EDITOR}/history").status == 200


@pytest.mark.usefixtures("ana")
def test_packages_of_a_client_who_isnt_theirs_dont_exist(sign_in: SignIn) -> None:
    ben = Visitor(sign_in(BEN))
    assert [ben.get(url).status for url in (LIST, f"{EDITOR}/history")] == [404, 404]
    dee = Visitor(sign_in(DEE))
    assert dee.get("/clients/99/packages/1").status == 404
    # Mo is there, and the package is Lee's.
    assert dee.get("/clients/2/packages/1").status == 404
    assert dee.get("/clients/2/packages/1/history").status == 404
    assert dee.get("/clients/1/packages/99").status == 404


def test_the_editor_says_whose_package_it_is_and_saves_it(ana: Visitor, app: Flask) -> None:
    page = ana.get(EDITOR)
    assert "Only Lee Park’s package changes." in page.text
    assert page.one("button[form=package-editor]").text == "Save Changes"
    assert "All of it is as in the template." in page.text
    assert "1 of these is used or booked" in page.text
    saved = post(
        ana,
        EDITOR,
        price="99.50",
        expires_on="2027-12-31",
        monthly_limit="4",
        sessions=["1", "5"],
        why="A gift",
        team_booking="y",
        allow="any",
    )
    assert saved.all(".notice.good") == ["Saved."]
    values = stored(app)
    assert values.lines == (Line(1, 1), Line(2, 5))
    assert values.team_booking is not None
    assert values.team_booking.allow is Allow.ANY
    assert differing(saved.soup) == {
        "Price": ["$99.50", "$420.00"],
        "Sessions a month": ["4", "–"],
        "Sessions & Services": ["1 × Intake, 5 × Follow-up", "1 × Intake, 3 × Follow-up"],
        "Team booking": [
            "Clients can book with Ana Ruiz and any team member whom the service is shared with.",
            "Clients book with Ana Ruiz only.",
        ],
        "Expires": ["December 31, 2027", "May 30, 2027"],
    }
    assert "A gift" in ana.get(f"{EDITOR}/history").text


def test_scenario_28_the_refusal_stands_beside_the_line(ana: Visitor, app: Flask) -> None:
    before = stored(app)
    page = post(ana, EDITOR, sessions=["1", "0"], price="1.00")
    assert page.status == 422
    assert words(page.one("#line-1-error")) == (
        "1 of Follow-up are used or booked, so it can’t be fewer."
    )
    assert page.one("#price")["value"] == "1.00"
    page = post(ana, EDITOR, service=["1"], sessions=["1"])
    assert "Put it in again." in page.text
    assert post(ana, EDITOR, expires_on="2027-02-28").status == 422
    assert stored(app) == before


def test_the_table_answers_for_what_isnt_saved_yet(ana: Visitor, app: Flask) -> None:
    before = stored(app)
    assert verdicts(ana.get(EDITOR).soup)["Ben"] == "Follow-up Team booking is off Turn it on"
    data = {"team_booking": "y", "allow": "any"}
    page = post(ana, f"{EDITOR}/bookability", **data)
    assert verdicts(page.soup)["Ben"].startswith("Follow-up Bookable")
    fragment = post(ana, f"{EDITOR}/bookability", headers=FRAGMENT, **data)
    assert fragment.soup.find(id=True)["id"] == "bookability"
    assert verdicts(fragment.soup) == verdicts(page.soup)
    page = post(ana, f"{EDITOR}/bookability", expires_on="2027-02-20")
    assert "Extend it" in verdicts(page.soup)["Ana"]
    page = post(ana, f"{EDITOR}/bookability", sessions=["1", "1"])
    assert verdicts(page.soup)["Ana"].endswith("No session of Follow-up is left Add sessions")
    assert stored(app) == before


def test_a_line_is_added_without_anything_being_stored(ana: Visitor, app: Flask) -> None:
    before = stored(app)
    page = post(ana, f"{EDITOR}/items", change="add")
    assert len(page.soup.select(".lines-of-package > li")) == 3
    fragment = post(ana, f"{EDITOR}/items", headers=FRAGMENT, change="add")
    assert fragment.soup.find(id=True)["id"] == "items"
    assert stored(app) == before


def test_the_second_of_two_editors_is_told_and_can_save_again(ana: Visitor, app: Flask) -> None:
    post(ana, EDITOR, price="1.00")
    page = post(ana, EDITOR, version="1", price="2.00")
    assert page.status == 409
    assert differing(page.soup)["Price"] == ["$1.00", "$2.00"]
    assert page.one("#package-editor [name=version]")["value"] == "2"
    assert post(ana, EDITOR, version="2", price="2.00").status == 200
    assert str(stored(app).price) == "2.00"


def test_reset_says_what_it_changes_and_does_it(ana: Visitor, app: Flask) -> None:
    before = stored(app)
    assert "there is nothing to reset" in ana.get(f"{EDITOR}/reset").text
    post(ana, EDITOR, price="1.00", expires_on="")
    page = ana.get(f"{EDITOR}/reset")
    assert differing(page.soup) == {
        "Price": ["$1.00", "$420.00"],
        "Expires": ["never", "May 30, 2027"],
    }
    assert words(ana.get(EDITOR).one("#reset-dialog button[type=submit]")) == "Reset to template"
    done = ana.press(page, "Reset to template")
    assert done.all(".notice.good") == ["The package is as its template again."]
    assert stored(app) == before
    again = ana.press(page, "Reset to template")
    assert again.status == 409


def test_staff_make_a_package_and_sending_the_form_twice_makes_one(
    ana: Visitor, app: Flask
) -> None:
    page = ana.get(f"{LIST}/new?words=rese")
    assert [words(link) for link in page.soup.select(".templates a")] == ["Reset"]
    fragment = ana.client.get(f"{LIST}/new?words=nothing", headers=FRAGMENT)
    assert soup(fragment).find(id=True)["id"] == "templates"
    form = ana.get(NEW)
    assert form.one("#expires_on")["value"] == "2027-05-30"
    assert not form.soup.select("#team_booking")
    assert verdicts(form.soup)["Ben"].startswith("Follow-up Team booking is off")
    refused = post(ana, NEW, NEW, assigned_to="2")
    assert refused.status == 422
    assert "Ben Okafor can’t give Intake" in words(refused.one("#line-0-error"))
    seen = form.one("[name=version]")["value"]
    made = post(ana, NEW, NEW, price="5", sessions=["2", "2"], version=seen)
    assert "The package is made" in made.text
    twice = post(ana, NEW, NEW, version=seen)
    assert twice.status == 409
    assert "got another package" in twice.text
    with app.app_context():
        assert db.session.query(ClientPackage).count() == 2
        assert str(db.session.get_one(ClientPackage, 2).price) == "5.00"


def test_why_no_package_can_be_made_is_said(ana: Visitor, app: Flask) -> None:
    with app.app_context():
        archive_package(1, db.session.get_one(Member, 1), NOW)
    assert "Archived" in ana.get(f"{LIST}/new").text
    assert "Reset is archived" in ana.get(NEW).text
    assert post(ana, NEW, NEW).status == 409
    with app.app_context(), transaction():
        db.session.get_one(Client, 1).deactivated_at = NOW
    for page in (ana.get(LIST), ana.get(f"{LIST}/new"), post(ana, NEW, NEW)):
        assert "Lee Park is deactivated" in page.text


def test_check_bookability_leads_to_the_clients_own_package(ana: Visitor) -> None:
    page = ana.get("/bookability?package=1&client=1")
    links = {words(a): a["href"] for a in page.soup.select(".bookability a.mend")}
    assert links["Turn it on"] == f"{EDITOR}#sessions-and-services"
    post(ana, EDITOR, sessions=["1", "1"])
    page = ana.get("/bookability?package=1&client=1")
    links = {words(a): a["href"] for a in page.soup.select(".bookability a.mend")}
    assert links["Add sessions"] == f"{EDITOR}#sessions-and-services"


def test_an_incomplete_form_neither_makes_nor_empties_a_package(ana: Visitor, app: Flask) -> None:
    token = str(ana.get(EDITOR).one("#package-editor [name=csrf_token]")["value"])

    def refused(address: str, **more: str) -> None:
        answer = ana.client.post(address, data={"csrf_token": token, **more})
        assert answer.status_code == 422
        error = words(soup(answer).select_one("#lines-error"))
        assert error == "Please add at least one service."

    # Mo has no package yet, so that nought, which is what an absent version means, is right.
    new = NEW.replace("/1/packages", "/2/packages")
    refused(new)
    with app.app_context():
        assert db.session.scalars(select(ClientPackage.id)).all() == [1]
    assert post(ana, new, new).status == 200
    refused("/clients/2/packages/2", version="1")
    with app.app_context():
        assert len(own_values(db.session.get_one(ClientPackage, 2)).lines) == 2


def test_half_a_line_is_an_error_and_never_left_out(ana: Visitor, app: Flask) -> None:
    before = stored(app)
    service = [str(line.service_id) for line in before.lines]
    few = post(ana, EDITOR, service=service, sessions=["9"])
    assert few.status == 422
    assert "Please enter a number of sessions" in few.text
    assert len(few.soup.select(".lines-of-package > li")) == 2
    many = post(ana, EDITOR, service=service[:1], sessions=["1", "3"])
    assert many.status == 422
    assert "Please choose a service." in many.text
    assert stored(app) == before


def test_a_field_that_was_not_sent_stays_as_it_is(ana: Visitor, app: Flask) -> None:
    post(ana, EDITOR, price="90", expires_on="2027-12-31")
    before = stored(app)
    assert before.price
    assert before.expires_on
    assert "Saved." in post(ana, EDITOR, price=EMPTY, expires_on=EMPTY, weekly_limit="3").text
    after = stored(app)
    assert (after.price, after.expires_on) == (before.price, before.expires_on)
    assert after.weekly_limit == 3
