"""B6: the week's fragment of the booking page under gunicorn, beside the bare view."""

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.databases import PACKAGE, SERVICE, app_with, new_database, settle
from benchmarks.diary import DAY, ZONE, diary
from benchmarks.history import add_history
from benchmarks.serving import Site, Visitor, at_once, site
from benchmarks.table import Line, ms, times
from portal.db import db

SLOWER, OF_REQUESTS = 2, 0.5
PAST = 100_000  # sessions
ROUNDS, ALONE, TOGETHER, CLIENTS = 7, 60, 15, 8
HTMX = {"HX_Request": "true", "HX_Request_Type": "partial", "HX_Target": "section#openings"}
SLOT = re.compile(
    '<li><button name="opening" value="([^"]*)" class="([^"]*)">'
    "<b>([^<]*)</b> ([^<]*)</button></li>\n"
)


def measure(where: dict[str, str]) -> Iterator[Line]:
    """B6 on SQLite: five people, two months of openings, 100,000 sessions that are over."""
    today = datetime.now(UTC).astimezone(ZONE).date()
    clinic = diary(5, 60, today)
    url = new_database(where, "sqlite")
    with app_with(clinic, url).app_context():
        with db.engine.begin() as connection:
            add_history(connection, clinic, PAST)
        settle()
        db.engine.dispose()
    address = f"/book/{PACKAGE}?service={SERVICE}&week={today + 7 * DAY}"
    pieces = Path(where["sqlite"], "pieces.json")
    with site(DATABASE_URL=url) as ours:
        with Visitor(ours.port) as visitor:
            page = visitor.get(address, **HTMX).body.decode()
            pieces.write_text(json.dumps(_pieces(page)))
        with site("benchmarks.bare_view:app", BARE_PIECES=str(pieces)) as bare:
            with Visitor(bare.port) as visitor:
                assert visitor.get("/").body.decode() == page, "the bare view has other bytes"
            yield from _compared(ours, address, bare, len(SLOT.findall(page)))


def _compared(ours: Site, address: str, bare: Site, openings: int) -> Iterator[Line]:
    both = {"ours": (ours.port, address), "bare": (bare.port, "/")}
    before = ours.processor_seconds(), bare.processor_seconds()
    waits: dict[str, list[float]] = {name: [] for name in both}
    rates: dict[str, list[float]] = {name: [] for name in both}
    for _ in range(ROUNDS):
        for name, place in both.items():
            waits[name].append(_median_wait(*place))
        for name, place in both.items():
            rates[name].append(_rate(*place))
    computed = ours.processor_seconds() - before[0], bare.processor_seconds() - before[1]
    slower = median(one / other for one, other in zip(waits["ours"], waits["bare"], strict=True))
    of_requests = median(one / oth for one, oth in zip(rates["ours"], rates["bare"], strict=True))
    yield Line(
        "B6",
        f"the week's fragment ({openings} openings), one client, against the bare view: p50",
        f"{ms(median(waits['ours']))} against {ms(median(waits['bare']))}",
        times(slower),
        f"at most {SLOWER} ×",
        slower <= SLOWER,
    )
    yield Line(
        "B6",
        f"the same, {CLIENTS} clients: requests a second",
        f"{median(rates['ours']):.0f} against {median(rates['bare']):.0f}",
        times(of_requests),
        f"at least {OF_REQUESTS} ×",
        of_requests >= OF_REQUESTS,
    )

    each = [seconds / (ROUNDS * (ALONE + CLIENTS * TOGETHER)) for seconds in computed]
    yield Line(
        "B6",
        "the same: processor time of a request",
        f"{ms(each[0])} against {ms(each[1])}",
        times(each[0] / each[1]),
    )


def _median_wait(port: int, address: str) -> float:
    seconds = []
    with Visitor(port) as visitor:
        for _ in range(ALONE):
            started = time.perf_counter()
            assert visitor.get(address, **HTMX).status == 200
            seconds.append(time.perf_counter() - started)
    return median(seconds)


def _rate(port: int, address: str) -> float:
    def look(visitor: Visitor, _number: int) -> None:
        for _ in range(TOGETHER):
            assert visitor.get(address, **HTMX).status == 200

    return CLIENTS * TOGETHER / at_once(port, CLIENTS, look)


def _pieces(page: str) -> list[tuple[str, list[tuple[str, ...]]]]:
    """The page as text, then openings, then text, and so on."""
    pieces: list[tuple[str, list[tuple[str, ...]]]] = []
    at = 0
    for run in re.finditer(f"(?:{SLOT.pattern.replace('(', '(?:')})+", page):
        pieces.append((page[at : run.start()], SLOT.findall(run[0])))
        at = run.end()
    return [*pieces, (page[at:], [])]
