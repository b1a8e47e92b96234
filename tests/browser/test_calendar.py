"""The calendar in a real browser: requests, sessions moved on purpose, and other people's pages."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from portal import clock
from tests.browser.clinic_site import ClinicSite, sign_in
from tests.clinics import ANA, BEN, LEE, lee, reset_clinic

NEW_YORK = ZoneInfo("America/New_York")
WIDE = {"width": 1280, "height": 900}
Axe = Callable[[Page], list[str]]


def session(who: str, start: datetime, status: str) -> dict[str, Any]:
    """A session of Lee's, as clinic files have it."""
    return {
        "practitioner": who,
        "service": "follow-up",
        "client": LEE,
        "package": None,
        "start": start.isoformat(),
        "delivery": "in_person",
        "status": status,
        "note": "",
    }


def test_a_request_is_accepted_by_keyboard_and_a_session_moved_with_an_override_confirmed(
    clinic_site: ClinicSite, open_page: Callable[..., Page], axe: Axe
) -> None:
    now = clock.now()
    noon = now.astimezone(NEW_YORK).replace(hour=12, minute=0, second=0, microsecond=0)
    day = (noon + timedelta(days=2)).date().isoformat()
    site = clinic_site.open_with(
        now=now,
        clients=[lee()],
        bookings=[
            session(BEN, noon + timedelta(days=2), "requested"),
            session(ANA, noon + timedelta(days=2, hours=2), "confirmed"),
        ],
    )
    page = open_page(viewport=WIDE)
    sign_in(page, site, f"/calendar?view=day&day={day}")
    expect(page.locator(".requests .count")).to_have_text("1")
    assert axe(page) == []

    accept = page.get_by_role("button", name="Accept")
    accept.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".notice", has_text="The request is accepted")).to_be_focused()
    expect(page.locator(".request")).to_have_count(0)
    expect(page.locator(".entry", has_text="12:00")).not_to_contain_text("Requested")

    page.goto(f"{site}/calendar?day={day}")
    assert axe(page) == []
    page.locator(".entry", has_text="14:00").get_by_role("link").press("Enter")
    page.get_by_role("button", name="Move to another time").click()
    assert axe(page) == []
    page.get_by_label("Time", exact=True).fill("20:00")
    page.get_by_role("button", name="Move the session").click()
    expect(page.locator(".notice.warning")).to_be_focused()
    page.get_by_label("outside Ana Ruiz’s availability").check()
    assert axe(page) == []
    page.get_by_role("button", name="Move the session").click()
    expect(page.locator(".notice", has_text="The session is moved.")).to_be_focused()
    expect(page.locator(".facts-list")).to_contain_text("20:00–21:00")
    assert axe(page) == []


def test_other_people_of_a_large_clinic_are_gone_to_by_keyboard(
    clinic_site: ClinicSite, open_page: Callable[..., Page], axe: Axe
) -> None:
    few = reset_clinic()["team"]
    more = [few[1] | {"email": f"more{n}@example.com", "name": f"More {n}"} for n in range(30)]
    page = open_page(viewport=WIDE)
    sign_in(page, clinic_site.open_with(now=clock.now(), team=few + more), "/calendar?view=week")
    pages = page.get_by_role("navigation", name="People")
    expect(pages).to_contain_text("People 1–15 of 33")
    assert axe(page) == []
    pages.get_by_role("link", name="Next").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("People 16–30 of 33")
    expect(pages.get_by_role("link", name="Next")).to_be_focused()
    expect(page).to_have_url(re.compile("people=2"))
    page.keyboard.press("Enter")
    expect(page.locator("ul.people")).to_have_text(re.compile(r"More 27\s*More 28\s*More 29"))
    page.go_back()
    expect(pages).to_contain_text("People 16–30 of 33")
    page.get_by_role("link", name="Next week").click()
    expect(pages).to_contain_text("People 16–30 of 33")
    assert axe(page) == []
