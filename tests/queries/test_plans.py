"""How the databases find the openings: by an index, however long the history is."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text

from portal import clinic_file
from portal.db import db
from portal.queries.busy_times import LONGEST
from portal.queries.offers import load_offer
from portal.queries.openings import Board, load_board
from tests.clinics import NOW, reset_clinic

WHOLE_TABLE = {"sqlite": "SCAN booking", "postgresql": "Seq Scan on booking"}
EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN "}


def board() -> Board:
    offer = load_offer("reset", NOW)
    item = offer.item("follow-up")
    assert item
    return load_board(offer, item.service, NOW)


LOOKS: dict[str, Callable[[Board], object]] = {
    "a week": lambda b: b.openings(NOW.date(), 7),
    "a later week and the earliest": lambda b: b.openings_and_earliest(
        NOW.date() + timedelta(days=40), 7
    ),
    "the earliest": lambda b: b.earliest(),
    "one time": lambda b: b.is_open(1, NOW + timedelta(days=1), "in_person"),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_openings_never_read_all_sessions(app: Flask, look: Callable[[Board], object]) -> None:
    with app.app_context():
        clinic_file.load(reset_clinic(), NOW)
        db.session.rollback()
        plans = [plan for asked in _asked(look) for plan in _plan(*asked)]
        searches = [plan for plan in plans if "booking" in plan]
        assert searches
        assert not [plan for plan in searches if WHOLE_TABLE[db.engine.dialect.name] in plan]
        if db.engine.dialect.name == "sqlite":
            # Both ends of the time are looked up, not only whose session it is.
            assert all("busy_end>? AND busy_end<?" in plan for plan in searches)


def test_a_session_lasts_no_longer_than_the_search_allows() -> None:
    from portal.clinic_file.kinds import SESSION_MINUTES, UP_TO_A_DAY
    from portal.web.forms.service import DAY

    minutes = SESSION_MINUTES.most + 2 * UP_TO_A_DAY.most
    assert LONGEST == minutes * 60 == 3 * DAY * 60


def _asked(look: Callable[[Board], object]) -> list[tuple[str, Any]]:
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    look(board())
    event.remove(db.engine, "before_cursor_execute", note)
    return [(statement, values) for statement, values in asked if "FROM booking" in statement]


def _plan(statement: str, values: Any) -> list[str]:
    """The lines of the plan. PostgreSQL reads all of a small table, unless that's forbidden."""
    name = db.engine.dialect.name
    connection = db.session.connection()
    if name == "postgresql":
        connection.execute(text("SET LOCAL enable_seqscan = off"))
    rows = connection.exec_driver_sql(EXPLAIN[name] + statement, values).all()
    return [str(row) for row in rows]
