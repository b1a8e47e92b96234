"""The calendar in a real browser: a request accepted by keyboard, a session moved on purpose."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from portal import clock
from tests.browser.clinic_site import ClinicSite, sign_in
from tests.clinics import ANA, BEN, LEE, lee

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
