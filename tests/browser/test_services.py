"""Services and sharing in a real browser: searching, what isn't saved yet, the keyboard, axe."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.clinic_site import sign_in


def test_searching_changes_the_lists_and_the_address(site: str, page: Page) -> None:
    sign_in(page, site, "/practice/services")
    page.get_by_label("Find packages and services").press_sequentially("follow")
    expect(page.get_by_role("heading", name="Reset")).to_be_hidden()
    expect(page.get_by_role("heading", name="Follow-up")).to_be_visible()
    assert page.url.endswith("?words=follow")
    page.go_back()
    expect(page.get_by_role("heading", name="Reset")).to_be_visible()


def test_sharing_shows_what_it_would_mean_before_it_is_saved(site: str, page: Page) -> None:
    sign_in(page, site, "/services/2/sharing")
    ben = page.locator("#offering li", has_text="Ben Okafor")
    expect(ben).to_contain_text("Yes")
    page.get_by_label("Private").check()
    expect(ben).to_contain_text("No: the service is private")
    expect(page.locator(".unsaved")).to_contain_text("Not saved yet: Who offers it")
    page.reload()
    expect(ben).to_contain_text("Yes")
    page.get_by_label("Specific team members").check()
    page.get_by_label("Cho Park").check()
    page.get_by_role("button", name="Save Changes").click()
    expect(page.get_by_text("Saved, and in effect already.")).to_be_visible()
    expect(ben).to_contain_text("No: it isn’t shared with them")


def test_an_empty_list_is_told_beside_it_and_gets_the_focus(site: str, page: Page) -> None:
    sign_in(page, site, "/services/1/sharing")
    page.get_by_label("Specific team members").check()
    page.get_by_role("button", name="Save Changes").click()
    expect(page.get_by_text("please choose at least one")).to_be_visible()
    expect(page.get_by_label("Specific team members")).to_be_checked()


def test_the_table_names_the_rows_that_are_not_saved_yet(site: str, page: Page) -> None:
    sign_in(page, site, "/practice/sharing")
    page.get_by_label("Who offers Intake").select_option(label="Specific members")
    page.get_by_label("Cho Park offers Intake").check()
    expect(page.locator(".unsaved")).to_have_text("Not saved yet: Intake")
    page.get_by_role("button", name="Save sharing").click()
    expect(page.get_by_text("Saved, and in effect already.")).to_be_visible()
    expect(page.get_by_label("Cho Park offers Intake")).to_be_checked()


def test_a_service_is_made_by_the_keyboard_alone(site: str, page: Page) -> None:
    sign_in(page, site, "/services/new")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    name = page.get_by_label("Name", exact=True)
    expect(name).to_be_focused()
    expect(page.locator("#name-error")).to_be_visible()
    page.keyboard.type("Check-in")
    # What was wrong was wrong with what stood there before.
    expect(page.locator("#name-error")).to_have_count(0)
    expect(name).not_to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Check-in", level=1)).to_be_visible()
    expect(page.get_by_text("The service is there.")).to_be_visible()


def test_leaving_with_changes_is_asked_about(site: str, page: Page) -> None:
    sign_in(page, site, "/services/1")
    page.get_by_label("Description").fill("A first talk.")
    expect(page.locator(".unsaved")).to_have_text("Not saved yet: Description")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("navigation").get_by_role("link", name="My Services").click()
    page.wait_for_url("**/practice/services")
    assert asked == ["beforeunload"]


def test_without_a_script_a_choice_can_be_looked_at_and_saved(
    site: str, open_page: Callable[..., Page]
) -> None:
    page = open_page(java_script_enabled=False)
    sign_in(page, site, "/services/2/sharing")
    page.get_by_label("Team members in specific roles").check()
    page.get_by_label("Coach").check()
    page.get_by_role("button", name="Show who could offer it").click()
    expect(page.locator("#offering li", has_text="Ben Okafor")).to_contain_text("No")
    page.get_by_role("button", name="Save Changes").click()
    expect(page.get_by_text("Saved, and in effect already.")).to_be_visible()
    expect(page.get_by_label("Coach")).to_be_checked()


# Every page is looked at the other way round in test_every_page.py.
@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_services_and_sharing_meet_wcag(
    site: str,
    open_page: Callable[..., Page],
    axe: Callable[[Page], list[str]],
    scheme: str,
    width: int,
) -> None:
    page = open_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    sign_in(page, site, "/practice/services")
    page.get_by_role("button", name="More Options for Follow-up").click()
    assert axe(page) == []
    for path in ("services/new", "services/2", "services/1/sharing", "practice/sharing"):
        page.goto(f"{site}/{path}")
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    page.get_by_label("Who offers Intake").select_option("members")
    page.get_by_role("button", name="Save sharing").click()
    expect(page.get_by_text("tick at least one person")).to_be_visible()
    assert axe(page) == []
