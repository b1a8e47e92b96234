"""Some programs that check mail open its links in a real browser and let the pages' scripts run."""

import re
from collections.abc import Callable

from playwright.sync_api import Page

from portal import create_app
from tests.browser.clinic_site import ClinicSite
from tests.clinics import lee
from tests.conftest import SECRET_KEY, dispose
from tests.every_mail import all_rows, links, write_every_mail
from tests.how_often import tries

TOKEN = re.compile(r"[\w-]{22,}")


def test_a_browser_that_opens_every_link_and_presses_nothing_changes_nothing(
    clinic_site: ClinicSite, open_page: Callable[..., Page]
) -> None:
    site = clinic_site.open_with(clients=[lee()])
    database = {"DATABASE_URL": f"sqlite:///{clinic_site.database}", "BASE_URL": site}
    app = create_app({"SECRET_KEY": SECRET_KEY, **database})
    try:
        with app.app_context():
            write_every_mail()
            addresses = links(site)
            before = all_rows()
            page = open_page()
            for address in _of_each_kind(addresses):
                page.goto(address)
                page.mouse.move(100, 300)
                page.mouse.wheel(0, 2000)
                page.wait_for_load_state("networkidle")
            assert all_rows() == before
    finally:
        dispose(app)


def _of_each_kind(addresses: list[str]) -> list[str]:
    """One address of each page; all of them where there's time."""
    kinds = {TOKEN.sub("TOKEN", address): address for address in addresses}
    return tries(0, 1) * addresses or list(kinds.values())
