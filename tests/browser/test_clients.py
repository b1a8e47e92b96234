"""Clients in a real browser: a file is imported while the page shows how far it has come."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from portal import create_app
from portal.actions.client_imports import take_over_clients
from tests.browser.clinic_site import ClinicSite, sign_in
from tests.clinics import NOW, lee
from tests.conftest import SECRET_KEY, dispose

LINES = "".join(f"Person {at},p{at}@example.com\n" for at in range(5))
FILE = {
    "name": "people.csv",
    "mimeType": "text/csv",
    "buffer": f"name,email\n{LINES}Lee,lee@example.com\nAda,nothing\n".encode(),
}


def test_a_file_is_imported_while_a_bar_shows_how_far(
    clinic_site: ClinicSite, page: Page, axe: Callable[[Page], list[str]]
) -> None:
    site = clinic_site.open_with(clients=[lee()])
    sign_in(page, site, "/clients")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("link", name="Import from a file").click()
    page.get_by_label("A CSV file").set_input_files([FILE])
    page.get_by_role("button", name="Upload and look at it").click()
    expect(page.get_by_text("isn’t an email address")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("button", name="Add 5 clients").click()
    bar = page.get_by_role("progressbar", name="Lines taken over")
    expect(bar).to_have_attribute("value", "0")
    url = f"sqlite:///{clinic_site.database}"
    worker = create_app({"SECRET_KEY": SECRET_KEY, "DATABASE_URL": url})
    try:
        with worker.app_context():
            assert take_over_clients(NOW, size=3)
            # Nobody has touched the page.
            expect(bar).to_have_attribute("value", "3")
            assert axe(page) == []
            assert take_over_clients(NOW)
            expect(page.get_by_text("5 clients were added.")).to_be_visible()
    finally:
        dispose(worker)
    assert axe(page) == []
    page.get_by_role("link", name="Show the clients").click()
    page.get_by_label("Find by name, address or phone").press_sequentially("person")
    expect(page.locator(".client-row")).to_have_count(5)
    expect(page.get_by_text("Lee Park")).to_be_hidden()
