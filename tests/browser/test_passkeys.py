"""Passkeys in a real browser, with a virtual authenticator; and the pages of an account."""

import re
from collections.abc import Callable

from passlib.totp import TOTP
from playwright.sync_api import Page, expect

from tests.browser.clinic_site import follow, sign_in


def authenticator(page: Page, *, knows_its_owner: bool = True) -> Callable[[bool], None]:
    """Plug in a phone, so to speak; returns how to say whether its owner agrees."""
    browser = page.context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal" if knows_its_owner else "usb",
        "hasResidentKey": knows_its_owner,
        "hasUserVerification": knows_its_owner,
        "isUserVerified": knows_its_owner,
        "automaticPresenceSimulation": True,
    }
    added = browser.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    def agrees(yes: bool) -> None:
        which = {"authenticatorId": added["authenticatorId"], "isUserVerified": yes}
        browser.send("WebAuthn.setUserVerified", which)

    return agrees


def add_passkey(page: Page, name: str = "My phone", use: str = "Instead of the password") -> None:
    follow(page, page.get_by_role("button", name="Add a passkey"))
    page.get_by_label("Name").fill(name)
    page.get_by_label(use).check()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(re.compile("saved=passkey"))


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    page.wait_for_url(re.compile("/sign-in$"))


def test_a_passkey_signs_in_without_a_password(site: str, page: Page) -> None:
    authenticator(page)
    sign_in(page, site, "/account")
    add_passkey(page)
    expect(page.locator("#passkeys")).to_contain_text("My phone instead of the password")
    sign_out(page)
    page.goto(f"{site}/sign-in?next=/account")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{site}/account")
    expect(page.locator("#sign-ins li")).to_have_count(1)


def test_it_counts_as_two_factors_but_only_from_its_owner(
    site: str, page: Page, problems: list[str]
) -> None:
    agrees = authenticator(page)
    sign_in(page, site, "/account")
    add_passkey(page)
    page.get_by_role("button", name="Turn on").click()
    page.get_by_text("I can’t scan it").click()
    letters = page.locator(".secret code").inner_text()
    page.get_by_label("Type the code").fill(TOTP(key=letters.replace(" ", "")).generate().token)
    page.get_by_role("button", name="Turn on").click()
    page.get_by_role("button", name="I’ve kept them").click()
    sign_out(page)
    agrees(False)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert").filter(has_text="That was stopped")).to_be_visible()
    agrees(True)
    page.wait_for_load_state()
    page.get_by_role("button", name="Use my passkey").click()
    page.wait_for_url(f"{site}/calendar?view=day")


def test_a_removed_passkey_signs_nobody_in(site: str, page: Page) -> None:
    authenticator(page)
    sign_in(page, site, "/account")
    add_passkey(page)
    page.get_by_role("button", name="Remove the passkey My phone").click()
    expect(page.get_by_text("The passkey is removed.")).to_be_visible()
    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("This passkey wasn’t accepted.")).to_be_visible()
    page.goto(f"{site}/practice/services")
    expect(page).to_have_url(re.compile("/sign-in"))


def test_a_key_is_asked_for_after_the_password(site: str, page: Page) -> None:
    authenticator(page, knows_its_owner=False)
    sign_in(page, site, "/account")
    add_passkey(page, "Blue key", "Besides the password")
    expect(page.get_by_text("You have no recovery codes.")).to_be_visible()
    sign_out(page)
    sign_in(page, site, "/account")
    expect(page.get_by_role("heading", name="Your passkey")).to_be_visible()
    page.wait_for_load_state()
    page.get_by_role("button", name="Use my passkey").click()
    page.wait_for_url(f"{site}/account")
    # And it's no way around the password.
    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert").filter(has_text="That was stopped")).to_be_visible()


def test_one_device_is_added_once(site: str, page: Page) -> None:
    authenticator(page)
    sign_in(page, site, "/account")
    add_passkey(page)
    follow(page, page.get_by_role("button", name="Add a passkey"))
    page.get_by_label("Name").fill("Again")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("This device has a passkey of yours already.")).to_be_visible()


def test_every_page_of_an_account_is_open_to_everybody(
    site: str,
    open_page: Callable[..., Page],
    axe: Callable[[Page], list[str]],
) -> None:
    for options in ({}, {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"}):
        page = open_page(**options)
        found = []
        for path in ("/sign-in", "/forgotten-password", "/forgotten-password/x"):
            page.goto(f"{site}{path}")
            found += [f"{path}: {each}" for each in axe(page)]
        sign_in(page, site, "/account")
        page.wait_for_url(f"{site}/account")
        for path in ("/account", "/account/password", "/account/two-factor"):
            page.goto(f"{site}{path}")
            found += [f"{path}: {each}" for each in axe(page)]
            wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
            assert not wide, f"{path} is wider than the window"
        page.goto(f"{site}/account/passkeys/new")
        found += [f"/account/passkeys/new: {each}" for each in axe(page)]
        page.goto(f"{site}/account/confirmation")
        found += [f"/account/confirmation: {each}" for each in axe(page)]
        assert not found
