"""How much a visitor's pages ask of the database and of the network: counted, so it's exact."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, event

from portal import clinic_file
from portal.as_set_up import forget
from portal.db import LOSABLE, db
from tests.clinics import NOW, WEEKDAYS, reset_clinic
from tests.web.conftest import Clock
from tests.web.visitor import Page, Visitor, confirm_button

Load = Callable[..., None]
FOLLOW_UP = "/book/reset?service=follow-up"
FILES = re.compile(r'<(?:link rel="(?:icon|stylesheet)"|script defer)[^>]* (?:href|src)="([^"]*)"')
FEW, MANY = {"people": 1, "days": 30}, {"people": 30, "days": 366}


@contextmanager
def queries(app: Flask) -> Iterator[list[str]]:
    """Collects every statement that the database is asked."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


def clinic_of(people: int, days: int) -> dict[str, Any]:
    """The clinic of the scenarios with so many more people, all of whom can be booked."""
    emails = [f"more{number}@example.com" for number in range(people)]
    member = {"role": "Coach", "kind": "practitioner", "owner": False, "timezone": None}
    weekly = [
        {"day": day, "from": "09:00", "to": "10:00", "services": None, "delivery": None}
        for day in WEEKDAYS
    ]
    off = {"overrides": [], "time_off": []}
    return {
        "practice": {"horizon_days": days},
        "more_team": [
            {**member, "email": email, "name": email, "active": True, "daily_cap": None}
            for email in emails
        ],
        "more_availability": [{"member": email, "weekly": weekly, **off} for email in emails],
    }


def with_the_first_more(page: Page) -> str:
    """An opening of the same person, whatever was booked before."""
    return next(text for text in page.openings() if text.endswith("more0@example.com"))


def journey(visitor: Visitor, email: str) -> Iterator[tuple[str, Callable[[], Page]]]:
    """Each step of a booking, by name, as something to do."""
    pages: list[Page] = []

    def step(do: Callable[[], Page]) -> Callable[[], Page]:
        def done() -> Page:
            pages.append(do())
            assert pages[-1].status == 200, pages[-1].text
            return pages[-1]

        return done

    yield "the page", step(lambda: visitor.get(FOLLOW_UP))
    yield "another week", step(lambda: visitor.fragment(f"{FOLLOW_UP}&week=2027-03-08"))
    yield "one person", step(lambda: visitor.fragment(f"{FOLLOW_UP}&practitioner=1"))
    yield "the page again", step(lambda: visitor.get(FOLLOW_UP))
    yield "the time held", step(lambda: visitor.press(pages[-1], with_the_first_more(pages[-1])))
    yield (
        "the session booked",
        step(
            lambda: visitor.press(
                pages[-1], confirm_button(pages[-1]), name="Lee Park", email=email
            )
        ),
    )


@pytest.fixture
def counted(app: Flask, load_bigger: Load) -> Callable[..., dict[str, int]]:
    """How many queries each step of a booking takes, in a clinic of some size."""

    def count(people: int, days: int) -> dict[str, int]:
        load_bigger(people, days)
        visitor = Visitor(app.test_client())
        counts = {}
        for name, do in journey(visitor, f"lee{people}@example.com"):
            with queries(app) as asked:
                do()
            counts[name] = len(asked)
        return counts

    return count


@pytest.fixture
def load_bigger(app: Flask, time: Clock) -> Load:
    """Load the clinic of the scenarios with more people, and a longer horizon."""

    def load(people: int, days: int) -> None:
        more = clinic_of(people, days)
        document = reset_clinic(practice=more["practice"])
        document["team"] += more["more_team"]
        document["availability"] += more["more_availability"]
        with app.app_context():
            clinic_file.load(document, NOW)

    return load


def test_no_step_of_a_booking_asks_more_of_many_people_or_days(
    counted: Callable[..., dict[str, int]],
) -> None:
    assert counted(**FEW) == counted(**MANY)


@pytest.mark.parametrize(
    ("step", "statements"), [("the time held", 10), ("the session booked", 25)]
)
def test_holding_a_time_and_booking_it_ask_no_more_than_they_did(
    counted: Callable[..., dict[str, int]], step: str, statements: int
) -> None:
    # With the page that each leads to. On SQLite everybody else who writes waits for most of them.
    assert counted(**FEW)[step] == statements


def test_holding_a_time_and_booking_it_wait_for_the_disk_once_each(
    app: Flask, load_bigger: Load
) -> None:
    load_bigger(**FEW)
    with app.app_context():
        engine = db.engine
    commits: list[str] = []

    def note(connection: Connection) -> None:
        commits.append("counted" if connection.get_execution_options()[LOSABLE] else "on the disk")

    event.listen(engine, "commit", note)
    for _name, do in journey(Visitor(app.test_client()), "lee@example.com"):
        do()
    event.remove(engine, "commit", note)
    # Each of the two is counted within a short time and a long one, and the address that is booked
    # with besides: all that belongs together at once.
    assert commits == ["counted", "on the disk", "counted", "on the disk"]


def test_a_week_of_openings_takes_six_queries(app: Flask, load_bigger: Load) -> None:
    load_bigger(**MANY)
    visitor = Visitor(app.test_client())
    for week in ("", "&week=2027-03-22", "&week=2027-05-17"):
        with app.app_context():
            # Nothing has been read yet.
            forget()
        with queries(app) as asked:
            assert visitor.fragment(FOLLOW_UP + week).openings()
        assert len(asked) == 6


def test_a_week_takes_two_queries_where_nobody_set_anything_up_since(
    app: Flask, load_bigger: Load
) -> None:
    load_bigger(**MANY)
    visitor = Visitor(app.test_client())
    first = visitor.fragment(FOLLOW_UP)
    visitor.press(first, with_the_first_more(first))
    with app.app_context():
        # A new connection has read nothing yet.
        db.engine.dispose()
    with queries(app) as asked:
        assert Visitor(app.test_client()).fragment(FOLLOW_UP).openings()
    # Whether anything was set up, and what is booked.
    assert len(asked) == 2


def test_what_nobody_has_changed_is_not_read_again(app: Flask, load_bigger: Load) -> None:
    load_bigger(**FEW)
    visitor = Visitor(app.test_client())
    first = visitor.fragment(FOLLOW_UP)
    with app.app_context():
        is_kept = db.engine.dialect.name == "sqlite"
    with queries(app) as asked:
        assert visitor.fragment(FOLLOW_UP).openings() == first.openings()
    assert len(asked) == (0 if is_kept else 2)
    held = with_the_first_more(first)
    visitor.press(first, held)
    # The same time on other days is still there, for somebody who has no hold to ignore.
    left = Visitor(app.test_client()).fragment(FOLLOW_UP).openings()
    assert left.count(held) == first.openings().count(held) - 1


def test_nobody_free_for_a_year_is_found_out_in_a_few_more(app: Flask, time: Clock) -> None:
    away = {"from": NOW.isoformat(), "to": (NOW + timedelta(days=400)).isoformat()}
    document = reset_clinic(
        practice={"horizon_days": 366}, package={"valid_days": None}, enabled=False
    )
    document["availability"][0]["time_off"] = [away]
    with app.app_context():
        clinic_file.load(document, NOW)
    with queries(app) as asked:
        assert Visitor(app.test_client()).fragment(FOLLOW_UP).openings() == []
    assert len(asked) <= 12


def test_a_first_visit_is_six_requests_of_sixty_kilobytes(app: Flask, load_bigger: Load) -> None:
    load_bigger(**FEW)
    browser = app.test_client()
    urls = [FOLLOW_UP, *FILES.findall(browser.get(FOLLOW_UP).text)]
    assert len(urls) == 6
    sizes = [len(browser.get(url, headers={"Accept-Encoding": "gzip"}).data) for url in urls]
    assert sum(sizes) < 60_000


def test_an_opening_takes_little_of_a_page(app: Flask, load_bigger: Load) -> None:
    load_bigger(**FEW)
    text = Visitor(app.test_client()).get(FOLLOW_UP).response.text
    buttons = re.findall(r"<li><button .*</li>", text)
    assert buttons
    assert max(len(button) for button in buttons) <= 90 + len("more0@example.com")


def test_a_template_copies_nothing_of_what_all_of_them_may_use(app: Flask) -> None:
    # A page or a mail includes dozens of parts.
    part = app.jinja_env.get_template("mail/_links.html")
    assert part.globals is app.jinja_env.globals
    with app.app_context():
        own = app.jinja_env.from_string("{{ own }}", globals={"own": "of this one alone"})
        assert own.render() == "of this one alone"
    assert "own" not in app.jinja_env.globals
