"""`make screenshots`: the README's pictures, of the sample clinic on a day that stays the same.

It starts a site of its own on a new database, and looks at it with the system's Chromium. The same
code takes the same pictures, up to the fonts and the Chromium of the machine.
"""

import logging
import re
import shutil
import struct
import sys
import tempfile
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

from portal import clock  # noqa: E402

MOMENT = datetime(2027, 3, 2, 14, 20, tzinfo=UTC)
"""A Tuesday morning at the sample clinic, in New York."""

# Before anything else takes the clock from there.
clock.now = lambda: MOMENT

from portal import create_app  # noqa: E402
from portal.db import db  # noqa: E402
from portal.demo import DEMO_PASSWORD, OWNER, PACKAGE, load_demo  # noqa: E402
from portal.mail.letter import LaidOut, laid_out  # noqa: E402
from portal.migrating import migrate_to_head  # noqa: E402
from portal.models import Message  # noqa: E402

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
PHONE = {"width": 400, "height": 860}
DESK = {"width": 1100, "height": 820}
CLIENT, CLIENTS_NAME = "lee@example.com", "Lee Park"
LINK = re.compile(r"http://\S+/my-bookings/sign-in/\S+")

ADDRESS = re.compile(r"http://localhost:\d+/bookings/[\w-]+")
LOOKS_LIKE = "https://book.example.com/bookings/Qn3vT8kLw0aXc7Yd"
"""A private link as a real clinic would have it, and the same one in each picture."""

WHOLE = 10_000  # pixels: higher than any page
PNG = b"\x89PNG\r\n\x1a\n"


class Silent(WSGIRequestHandler):
    """Answers, and writes no line about each."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def main() -> None:
    """Take every picture."""
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        sys.exit("Chromium is missing: install the package chromium (or Google Chrome) first.")
    with (
        tempfile.TemporaryDirectory() as folder,
        site(Path(folder)) as (app, address),
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        what_clients_see(window(browser, PHONE, address), app)
        what_staff_see(window(browser, DESK, address))
        browser.close()


@contextmanager
def site(folder: Path) -> Iterator[tuple[Flask, str]]:
    """The sample clinic, served to this machine alone; gives the application and the address."""
    database = f"sqlite:///{folder / 'clinic.db'}"
    app = create_app({"DATABASE_URL": database, "SECRET_KEY": "signs nothing but these pictures"})
    # Whoever waits for pictures reads of no requests.
    logging.disable(logging.WARNING)
    with app.app_context():
        migrate_to_head()
        load_demo(MOMENT)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
    app.config["BASE_URL"] = f"http://localhost:{server.port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield app, app.config["BASE_URL"]
    server.shutdown()


def window(browser: Browser, size: dict[str, int], address: str) -> Page:
    """A browser's window at the clinic's place and time."""
    context = browser.new_context(
        base_url=address,
        viewport=size,
        locale="en-US",
        timezone_id="America/New_York",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.clock.set_fixed_time(MOMENT)
    return page


def what_clients_see(page: Page, app: Flask) -> None:
    """The booking page, the mail after booking, and My bookings."""
    page.goto(f"/book/{PACKAGE}")
    take(page, "booking-page", height=1560)
    page.locator(".slots button").nth(3).click()
    page.get_by_label("Name").fill(CLIENTS_NAME)
    page.get_by_label("Email").fill(CLIENT)
    if (terms := page.locator("#terms")).count():
        terms.check()
    page.locator(".details .actions button[type=submit]").first.click()
    page.get_by_text("What happens next").or_(page.get_by_text("You’re booked")).first.wait_for()
    letter = page.context.new_page()
    letter.set_content(ADDRESS.sub(LOOKS_LIKE, laid_out_here(app, newest_mail(app)).html))
    take(letter, "mail", height=WHOLE)
    page.goto("/my-bookings")
    page.get_by_label("Email").fill(CLIENT)
    page.get_by_role("button", name="Mail me a link").click()
    page.get_by_text("is on its way").wait_for()
    found = LINK.search(laid_out_here(app, newest_mail(app)).text)
    assert found
    page.goto(found[0])
    page.get_by_role("button", name="See my bookings").click()
    page.get_by_text("Coming sessions").wait_for()
    take(page, "my-bookings")


def newest_mail(app: Flask) -> Message:
    """The last that was written to the client."""
    with app.app_context():
        query = select(Message).where(Message.recipient == CLIENT).order_by(Message.id.desc())
        message = db.session.scalars(query.limit(1)).one()
        db.session.expunge(message)
        return message


def laid_out_here(app: Flask, message: Message) -> LaidOut:
    """The mail as it would be sent, by a sender whom nobody reads."""
    with app.app_context():
        return laid_out(message.facts, "", "")


def what_staff_see(page: Page) -> None:
    """The week of the clinic, and the package editor with its table."""
    page.goto("/calendar?view=week")
    page.get_by_label("Email address").fill(OWNER)
    page.get_by_label("Password").fill(DEMO_PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/calendar**")
    take(page, "calendar")
    page.goto("/practice/services")
    page.get_by_role("button", name="More Options for Reset", exact=True).click()
    page.get_by_role("link", name="Edit", exact=True).click()
    take(page, "package-editor", of="#sessions-and-services")


def take(page: Page, name: str, *, height: int | None = None, of: str = "html") -> None:
    """Write the picture of the window, of the page down to a height, or of one element."""
    page.evaluate("document.fonts.ready")
    options = {"animations": "disabled", "caret": "hide"}
    if height or of != "html":
        box = page.locator(of).bounding_box()
        assert box
        options |= {
            "full_page": True,
            "clip": box | {"height": min(height or WHOLE, box["height"])},
        }
    file = FOLDER / f"{name}.png"
    file.write_bytes(packed(page.screenshot(**options)))
    print(f"{file.relative_to(FOLDER.parent)}: {file.stat().st_size // 1024} KB")


def packed(picture: bytes) -> bytes:
    """The same PNG with its points packed anew; Chromium packs them in a hurry."""
    chunks, points, at = [], b"", len(PNG)
    while at < len(picture):
        (length,) = struct.unpack_from(">I", picture, at)
        kind, body = picture[at + 4 : at + 8], picture[at + 8 : at + 8 + length]
        if kind == b"IDAT":
            points += body
        else:
            chunks.append((kind, body))
        at += length + 12
    # The points stand between what is said about them and the end.
    chunks.insert(-1, (b"IDAT", zlib.compress(zlib.decompress(points), 9)))
    return PNG + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


if __name__ == "__main__":
    main()
