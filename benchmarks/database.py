"""B3, B4 and B5's second half: openings from the database, beside the engine alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from flask import Flask
from sqlalchemy import event

from benchmarks.databases import app_with, new_database, offer_and_service, settle
from benchmarks.diary import VISIT, Diary, diary
from benchmarks.engine import growth, open_all_along
from benchmarks.history import add_history
from benchmarks.rounds import by_turns
from benchmarks.table import Line, ms, times
from portal.as_set_up import forget
from portal.db import db
from portal.queries.openings import load_board
from portal.scheduling.openings import Opening, combined

AGAINST_ENGINE, AGAINST_EMPTY = 5, 1.15  # times as long at most
PAST = 1_000_000  # sessions
ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def measure(where: dict[str, str]) -> Iterator[Line]:
    """B3, B4 and B5 on both databases."""
    for engine in ENGINES:
        yield from _against_the_engine(engine, where)
    for engine in ENGINES:
        yield from _with_history(engine, where)
    with disposed() as apps:
        yield from growth(
            "from SQLite", partial(_from_database, where=where, engine="sqlite", apps=apps)
        )


def openings(diary: Diary) -> list[Opening]:
    """What whoever looks first is offered, read as for a page of all the diary's days."""
    forget()
    offer, service = offer_and_service(diary)
    found = load_board(offer, service, diary.midnight).openings(diary.first, diary.days)
    db.session.rollback()
    return found


def in_app(app: Flask, clinic: Diary) -> list[Opening]:
    """The same, in the application's context."""
    with app.app_context():
        return openings(clinic)


@contextmanager
def disposed() -> Iterator[list[Flask]]:
    """Applications whose connections are closed in the end."""
    apps: list[Flask] = []
    yield apps
    for app in apps:
        with app.app_context():
            db.engine.dispose()


def _from_database(
    clinic: Diary, where: dict[str, str], engine: str, apps: list[Flask]
) -> "partial[list[Opening]]":
    apps.append(app_with(clinic, new_database(where, engine)))
    return partial(in_app, apps[-1], clinic)


def _against_the_engine(engine: str, where: dict[str, str]) -> Iterator[Line]:
    clinic = diary(20, 30)
    alone = partial(combined, clinic.calendars(), VISIT, open_all_along(clinic), None, 1)
    with disposed() as apps:
        work = _from_database(clinic, where, engine, apps)
        assert work() == alone(), "the database gives other openings than the values in memory"
        found = by_turns(7, {"database": work, "engine": alone}, waits=engine != "sqlite")
    ratio = found.ratio("database", "engine")
    yield Line(
        "B3",
        f"from {ENGINES[engine]}, P=20 D=30, against the engine alone",
        f"{ms(found.median('database'))} against {ms(found.median('engine'))}",
        times(ratio),
        f"at most {AGAINST_ENGINE} ×",
        ratio <= AGAINST_ENGINE,
    )


def _with_history(engine: str, where: dict[str, str]) -> Iterator[Line]:
    clinic = diary(20, 30)
    with disposed() as apps:
        young, old = (_from_database(clinic, where, engine, apps) for _ in range(2))
        with apps[1].app_context():
            with db.engine.begin() as connection:
                add_history(connection, clinic, PAST)
            settle()
            scans = full_scans(clinic)
        assert young() == old(), "sessions that are over change what can be booked"
        found = by_turns(9, {"old": old, "young": young}, waits=engine != "sqlite")
    ratio = found.ratio("old", "young")
    yield Line(
        "B4",
        f"from {ENGINES[engine]}, a million past sessions against none",
        f"{ms(found.median('old'))} against {ms(found.median('young'))}",
        times(ratio),
        f"at most {AGAINST_EMPTY} ×",
        ratio <= AGAINST_EMPTY,
    )
    yield Line(
        "B4",
        f"from {ENGINES[engine]}, reads of the whole table of sessions in the query plan",
        f"{scans}",
        "",
        "0",
        scans == 0,
    )


def full_scans(clinic: Diary) -> int:
    """How many of the queries' plans read all sessions."""
    asked: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, sql: str, values: object, *_: object) -> None:
        asked.append((sql, values))

    event.listen(db.engine, "before_cursor_execute", note)
    openings(clinic)
    event.remove(db.engine, "before_cursor_execute", note)
    is_sqlite = db.engine.dialect.name == "sqlite"
    explain, scan = (
        ("EXPLAIN QUERY PLAN", "SCAN booking") if is_sqlite else ("EXPLAIN", "Seq Scan on booking")
    )
    plans = [
        "\n".join(str(row) for row in db.session.connection().exec_driver_sql(f"{explain} {q}", v))
        for q, v in asked
    ]
    db.session.rollback()
    return sum(scan in plan for plan in plans)
