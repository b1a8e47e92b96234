"""How the databases find the openings: by an index, however long the history is."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, exists, select, text

from portal import clinic_file
from portal.actions.guard import STALE
from portal.db import db
from portal.models import Booking, Member
from portal.plain_rows import plain_rows
from portal.queries.busy_times import LONGEST
from portal.queries.calendar import load_calendar
from portal.queries.calendar_days import View
from portal.queries.clients import search_clients, visible_clients
from portal.queries.clients_page import Shown, load_clients
from portal.queries.offers import load_offer
from portal.queries.openings import Board, load_board
from portal.queries.outbox import count_to_mend
from tests.clinics import ANA, BEN, NOW, lee, reset_clinic

A_LONG_PAST = """
    INSERT INTO booking (member_id, service_id, client_id, delivery, note, staff_note, uid,
        sequence, cancel_reason, starts_at, ends_at, busy_start, busy_end, created_at,
        confirmed_at, completed_at)
    WITH RECURSIVE n (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < 3000)
    SELECT 1, 1, 1, 'in_person', '', '', 'session ' || k, 0, '', k * 3600, k * 3600 + 60, k * 3600,
        k * 3600 + 60, 0, 0, k * 3600 + 60
    FROM n
"""
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


LISTS: dict[str, tuple[Callable[[Member], object], int]] = {
    "the list": (lambda owner: load_clients(owner, Shown.EVERYBODY, "", 10**6), 3),
    "a search": (lambda owner: load_clients(owner, Shown.EVERYBODY, "lee park", 1), 3),
    "newcomers": (lambda owner: load_clients(owner, Shown.PROSPECTIVE, "", 1), 4),
    "clients to pick from": (lambda owner: search_clients(owner, "lee"), 2),
}


@pytest.mark.parametrize("email", [ANA, BEN])
@pytest.mark.parametrize(("look", "queries"), LISTS.values(), ids=LISTS)
def test_lists_of_clients_are_a_few_queries_and_read_no_session_by_itself(
    app: Flask, look: Callable[[Member], object], queries: int, email: str
) -> None:
    with app.app_context():
        clinic_file.load(reset_clinic(), NOW)
        member = db.session.scalars(select(Member).where(Member.email == email)).one()
        assert member.role, "is read by itself, once a request"
        asked = _all_asked(lambda: look(member))
        assert len(asked) == queries
        plans = [plan for each in asked for plan in _plan(*each)]
        assert not [plan for plan in plans if WHOLE_TABLE[db.engine.dialect.name] in plan]
        # Neither database has an index of what a function makes of a name.
        assert not [sql for sql, _ in asked if "lower(" in sql]


def test_the_list_of_all_clients_is_in_order_without_being_sorted(app: Flask) -> None:
    with app.app_context():
        clinic_file.load(reset_clinic(), NOW)
        owner = db.session.scalars(select(Member).where(Member.email == ANA)).one()
        asked = _all_asked(lambda: load_clients(owner, Shown.EVERYBODY, "", 1))
        plan = [row for each in asked if "LIMIT" in each[0] for row in _plan(*each)]
        assert [row for row in plan if "ix_client_name_key" in row]
        assert not [row for row in plan if "Sort" in row or "TEMP B-TREE" in row]


def test_what_failed_for_one_address_is_not_looked_for_in_all_mail(app: Flask) -> None:
    with app.app_context():
        clinic_file.load(reset_clinic(), NOW)
        owner = db.session.scalars(select(Member).where(Member.email == ANA)).one()
        asked = _all_asked(lambda: count_to_mend(owner, "lee@example.com"))
        plan = "\n".join(row for each in asked for row in _plan(*each))
        if db.engine.dialect.name == "postgresql":
            assert "Seq Scan on message" not in plan
        else:
            assert "ix_message_recipient" in plan


def test_whose_clients_are_whose_is_read_out_of_indexes(app: Flask) -> None:
    with app.app_context():
        clinic_file.load(reset_clinic(), NOW)
        ben = db.session.scalars(select(Member).where(Member.email == BEN)).one()
        asked = _all_asked(lambda: db.session.scalars(visible_clients(ben)).all())
        plan = "\n".join(row for each in asked for row in _plan(*each))
        if db.engine.dialect.name == "postgresql":
            # Which index is the best for no row at all is anybody's guess.
            assert "Seq Scan on booking" not in plan
            assert "Seq Scan on client_package" not in plan
            return
        for table, index in (
            ("booking", "ix_booking_member_id_client_id"),
            ("booking", "ix_booking_client_id_starts_at"),
            ("client_package", "ix_client_package_assigned_to_id_client_id"),
        ):
            assert re.search(f"SEARCH {table}\\w* USING COVERING INDEX {index} ", plan)


def test_everybody_s_calendar_is_six_queries_and_reads_no_sessions_of_other_days(
    app: Flask,
) -> None:
    with app.app_context():
        clinic_file.load(reset_clinic(clients=[lee()]), NOW)
        with db.engine.begin() as connection:
            connection.execute(text(A_LONG_PAST))
            connection.execute(text("ANALYZE"))
        engine = db.engine.dialect.name
        owner = db.session.scalars(select(Member).where(Member.email == ANA)).one()
        assert owner.role, "is read by itself, once a request"
        asked = _all_asked(lambda: load_calendar(owner, View.WEEK, None, None, NOW))
        assert len(asked) == 6
        of_bookings = [each for each in asked if "FROM booking" in each[0]]
        plans = ["\n".join(_plan(*each)) for each in of_bookings]
    assert len(plans) == 2, "who else has a session, and all sessions"
    assert not [plan for plan in plans if WHOLE_TABLE[engine] in plan]
    if engine == "sqlite":
        # Which of them depends on how many people there are; PostgreSQL has more to choose from.
        assert all(re.search("ix_booking_(busy|starts_at)", plan) for plan in plans)


def test_holds_that_ran_out_are_looked_for_among_holds_and_not_in_the_past(app: Flask) -> None:
    with app.app_context():
        clinic_file.load(reset_clinic(clients=[lee()]), NOW)
        with db.engine.begin() as connection:
            connection.execute(text(A_LONG_PAST))
            connection.execute(text("ANALYZE"))
        statement = select(exists(select(Booking.id).where(*STALE)))
        asked = _all_asked(lambda: plain_rows(statement, {"ids": [1], "now": NOW}))
        plan = "\n".join(_plan_for_any_value(*asked[0]))
    assert "ix_booking_held " in plan
    assert not re.search(r"ix_booking_(busy|member)|(SCAN|Seq Scan on) booking", plan)


def test_a_session_lasts_no_longer_than_the_search_allows() -> None:
    from portal.clinic_file.kinds import SESSION_MINUTES, UP_TO_A_DAY
    from portal.web.forms.service import DAY

    minutes = SESSION_MINUTES.most + 2 * UP_TO_A_DAY.most
    assert LONGEST == minutes * 60 == 3 * DAY * 60


def _asked(look: Callable[[Board], object]) -> list[tuple[str, Any]]:
    asked = _all_asked(lambda: look(board()))
    return [(statement, values) for statement, values in asked if "FROM booking" in statement]


def _all_asked(look: Callable[[], object]) -> list[tuple[str, Any]]:
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        asked.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    look()
    event.remove(db.engine, "before_cursor_execute", note)
    return asked


def _plan_for_any_value(statement: str, values: Any) -> list[str]:
    """The lines of the plan that PostgreSQL makes once and keeps, which SQLite's is always."""
    if db.engine.dialect.name == "sqlite":
        return _plan(statement, values)
    numbered = {name: f"${number}" for number, name in enumerate(values, 1)}
    kept = re.sub(r"%\((\w+)\)s", lambda place: numbered[place[1]], statement)
    with db.engine.connect() as connection:
        connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
        connection.exec_driver_sql(f"PREPARE kept AS {kept}")
        given = ", ".join(str(value) for value in values.values())
        rows = connection.exec_driver_sql(f"EXPLAIN EXECUTE kept ({given})").all()
        connection.exec_driver_sql("DEALLOCATE kept")
    return [str(row) for row in rows]


def _plan(statement: str, values: Any) -> list[str]:
    """The lines of the plan. PostgreSQL reads all of a small table, unless that's forbidden."""
    name = db.engine.dialect.name
    with db.engine.connect() as connection:
        if name == "postgresql":
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        rows = connection.exec_driver_sql(EXPLAIN[name] + statement, values).all()
    return [str(row) for row in rows]
