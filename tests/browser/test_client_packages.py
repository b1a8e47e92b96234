"""A client's own package in a real browser: what staff change in it, its client sees."""

import re

from playwright.sync_api import Page, expect

from portal import clock
from tests.browser.clinic_site import ClinicSite, sign_in

EDITOR = "/clients/1/packages/1"
TOGGLE = "Allow clients to request sessions with other team members"


def book(page: Page, site: str, name: str) -> str:
    """Somebody books the package Reset; returns the address of their private page."""
    page.goto(f"{site}/book/reset")
    page.locator("form[action*='holds'] button[name=opening]").first.click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Email").fill(f"{name.lower()}@example.com")
    page.get_by_role("button", name=re.compile("(Request|Confirm) booking")).click()
    page.wait_for_url(re.compile(r"/bookings/[\w-]{22}(\?|$)"))
    return page.url.partition("?")[0]


def offered(page: Page, private: str) -> str:
    """Whom the page that leads from a booking to the next session offers."""
    page.goto(f"{private}/next?service=follow-up")
    return page.locator("main").inner_text()


def test_scenario_27_lees_package_is_changed_to_any_and_only_lee_sees_ben(
    clinic_site: ClinicSite, page: Page
) -> None:
    site = clinic_site.open_with(now=clock.now(), enabled=False, allow="assigned")
    lees, mos = book(page, site, "Lee"), book(page, site, "Mo")
    assert "Ben Okafor" not in offered(page, lees)
    sign_in(page, site, "/clients/1/packages")
    page.get_by_role("button", name="More Options for Reset").click()
    page.get_by_role("link", name="Edit package").click()
    expect(page.get_by_text("Only Lee’s package changes.")).to_be_visible()
    page.get_by_role("switch", name=TOGGLE).click()
    page.get_by_label("Allow bookings with").select_option("Any team member")
    page.get_by_role("button", name="Done").click()
    row = page.locator(".bookability tbody tr", has_text="Ben Okafor")
    expect(row.locator("td").nth(1)).to_contain_text("Bookable")
    unsaved = page.locator("#package-editor-unsaved")
    expect(unsaved).to_have_text(f"Not saved yet: {TOGGLE}, Allow bookings with")
    page.get_by_role("button", name="Save Changes").click()
    expect(page.locator(".notice.good")).to_have_text("Saved.")
    assert page.url.startswith(f"{site}{EDITOR}")
    assert "Ben Okafor" in offered(page, lees)
    assert "Ben Okafor" not in offered(page, mos)
