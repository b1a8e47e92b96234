"""Who can clients book? The table for unsaved values, and the page Check bookability."""

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.db import db
from portal.models import Client, Member
from portal.transaction import transaction
from tests.clinics import ANA, BEN, CHO, DEE, LEE, NOW, lee
from tests.web.conftest import Clock
from tests.web.practice.people import FRAGMENT, soup, words
from tests.web.practice.test_packages import EDITOR, ids, post
from tests.web.visitor import Page, Visitor

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]
CHECK = "/bookability"
NOT_LISTED = "isn’t in the list of team members"
NOT_INCLUDED = "Nutritionist, isn’t included"
EARLIEST = "Bookable Earliest Mon, Mar 1, 09:00"


@pytest.fixture(autouse=True)
def standing_still(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """It is NOW."""
    stopped = Clock(NOW)
    monkeypatch.setattr("portal.clock.now", lambda: stopped.at)
    return stopped


@pytest.fixture
def ana(clinic: Clinic, sign_in: SignIn) -> Visitor:
    clinic()
    return Visitor(sign_in(ANA))


def table(page: Page | BeautifulSoup) -> dict[str, list[str]]:
    """What the table says of each person, service by service, without the links."""
    found = {}
    root = page.soup if isinstance(page, Page) else page
    for row in root.select(".bookability tbody tr"):
        for quiet in row.select(".service, a, th small"):
            quiet.extract()
        found[words(row.th)] = [words(cell) for cell in row.select("td")]
    return found


def link(page: Page, person: str, words_of_link: str) -> str:
    """Where a person's link with these words leads."""
    row = next(r for r in page.soup.select(".bookability tbody tr") if person in words(r.th))
    return str(next(a for a in row.select("a") if words(a) == words_of_link)["href"])


def test_services_across_people_down_bookable_or_the_reason_why_not(ana: Visitor) -> None:
    page = ana.get(EDITOR)
    heads = [words(th) for th in page.soup.select(".bookability thead th")]
    assert heads == ["Team member", "Intake one session", "Follow-up 3 sessions"]
    assert table(page) == {
        "Ana Ruiz": [EARLIEST, EARLIEST],
        "Ben Okafor": ["Intake isn’t shared with Ben Okafor", EARLIEST],
        "Cho Park": ["Intake isn’t shared with Cho Park", EARLIEST],
        "Dee Novak": ["Admins can’t be booked"],
    }


@pytest.mark.parametrize(
    ("changes", "who", "reason"),
    [
        ({"team_booking": None}, "Ben", "Team booking is off"),
        ({"allow": "assigned"}, "Ben", "Only the assigned team member is allowed"),
        ({"allow": "members", "members": [BEN]}, "Cho", f"Cho Park {NOT_LISTED}"),
        ({"allow": "roles", "roles": ["2"]}, "Ben", f"Ben Okafor’s role, {NOT_INCLUDED}"),
        ({"service": ["1"], "sessions": ["1"]}, "Ben", "Intake isn’t shared with Ben Okafor"),
        ({"assigned_to": CHO}, "Ana", EARLIEST),
    ],
)  # fmt: skip
def test_the_table_answers_for_what_is_not_saved_yet(
    ana: Visitor, app: Flask, changes: dict[str, Any], who: str, reason: str
) -> None:
    known = ids(app)
    for name, value in changes.items():
        changes[name] = [known.get(v, v) for v in value] if isinstance(value, list) else value
    changes = {n: known.get(v, v) if isinstance(v, str) else v for n, v in changes.items()}
    found = table(post(ana, EDITOR + "/bookability", **changes))
    assert next(cells for name, cells in found.items() if who in name)[-1] == reason
    assert table(ana.get(EDITOR))["Ben Okafor"][1] == EARLIEST, "nothing was stored"


def test_the_other_reasons(clinic: Clinic, sign_in: SignIn, app: Flask) -> None:
    clinic(hours={BEN: []}, practice={"plan": "team"})
    with app.app_context(), transaction() as session:
        session.scalars(select(Member).where(Member.email == CHO)).one().deactivated_at = NOW
    visitor = Visitor(sign_in(ANA))
    found = table(visitor.get(EDITOR))
    assert found["Ben Okafor"][1] == "Ben Okafor has no availability for Follow-up"
    assert found["Cho Park"] == ["Deactivated"]
    with app.app_context(), transaction() as session:
        session.execute(db.text("UPDATE practice SET plan = 'solo'"))
    assert table(visitor.get(EDITOR))["Ben Okafor"][1] == "The solo plan has no team booking"
    with app.app_context(), transaction() as session:
        session.execute(db.text("UPDATE package SET archived_at = 0"))
    assert table(visitor.get(EDITOR))["Ana Ruiz"] == ["The package is archived"] * 2


def test_each_reason_links_to_what_mends_it(clinic: Clinic, sign_in: SignIn) -> None:
    clinic(hours={CHO: []}, allow="roles", restrict_to=["Coach"])
    visitor = Visitor(sign_in(ANA))
    page = visitor.get(EDITOR)
    assert link(page, "Cho", "Share it") == "/services/1/sharing?member=3"
    assert link(page, "Cho", "Set hours") == "/availability/3"
    assert link(page, "Ben", "Edit settings") == "#sessions-and-services"
    assert visitor.get("/services/1/sharing").status == 200
    assert visitor.get("/availability/3").status == 200
    on_check = visitor.get(CHECK)
    assert link(on_check, "Ben", "Edit settings") == "/packages/1#sessions-and-services"
    theirs = Visitor(sign_in(BEN)).get(CHECK)
    assert not theirs.soup.select(".bookability a"), "Ben may mend none of it"


def test_nobody_free_within_the_horizon_is_said(clinic: Clinic, sign_in: SignIn) -> None:
    clinic(hours={BEN: [("09:00", "09:30")]})
    found = table(Visitor(sign_in(ANA)).get(EDITOR))
    assert found["Ben Okafor"][1] == "Bookable No time free until Fri, Apr 30"


def test_what_can_not_be_read_is_left_out_and_named(ana: Visitor) -> None:
    page = post(
        ana, EDITOR + "/bookability", service=["2", ""], sessions=["x", "1"], weekly_limit="many"
    )
    assert page.status == 200
    assert page.all("#bookability .notice") == [
        "Left out, because it isn’t complete yet: the weekly limit, line 1, line 2."
    ]
    assert table(page)["Ana Ruiz"] == [EARLIEST]
    assert page.one("#weekly_limit")["value"] == "many"
    assert not page.soup.select(".error:not([hidden])")


def test_without_any_service_or_practitioner(ana: Visitor) -> None:
    page = post(ana, EDITOR + "/bookability", service=None, sessions=None)
    assert page.all("#bookability .notice") == ["Add a service to see who can be booked."]
    page = post(ana, EDITOR + "/bookability", assigned_to="0")
    assert "the assigned practitioner" in page.one("#bookability .notice").text
    assert table(page)["Ana Ruiz"][1] == EARLIEST, "she's a colleague like the others then"


def test_a_new_package_is_asked_about_before_it_is_saved(ana: Visitor) -> None:
    page = post(ana, "/packages/new/bookability")
    assert table(page)["Ben Okafor"] == ["Intake isn’t shared with Ben Okafor", EARLIEST]
    assert page.one("#package-editor")["action"] == "/packages/new"


@pytest.mark.parametrize("path", [EDITOR, "/packages/new"])
def test_the_fragment_of_the_table_is_the_pages(ana: Visitor, path: str) -> None:
    form = ana.get(EDITOR).one("#package-editor")
    data = {
        "csrf_token": form.select_one("[name=csrf_token]")["value"],
        "assigned_to": "1",
        "service": ["1", "2"],
        "sessions": ["1", "3"],
        "allow": "any",
        "team_booking": "y",
        "has_team_booking": "1",
    }
    whole = ana.client.post(path + "/bookability", data=data)
    alone = ana.client.post(path + "/bookability", data=data, headers=FRAGMENT)
    roots = [tag for tag in soup(alone) if tag.name]
    assert [root["id"] for root in roots] == ["bookability"]
    assert table(soup(alone)) == table(soup(whole)) != {}


def test_check_bookability_answers_for_the_first_package_and_anybody_new(
    clinic: Clinic, sign_in: SignIn
) -> None:
    clinic()
    for email in (ANA, BEN, DEE):
        page = Visitor(sign_in(email)).get(CHECK)
        assert page.one("#package option[selected]").text == "Reset"
        assert table(page)["Ben Okafor"] == ["Intake isn’t shared with Ben Okafor", EARLIEST]
        assert "Openings on Monday, March 1" in page.text


def test_the_openings_of_the_date_and_the_earliest_from_then_on(ana: Visitor) -> None:
    page = ana.get(CHECK + "?package=1&date=2027-03-02")
    assert table(page)["Ana Ruiz"][0] == "Bookable Earliest Tue, Mar 2, 09:00"
    times = [words(each) for each in page.soup.select("#answer .sheet")[0].select("dl > div")]
    assert times == ["Ana Ruiz 09:00 09:15 09:30 09:45 10:00 10:15 10:30 10:45 11:00"]
    sunday = ana.get(CHECK + "?package=1&date=2027-03-07")
    assert sunday.all("#answer .sheet > p") == ["No openings on this day."] * 2
    assert table(sunday)["Ana Ruiz"][0] == "Bookable Earliest Mon, Mar 8, 09:00"


@pytest.mark.parametrize("day", ["", "soon", "2027-02-30", "0001-01-01", "9999-12-31"])
def test_a_made_up_date_is_today(ana: Visitor, day: str) -> None:
    assert ana.get(f"{CHECK}?date={day}").one("#date")["value"] == "2027-03-01"


OWN = {"client": LEE, "package": "reset", "started": "2027-03-01", "expires": "2027-05-30"}
ONLY_ANA = {"enabled": False, "allow": "assigned", "restrict_to": []}


def test_why_lee_can_not_book_ben(clinic: Clinic, sign_in: SignIn) -> None:
    clinic(clients=[lee()], client_packages=[{**OWN, "team_booking": ONLY_ANA}])
    page = Visitor(sign_in(ANA)).get(f"{CHECK}?package=1&client=1")
    assert table(page)["Ben Okafor"] == ["Team booking is off"] * 2
    assert "From Lee Park’s own package" in page.text
    heads = [words(th) for th in page.soup.select(".bookability thead th")]
    assert heads == ["Team member", "Intake 1 of 1 left", "Follow-up 3 of 3 left"]
    assert not page.soup.select(".bookability a"), "the template's settings don't mend it"


@pytest.mark.parametrize(
    ("own", "reason"),
    [
        ({"expires": "2027-02-28"}, "The package expired on February 28, 2027"),
        (
            {"items": [{"service": "follow-up", "sessions": 0}]},
            "No session of Follow-up is left",
        ),
    ],
    ids=["expired", "used up"],
)
def test_reasons_of_a_clients_own_package(
    clinic: Clinic, sign_in: SignIn, own: dict[str, Any], reason: str
) -> None:
    clinic(clients=[lee()], client_packages=[{**OWN, "started": "2027-01-01", **own}])
    page = Visitor(sign_in(ANA)).get(f"{CHECK}?package=1&client=1")
    assert table(page)["Ana Ruiz"][-1] == reason


def test_a_deactivated_client(clinic: Clinic, sign_in: SignIn) -> None:
    clinic(clients=[lee(active=False)])
    page = Visitor(sign_in(ANA)).get(f"{CHECK}?package=1&client=1")
    assert table(page)["Ana Ruiz"] == ["The client is deactivated"] * 2


def test_a_client_without_the_package_would_book_it_like_anybody_new(ana: Visitor) -> None:
    page = ana.get(f"{CHECK}?package=1&client=1")
    assert "Lee Park doesn’t have this package yet" in page.text
    assert table(page) == table(ana.get(f"{CHECK}?package=1"))


def test_only_visible_clients_can_be_asked_about(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    others = {**OWN, "assigned_to": CHO}
    clinic(clients=[lee(), lee(name="Robin Wu", email="r@x.org")], client_packages=[others])
    cho, ben = Visitor(sign_in(CHO)), Visitor(sign_in(BEN))
    with app.app_context():
        lees = db.session.scalars(select(Client.id).where(Client.email == LEE)).one()
    assert cho.get(f"{CHECK}?client={lees}").status == 200
    assert ben.get(f"{CHECK}?client={lees}").status == 404
    assert "Lee Park" not in ben.get(CHECK).text
    assert "Robin Wu" in ben.get(CHECK).text


def test_clients_are_searched_and_the_picked_one_stays(clinic: Clinic, sign_in: SignIn) -> None:
    many = [lee(name=f"Kim {n}", email=f"kim{n}@x.org") for n in range(30)]
    clinic(clients=[lee(), *many])
    visitor = Visitor(sign_in(ANA))
    page = visitor.get(f"{CHECK}?client=1&words=kim")
    options = page.all("#client option")
    assert options[:2] == ["Anybody new", "Lee Park · lee@example.com"]
    assert "The first" in page.one("#client_choices .hint").text
    assert page.one("#client option[selected]")["value"] == "1"
    nobody = visitor.get(f"{CHECK}?words=zzz")
    assert nobody.one("#client_choices .hint").text == "No client of yours is called that."


@pytest.mark.parametrize(
    ("path", "root"), [(CHECK, "answer"), (CHECK + "/clients?words=lee", "client_choices")]
)
def test_the_fragments_of_check_bookability_are_the_pages(
    ana: Visitor, path: str, root: str
) -> None:
    whole = ana.client.get(path)
    alone = ana.client.get(path, headers=FRAGMENT)
    roots = [tag for tag in soup(alone) if tag.name]
    assert [each["id"] for each in roots] == [root]
    assert roots[0].get_text() == soup(whole).select_one(f"#{root}").get_text()


def test_a_package_that_is_not_there(ana: Visitor) -> None:
    assert ana.get(f"{CHECK}?package=99").status == 404
    assert ana.get(f"{CHECK}?client=99").status == 404
    assert ana.get(f"{CHECK}?package=x&client=y").status == 200


def test_a_clinic_without_packages(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    visitor = Visitor(sign_in(ANA))
    with visitor.client.application.app_context(), transaction() as session:
        for name in ("package_item", "package_team_member", "package_team_role", "package"):
            session.execute(db.text(f"DELETE FROM {name}"))  # noqa: S608  (names of tables)
    assert "There are no packages yet." in visitor.get(CHECK).text


def test_of_several_own_packages_it_is_the_one_that_a_booking_would_use(
    clinic: Clinic, sign_in: SignIn
) -> None:
    expired = {**OWN, "started": "2027-01-01", "expires": "2027-02-28"}
    used_up = {
        **OWN,
        "expires": "2027-04-01",
        "items": [{"service": "intake", "sessions": 1}, {"service": "follow-up", "sessions": 0}],
    }
    clinic(clients=[lee()], client_packages=[expired, used_up, OWN])
    page = Visitor(sign_in(ANA)).get(f"{CHECK}?package=1&client=1")
    assert table(page)["Ana Ruiz"] == [EARLIEST, EARLIEST]
    heads = [words(th) for th in page.soup.select(".bookability thead th")]
    assert heads == ["Team member", "Intake 1 of 1 left", "Follow-up 3 of 3 left"]
