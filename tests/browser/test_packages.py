"""The package editor in a real browser: the dialog, what isn't saved yet, the live table."""

import re
from collections.abc import Callable
from functools import partial

import pytest
from playwright.sync_api import Dialog, Locator, Page, expect

from portal import clock
from tests.browser.clinic_site import ClinicSite, sign_in
from tests.clinics import lee

EDITOR = "/packages/1"
TOGGLE = "Allow clients to request sessions with other team members"
Start = Callable[..., str]


@pytest.fixture
def start(clinic_site: ClinicSite) -> Start:
    """Open a site with the clinic of the scenarios: `start(allow="members")` gives its address."""
    return partial(clinic_site.open_with, now=clock.now(), clients=[lee()])


def cell(page: Page, person: str, column: int = 1) -> str:
    """What the table says of a person and the service in a column, the second one by default."""
    row = page.locator(".bookability tbody tr", has=page.locator("th", has_text=person))
    return row.locator("td").nth(column).inner_text()


def expect_cell(page: Page, person: str, text: str) -> None:
    row = page.locator(".bookability tbody tr", has=page.locator("th", has_text=person))
    expect(row.locator("td").nth(1)).to_contain_text(text)


def unsaved(page: Page) -> str:
    return page.locator("#package-editor-unsaved").inner_text()


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Team booking")


def answer_questions(page: Page, *, stay: bool) -> list[str]:
    """Stay on the page, or leave it, when the browser asks; the list gets each question's kind."""
    asked: list[str] = []

    def answer(question: Dialog) -> None:
        asked.append(question.type)
        question.dismiss() if stay else question.accept()

    page.on("dialog", answer)
    return asked


def test_scenario_09_toggle_on_any_done_leave_nothing_changed(start: Start, page: Page) -> None:
    site = start(enabled=False, allow="assigned")
    sign_in(page, site, EDITOR)
    assert "Team booking is off" in cell(page, "Ben")
    page.get_by_role("switch", name=TOGGLE).click()
    expect(dialog(page)).to_be_visible()
    expect(page.get_by_label("Allow bookings with")).to_be_focused()
    expect(page.get_by_label("Allow bookings with")).to_have_value("assigned")
    page.get_by_label("Allow bookings with").select_option("Any team member")
    page.get_by_role("button", name="Done").click()
    expect(dialog(page)).to_be_hidden()
    expect_cell(page, "Ben", "Bookable")
    expect(page.locator("#team-summary")).to_contain_text("Ana Ruiz and any team member")
    assert unsaved(page) == f"Not saved yet: {TOGGLE}, Allow bookings with"
    asked = answer_questions(page, stay=False)
    page.get_by_role("link", name="← My Services").click()
    page.wait_for_url(re.compile("practice/services"))
    assert asked == ["beforeunload"]
    page.goto(site + EDITOR)
    expect(page.get_by_role("switch", name=TOGGLE)).not_to_be_checked()
    assert "Team booking is off" in cell(page, "Ben")
    assert unsaved(page) == ""


def test_scenario_10_edit_settings_shows_what_is_stored_by_keyboard_alone(
    start: Start, page: Page
) -> None:
    sign_in(page, start(allow="roles", restrict_to=["Coach"]), EDITOR)
    page.get_by_role("button", name="Edit settings").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Allow bookings with")).to_have_value("roles")
    expect(page.get_by_role("checkbox", name="Coach")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Nutritionist Ana Ruiz")).not_to_be_checked()
    expect(dialog(page).locator("[name=members]").first).to_be_hidden()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("checkbox", name="Coach")).not_to_be_checked()
    page.keyboard.press("Tab")
    expect(page.get_by_role("checkbox", name="Nutritionist")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Done")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Edit settings")).to_be_focused()
    expect_cell(page, "Ben", "Bookable")
    expect_cell(page, "Cho", "Cho Park’s role, Coach, isn’t included")
    page.get_by_role("button", name="Save Changes").press("Enter")
    expect(page.locator(".notice.good")).to_have_text("Saved.")
    page.wait_for_load_state()
    page.get_by_role("button", name="Edit settings").click()
    expect(page.get_by_role("checkbox", name="Nutritionist")).to_be_checked()


def test_escape_restores_what_was_before_and_gives_the_focus_back(start: Start, page: Page) -> None:
    sign_in(page, start(allow="members", restrict_to=["ben@example.com"]), EDITOR)
    edit = page.get_by_role("button", name="Edit settings")
    for leave in ("Escape", "×"):
        edit.click()
        page.get_by_role("checkbox", name="Ben Okafor").uncheck()
        page.get_by_role("checkbox", name="Cho Park").check()
        page.get_by_label("Allow bookings with").select_option("Any team member")
        expect_cell(page, "Cho", "Bookable")
        if leave == "Escape":
            page.keyboard.press("Escape")
        else:
            dialog(page).get_by_role("button", name="Close").click()
        expect(dialog(page)).to_be_hidden()
        expect(edit).to_be_focused()
        expect_cell(page, "Cho", "isn’t in the list")
        assert unsaved(page) == ""
    edit.click()
    expect(page.get_by_label("Allow bookings with")).to_have_value("members")
    expect(page.get_by_role("checkbox", name="Ben Okafor")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Cho Park")).not_to_be_checked()


def test_leaving_the_dialog_that_the_toggle_opened_turns_it_off_again(
    start: Start, page: Page
) -> None:
    sign_in(page, start(enabled=False, allow="assigned"), EDITOR)
    toggle = page.get_by_role("switch", name=TOGGLE)
    toggle.focus()
    page.keyboard.press("Space")
    expect(dialog(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(toggle).not_to_be_checked()
    expect(toggle).to_be_focused()
    assert unsaved(page) == ""
    page.keyboard.press("Space")
    page.get_by_role("button", name="Done").click()
    expect(toggle).to_be_checked()
    expect(page.locator("#team-summary")).to_contain_text("Nobody was added yet")


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        ("Specific team members", "Please choose at least one team member."),
        ("Team members in specific roles", "Please choose at least one role."),
    ],
)
def test_scenario_08_an_empty_list_is_not_done_yet(
    start: Start, page: Page, choice: str, sentence: str
) -> None:
    sign_in(page, start(), EDITOR)
    page.get_by_role("button", name="Edit settings").click()
    page.get_by_label("Allow bookings with").select_option(choice)
    page.get_by_role("button", name="Done").click()
    expect(dialog(page)).to_be_visible()
    expect(dialog(page).get_by_text(sentence)).to_be_visible()
    dialog(page).get_by_role("checkbox").first.check()
    expect(dialog(page).get_by_text(sentence)).to_be_hidden()
    page.get_by_role("button", name="Done").click()
    expect(dialog(page)).to_be_hidden()


def test_whoever_is_assigned_is_a_fixed_chip_and_not_in_the_list(start: Start, page: Page) -> None:
    sign_in(page, start(allow="members", restrict_to=["ben@example.com"]), EDITOR)
    page.get_by_label("Assigned practitioner").select_option("Ben Okafor")
    expect_cell(page, "Ana", "isn’t in the list")
    page.get_by_role("button", name="Edit settings").click()
    expect(dialog(page).locator(".chips .fixed")).to_contain_text("Ben Okafor")
    expect(page.get_by_role("checkbox", name="Ben Okafor")).to_be_hidden()
    expect(page.get_by_role("checkbox", name="Ana Ruiz")).to_be_visible()


def test_lines_by_keyboard_keep_the_focus_and_the_table_follows(start: Start, page: Page) -> None:
    sign_in(page, start(), EDITOR)
    page.get_by_role("button", name="Move line 1 down").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Move line 2 up")).to_be_focused()
    expect(page.locator(".bookability thead th").nth(1)).to_contain_text("Follow-up")
    assert unsaved(page) == "Not saved yet: Sessions & Services"
    page.get_by_role("button", name="Remove line 2").press("Enter")
    expect(page.get_by_role("button", name="Remove line 1")).to_be_focused()
    expect(page.locator(".bookability thead th")).to_have_count(2)
    page.get_by_role("button", name="Add service").press("Enter")
    expect(page.locator("#service-1")).to_be_focused()
    page.locator("#service-1").select_option(label="Intake · 60 min")
    expect(page.locator(".bookability thead th").nth(2)).to_contain_text("Intake")
    page.get_by_role("button", name="Save Changes").click()
    expect(page.locator(".notice.good")).to_have_text("Saved.")
    expect(page.locator("#service-1")).to_have_value("1")


def test_enter_in_a_field_saves(start: Start, page: Page) -> None:
    sign_in(page, start(), EDITOR)
    page.get_by_label("Name", exact=True).fill("Reset plus")
    page.keyboard.press("Enter")
    expect(page.locator(".notice.good")).to_have_text("Saved.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Reset plus")
    expect(page.locator(".lines-of-package > li")).to_have_count(2)


def test_the_second_of_two_editors_reads_what_differs(
    start: Start, page: Page, open_page: Callable[..., Page]
) -> None:
    site = start()
    other = open_page()
    for each in (page, other):
        sign_in(each, site, EDITOR)
    other.get_by_label("Name", exact=True).fill("Theirs")
    other.keyboard.press("Enter")
    expect(other.locator(".notice.good")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Mine")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").first).to_be_focused()
    expect(page.locator(".differences tbody")).to_contain_text("Theirs")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Mine")
    assert unsaved(page) == "There are changes that aren’t saved yet."
    page.get_by_role("button", name="Save Changes").click()
    expect(page.locator(".notice.good")).to_have_text("Saved.")


def test_check_bookability_answers_as_it_is_asked(start: Start, page: Page) -> None:
    site = start()
    sign_in(page, site, "/bookability")
    page.get_by_label("Find a client").press_sequentially("lee")
    page.get_by_label("Client", exact=True).select_option("Lee Park · lee@example.com")
    expect(page.get_by_role("heading", name="Who can Lee Park book?")).to_be_visible()
    assert "client=1" in page.url
    page.reload()
    expect(page.get_by_role("heading", name="Who can Lee Park book?")).to_be_visible()


def test_nothing_can_be_held_from_the_preview(start: Start, page: Page) -> None:
    sign_in(page, start(), "/packages/1/preview")
    expect(page.locator(".earliest button")).to_be_disabled()
    page.get_by_role("link", name="Later").click()
    page.wait_for_url(re.compile("week="))
    expect(page.locator(".slots button").first).to_be_disabled()
    page.get_by_role("link", name="← Leave the preview").click()
    page.wait_for_url(re.compile(f"{EDITOR}$"))


# Every page is looked at the other way round in test_every_page.py.
@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_axe_finds_nothing(
    start: Start,
    open_page: Callable[..., Page],
    axe: Callable[[Page], list[str]],
    scheme: str,
    width: int,
) -> None:
    page = open_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    site = start(allow="members", restrict_to=["ben@example.com"])
    sign_in(page, site, EDITOR)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Edit settings").click()
    expect(dialog(page)).to_be_visible()
    assert axe(page) == []
    for path in ("/packages/new", "/bookability", "/packages/1/preview"):
        page.goto(site + path)
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
