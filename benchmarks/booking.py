"""B7: sessions booked over HTTP by visitors who come at the same time."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Lock

from benchmarks.database import ENGINES
from benchmarks.databases import PACKAGE, SERVICE, app_with, new_database, offer_and_service
from benchmarks.diary import ZONE, diary
from benchmarks.serving import Visitor, at_once, site
from benchmarks.table import Line, ms
from portal.clock import now
from portal.db import db
from portal.queries.openings import load_board

PER_SECOND, WORST = 100, 1.0  # bookings, and seconds that a visitor waits for one answer
CLIENTS, EACH, BEFORE = 8, 40, 12
UNLIMITED = dict.fromkeys(("HOLDS", "BOOKINGS", "ADDRESS_BOOKINGS"), "1000000 per minute")


def measure(where: dict[str, str]) -> Iterator[Line]:
    """B7 on both databases: hold, then confirm, with a name and an address that are new.

    Everybody has booked a few times before, so that both processes have read what they read once.
    """
    booked = CLIENTS * EACH
    for engine, name in ENGINES.items():
        url = new_database(where, engine)
        openings = _set_up(url)
        with site(DATABASE_URL=url, **UNLIMITED) as running:
            _book(running.port, openings[: CLIENTS * BEFORE])
            before = running.processor_seconds()
            seconds, waits = _book(running.port, openings[CLIENTS * BEFORE :][:booked])
            computed = (running.processor_seconds() - before) / booked
        yield Line(
            "B7",
            f"sessions booked over HTTP, {name}, {CLIENTS} clients",
            f"{booked} in {seconds:.1f} s, {ms(computed)} of the web processes’ time each",
            f"{booked / seconds:.0f} a second",
            f"at least {PER_SECOND}",
            booked / seconds >= PER_SECOND,
        )
        yield Line(
            "B7",
            f"the longest wait for an answer, {name}",
            f"{max(waits) * 1000:.0f} ms",
            "",
            f"under {WORST * 1000:.0f} ms",
            max(waits) < WORST,
        )


def _set_up(url: str) -> list[str]:
    """A clinic of ten people, and openings of theirs that don't overlap, as their buttons send."""
    clinic = diary(10, 60, datetime.now(UTC).astimezone(ZONE).date())
    with app_with(clinic, url).app_context():
        offer, service = offer_and_service(clinic)
        found = load_board(offer, service, now()).openings(clinic.first, clinic.days)
        ends: dict[int, int] = {}
        chosen = []
        for opening in found[len(found) // 10 :]:
            if opening.start >= ends.get(opening.member_id, 0):
                ends[opening.member_id] = opening.end
                chosen.append(f"{opening.member_id}@{opening.start}")
        db.session.rollback()
        db.engine.dispose()
    assert len(chosen) >= CLIENTS * (EACH + BEFORE)
    return chosen


def _book(port: int, openings: list[str]) -> tuple[float, list[float]]:
    """Let everybody book until all are; returns the seconds that took, and each wait for an answer.

    Whoever is answered sooner books more of them: so nobody is left alone with the rest at the end.
    Any answer but the expected one is an error, and ends the benchmark.
    """
    free, lock, waits = iter(openings), Lock(), list[float]()

    def visit(visitor: Visitor, _number: int) -> None:
        token = visitor.get(f"/book/{PACKAGE}").token
        while True:
            with lock:
                opening = next(free, None)
            if opening is None:
                return
            choices = {"service": SERVICE, "delivery": "in_person", "opening": opening}
            held = _timed(waits, visitor, f"/book/{PACKAGE}/holds", csrf_token=token, **choices)
            who = opening.replace("@", "-at-")
            contact = {"name": f"Client {who}", "email": f"client-{who}@example.com"}
            _timed(waits, visitor, held, csrf_token=token, **contact)

    return at_once(port, CLIENTS, visit), waits


def _timed(waits: list[float], visitor: Visitor, url: str, **values: str) -> str:
    """Send a form; returns where it leads."""
    started = time.perf_counter()
    answer = visitor.post(url, **values)
    waits.append(time.perf_counter() - started)
    assert answer.status == 303, f"{url} answered {answer.status}: {answer.body[:300]!r}"
    return answer.headers["location"]
