"""A clinic's whole way, from the token on the console to a client's session with a colleague."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import Page, expect

from tests.browser.clinic_site import follow
from tests.browser.test_booking_journey import OPENING, fill_in
from tests.browser.up import flask_up
from tests.mail.mail_server import MailServer, free_port

DESK = {"width": 1280, "height": 900}
PASSWORD = "nine sheep in a red field"

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def post() -> Iterator[MailServer]:
    """A real SMTP server on this machine, to which the site sends its mail."""
    server = MailServer()
    controller = Controller(server, hostname="127.0.0.1", port=free_port())
    server.port = controller.port
    controller.start()
    yield server
    controller.stop()


@pytest.fixture
def set_up_page(tmp_path: Path, post: MailServer) -> Iterator[str]:
    """The address that `flask up` prints on a database that isn't there yet."""
    mail = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(post.port), "MAIL_USE_TLS": "no"}
    with flask_up(tmp_path, prints=r"(https?://\S+/set-up\S+)", **mail) as address:
        yield address


def test_a_clinic_is_set_up_and_a_client_books_with_the_second_practitioner(
    set_up_page: str, post: MailServer, open_page: Callable[..., Page]
) -> None:
    ana = open_page(viewport=DESK)
    set_up_the_clinic(ana, set_up_page)
    add_the_role(ana, "Coach")
    invite(ana, "Ben Okafor", "ben@example.com", "Coach")
    ben = open_page(viewport=DESK)
    ben.goto(link_in(post, to="ben@example.com", path="/join/"))
    join(ben)
    set_hours(ben)

    # The article's three steps, in its own words.
    share_the_service(ana, "Follow-up")
    make_the_package(ana, "Reset", "Follow-up")
    enable_team_booking(ana, "Coach")
    link = share_the_link(ana, "Reset")

    client = open_page()
    client.goto(link)
    people = client.get_by_label("Practitioner", exact=True)
    names = people.locator("option").all_inner_texts()
    assert [name.split(" (")[0] for name in names] == ["Any practitioner", "Ana Ruiz", "Ben Okafor"]
    with_ben = client.locator(OPENING).filter(has_text="Ben Okafor").first
    with_ben.click()
    fill_in(client)
    client.get_by_role("button", name=re.compile("(Request|Confirm) booking")).click()
    expect(client).to_have_url(re.compile(r"/bookings/[\w-]{22}(\?|$)"))
    expect(client.locator("main")).to_contain_text("Ben Okafor")
    link_in(post, to="kim@example.com", path="/bookings/")


def set_up_the_clinic(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("Name of the practice").fill("Riverside Clinic")
    page.get_by_label("Time zone").select_option("America/New_York")
    page.get_by_label("Your name").fill("Ana Ruiz")
    page.get_by_label("Your email address").fill("ana@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_label("Name of the service").fill("Follow-up")
    page.get_by_role("button", name="Set up").first.click()
    expect(page.get_by_role("heading", name="My Services")).to_be_visible()
    expect(page.get_by_role("heading", name="What to do next")).to_be_visible()


def add_the_role(page: Page, name: str) -> None:
    follow(page, page.get_by_role("link", name="Team", exact=True))
    follow(page, page.get_by_role("link", name="Roles"))
    follow(page, page.get_by_role("button", name="New role"))
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Save Changes").click()
    expect(page.get_by_text("Saved.")).to_be_visible()


def invite(page: Page, name: str, email: str, role: str) -> None:
    follow(page, page.get_by_role("link", name="Team", exact=True))
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Email", exact=True).fill(email)
    page.get_by_label("Role", exact=True).select_option(label=role)
    page.get_by_role("button", name="Send invitation").click()
    expect(page.get_by_text("is on its way")).to_be_visible()


def link_in(post: MailServer, *, to: str, path: str) -> str:
    """Wait for the mail, and return the link in it that leads to `path`."""
    deadline = monotonic() + 40
    while monotonic() < deadline:
        for mail in post.mails:
            body = mail.get_body(("plain",))
            found = body and re.search(rf"https?://\S+{path}[\w-]+", body.get_content())
            if mail["To"] == to and found:
                return found[0]
        sleep(0.2)
    raise AssertionError(f"no mail came to {to}")


def join(page: Page) -> None:
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("heading", name="My Services")).to_be_visible()


def set_hours(page: Page) -> None:
    """Nine to five on Monday, copied to the other days of the week."""
    follow(page, page.get_by_role("link", name="Availability"))
    monday = page.locator("section", has=page.get_by_role("heading", name="Monday", exact=True))
    monday.get_by_role("button", name="Add hours").click()
    monday.get_by_label(re.compile("From$")).fill("09:00")
    monday.get_by_label(re.compile("To$")).fill("17:00")
    monday.get_by_text("Copy to other days").click()
    for day in ("Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"):
        monday.get_by_label(day).check()
    monday.get_by_role("button", name="Copy Monday").click()
    expect(page.locator(".stretch")).to_have_count(7)
    page.get_by_role("button", name="Save Changes").click()
    expect(page.get_by_text("Saved.")).to_be_visible()


def share_the_service(page: Page, name: str) -> None:
    """Step 1: Share the Service with Your Team Members."""
    follow(page, page.get_by_role("link", name="My Services").first)
    page.get_by_role("button", name=f"More Options for {name}").click()
    follow(page, page.get_by_role("link", name="Manage sharing"))
    page.get_by_label("All team members").check()
    page.get_by_role("button", name="Save Changes").click()
    expect(page.get_by_text("Saved, and in effect already.")).to_be_visible()


def make_the_package(page: Page, name: str, service: str) -> None:
    follow(page, page.get_by_role("link", name="My Services").first)
    follow(page, page.get_by_role("button", name="New package"))
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Add service").click()
    lines = page.locator(".lines-of-package")
    lines.get_by_label("Service").select_option(label=f"{service} · 60 min")
    lines.get_by_label("Sessions").fill("3")


def enable_team_booking(page: Page, role: str) -> None:
    """Step 2: Enable Team Booking in the Package."""
    page.get_by_label("Allow clients to request sessions with other team members").check()
    dialog = page.get_by_role("dialog", name="Team booking")
    dialog.get_by_label("Allow bookings with").select_option(label="Team members in specific roles")
    dialog.get_by_role("checkbox", name=re.compile(f"^{role}")).check()
    dialog.get_by_role("button", name="Done").click()
    expect(dialog).to_be_hidden()
    row = page.locator("#bookability tr", has_text="Ben Okafor")
    expect(row).to_contain_text("Bookable")
    page.get_by_role("button", name="Save Changes").click()
    expect(page.get_by_text("Saved.")).to_be_visible()


def share_the_link(page: Page, package: str) -> str:
    """Share link: from the pop-up, with the short link switched on; returns the address."""
    follow(page, page.get_by_role("link", name="My Services").first)
    page.get_by_role("button", name=f"More Options for {package}").click()
    page.get_by_role("link", name="Share link").click()
    dialog = page.locator("#share-dialog")
    dialog.get_by_role("switch", name="Use the short link").click()
    address = dialog.get_by_label("Short link", exact=True)
    expect(address).to_have_value(re.compile(r"/s/\w+$"))
    return address.input_value()
