"""The week in a real browser: adding and copying without a reload, the keyboard, no script."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.clinic_site import sign_in
from tests.clinics import BEN

MONDAYS = 'section[aria-labelledby="mon-name"]'


def change_the_week(page: Page) -> None:
    """Give Saturday an afternoon, copy Monday to Sunday, and save."""
    page.get_by_role("button", name="Add hours – Saturday").press("Enter")
    page.locator("#sat-0-from").fill("14:00")
    page.locator("#sat-0-to").fill("00:00")
    page.locator("#mon-copies").press("Enter")
    page.locator(MONDAYS).get_by_label("Sunday").press("Space")
    page.get_by_role("button", name="Copy Monday").press("Enter")
    expect(page.locator("#sun-0-from")).to_have_value("09:00")
    page.get_by_role("button", name="Save Changes").press("Enter")
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.locator("#sat-0-from")).to_have_value("14:00")
    expect(page.locator("#sat-0-to")).to_have_value("00:00")
    expect(page.locator("#sun-0-to")).to_have_value("12:00")


def test_the_week_is_edited_by_keyboard_and_what_is_unsaved_is_named(site: str, page: Page) -> None:
    sign_in(page, site, "/availability", BEN)
    page.get_by_role("button", name="Add hours – Wednesday").press("Enter")
    expect(page.locator("#wed-1-from")).to_be_focused()
    expect(page.locator("#hours-editor-unsaved")).to_have_text("Not saved yet: Wednesday")
    page.get_by_role("button", name="Remove Wednesday 2").press("Enter")
    expect(page.locator("#wed-add")).to_be_focused()
    expect(page.locator("#hours-editor-unsaved")).to_have_text("")
    change_the_week(page)


def test_the_week_is_edited_without_a_script(site: str, open_page: Callable[..., Page]) -> None:
    page = open_page(java_script_enabled=False)
    sign_in(page, site, "/availability", BEN)
    change_the_week(page)


# Every page is looked at the other way round in test_every_page.py.
@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_every_page_of_availability_meets_wcag(
    site: str,
    open_page: Callable[..., Page],
    axe: Callable[[Page], list[str]],
    scheme: str,
    width: int,
) -> None:
    page = open_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    # What is changed here isn't saved: the page asks before it's left.
    page.on("dialog", lambda dialog: dialog.accept())
    sign_in(page, site, "/availability", BEN)
    for summary in page.locator("#mon-0 summary, #mon-copies").all():
        summary.click()
    page.locator("#mon-0").get_by_label("Only these").check()
    for path in ("", "/dates", "/dates/2099-03-02", "/picture", "/settings"):
        if path:
            page.goto(f"{site}/availability/2{path}")
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
