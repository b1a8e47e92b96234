"""B8: what a browser fetches when it opens the booking page for the first time."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import event

from benchmarks.databases import PACKAGE, SERVICE, app_with, new_database
from benchmarks.diary import DAY, ZONE, diary
from benchmarks.table import Line
from benchmarks.week import HTMX
from portal.db import db

BYTES, REQUESTS, QUERIES = 60_000, 6, 6
FILES = re.compile(
    r'<(?:link rel="(?:icon|stylesheet)"[^>]*href|script[^>]*src|img[^>]*src)="([^"]*)"'
)


def measure(where: dict[str, str]) -> Iterator[Line]:
    """B8, for five people with two months of openings."""
    clinic = diary(5, 60, datetime.now(UTC).astimezone(ZONE).date())
    app = app_with(clinic, new_database(where, "sqlite"))
    browser = app.test_client()
    # As every browser does; who doesn't say gets the practice's language, which is one query more.
    browser.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en-US,en;q=0.9"
    page = f"/book/{PACKAGE}?service={SERVICE}"
    plain = browser.get(page).text
    urls = [page, *FILES.findall(plain)]
    size = sum(_on_the_wire(browser.get(url, headers={"Accept-Encoding": "gzip"})) for url in urls)
    yield Line(
        "B8",
        "first visit of the booking page: bytes over the wire, headers and all",
        f"{size:,}",
        "",
        f"at most {BYTES:,}",
        size <= BYTES,
    )
    yield Line(
        "B8",
        "the same: requests",
        f"{len(urls)}",
        "",
        f"at most {REQUESTS}",
        len(urls) <= REQUESTS,
    )
    asked: list[str] = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda _c, _u, sql, *_: asked.append(sql))
        # Whoever comes first after a change: nothing has been read on this connection yet.
        db.engine.dispose()
    headers = {name.replace("_", "-"): text for name, text in HTMX.items()}
    browser.get(f"{page}&week={clinic.first + 21 * DAY}", headers=headers)
    yield Line(
        "B8",
        "the week's fragment, three weeks on: queries",
        f"{len(asked)}",
        "",
        f"at most {QUERIES}",
        len(asked) <= QUERIES,
    )
    with app.app_context():
        db.engine.dispose()


def _on_the_wire(answer) -> int:  # type: ignore[no-untyped-def]
    """The status line, the headers and the body."""
    assert answer.status_code == 200
    head = sum(len(f"{name}: {text}\r\n") for name, text in answer.headers)
    return len(f"HTTP/1.1 {answer.status}\r\n") + head + 2 + len(answer.data)
