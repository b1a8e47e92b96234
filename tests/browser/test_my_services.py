"""My Services in a real browser: the menu, the Share link dialog, Invite to book, the keyboard."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.clinic_site import ClinicSite, sign_in
from tests.clinics import lee

CLIPBOARD = ["clipboard-read", "clipboard-write"]


@pytest.fixture
def site(clinic_site: ClinicSite) -> str:
    """The address of a site with the clinic of the scenarios and two clients."""
    return clinic_site.open_with(clients=[lee(), lee(name="Robin Wu", email="r@x.org")])


def open_dialog_by_keyboard(page: Page) -> None:
    page.get_by_role("button", name="More Options for Reset").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Share link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Share link")).to_be_visible()


def copied(page: Page) -> str:
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def test_escape_closes_the_menu_and_gives_the_focus_back(site: str, page: Page) -> None:
    sign_in(page, site, "/practice/services")
    button = page.get_by_role("button", name="More Options for Reset")
    button.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Invite to book")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Invite to book")).to_be_hidden()
    expect(button).to_be_focused()


def test_scenario_29_copy_gives_the_address_shown_and_both_open_the_page(
    site: str, open_page: Callable[..., Page]
) -> None:
    page = open_page(permissions=CLIPBOARD)
    sign_in(page, site, "/practice/services")
    open_dialog_by_keyboard(page)
    long = copied(page)
    assert long == f"{site}/book/reset"
    page.get_by_role("switch").click()
    expect(page.get_by_role("switch")).to_be_checked()
    expect(page.get_by_role("switch")).to_be_focused()
    short = copied(page)
    assert short.startswith(f"{site}/s/")
    client = open_page()
    for address in (long, short):
        client.goto(address)
        assert client.url == long
        expect(client.get_by_role("heading", name="Reset")).to_be_visible()


def test_escape_closes_the_dialog_and_gives_the_focus_back_to_the_menu(
    site: str, page: Page
) -> None:
    sign_in(page, site, "/practice/services")
    open_dialog_by_keyboard(page)
    expect(page.get_by_label("Booking page", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="More Options for Reset")).to_be_focused()
    open_dialog_by_keyboard(page)


def test_replacing_in_the_dialog_shows_the_new_link(site: str, page: Page) -> None:
    sign_in(page, site, "/practice/services")
    open_dialog_by_keyboard(page)
    page.get_by_role("switch").click()
    field = page.get_by_label("Short link", exact=True)
    old = field.input_value()
    page.get_by_text("Replace short link").click()
    page.get_by_role("button", name="Replace it").click()
    expect(field).not_to_have_value(old)
    expect(page.get_by_text(f"Stopped: {old.rsplit('/')[-1]}")).to_be_visible()
    assert page.evaluate(f"fetch('{old}').then(answer => answer.status)") == 410


def test_without_a_script_sharing_is_a_page_of_its_own(
    site: str, open_page: Callable[..., Page]
) -> None:
    page = open_page(java_script_enabled=False)
    sign_in(page, site, "/practice/services")
    page.get_by_role("button", name="More Options for Reset").click()
    page.get_by_role("link", name="Share link").click()
    expect(page.get_by_role("heading", name="Reset")).to_be_visible()
    expect(page.get_by_role("button", name="Copy")).to_be_hidden()
    page.get_by_role("switch").click()
    expect(page.get_by_label("Short link", exact=True)).to_have_value(re.compile("/s/"))
    page.get_by_role("switch").click()
    expect(page.get_by_label("Booking page", exact=True)).to_have_value(f"{site}/book/reset")


def test_the_message_is_seen_as_it_is_written_before_it_goes(site: str, page: Page) -> None:
    sign_in(page, site, "/packages/1/invitations")
    page.get_by_label("Find a client").press_sequentially("lee")
    expect(page.get_by_text("Robin Wu")).to_be_hidden()
    page.get_by_label("Lee Park").check()
    page.get_by_label("Add a line").press_sequentially("See you on Tuesday.", delay=30)
    expect(page.locator("#preview")).to_contain_text("Hello Lee Park,")
    expect(page.locator("#preview")).to_contain_text("See you on Tuesday.")
    page.get_by_label("Add a line").fill("")
    expect(page.locator("#preview")).not_to_contain_text("Tuesday")
    page.get_by_role("button", name="Send invite").click()
    expect(page.get_by_text("Your invite to Lee Park is on its way.")).to_be_visible()


def test_enter_in_the_search_sends_nothing(site: str, page: Page) -> None:
    sign_in(page, site, "/packages/1/invitations")
    page.get_by_label("Lee Park").check()
    page.get_by_label("Find a client").press("Enter")
    expect(page.locator("#preview")).to_contain_text("Hello Lee Park,")
    expect(page.get_by_text("Nobody was invited yet.")).to_be_visible()


def test_an_invite_goes_without_a_script_too(site: str, open_page: Callable[..., Page]) -> None:
    page = open_page(java_script_enabled=False)
    sign_in(page, site, "/packages/1/invitations")
    page.get_by_label("Find a client").fill("lee")
    page.keyboard.press("Enter")
    page.get_by_label("Lee Park").check()
    page.get_by_label("Add a line").fill("See you on Tuesday.")
    page.get_by_role("button", name="Show the message").click()
    expect(page.locator("#preview")).to_contain_text("See you on Tuesday.")
    page.get_by_role("button", name="Send invite").click()
    expect(page.get_by_text("Your invite to Lee Park is on its way.")).to_be_visible()


def test_when_the_session_has_ended_the_dialog_leads_to_the_sign_in_page(
    site: str, page: Page
) -> None:
    sign_in(page, site, "/practice/services")
    page.get_by_role("button", name="More Options for Reset").click()
    page.context.clear_cookies()
    page.get_by_role("link", name="Share link").click()
    page.wait_for_url("**/sign-in?next=/packages/1/share")
    sign_in_again = page.get_by_role("heading", name="Sign in")
    expect(sign_in_again).to_be_visible()


# Every page is looked at the other way round in test_every_page.py.
@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_every_staff_page_meets_wcag(
    site: str,
    open_page: Callable[..., Page],
    axe: Callable[[Page], list[str]],
    scheme: str,
    width: int,
) -> None:
    page = open_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    page.goto(f"{site}/sign-in")
    assert axe(page) == []
    sign_in(page, site, "/practice/services")
    open_dialog_by_keyboard(page)
    assert axe(page) == []
    for path in ("share?short=1", "invitations"):
        page.goto(f"{site}/packages/1/{path}")
        assert axe(page) == []
    page.get_by_label("Lee Park").check()
    expect(page.locator(".letter")).to_be_visible()
    assert axe(page) == []
    page.goto(f"{site}/outbox")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
