"""Manage sharing: in effect at once, both ways, and what it would mean seen before it's saved."""

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portal.models import Member, Role, Service
from portal.transaction import transaction
from tests.clinics import ANA, BEN, CHO, DEE, NOW
from tests.web.practice.people import FRAGMENT, csrf_token, soup, words
from tests.web.visitor import Visitor

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def ids(app: Flask) -> Callable[[str], int]:
    """The id of a member by address, of a role by name, of a service by slug."""

    def find(name: str) -> int:
        queries = (
            select(Member.id).where(Member.email == name),
            select(Role.id).where(Role.name == name),
            select(Service.id).where(Service.slug == name),
        )
        with app.app_context(), transaction() as session:
            return next(filter(None, map(session.scalar, queries)))

    return find


def form_of(page: BeautifulSoup, **changes: Any) -> dict[str, Any]:
    form = page.select_one("#sharing-editor")
    assert form
    values: dict[str, Any] = {"members": [], "roles": []}
    for box in form.select("input[type=hidden], input[checked]"):
        if box["name"] in ("members", "roles"):
            values[str(box["name"])].append(str(box["value"]))
        else:
            values[str(box["name"])] = str(box["value"])
    return {**values, **changes}


def who(page: BeautifulSoup) -> dict[str, str]:
    """Who can offer it, with the page's own words."""
    return {
        words(line.select_one(".name")): words(line.select_one(".says"))
        for line in page.select(".offering li")
    }


def test_it_says_who_can_offer_the_service_and_why(
    clinic: Clinic, sign_in: SignIn, ids: Callable[[str], int], app: Flask
) -> None:
    clinic(sharing="roles", shared_with=["Nutritionist"])
    page = soup(sign_in(ANA).get(f"/services/{ids('follow-up')}/sharing"))
    assert who(page) == {
        "Ana Ruiz": "Yes : owns the service",
        "Ben Okafor": "Yes : it’s shared with the role Nutritionist",
        "Cho Park": "No : it isn’t shared with the role Coach",
        "Dee Novak": "No : admins aren’t booked",
    }
    assert "Reset assigned to Ana Ruiz" in words(page.main)


def test_whom_a_link_names_is_ticked_and_nothing_is_saved_by_that(
    clinic: Clinic, sign_in: SignIn, ids: Callable[[str], int]
) -> None:
    clinic(sharing="members", shared_with=[BEN])
    ana, cho = sign_in(ANA), ids(CHO)
    url = f"/services/{ids('follow-up')}/sharing"
    page = soup(ana.get(f"{url}?member={cho}"))
    assert form_of(page)["members"] == [str(ids(BEN)), str(cho)]
    assert who(page)["Cho Park"] == "Yes : it’s shared with them"
    assert "changes that aren’t saved yet" in words(page)
    stored = form_of(soup(ana.get(url)))
    assert stored["members"] == [str(ids(BEN))]
    saved = soup(ana.post(url, data=form_of(page), follow_redirects=True))
    assert form_of(saved)["members"] == [str(ids(BEN)), str(cho)]
    assert saved.select_one(".notice a")["href"] == "/bookability?package=1"
    # Private, with a list that is kept: the list isn't put in force along with whom the link names.
    ana.post(url, data=form_of(saved, sharing="private"))
    assert form_of(soup(ana.get(f"{url}?member={cho}")))["members"] == [str(cho)]
    # Whoever can't be named, or is among all already, changes nothing.
    assert form_of(soup(ana.get(f"{url}?member={ids(DEE)}")))["sharing"] == "private"
    ana.post(url, data=form_of(soup(ana.get(url)), sharing="all"))
    assert form_of(soup(ana.get(f"{url}?member={cho}")))["sharing"] == "all"


def test_only_active_practitioners_besides_the_owner_are_offered(
    clinic: Clinic, sign_in: SignIn, ids: Callable[[str], int], app: Flask
) -> None:
    clinic()
    with app.app_context(), transaction() as session:
        session.execute(update(Member).where(Member.email == CHO).values(deactivated_at=NOW))
    page = soup(sign_in(ANA).get(f"/services/{ids('follow-up')}/sharing"))
    assert [words(label) for label in page.select("#members label")] == ["Ben Okafor"]
    assert who(page)["Cho Park"] == "No : is deactivated"


def test_sharing_is_in_effect_at_once_and_so_is_taking_it_back(
    clinic: Clinic, app: Flask, sign_in: SignIn, ids: Callable[[str], int]
) -> None:
    clinic(sharing="private", allow="any")
    ana, address = sign_in(ANA), f"/services/{ids('follow-up')}/sharing"
    visitor, book = Visitor(app.test_client()), "/book/reset?service=follow-up"
    assert not any("Ben" in opening for opening in visitor.get(book).openings())
    form = form_of(soup(ana.get(address)), sharing="members", members=[str(ids(BEN))])
    assert ana.post(address, data=form).location == f"{address}?saved=1"
    shown = visitor.get(book)
    bens = next(opening for opening in shown.openings() if "Ben" in opening)
    assert not any("Cho" in opening for opening in shown.openings())
    form = form_of(soup(ana.get(address)), sharing="private")
    assert ana.post(address, data=form).status_code == 303
    assert not any("Ben" in opening for opening in visitor.get(book).openings())
    refused = visitor.press(shown, bens)
    assert refused.status == 409
    assert not any("Ben" in opening for opening in refused.openings())


@pytest.mark.parametrize("sharing", ["members", "roles"])
def test_scenario_08_an_empty_list_is_a_field_error_and_what_is_stored_remains(
    clinic: Clinic, sign_in: SignIn, ids: Callable[[str], int], sharing: str
) -> None:
    clinic(sharing="members", shared_with=[BEN])
    ana, address = sign_in(ANA), f"/services/{ids('follow-up')}/sharing"
    form = form_of(soup(ana.get(address)), sharing=sharing, members=[], roles=[])
    answer = ana.post(address, data=form)
    assert answer.status_code == 422
    assert "please choose at least one" in words(soup(answer).find(id=f"{sharing}-error"))
    now = form_of(soup(ana.get(address)))
    assert (now["sharing"], now["members"]) == ("members", [str(ids(BEN))])


def test_the_lists_are_kept_while_another_choice_is_in_force(
    clinic: Clinic, sign_in: SignIn, ids: Callable[[str], int]
) -> None:
    clinic(sharing="members", shared_with=[BEN])
    ana, address = sign_in(ANA), f"/services/{ids('follow-up')}/sharing"
    ana.post(address, data=form_of(soup(ana.get(address)), sharing="all"))
    now = form_of(soup(ana.get(address)))
    assert (now["sharing"], now["members"]) == ("all", [str(ids(BEN))])


def test_what_it_would_mean_is_seen_before_it_is_saved(
    clinic: Clinic, sign_in: SignIn, ids: Callable[[str], int]
) -> None:
    clinic(sharing="private")
    ana, address = sign_in(ANA), f"/services/{ids('follow-up')}/sharing"
    form = form_of(soup(ana.get(address)), sharing="roles", roles=[str(ids("Coach"))])
    part = soup(ana.post(f"{address}/preview", data=form, headers=FRAGMENT))
    page = soup(ana.post(f"{address}/preview", data=form))
    assert part.find("html") is None
    assert words(part) == words(page.select_one("#offering"))
    assert who(part)["Cho Park"].startswith("Yes")
    assert form_of(page)["sharing"] == "roles", "without a script the choice is still there"
    assert who(soup(ana.get(address)))["Cho Park"] == "No : the service is private"


def test_a_package_whose_practitioner_loses_the_service_is_named(
    clinic: Clinic, sign_in: SignIn, ids: Callable[[str], int], app: Flask
) -> None:
    clinic(
        sharing="all",
        package={"assigned_to": BEN, "items": [{"service": "follow-up", "sessions": 3}]},
    )
    ana, address = sign_in(ANA), f"/services/{ids('follow-up')}/sharing"
    page = soup(ana.get(address))
    assert page.select_one("#offering .warning") is None
    form = form_of(page, sharing="private")
    for answer in (
        ana.post(f"{address}/preview", data=form),
        ana.post(address, data=form, follow_redirects=True),
    ):
        warning = words(soup(answer).select_one("#offering .warning"))
        assert warning.startswith("Reset is assigned to Ben Okafor")
    visitor = Visitor(app.test_client())
    assert any("Ben" in opening for opening in visitor.get("/book/reset").openings())


@pytest.mark.parametrize("who_", [BEN, CHO])
def test_a_made_up_post_without_the_right_stores_nothing(
    clinic: Clinic, sign_in: SignIn, ids: Callable[[str], int], who_: str
) -> None:
    clinic(sharing="private", follow_up={"owner": BEN}, packages=[])
    browser, address = sign_in(who_), f"/services/{ids('follow-up')}/sharing"
    token = csrf_token(browser, "/practice/services")
    made_up = {"csrf_token": token, "version": "1", "sharing": "all"}
    for path in ("", "/preview"):
        assert browser.post(address + path, data=made_up).status_code == 403
    assert browser.get(address).status_code == 403
    assert form_of(soup(sign_in(ANA).get(address)))["sharing"] == "private"


def test_scenario_11_dees_id_in_a_made_up_post_is_refused(
    clinic: Clinic, sign_in: SignIn, ids: Callable[[str], int]
) -> None:
    clinic(sharing="private")
    ana, address = sign_in(ANA), f"/services/{ids('follow-up')}/sharing"
    form = form_of(soup(ana.get(address)), sharing="members", members=[str(ids(DEE))])
    assert ana.post(address, data=form).status_code == 409
    assert form_of(soup(ana.get(address)))["sharing"] == "private"


def test_the_second_of_two_is_told_and_keeps_their_choice(
    clinic: Clinic, sign_in: SignIn, ids: Callable[[str], int]
) -> None:
    clinic(sharing="private", dee_may=["offers"])
    address = f"/services/{ids('follow-up')}/sharing"
    ana, dee = sign_in(ANA), sign_in(DEE)
    anas, dees = (form_of(soup(browser.get(address))) for browser in (ana, dee))
    ana.post(address, data={**anas, "sharing": "all"})
    answer = dee.post(address, data={**dees, "sharing": "roles", "roles": [str(ids("Coach"))]})
    page = soup(answer)
    assert answer.status_code == 409
    assert "Somebody else saved changes" in words(page.select_one(".notice.warning"))
    assert form_of(page)["sharing"] == "roles"
    assert form_of(soup(ana.get(address)))["sharing"] == "all"
    assert dee.post(address, data=form_of(page)).status_code == 303


def test_on_the_solo_plan_the_page_says_what_that_means(
    clinic: Clinic, sign_in: SignIn, ids: Callable[[str], int]
) -> None:
    clinic(practice={"plan": "solo"})
    page = soup(sign_in(ANA).get(f"/services/{ids('follow-up')}/sharing"))
    assert "On the solo plan" in words(page.main)


def test_there_is_no_such_service(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    assert sign_in(ANA).get("/services/999/sharing").status_code == 404
