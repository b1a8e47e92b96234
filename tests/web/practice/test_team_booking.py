"""Team booking in the editor without JavaScript: the dialog's content stands in the page."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.db import db
from portal.models import Member, Package, Role
from portal.queries.packages import values_of
from portal.scheduling.eligibility import Allow, TeamBooking
from portal.transaction import transaction
from tests.clinics import ANA, BEN, CHO, DEE, NOW
from tests.web.practice.test_packages import EDITOR, errors, ids, post
from tests.web.visitor import Visitor

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]
OFF = {"enabled": False, "allow": "assigned"}


def settings(app: Flask) -> TeamBooking:
    """What is stored of the package's team booking."""
    with app.app_context():
        found = values_of(db.session.get_one(Package, 1)).team_booking
        assert found
        return found


def role_id(app: Flask, name: str) -> str:
    with app.app_context():
        return str(db.session.scalars(select(Role.id).where(Role.name == name)).one())


def test_the_picklist_has_the_words_of_the_article(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    page = Visitor(sign_in(ANA)).get(EDITOR)
    assert page.one("label[for=allow]").text == "Allow bookings with"
    assert page.all("#allow option") == [
        "Assigned team member only",
        "Any team member",
        "Specific team members",
        "Team members in specific roles",
    ]
    toggle = page.one("label:has(#team_booking)")
    assert toggle.text.strip() == "Allow clients to request sessions with other team members"
    assert page.all("fieldset#members legend, fieldset#roles legend") == ["Restrict to"] * 2
    assert "Done" in page.all("#team-booking-dialog button")
    assert page.all("#edit-settings") == ["Edit settings"]


def test_only_active_practitioners_are_offered_and_the_assigned_one_is_a_fixed_chip(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic()
    with app.app_context(), transaction() as session:
        session.scalars(select(Member).where(Member.email == CHO)).one().deactivated_at = NOW
    page = Visitor(sign_in(ANA)).get(EDITOR)
    shown = page.soup.select("fieldset#members label:not([hidden])")
    assert [label.get_text(" ", strip=True) for label in shown] == ["Ben Okafor Nutritionist"]
    assert page.one(".chips .fixed").get_text(" ", strip=True) == (
        "Ana Ruiz assigned, always bookable"
    )
    assert page.all("#assigned_to option") == ["Ana Ruiz", "Ben Okafor"]


def test_newly_enabled_it_is_the_assigned_team_member_only_and_says_so(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic(enabled=False, allow="assigned")
    visitor = Visitor(sign_in(ANA))
    assert visitor.get(EDITOR).one("#team-summary").text == "Clients book with Ana Ruiz only."
    page = post(visitor, EDITOR + "/bookability", team_booking="y")
    assert page.one("#allow option[selected]").text == "Assigned team member only"
    assert page.one("#team-summary").text == (
        "Nobody was added yet: clients can book with Ana Ruiz only."
    )
    assert settings(app) == TeamBooking()


def test_once_it_is_saved_the_assigned_team_member_only_is_no_omission(
    clinic: Clinic, sign_in: SignIn
) -> None:
    clinic(enabled=True, allow="assigned")
    visitor = Visitor(sign_in(ANA))
    assert visitor.get(EDITOR).one("#team-summary").text == "Clients book with Ana Ruiz only."


@pytest.mark.parametrize(("mode", "field"), [("members", "members"), ("roles", "roles")])
def test_scenario_08_an_empty_list_is_a_field_error_and_what_is_stored_remains(
    clinic: Clinic, sign_in: SignIn, app: Flask, mode: str, field: str
) -> None:
    clinic(allow="any")
    before = settings(app)
    page = post(Visitor(sign_in(ANA)), EDITOR, allow=mode, members=None, roles=None, name="New")
    assert page.status == 422
    assert page.one(f"#{field}-error")
    assert page.one("#name")["value"] == "New"
    assert page.one("#allow option[selected]")["value"] == mode
    assert settings(app) == before


def test_scenario_10_the_dialog_shows_what_is_stored(clinic: Clinic, sign_in: SignIn) -> None:
    clinic(allow="members", restrict_to=[BEN])
    page = Visitor(sign_in(ANA)).get(EDITOR)
    assert page.one("#allow option[selected]").text == "Specific team members"
    ticked = page.soup.select("fieldset#members label:has(input[checked])")
    assert [label.get_text(" ", strip=True) for label in ticked] == ["Ben Okafor Nutritionist"]
    assert page.one("#team-summary").text == "Clients can book with Ana Ruiz and: Ben Okafor."


@pytest.mark.parametrize("toggle", ["y", None], ids=["on", "off"])
@pytest.mark.parametrize("mode", ["assigned", "any", "members", "roles"])
def test_both_lists_are_kept_whatever_is_chosen(
    clinic: Clinic, sign_in: SignIn, app: Flask, mode: str, toggle: str | None
) -> None:
    clinic()
    visitor, known = Visitor(sign_in(ANA)), ids(app)
    coach = role_id(app, "Coach")
    post(visitor, EDITOR, members=[known[BEN]], roles=[coach])
    page = post(visitor, EDITOR, allow=mode, team_booking=toggle)
    assert page.all(".notice.good") == ["Saved."]
    assert settings(app) == TeamBooking(
        enabled=toggle == "y",
        allow=Allow(mode),
        members=frozenset({int(known[BEN])}),
        roles=frozenset({int(coach)}),
    )
    again = visitor.get(EDITOR)
    assert [box["value"] for box in again.soup.select("[name=members][checked]")] == [known[BEN]]
    assert [box["value"] for box in again.soup.select("[name=roles][checked]")] == [coach]


def test_scenario_11_an_admin_a_deactivated_person_and_made_up_numbers_are_refused(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic()
    visitor, known = Visitor(sign_in(ANA)), ids(app)
    with app.app_context(), transaction() as session:
        session.scalars(select(Member).where(Member.email == CHO)).one().deactivated_at = NOW
    before = settings(app)
    for wrong in (known[DEE], known[CHO], "999", "0", "-1", "x", "9" * 30):
        for mode in ("members", "any"):
            page = post(visitor, EDITOR, allow=mode, members=[known[BEN], wrong])
            assert page.status == 422, wrong
            assert page.one("#members-error")
            assert settings(app) == before
    for wrong in ("999", "x", ""):
        page = post(visitor, EDITOR, allow="roles", roles=[role_id(app, "Coach"), wrong])
        assert page.status == 422
        assert page.one("#roles-error")
        assert settings(app) == before


def test_whoever_was_deactivated_later_is_shown_as_such_and_kept(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic(allow="members", restrict_to=[BEN, CHO])
    with app.app_context(), transaction() as session:
        session.scalars(select(Member).where(Member.email == CHO)).one().deactivated_at = NOW
    visitor = Visitor(sign_in(ANA))
    assert "Cho Park Deactivated: can’t be booked" in visitor.get(EDITOR).text
    before = settings(app)
    assert post(visitor, EDITOR, name="Renamed").all(".notice.good") == ["Saved."]
    assert settings(app) == before


def test_an_error_in_the_dialog_is_told_on_the_page_too(clinic: Clinic, sign_in: SignIn) -> None:
    clinic()
    page = post(Visitor(sign_in(ANA)), EDITOR, allow="members", members=None)
    assert errors(page)[0] == "Team booking: Please choose at least one team member."
