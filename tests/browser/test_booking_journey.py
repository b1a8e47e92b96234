"""A client's whole way, from a printed short link to a session, in a real Chromium."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.up import flask_up

OPENING = "form[action*='holds'] button[name=opening]"

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def short_link(tmp_path: Path) -> Iterator[str]:
    """The short link that `flask up --demo` prints, after how to sign in."""
    prints = r"ana@example\.com.*(https?://\S+/s/\w+)\n"
    with flask_up(tmp_path, "--demo", prints=prints) as link:
        yield link


def fill_in(page: Page) -> None:
    page.get_by_label("Name").fill("Kim Doe")
    page.get_by_label("Email").fill("kim@example.com")
    page.get_by_label("Phone").fill("555 0100")
    page.locator("[name=note]").fill("My left knee")


@pytest.mark.parametrize(
    "scripts",
    [pytest.param(True, id="with scripts"), pytest.param(False, id="without scripts")],
)
def test_a_stranger_opens_the_printed_short_link_and_books_with_any_practitioner(
    short_link: str, open_page: Callable[..., Page], scripts: bool
) -> None:
    page = open_page(java_script_enabled=scripts)
    page.goto(short_link)
    people = page.get_by_label("Practitioner", exact=True)
    assert people.locator("option").all_inner_texts()[0] == "Any practitioner"
    assert people.input_value() == "any"

    # On a phone a busy day shows the first of its times, until it's gone to.
    busy = page.locator(".day", has=page.locator(".all-times")).last
    times = busy.locator(".slots button")
    expect(busy.locator(".slots button:visible").nth(18)).to_have_count(0)
    busy.get_by_role("link", name=f"Show all {times.count()} times").click()
    expect(times.last).to_be_visible()
    expect(busy.locator(".all-times")).to_be_hidden()

    first = page.locator(OPENING).first
    expect(page.get_by_text("Earliest opening")).to_be_visible()
    words = first.inner_text()
    first.click()
    name = page.locator(".summary strong, .summary b, .summary dd").all_inner_texts()
    chosen = next(person for person in _people_of(words) if any(person in text for text in name))
    fill_in(page)
    page.get_by_role("button", name=re.compile("(Request|Confirm) booking")).click()

    expect(page).to_have_url(re.compile(r"/bookings/[\w-]{22}(\?|$)"))
    expect(page.locator("main")).to_contain_text(chosen)
    expect(page.locator("main")).to_contain_text(re.compile("1 of 3"))
    expect(page.get_by_text("Add to calendar")).to_be_visible()
    expect(page.get_by_text("Book the next session")).to_be_visible()


def _people_of(words: str) -> list[str]:
    """The name in a button's text, which has a time too."""
    return re.findall(r"[A-Z][\w-]+ [A-Z][\w-]+", words.replace("\n", " ").replace("Book ", ""))


def test_scenario_35_the_whole_flow_works_with_the_keyboard_alone(
    short_link: str, open_page: Callable[..., Page]
) -> None:
    page = open_page(viewport={"width": 1280, "height": 800})
    page.goto(short_link)
    _tab_to(page, lambda: page.evaluate("document.activeElement.name") == "opening")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name")).to_be_visible()
    for field, text in (("name", "Kim Doe"), ("email", "kim@example.com")):
        _tab_to(page, lambda field=field: page.evaluate("document.activeElement.name") == field)
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/bookings/[\w-]{22}(\?|$)"))


def _tab_to(page: Page, there: Callable[[], bool]) -> None:
    """Press Tab until the focus is where it's wanted."""
    for _ in range(60):
        if there():
            return
        page.keyboard.press("Tab")
    raise AssertionError("the keyboard doesn't get there")
