"""The package editor without JavaScript: every field, lines, two editors at once, who may."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.db import db
from portal.models import Activity, Member, Package, Service
from portal.queries.packages import PackageValues, values_of
from portal.transaction import transaction
from tests.clinics import ANA, BEN, CHO, DEE
from tests.web.practice.people import FRAGMENT, csrf_token, soup
from tests.web.visitor import Page, Visitor

Clinic = Callable[..., None]
SignIn = Callable[[str], FlaskClient]
EDITOR = "/packages/1"
TEXTS = ("name", "slug", "description", "price", "valid_days", "weekly_limit", "terms")


@pytest.fixture
def ana(clinic: Clinic, sign_in: SignIn) -> Visitor:
    """Ana, signed in, in the clinic of the scenarios."""
    clinic()
    return Visitor(sign_in(ANA))


def stored(app: Flask) -> PackageValues:
    """What is stored of the package Reset."""
    with app.app_context():
        return values_of(db.session.get_one(Package, 1))


def post(visitor: Visitor, url: str, **changes: Any) -> Page:
    """Send the editor's form as its page has it, with some fields changed: lists are lists."""
    form = visitor.get(EDITOR).one("#package-editor")
    data: dict[str, Any] = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        name = str(field["name"])
        if field.get("type") in ("checkbox", "radio") and not field.has_attr("checked"):
            continue
        if field.name == "select":
            value = field.select_one("option[selected]")["value"]
        else:
            value = field.get_text() if field.name == "textarea" else field.get("value", "")
        data.setdefault(name, []).append(value)
    for name, value in changes.items():
        if value is None:
            data.pop(name, None)
        else:
            data[name] = value
    response = visitor.client.post(url, data=data, follow_redirects=True)
    return Page(response)


def lines(page: Page) -> list[tuple[str, str]]:
    """Which services, and how many sessions, the lines say."""
    return [
        (
            str((row.select_one("option[selected]") or row.select_one("option"))["value"]),
            str(row.select_one("[name=sessions]")["value"]),
        )
        for row in page.soup.select(".lines-of-package > li:not(.none)")
    ]


def ids(app: Flask) -> dict[str, str]:
    """The numbers of the services and members, as text, by slug or address."""
    with app.app_context():
        rows = [*db.session.execute(select(Service.slug, Service.id))]
        rows += db.session.execute(select(Member.email, Member.id))
        return {name: str(id_) for name, id_ in rows}


def errors(page: Page) -> list[str]:
    return page.all(".error:not([hidden])")


def test_the_page_shows_what_is_stored(ana: Visitor) -> None:
    page = ana.get(EDITOR)
    assert page.one("h1").text == "Reset"
    assert page.one("#name")["value"] == "Reset"
    assert page.one("#price")["value"] == "420.00"
    assert page.one("#valid_days")["value"] == "90"
    assert page.one("#assigned_to option[selected]").text == "Ana Ruiz"
    assert lines(page) == [("1", "1"), ("2", "3")]
    assert page.one("#team_booking").has_attr("checked")
    assert page.one("#allow option[selected]").text == "Any team member"
    assert page.one("button[form=package-editor]").text == "Save Changes"
    assert "Clients who already have this package keep theirs" in page.text


def test_saving_without_a_change_changes_nothing(ana: Visitor, app: Flask) -> None:
    before = stored(app)
    page = post(ana, EDITOR)
    assert page.all(".notice.good") == ["Saved."]
    assert stored(app) == before


def test_what_is_saved_is_shown(ana: Visitor, app: Flask) -> None:
    page = post(
        ana,
        EDITOR,
        name="Reset  plus",
        slug="",
        description="One.\r\nTwo.",
        price="99,5",
        valid_days="",
        weekly_limit="2",
        terms="Be on time.",
        service=["2"],
        sessions=["7"],
    )
    assert page.status == 200
    assert [page.one(f"#{name}").get("value") for name in ("name", "slug", "price")] == [
        "Reset plus",
        "reset",
        "99.50",
    ]
    assert lines(page) == [("2", "7")]
    assert stored(app).description == "One.\nTwo."
    assert (stored(app).valid_days, stored(app).weekly_limit) == (None, 2)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", "…"),
        ("name", "x" * 201),
        ("slug", "Ä b"),
        ("price", "much"),
        ("price", "-1"),
        ("valid_days", "0"),
        ("weekly_limit", "1.5"),
        ("monthly_limit", "100001"),
        ("assigned_to", "99999999999999999999"),
        ("allow", "everybody"),
    ],
)
def test_what_can_not_be_read_is_said_beside_its_field_and_kept(
    ana: Visitor, app: Flask, field: str, typed: str
) -> None:
    before = stored(app)
    page = post(ana, EDITOR, **{field: typed, "description": "typed meanwhile"})
    assert page.status == 422
    assert page.one(f"#{field}")["aria-invalid"] == "true"
    assert page.one(f"#{field}-error")
    assert page.one("#description").text == "typed meanwhile"
    if field in TEXTS:
        assert page.one(f"#{field}").get("value") in (typed, typed.lower())
    assert stored(app) == before


@pytest.mark.parametrize(
    ("service", "sessions"), [("", "1"), ("x", "1"), ("1", "0"), ("1", ""), ("1", "100001")]
)
def test_a_line_that_can_not_be_read(ana: Visitor, app: Flask, service: str, sessions: str) -> None:
    before = stored(app)
    page = post(ana, EDITOR, service=["2", service], sessions=["3", sessions])
    assert page.status == 422
    assert page.one("#line-1-error")
    assert not page.soup.select("#line-0-error")
    assert page.one("#sessions-1")["value"] == sessions
    assert stored(app) == before


def test_scenario_12_a_service_that_the_assigned_practitioner_can_not_give(
    ana: Visitor, app: Flask
) -> None:
    before = stored(app)
    page = post(ana, EDITOR, assigned_to=ids(app)[BEN])
    assert page.status == 422
    assert page.one("#line-0-error").get_text(strip=True) == (
        "Ben Okafor can’t give Intake: they neither own it nor is it shared with them."
    )
    assert not page.soup.select("#line-1-error")
    assert stored(app) == before


def test_what_became_wrong_later_is_a_warning_until_it_is_saved(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic(package={"assigned_to": BEN, "outdated": True})
    visitor = Visitor(sign_in(ANA))
    warning = "Ben Okafor neither owns Intake nor is it shared with them any more."
    assert warning in visitor.get(EDITOR).text
    page = post(visitor, EDITOR, name="Renamed")
    assert (page.status, stored(app).name) == (422, "Reset")
    assert page.one("#name")["value"] == "Renamed"
    assert page.one("#line-0-error")


def test_lines_are_added_removed_and_moved_without_anything_being_stored(
    ana: Visitor, app: Flask
) -> None:
    before = stored(app)
    page = post(ana, EDITOR + "/items", change="add", name="Typed meanwhile")
    assert page.status == 200
    assert lines(page) == [("1", "1"), ("2", "3"), ("", "1")]
    assert page.one("#name")["value"] == "Typed meanwhile"
    assert page.one("[autofocus]")["id"] == "service-2"
    assert errors(page) == []
    page = post(ana, EDITOR + "/items", change="down-0")
    assert lines(page) == [("2", "3"), ("1", "1")]
    assert page.one("[autofocus]")["id"] == "up-1"
    page = post(ana, EDITOR + "/items", change="up-1")
    assert lines(page) == [("2", "3"), ("1", "1")]
    assert page.one("[autofocus]")["id"] == "down-0"
    page = post(ana, EDITOR + "/items", change="remove-0")
    assert lines(page) == [("2", "3")]
    assert page.one("[autofocus]")["id"] == "remove-0"
    assert page.one("#package-editor-unsaved").text == "There are changes that aren’t saved yet."
    assert stored(app) == before


def test_the_only_service_that_is_in_no_line_yet_is_chosen(ana: Visitor) -> None:
    add = EDITOR + "/items"
    assert lines(post(ana, add, change="add", service=["2"], sessions=["3"])) == [
        ("2", "3"),
        ("1", "1"),
    ]
    # With both left, somebody has to say which.
    assert lines(post(ana, add, change="add", service=None, sessions=None)) == [("", "1")]


@pytest.mark.parametrize("change", ["", "up-0", "down-1", "remove-9", "remove-x", "drop-0", "up"])
def test_a_made_up_change_changes_nothing(ana: Visitor, change: str) -> None:
    assert lines(post(ana, EDITOR + "/items", change=change)) == [("1", "1"), ("2", "3")]


def test_the_last_line_can_be_removed_and_the_package_has_nothing_to_book(
    ana: Visitor, app: Flask
) -> None:
    page = post(ana, EDITOR + "/items", change="remove-0", service=["1"], sessions=["1"])
    assert lines(page) == []
    assert page.one("[autofocus]")["id"] == "add-line"
    assert post(ana, EDITOR, service=None, sessions=None).status == 200
    assert stored(app).lines == ()


def test_the_fragment_of_the_lines_is_the_pages(ana: Visitor) -> None:
    token = csrf_token(ana.client, EDITOR)
    data = {"csrf_token": token, "change": "add", "service": ["1"], "sessions": ["x"]}
    whole = ana.client.post(EDITOR + "/items", data=data)
    alone = ana.client.post(EDITOR + "/items", data=data, headers=FRAGMENT)
    roots = [tag for tag in soup(alone) if tag.name]
    assert [root["id"] for root in roots] == ["items"]
    assert roots[0].select("li") == soup(whole).select_one("#items").select("li")


def test_the_second_of_two_editors_is_told_what_differs_and_loses_nothing(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic()
    ana, dee = Visitor(sign_in(ANA)), Visitor(sign_in(DEE))
    assert post(dee, EDITOR, name="Dee’s name").status == 200
    page = post(ana, EDITOR, version="1", name="Ana’s name", terms="Be on time.")
    assert page.status == 409
    assert "Somebody else saved changes while you were editing" in page.one("[autofocus]").text
    rows = [row.get_text("|", strip=True) for row in page.soup.select(".differences tbody tr")]
    assert rows == ["Name|Dee’s name|Ana’s name", "Terms|–|Be on time."]
    assert page.one("#name")["value"] == "Ana’s name"
    assert stored(app).name == "Dee’s name"
    assert page.one("[name=version]")["value"] == "2"
    again = post(ana, EDITOR, version="2", name="Ana’s name", terms="Be on time.")
    assert again.all(".notice.good") == ["Saved."]
    assert stored(app).name == "Ana’s name"


@pytest.mark.parametrize("version", [None, "", "x", "-1", "9" * 5000])
def test_a_save_that_says_no_version_is_told_what_is_stored(
    ana: Visitor, app: Flask, version: str | None
) -> None:
    page = post(ana, EDITOR, version=version, name="Another name")
    assert page.status == 409
    assert "Somebody else saved changes while you were editing" in page.one("[autofocus]").text
    assert page.one("#name")["value"] == "Another name"
    assert page.one("[name=version]")["value"] == "1"
    assert stored(app).name == "Reset"


def test_a_new_package(ana: Visitor, app: Flask) -> None:
    page = ana.get("/packages/new")
    assert page.one("#assigned_to option[selected]").text == "Ana Ruiz"
    assert not page.one("#team_booking").has_attr("checked")
    assert page.one("#allow option[selected]").text == "Assigned team member only"
    data = {
        "csrf_token": csrf_token(ana.client, "/packages/new"),
        "version": "0",
        "name": "Kick-off",
        "assigned_to": ids(app)[ANA],
        "service": ["2"],
        "sessions": ["2"],
        "has_team_booking": "1",
        "allow": "assigned",
    }
    answer = ana.client.post("/packages/new", data=data)
    assert answer.status_code == 303
    assert answer.location == "/packages/2?saved=1"
    assert lines(ana.get(answer.location)) == [("2", "2")]
    assert ana.get("/book/kick-off").status == 200
    wrong = ana.client.post("/packages/new", data={**data, "name": "", "slug": "reset"})
    assert wrong.status_code == 422
    taken = ana.client.post("/packages/new", data={**data, "slug": "reset"})
    assert soup(taken).select_one("#slug-error")


def test_a_new_package_of_somebody_who_is_not_bookable_begins_with_the_first_who_is(
    clinic: Clinic, sign_in: SignIn
) -> None:
    clinic()
    page = Visitor(sign_in(DEE)).get("/packages/new")
    assert page.one("#assigned_to option[selected]").text == "Ana Ruiz"


def test_a_copy_is_opened_in_the_editor(ana: Visitor) -> None:
    token = csrf_token(ana.client, EDITOR)
    answer = ana.client.post("/packages/1/copies", data={"csrf_token": token})
    assert answer.location == "/packages/2?copied=1"
    page = ana.get(answer.location)
    assert page.one("#name")["value"] == "Copy of Reset"
    assert lines(page) == [("1", "1"), ("2", "3")]


def test_an_archived_package_is_not_offered_and_can_be_restored(ana: Visitor) -> None:
    token = csrf_token(ana.client, EDITOR)
    for act, status in (("archive", 410), ("restoration", 200)):
        answer = ana.client.post(f"/packages/1/{act}", data={"csrf_token": token})
        assert answer.location.startswith("/practice/services?done=")
        assert ana.get("/book/reset").status == status


def test_a_package_is_moved_in_the_list(ana: Visitor, app: Flask) -> None:
    token = csrf_token(ana.client, EDITOR)
    ana.client.post("/packages/1/copies", data={"csrf_token": token})
    data = {"csrf_token": token, "direction": "up"}
    assert ana.client.post("/packages/2/position", data=data).status_code == 303
    with app.app_context():
        assert list(db.session.scalars(select(Package.id).order_by(Package.position))) == [2, 1]
    assert (
        ana.client.post("/packages/2/position", data=data | {"direction": "x"}).status_code == 404
    )


ACTS = ("", "/items", "/bookability", "/copies", "/archive", "/restoration", "/position")


@pytest.mark.parametrize("path", [*(EDITOR + act for act in ACTS), "/packages/new"])
def test_scenario_11_whoever_has_not_the_right_is_refused_and_nothing_is_stored(
    clinic: Clinic, sign_in: SignIn, app: Flask, path: str
) -> None:
    clinic(dee_may=["clients", "team", "settings"])
    before = stored(app)
    for email in (BEN, CHO, DEE):
        browser = sign_in(email)
        token = csrf_token(browser, "/packages/1/share")
        data = {
            "csrf_token": token,
            "name": "Mine",
            "version": "1",
            "direction": "up",
            "assigned_to": "1",
            "allow": "any",
            "team_booking": "y",
            "has_team_booking": "1",
        }
        assert browser.post(path, data=data).status_code == 403
        assert browser.get(EDITOR).status_code == 403
    assert stored(app) == before
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Package)) == 1
        assert not db.session.scalar(
            select(func.count()).select_from(Activity).where(Activity.act.startswith("package."))
        )


def test_nobody_gets_in_without_signing_in(clinic: Clinic, client: FlaskClient) -> None:
    clinic()
    for path in (EDITOR, "/packages/new", EDITOR + "/preview", "/bookability"):
        assert "/sign-in" in client.get(path).location
    assert client.get("/packages/99").status_code != 200


def test_a_package_that_is_not_there(ana: Visitor) -> None:
    for path in ("/packages/99", "/packages/99/preview", "/packages/99999999999999"):
        assert ana.get(path).status == 404
    token = csrf_token(ana.client, EDITOR)
    for act in ("copies", "archive", "restoration", "bookability", "items"):
        answer = ana.client.post(f"/packages/99/{act}", data={"csrf_token": token})
        assert answer.status_code == 404


def test_the_preview_is_the_public_page_and_nothing_can_be_held(ana: Visitor, app: Flask) -> None:
    page, public = ana.get("/packages/1/preview"), ana.get("/book/reset")
    assert "Preview: this is the booking page" in page.text
    assert page.openings() == public.openings()
    assert page.soup.select(".slots button")
    assert all(button.has_attr("disabled") for button in page.soup.select("form.week button"))
    assert not page.soup.select("form[method=post]")
    assert "Preview" not in public.text
    assert ana.client.post("/packages/1/preview").status_code == 405
    assert page.response.headers["Cache-Control"] == "no-store"
    week = page.one("#next-week")["hx-get"]
    assert str(week).startswith("/packages/1/preview?")
    alone, whole = ana.fragment(str(week)), ana.get(str(week))
    assert alone.openings() == whole.openings() != []
    assert all(button.has_attr("disabled") for button in alone.soup.select("form.week button"))


def test_the_preview_of_an_archived_package_shows_what_it_would_be(
    clinic: Clinic, sign_in: SignIn
) -> None:
    clinic(package={"archived": True})
    page = Visitor(sign_in(BEN)).get("/packages/1/preview")
    assert page.openings()
    assert "This package is archived" in page.text
    assert page.one(".preview-bar a")["href"] == "/practice/services"


def test_on_the_solo_plan_the_toggle_is_hidden_and_saving_keeps_the_settings(
    clinic: Clinic, sign_in: SignIn, app: Flask
) -> None:
    clinic(allow="members", restrict_to=[BEN], practice={"plan": "solo"})
    visitor = Visitor(sign_in(ANA))
    page = visitor.get(EDITOR)
    assert not page.soup.select("#team_booking, #team-booking-dialog, [name=members]")
    before = stored(app).team_booking
    assert post(visitor, EDITOR, name="Renamed").all(".notice.good") == ["Saved."]
    assert stored(app).name == "Renamed"
    assert stored(app).team_booking == before
    with app.app_context(), transaction() as session:
        session.execute(db.text("UPDATE practice SET plan = 'team'"))
    # A page from before the plan was changed has no team booking in it, and takes none away.
    assert post(visitor, EDITOR, has_team_booking=None, team_booking=None).status == 200
    assert stored(app).team_booking == before
