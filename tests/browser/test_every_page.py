"""Every page for staff, found in the URL map: WCAG 2.2 AA, no wider than a window, no error.

A new page is looked at by being there. What a page shows in other states is tested beside it.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy import Select, select
from werkzeug.routing import Rule

from portal import create_app
from portal.actions.client_imports import look_at_file
from portal.clock import now
from portal.db import db
from portal.demo import DEMO_PASSWORD, OWNER, load_demo
from portal.models import Booking, Client, ClientPackage, Member, Package, Role, Service
from portal.web.access import anyone, check_of, whoever_has_the_link
from portal.web.client_here import clients
from tests.conftest import SECRET_KEY, LiveSite, dispose
from tests.how_often import tries

pytestmark = pytest.mark.timeout(240)

NOT_PAGES = {
    "share.qr_code": "a picture",
    "availability.mine": "leads to another page",
    "invitations.clients": "a part of a page",
    "recovery.choose": "needs the link of a mail",
    "my_bookings_sign_in.show": "needs the link of a mail",
    "set_up.show": "needs the token of the console, and a clinic that isn't set up",
}
FILE = [{"line": 2, "name": "", "fault": "Name: Please fill this in."}]
LOOKS = (({"width": 320, "height": 700}, "light"), ({"width": 1280, "height": 900}, "dark"))
"""A small phone, and a desk at night. The areas' own tests look the other way round."""


@pytest.fixture
def clinic(sqlite_database: str) -> Iterator[Flask]:
    """The sample clinic."""
    app = create_app({"TESTING": True, "SECRET_KEY": SECRET_KEY, "DATABASE_URL": sqlite_database})
    with app.app_context():
        load_demo(now())
    yield app
    dispose(app)


def pages(app: Flask) -> list[str]:
    """The address of every page that somebody who is signed in can open."""
    public = (anyone, whoever_has_the_link, clients)
    rules = [
        rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and check_of(app, rule.endpoint) not in public
        if not rule.endpoint.startswith("security.") and rule.endpoint not in NOT_PAGES
    ]
    with app.app_context():
        # Somebody else than whoever looks, who can be given notice.
        member = db.session.scalars(select(Member.id).where(Member.name.like("Ben%"))).one()
        owner = db.session.scalars(select(Member).where(Member.is_owner)).one()
        one, other, *_others = db.session.scalars(select(Client.id).order_by(Client.id))
        ids = {
            "client": one,
            "other": other,
            "session": db.session.scalars(_to_come(now())).first(),
            "client_package": db.session.scalars(_own_package(one)).first(),
            "own": db.session.scalars(_own_package(one)).first(),
            "client_import": look_at_file("clients.csv", FILE, owner, now()),
            "member": member,
            "package": db.session.scalars(select(Package.id)).first(),
            "service": db.session.scalars(select(Service.id)).first(),
            "role": db.session.scalars(select(Role.id)).first(),
            "day": now().date().isoformat(),
            "kind": "reminder",
        }
    return [_address(app, rule, ids) for rule in rules]


def _to_come(at: datetime) -> Select[int]:
    """A session that can be moved, cancelled and handed over."""
    return select(Booking.id).where(Booking.confirmed_at.is_not(None), Booking.starts_at > at)


def _own_package(client: int) -> Select[int]:
    return select(ClientPackage.id).where(ClientPackage.client_id == client)


def _address(app: Flask, rule: Rule, ids: dict[str, object]) -> str:
    arguments = {name: ids[name] for name in rule.arguments}
    return app.url_map.bind("localhost").build(rule.endpoint, arguments, method="GET")


def sign_in(page: Page, site: LiveSite) -> None:
    page.goto(f"{site.url}/sign-in")
    page.get_by_label("Email").fill(OWNER)
    page.get_by_label("Password", exact=True).fill(DEMO_PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/calendar?view=day")


def test_nothing_is_wrong_on_any_page_for_staff(
    clinic: Flask,
    live_site: Callable[..., LiveSite],
    open_page: Callable[..., Page],
    axe: Callable[[Page], list[str]],
) -> None:
    site = live_site(clinic.config["DATABASE_URL"])
    # A colour that is on its way from light to dark has no contrast worth measuring.
    page = open_page(reduced_motion="reduce")
    sign_in(page, site)
    addresses, wrong = pages(clinic), []
    assert len(addresses) >= 25
    for number, address in enumerate(addresses):
        answer = page.goto(f"{site.url}{address}")
        assert answer is not None
        if answer.status >= 400:
            wrong.append(f"{address}: {answer.status}")
        # By turns, as looking takes a second: `make test-long` looks at each page both ways.
        looked_at = LOOKS if tries(few=0, many=1) else (LOOKS[number % len(LOOKS)],)
        for size, scheme in LOOKS:
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
            if (size, scheme) in looked_at:
                wrong += [f"{address}, {scheme}: {violation}" for violation in axe(page)]
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                wrong.append(f"{address}: wider than {size['width']} pixels")
    assert not wrong, "\n".join(wrong)
