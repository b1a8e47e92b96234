"""Who offers what: services and packages against people, many at once."""

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portal.models import Member, Service
from portal.transaction import transaction
from tests.clinics import ANA, BEN, CHO, DEE, NOW
from tests.web.practice.people import csrf_token, soup, words
from tests.web.visitor import Visitor, fields

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]
ADDRESS = "/practice/sharing"


def cells(page: BeautifulSoup, table: int = 0) -> dict[str, dict[str, str]]:
    """What the table shows, by row and column: the cell's text or whether it's ticked."""
    found = page.select("table.sharing")[table]
    people = [words(head) for head in found.select("thead th")[1:]]
    rows = {}
    for row in found.select("tbody tr"):
        chosen = row.select_one("option[selected]")
        name = words(row.a)
        shown = [_cell(cell, str(chosen["value"]) if chosen else "") for cell in row.select("td")]
        rows[name] = dict(zip(people, shown, strict=True))
    return rows


def _cell(cell: Any, sharing: str) -> str:
    box = cell.select_one("input")
    if not box:
        return words(cell)
    if sharing == "members":
        return "ticked" if box.has_attr("checked") else "not ticked"
    return words(cell.select_one(f".in-{sharing}"))


def typed(page: BeautifulSoup, **changes: Any) -> dict[str, Any]:
    """What the table sends as it stands, with some fields changed."""
    form = page.select_one("#sharing-table")
    assert form
    values: dict[str, Any] = dict(fields(form))
    values["service"] = [str(each["value"]) for each in form.select("[name=service]")]
    for box in form.select("input[type=checkbox]"):
        values[str(box["name"])] = []
    for box in form.select("input[type=checkbox][checked]"):
        values[str(box["name"])].append(str(box["value"]))
    return {**values, **{name.replace("_", "-"): value for name, value in changes.items()}}


@pytest.fixture
def ids(app: Flask) -> Callable[[str], int]:
    """The id of a member by address, or of a service by slug."""

    def find(name: str) -> int:
        member = select(Member.id).where(Member.email == name)
        service = select(Service.id).where(Service.slug == name)
        with app.app_context(), transaction() as session:
            return next(filter(None, map(session.scalar, (member, service))))

    return find


@pytest.mark.parametrize(
    ("sharing", "shared_with", "ben", "cho"),
    [
        pytest.param("private", [], "–", "–", id="private"),
        pytest.param("all", [], "✓ all", "✓ all", id="all"),
        pytest.param("members", [BEN], "ticked", "not ticked", id="members"),
        pytest.param("roles", ["Coach"], "–", "✓ role", id="roles"),
    ],
)
def test_each_cell_says_whether_and_how_the_service_is_shared(
    clinic: Clinic, sign_in: SignIn, sharing: str, shared_with: list[str], ben: str, cho: str
) -> None:
    clinic(sharing=sharing, shared_with=shared_with)
    row = cells(soup(sign_in(ANA).get(ADDRESS)))["Follow-up"]
    assert row == {"Ana Ruiz": "Owner", "Ben Okafor": ben, "Cho Park": cho}


@pytest.mark.parametrize(
    ("settings", "ben", "cho"),
    [
        pytest.param({"enabled": False, "allow": "any"}, False, False, id="off"),
        pytest.param({"allow": "assigned"}, False, False, id="assigned"),
        pytest.param({"allow": "any"}, True, True, id="any"),
        pytest.param({"allow": "members", "restrict_to": [BEN]}, True, False, id="members"),
        pytest.param({"allow": "roles", "restrict_to": ["Coach"]}, False, True, id="roles"),
        pytest.param({"practice": {"plan": "solo"}}, False, False, id="solo"),
    ],
)
def test_packages_show_whom_their_team_booking_includes(
    clinic: Clinic, sign_in: SignIn, settings: dict[str, Any], ben: bool, cho: bool
) -> None:
    clinic(**settings)
    row = cells(soup(sign_in(ANA).get(ADDRESS)), table=1)["Reset"]
    said = {True: "✓ included", False: "– not included"}
    assert row == {"Ana Ruiz": "Assigned", "Ben Okafor": said[ben], "Cho Park": said[cho]}


def test_deactivated_people_and_archived_services_are_not_in_it(
    clinic: Clinic, app: Flask, sign_in: SignIn
) -> None:
    clinic()
    with app.app_context(), transaction() as session:
        session.execute(update(Member).where(Member.email == CHO).values(deactivated_at=NOW))
        session.execute(update(Service).where(Service.slug == "intake").values(archived_at=NOW))
    table = cells(soup(sign_in(ANA).get(ADDRESS)))
    assert table == {"Follow-up": {"Ana Ruiz": "Owner", "Ben Okafor": "✓ all"}}


def test_many_are_saved_at_once_and_are_in_effect(
    clinic: Clinic, app: Flask, sign_in: SignIn, ids: Callable[[str], int]
) -> None:
    clinic(sharing="all")
    ana, intake, follow_up = sign_in(ANA), ids("intake"), ids("follow-up")
    changes: dict[str, Any] = {
        f"sharing-{intake}": "members",
        f"members-{intake}": [str(ids(CHO))],
        f"sharing-{follow_up}": "private",
    }
    answer = ana.post(ADDRESS, data=typed(soup(ana.get(ADDRESS)), **changes))
    assert answer.location == f"{ADDRESS}?saved=1"
    table = cells(soup(ana.get(answer.location)))
    assert table["Intake"]["Cho Park"] == "ticked"
    assert table["Follow-up"]["Ben Okafor"] == "–"
    visitor = Visitor(app.test_client())
    intakes = visitor.get("/book/reset?service=intake").openings()
    assert any("Cho" in opening for opening in intakes)
    assert not any(
        "Cho" in each for each in visitor.get("/book/reset?service=follow-up").openings()
    )


def test_a_row_that_changed_meanwhile_is_named_and_nothing_is_saved(
    clinic: Clinic, sign_in: SignIn, ids: Callable[[str], int]
) -> None:
    clinic(sharing="private", dee_may=["offers"])
    ana, dee, intake, follow_up = sign_in(ANA), sign_in(DEE), ids("intake"), ids("follow-up")
    anas, dees = soup(ana.get(ADDRESS)), soup(dee.get(ADDRESS))
    ana.post(ADDRESS, data=typed(anas, **{f"sharing-{follow_up}": "all"}))
    both = {
        f"sharing-{intake}": "all",
        f"sharing-{follow_up}": "members",
        f"members-{follow_up}": [str(ids(BEN))],
    }
    answer = dee.post(ADDRESS, data=typed(dees, **both))
    page = soup(answer)
    assert answer.status_code == 409
    notice = words(page.select_one(".notice.warning"))
    assert "changed Follow-up while" in notice
    assert "Intake" not in notice
    assert "Stored now: All team members" in words(page.select_one(".wrong-row"))
    assert cells(page)["Follow-up"]["Ben Okafor"] == "ticked"
    assert cells(page)["Intake"]["Ben Okafor"] == "✓ all"
    stored = cells(soup(ana.get(ADDRESS)))
    assert (stored["Intake"]["Cho Park"], stored["Follow-up"]["Cho Park"]) == ("–", "✓ all")
    assert dee.post(ADDRESS, data=typed(page)).status_code == 303
    stored = cells(soup(ana.get(ADDRESS)))
    assert stored["Follow-up"]["Ben Okafor"] == "ticked"
    assert stored["Intake"]["Ben Okafor"] == "✓ all"


def test_a_row_that_one_did_not_touch_stays_as_somebody_else_left_it(
    clinic: Clinic, sign_in: SignIn, ids: Callable[[str], int]
) -> None:
    clinic(sharing="private", dee_may=["offers"])
    ana, dee = sign_in(ANA), sign_in(DEE)
    anas, dees = soup(ana.get(ADDRESS)), soup(dee.get(ADDRESS))
    ana.post(ADDRESS, data=typed(anas, **{f"sharing-{ids('follow-up')}": "all"}))
    answer = dee.post(ADDRESS, data=typed(dees, **{f"sharing-{ids('intake')}": "all"}))
    assert answer.status_code == 303
    stored = cells(soup(ana.get(ADDRESS)))
    assert stored["Follow-up"]["Ben Okafor"] == stored["Intake"]["Ben Okafor"] == "✓ all"


def test_a_row_that_names_nobody_is_marked_and_nothing_is_saved(
    clinic: Clinic, sign_in: SignIn, ids: Callable[[str], int]
) -> None:
    clinic(sharing="private")
    ana, follow_up = sign_in(ANA), ids("follow-up")
    changes = {f"sharing-{follow_up}": "members", f"sharing-{ids('intake')}": "all"}
    answer = ana.post(ADDRESS, data=typed(soup(ana.get(ADDRESS)), **changes))
    page = soup(answer)
    assert answer.status_code == 422
    assert "tick at least one person" in words(page.find(id=f"error-{follow_up}"))
    assert cells(page)["Intake"]["Ben Okafor"] == "✓ all", "what was chosen is still there"
    assert cells(soup(ana.get(ADDRESS)))["Intake"]["Ben Okafor"] == "–"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("sharing", "everybody", id="a-made-up-choice"),
        pytest.param("members", ["x"], id="no-number"),
        pytest.param("version", "", id="no-version"),
    ],
)
def test_a_made_up_form_is_refused(
    clinic: Clinic, sign_in: SignIn, ids: Callable[[str], int], name: str, value: Any
) -> None:
    clinic()
    ana = sign_in(ANA)
    form = typed(soup(ana.get(ADDRESS)), **{f"{name}-{ids('follow-up')}": value})
    assert ana.post(ADDRESS, data=form).status_code == 409


def test_dees_id_in_a_made_up_form_is_refused(
    clinic: Clinic, sign_in: SignIn, ids: Callable[[str], int]
) -> None:
    clinic(sharing="private")
    ana, follow_up = sign_in(ANA), ids("follow-up")
    changes = {f"sharing-{follow_up}": "members", f"members-{follow_up}": [str(ids(DEE))]}
    form = typed(soup(ana.get(ADDRESS)), **changes)
    assert ana.post(ADDRESS, data=form).status_code == 409
    assert cells(soup(ana.get(ADDRESS)))["Follow-up"]["Ben Okafor"] == "–"


def test_it_needs_the_right(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    ben = sign_in(BEN)
    token = {"csrf_token": csrf_token(ben, "/practice/services")}
    assert ben.get(ADDRESS).status_code == 403
    assert ben.post(ADDRESS, data=token).status_code == 403


def test_a_search_finds_services_and_packages(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    ana = sign_in(ANA)
    assert set(cells(soup(ana.get(f"{ADDRESS}?words=int")))) == {"Intake"}
    text = words(soup(ana.get(f"{ADDRESS}?words=xyz")).main)
    assert "No service is found." in text
    assert "No package is found." in text


def test_saving_stays_on_the_page_that_was_shown(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    visitor = Visitor(sign_in(ANA))
    page = visitor.get(f"{ADDRESS}?words=int")
    form = page.one("#sharing-table")
    assert str(form["action"]) == f"{ADDRESS}?words=int"
    answer = visitor.client.post(str(form["action"]), data=typed(page.soup))
    assert answer.location == f"{ADDRESS}?words=int&saved=1"
