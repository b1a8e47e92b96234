"""A client's own side in a real Chromium: cancel, undo, another person, and the next session."""

import re
from collections.abc import Callable
from contextlib import closing

import pysqlite3
import pytest
from playwright.sync_api import Page, expect

from portal.clock import now
from tests.browser.clinic_site import ClinicSite

pytestmark = pytest.mark.timeout(180)

SLOT = ".slots button"


class Client:
    """Lee with a phone, who looks at each page as axe does."""

    def __init__(self, page: Page, site: ClinicSite, axe: Callable[[Page], list[str]]) -> None:
        self.page, self.site, self.axe = page, site, axe
        self.wrong: list[str] = []

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def look(self, heading: str) -> None:
        """Wait for a page with this heading, and check it by day and at night."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            self.wrong += [f"{heading}, {scheme}: {each}" for each in self.axe(self.page)]
        if self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            self.wrong.append(f"{heading}: wider than the screen")

    def choose(self, practitioner: str) -> None:
        """Choose somebody, and their first opening of the week that is shown."""
        people = self.page.get_by_label("Practitioner", exact=True)
        if people.locator("option:checked").inner_text() != practitioner:
            people.select_option(label=practitioner)
        expect(self.page.locator(SLOT).first).to_contain_text(practitioner)
        self.page.locator(SLOT).first.click()

    def link(self) -> str:
        """The link in the newest mail that signs in."""
        with closing(pysqlite3.connect(self.site.database)) as outbox:
            query = "SELECT facts FROM message WHERE event LIKE 'client_link:%' ORDER BY id"
            *_, (text,) = outbox.execute(query)
        return str(re.findall(r"http://\S+/my-bookings/sign-in/[\w-]+", text)[-1])


def test_cancel_undo_reschedule_to_a_colleague_and_book_the_next_session(
    clinic_site: ClinicSite,
    open_page: Callable[..., Page],
    axe: Callable[[Page], list[str]],
) -> None:
    policy = "Please tell us a day before."
    url = clinic_site.open_with(
        now=now(), follow_up={"confirm": "instant"}, practice={"cancellation_policy": policy}
    )
    page = open_page(reduced_motion="reduce")
    lee = Client(page, clinic_site, axe)

    page.goto(f"{url}/book/reset?service=follow-up&practitioner=any")
    lee.choose("Ben Okafor")
    page.get_by_label("Name", exact=True).fill("Lee Park")
    page.get_by_label("Email").fill("lee@example.com")
    lee.press("Confirm booking")
    lee.look("You’re booked")

    page.get_by_role("link", name="My bookings").click()
    lee.look("My bookings")
    page.get_by_label("Email").fill("lee@example.com")
    lee.press("Mail me a link")
    expect(page.get_by_text("a mail with a link is on its way")).to_be_visible()
    page.goto(lee.link())
    lee.look("My bookings")
    lee.press("See my bookings")
    expect(page.locator(".coming li")).to_contain_text("with Ben Okafor")
    lee.look("My bookings")

    page.get_by_role("button", name=re.compile("^Cancel Follow-up")).click()
    lee.look("Cancel this session?")
    expect(page.get_by_text(policy)).to_be_visible()
    page.get_by_label("Why do you cancel?").fill("I am away.")
    lee.press("Cancel the session")
    lee.look("You cancelled this session")
    expect(page.locator(".bar").last).to_contain_text("0 of 3 used")
    lee.press("Undo the cancellation")
    lee.look("You’re booked")
    expect(page.locator(".bar").last).to_contain_text("1 of 3 used")

    lee.press("Reschedule")
    lee.look("Another time for Follow-up")
    lee.choose("Cho Park")
    lee.look("Move your session?")
    expect(page.locator(".will")).to_contain_text("with Cho Park")
    lee.press("Move the session")
    lee.look("You’re booked")
    expect(page.locator(".session")).to_contain_text("with Cho Park")
    expect(page.locator(".bar").last).to_contain_text("1 of 3 used")

    page.get_by_role("link", name="My bookings").click()
    expect(page.locator(".coming li")).to_contain_text("with Cho Park")
    lee.press("Book session")
    page.get_by_label("Follow-up").check()
    expect(page.get_by_text("You are booking from your package: 1 of 4 used.")).to_be_visible()
    lee.look("Reset")
    lee.choose("Ana Ruiz")
    lee.press("Confirm booking")
    lee.look("You’re booked")
    expect(page.locator(".bar").last).to_contain_text("2 of 3 used")
    assert not lee.wrong, "\n".join(lee.wrong)
