"""What clients may come upon, at the end of every way: WCAG 2.2 AA, no wider than a window.

Also on a small phone that magnifies it to twice its size, and in German, where words are long.

Each state is reached without a browser, as tests/web do it, at a time that stands still. Chromium
is then shown the answer, and gets what else the page is made of from the same application.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page as Window
from playwright.sync_api import Route
from sqlalchemy import select

from portal.db import db
from portal.models import ClientPackage, Package, ShortLink
from portal.transaction import transaction
from tests.clinics import ANA, BEN, CHO, NOW, lee
from tests.how_often import tries
from tests.web.clients import sign_in
from tests.web.conftest import Clock, load_reset_clinic, time, visitor
from tests.web.visitor import Page, Visitor

__all__ = ["load_reset_clinic", "time", "visitor"]

pytestmark = pytest.mark.timeout(240)

SITE = "http://localhost"
FOLLOW_UP = "/book/reset?service=follow-up&week=2027-03-02"
LONG = "Dr. Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh the Younger"
WIDEST = """[...document.querySelectorAll("body *")].filter(
    one => one.clientWidth > 1 && one.scrollWidth > one.clientWidth
).map(one => one.outerHTML.split(">")[0] + ">").slice(0, 5).join(" ")"""
MAGNIFIED = 180  # CSS pixels across a phone of 360 at 200 %
LOOKS = ((320, "light"), (1280, "dark"), (320, "dark"), (1280, "light"))


@dataclass
class Client:
    """Somebody who uses the site, with what may happen to them on the way."""

    app: Flask
    load: Callable[..., None]
    visitor: Visitor
    time: Clock

    def opened(self, **changes: object) -> Page:
        """The booking page of a clinic that was changed as said."""
        self.load(**changes)
        return self.visitor.get(FOLLOW_UP)

    def held(self, **changes: object) -> Page:
        """The form for a time that they chose."""
        return self.visitor.press(self.opened(**changes), "10:00 Cho Park")

    def booked(self, **changes: object) -> Page:
        """The page of their session."""
        return self.visitor.book(self.opened(**changes), "10:00 Cho Park")

    def led(self, page: Page, words: str) -> Page:
        """Where a link with these words leads."""
        link = next(a for a in page.soup.select("a[href]") if a.get_text().strip() == words)
        return self.visitor.get(str(link["href"]))

    def cancelled(self) -> Page:
        """The page of a session that they have cancelled."""
        form = self.led(self.booked(), "Cancel session")
        return self.visitor.press(form, form.all(".details .actions button")[0], reason="Away.")


def a_form_with_nothing_in_it(client: Client) -> Page:
    return client.visitor.press(client.held(), "Request booking", name="", email="x")


def a_hold_that_ran_out(client: Client) -> Page:
    form = client.held()
    client.time.pass_(timedelta(minutes=11))
    return client.visitor.get(form.url)


def a_time_that_somebody_else_took(client: Client) -> Page:
    form, somebody = client.held(), Visitor(client.app.test_client())
    client.time.pass_(timedelta(minutes=11))
    somebody.book(somebody.get(FOLLOW_UP), "10:00 Cho Park", email="kim@example.com")
    return client.visitor.press(form, "Request booking", name="Lee", email="lee@example.com")


def nothing_open(client: Client) -> Page:
    return client.opened(hours={ANA: [], BEN: [], CHO: []})


def names_that_are_long(client: Client) -> Page:
    client.load(practice={"name": LONG}, package={"name": f"{LONG}: {'x' * 60}"})
    with client.app.app_context(), transaction() as session:
        session.scalars(select(Package)).one().description = f"{LONG} " * 5
    return client.visitor.get(FOLLOW_UP)


def words_from_right_to_left(client: Client) -> Page:
    page = client.booked(
        practice={"name": "عيادة ضفة النهر", "place": "١٢ شارع الطاحونة"},
        package={"name": "بداية جديدة", "description": "ثلاثة أشهر لتشعر بتحسن."},
        follow_up={"name": "جلسة متابعة"},
    )
    return page


def a_short_link(client: Client, **values: object) -> Page:
    client.load(package={"archived": bool(values.pop("archived", False))})
    with client.app.app_context(), transaction() as session:
        package = session.scalars(select(Package)).one()
        made = {"code": "abc234", "package": package, "created_at": NOW, "opened_count": 0}
        session.add(ShortLink(**made, **values))
    return client.visitor.get("/s/abc234")


def a_cancellation_in_german(client: Client) -> Page:
    page = client.led(client.booked(), "Cancel session")
    return client.visitor.get(page.url, **{"Accept-Language": "de"})


def a_package_that_has_expired(client: Client) -> Page:
    client.booked()
    client.time.pass_(timedelta(days=91))
    sign_in(client.app, client.visitor)
    with client.app.app_context():
        own = db.session.scalars(select(ClientPackage.id)).one()
    return client.visitor.get(f"/my-bookings/packages/{own}")


def no_session_left(client: Client) -> Page:
    items = [{"service": "follow-up", "sessions": 1}]
    return client.led(client.booked(package={"items": items}), "My bookings")


def my_bookings(client: Client) -> Page:
    client.booked(clients=[lee()])
    return sign_in(client.app, client.visitor)


def the_way_in(client: Client) -> Page:
    client.load()
    return client.visitor.get("/my-bookings")


def too_often(client: Client) -> Page:
    client.load()
    client.app.config["SHORT_LINK_MISSES"] = "1 per hour"
    client.visitor.get("/s/xyz234")
    return client.visitor.get("/s/xyz235")


def a_session_that_is_over(client: Client) -> Page:
    page = client.booked(practice={"confirm": "instant"})
    client.time.pass_(timedelta(days=3))
    return client.visitor.get(page.url)


STATES: dict[str, tuple[Callable[[Client], Page], int, str]] = {
    "a choice of times": (lambda client: client.opened(), 200, "10:00 Cho Park"),
    "nothing open": (nothing_open, 200, "Nobody can be booked"),
    "long names": (names_that_are_long, 200, "Wolfeschlegel"),
    "a held time": (lambda client: client.held(), 200, "Held for you until"),
    "terms to accept": (
        lambda client: client.held(package={"terms": "Be on time.\nPay in time."}),
        200,
        "Be on time.",
    ),
    "faults in a form": (a_form_with_nothing_in_it, 422, "Please"),
    "a hold that ran out": (a_hold_that_ran_out, 200, "The ten minutes are over"),
    "a time that went meanwhile": (a_time_that_somebody_else_took, 409, "has just been taken"),
    "told to get in touch": (
        lambda client: client.visitor.press(
            client.held(clients=[lee(active=False)]),
            "Request booking",
            name="Lee Park",
            email="lee@example.com",
        ),
        409,
        "get in touch",
    ),
    "a request": (lambda client: client.booked(), 200, "Your request is in"),
    "a confirmed session": (
        lambda client: client.booked(practice={"confirm": "instant"}),
        200,
        "Cho Park",
    ),
    "from right to left": (words_from_right_to_left, 200, "جلسة متابعة"),
    "other times for it": (
        lambda client: client.led(client.booked(), "Reschedule"),
        200,
        "Another time for Follow-up",
    ),
    "a cancellation": (lambda client: client.led(client.booked(), "Cancel session"), 200, "Why"),
    "a cancellation in German": (a_cancellation_in_german, 200, "zurückziehen?"),
    "cancelled": (lambda client: client.cancelled(), 200, "Undo"),
    "over": (a_session_that_is_over, 200, "Over"),
    "no session left": (no_session_left, 200, "My bookings"),
    "an expired package": (a_package_that_has_expired, 200, "This package expired"),
    "my bookings": (my_bookings, 200, "Follow-up"),
    "the way in": (the_way_in, 200, "My bookings"),
    "an unknown address": (lambda client: client.visitor.get("/book/nothing"), 404, "nothing here"),
    "a replaced link": (lambda client: a_short_link(client, retired_at=NOW), 410, "was replaced"),
    "not on offer": (lambda client: a_short_link(client, archived=True), 410, "no longer offered"),
    "too often": (too_often, 429, "One moment"),
}


@pytest.fixture
def client(app: Flask, reset_clinic: Callable[..., None], visitor: Visitor, time: Clock) -> Client:
    return Client(app, reset_clinic, visitor, time)


@pytest.fixture
def database_url(sqlite_database: str) -> str:
    return sqlite_database


@pytest.mark.parametrize("state", STATES)
def test_nothing_is_wrong_with_what_clients_come_upon(
    client: Client,
    open_page: Callable[..., Window],
    axe: Callable[[Window], list[str]],
    state: str,
) -> None:
    reached, status, words = STATES[state]
    page = reached(client)
    assert (page.status, words in page.text) == (status, True), page.text
    window = open_page(reduced_motion="reduce")
    window.route("**/*", lambda route: answer(route, client, page))
    number, wrong = list(STATES).index(state), []
    window.goto(f"{SITE}{page.url}")
    for width, scheme in LOOKS:
        window.set_viewport_size({"width": width, "height": 800})
        window.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        # By turns, as looking takes a second.
        if tries(few=0, many=1) or (width, scheme) == LOOKS[number % len(LOOKS)]:
            wrong += [f"{scheme}, {width}: {each}" for each in axe(window)]
        wrong += too_wide(window, width)
    window.set_viewport_size({"width": MAGNIFIED, "height": 800})
    wrong += too_wide(window, MAGNIFIED)
    assert not wrong, "\n".join(wrong)


def too_wide(window: Window, width: int) -> list[str]:
    """What makes the page wider than its window, in a sentence if anything does."""
    if window.evaluate("document.documentElement.scrollWidth <= window.innerWidth"):
        return []
    return [f"wider than {width} pixels: {window.evaluate(WIDEST)}"]


def test_the_systems_own_colours_leave_no_choice_and_no_bar_unseen(
    client: Client, open_page: Callable[..., Window]
) -> None:
    both = {"delivery": ["in_person", "video"], "video_link": "https://video.example.com/r"}
    page = client.opened(follow_up=both)
    window = open_page(forced_colors="active", reduced_motion="reduce")
    window.route("**/*", lambda route: answer(route, client, page))
    window.goto(f"{SITE}{page.url}")
    style = "one => getComputedStyle(one)"
    pills, line = window.locator(".pills span"), f"one => ({style})(one).outlineStyle"
    assert [pills.nth(at).evaluate(line) for at in (0, 1)] == ["solid", "none"]
    dot = window.locator(".dots i").first
    kept = dot.evaluate(f"one => [({style})(one).forcedColorAdjust, ({style})(one).outlineStyle]")
    assert kept == ["none", "solid"]
    page = client.visitor.book(page, "10:00 Cho Park")
    window.goto(f"{SITE}{page.url}")
    bar = window.locator("progress").first
    looks = f"one => [({style})(one).forcedColorAdjust, ({style})(one).borderTopStyle]"
    assert bar.evaluate(looks) == ["none", "solid"]


def test_the_script_says_a_visitors_own_time_as_the_server_does(
    client: Client, open_page: Callable[..., Window]
) -> None:
    page = client.cancelled()
    window = open_page(timezone_id="Asia/Tokyo", locale="en-US")
    window.route("**/*", lambda route: answer(route, client, page))
    window.goto(f"{SITE}{page.url}")
    own = window.locator("p.own-time").inner_text()
    assert own.startswith("Wednesday, March 3, 00:00–01:00 for you: Japan"), own
    assert "New York). (22:10 for you)" in window.locator(".undo").inner_text()


def answer(route: Route, client: Client, page: Page) -> None:
    """Give the browser the page that was reached, and all else from the application."""
    address = route.request.url.removeprefix(SITE)
    response = page.response
    if address != page.url:
        response = client.visitor.client.open(address, method=route.request.method)
    route.fulfill(
        status=response.status_code, headers=dict(response.headers), body=response.get_data()
    )
