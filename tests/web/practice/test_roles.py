"""The pages of roles: the list, one role, and what it lets its members do."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portal.db import db
from portal.models import Role
from portal.transaction import transaction
from tests.clinics import ANA, BEN, DEE
from tests.web.practice.people import FRAGMENT, csrf_token, soup, words

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]


def post(browser: FlaskClient, url: str, **data: Any) -> Any:
    return browser.post(url, data={"csrf_token": csrf_token(browser, "/team"), **data})


def save(browser: FlaskClient, role: int, **data: Any) -> Any:
    """Send the role's form as the page has it."""
    return post(browser, f"/roles/{role}", seen=seen(browser.get(f"/roles/{role}")), **data)


def seen(answer: Any) -> str:
    return str(soup(answer).select_one("[name=seen]")["value"])


def stored(app: Flask) -> dict[str, list[str]]:
    with app.app_context():
        return {row.name: row.rights for row in db.session.scalars(select(Role))}


def rows(answer: Any) -> list[str]:
    return [words(each) for each in soup(answer).select("#roles > ul > li")]


def test_the_list_says_what_each_may_do_and_who_has_it(clinic: Clinic, sign_in: SignIn) -> None:
    clinic(dee_may=["team", "clients"])
    assert rows(sign_in(DEE).get("/roles")) == [
        "Coach No rights besides one’s own sessions, services and availability. Cho Park",
        "Front desk See all clients Manage the team Dee Novak",
        "Nutritionist No rights besides one’s own sessions, services and availability. "
        "Ana Ruiz, Ben Okafor",
    ]


def test_it_searches_in_the_page_and_alone(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    browser = sign_in(ANA)
    page, alone = (browser.get("/roles?words=coa", headers=each) for each in ({}, FRAGMENT))
    assert rows(page) == rows(alone)
    assert len(rows(page)) == 1
    assert "<html" not in alone.text


@pytest.mark.parametrize("path", ["/roles", "/roles/new", "/roles/1"])
def test_they_are_for_those_who_manage_the_team(clinic: Clinic, sign_in: SignIn, path: str) -> None:
    clinic()
    assert sign_in(BEN).get(path).status_code == 403


def test_nobody_else_changes_one(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic()
    browser = sign_in(BEN)
    for path in ("/roles", "/roles/1", "/roles/1/removal"):
        assert post(browser, path, name="Boss", rights="settings").status_code == 403
    assert set(stored(app)) == {"Nutritionist", "Coach", "Front desk"}


def test_a_role_is_added_changed_and_removed(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic()
    browser = sign_in(ANA)
    assert browser.get("/roles/new").status_code == 200
    added = post(browser, "/roles", name="Intern", rights=["offers"])
    assert added.status_code == 303
    assert stored(app)["Intern"] == ["offers"]
    changed = save(browser, 4, name="Trainee", rights=["offers", "team"])
    page = browser.get(changed.location)
    ticked = [each["value"] for each in soup(page).select("#rights input[checked]")]
    assert ticked == ["offers", "team"]
    assert stored(app)["Trainee"] == ["offers", "team"]
    removed = post(browser, "/roles/4/removal")
    assert "The role is removed." in browser.get(removed.location).text
    assert "Trainee" not in stored(app)


@pytest.mark.parametrize("name", ["", "coach", "x" * 101, "—"])
def test_a_name_that_will_not_do_is_shown_again(
    clinic: Clinic, app: Flask, sign_in: SignIn, name: str
) -> None:
    clinic()
    browser = sign_in(ANA)
    for answer in (
        post(browser, "/roles", name=name, rights=["team"]),
        save(browser, 1, name=name, rights=["team"]),
    ):
        assert answer.status_code == 422
        assert soup(answer).select_one("#name")["aria-invalid"] == "true"
        assert soup(answer).select_one("#name")["value"] == name
        assert soup(answer).select("#rights input[checked][value=team]")
    assert set(stored(app)) == {"Nutritionist", "Coach", "Front desk"}


def test_a_right_that_one_lacks_is_shown_as_it_is_and_can_not_be_given(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic(dee_may=["team"])
    with app.app_context(), transaction() as session:
        session.execute(update(Role).where(Role.name == "Coach").values(rights=["clients"]))
    browser = sign_in(DEE)
    page = soup(browser.get("/roles/2"))
    disabled = [each["value"] for each in page.select("#rights input[disabled]")]
    assert disabled == ["offers", "clients", "settings"]
    # A box that can't be changed isn't sent, so what it says goes along hidden.
    assert [each["value"] for each in page.select("#rights input[type=hidden]")] == ["clients"]
    assert save(browser, 2, name="Coach", rights=["clients", "team"]).status_code == 303
    forged = save(browser, 2, name="Coach", rights=["clients", "settings"])
    assert forged.status_code == 422
    assert "only rights that you have" in forged.text
    assert stored(app)["Coach"] == ["clients", "team"]
    assert post(browser, "/roles", name="Boss", rights=["owner"]).status_code == 422


def test_the_second_of_two_editors_is_told_what_is_stored_and_can_save_again(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    browser = sign_in(ANA)
    before = seen(browser.get("/roles/2"))
    save(browser, 2, name="Trainer", rights=["offers", "team"])
    answer = post(browser, "/roles/2", seen=before, name="Tutor", rights=["clients"])
    assert answer.status_code == 409
    page = soup(answer)
    assert "Somebody else saved changes" in words(page.select_one(".notice"))
    assert [words(each) for each in page.select(".differs div")] == [
        "Name stored now: Trainer",
        "What its members may do stored now: Edit packages and sharing, Manage the team",
    ]
    assert page.select_one("#name")["value"] == "Tutor"
    assert [each["value"] for each in page.select("#rights input[checked]")] == ["clients"]
    assert stored(app)["Trainer"] == ["offers", "team"]
    unseen = post(browser, "/roles/2", seen=before, name="", rights=["clients"])
    assert (unseen.status_code, seen(unseen)) == (422, before)
    again = post(browser, "/roles/2", seen=seen(answer), name="Tutor", rights=["clients"])
    assert again.status_code == 303
    assert stored(app)["Tutor"] == ["clients"]


def test_it_warns_of_the_packages_and_services_that_name_it(
    clinic: Clinic, sign_in: SignIn
) -> None:
    clinic(
        allow="roles", restrict_to=["Coach"], sharing="roles", shared_with=["Coach", "Nutritionist"]
    )
    page = soup(sign_in(ANA).get("/roles/2"))
    assert "named by Reset (package), Follow-up (service)" in words(page.select_one(".notice"))


def test_a_role_that_is_needed_is_not_removed(clinic: Clinic, app: Flask, sign_in: SignIn) -> None:
    clinic()
    browser = sign_in(ANA)
    assert "removal" not in browser.get("/roles/1").text
    answer = post(browser, "/roles/1/removal")
    assert answer.status_code == 409
    assert "it’s the role of Ana Ruiz, Ben Okafor" in words(soup(answer).select_one(".notice"))
    assert "Nutritionist" in stored(app)


def test_a_role_that_is_not_there(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    browser = sign_in(ANA)
    assert browser.get("/roles/99").status_code == 404
    assert post(browser, "/roles/99/removal").status_code == 404
