"""Plain rows are what SQLAlchemy's own way gives, and so are their errors."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import bindparam, event, insert, literal, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, PendingRollbackError

from portal import clinic_file
from portal.db import PREPARED, columns_of, db
from portal.models import Activity, Actor, Booking, DateOverride, Member, Package, Role, Service
from portal.plain_rows import named_rows, plain_insert, plain_inserts, plain_rows
from portal.transaction import transaction
from tests.clinics import NOW, reset_clinic

STATEMENTS: dict[str, tuple[Any, dict[str, Any]]] = {
    "enums, lists, money and instants": (select(*columns_of(Service)).order_by(Service.id), {}),
    "a package": (select(*columns_of(Package)), {}),
    "a list, asked for twice": (
        select(Member.name, literal("of the team"))
        .where(
            Member.id.in_(bindparam("ids", expanding=True))
            | Member.role_id.in_(bindparam("ids", expanding=True))
        )
        .order_by(Member.id),
        {"ids": [1, 2]},
    ),
    "an empty list": (
        select(Member.name).where(Member.id.in_(bindparam("ids", expanding=True))),
        {"ids": []},
    ),
    "up to an instant": (
        select(Activity.act, Activity.at).where(Activity.at <= bindparam("now")),
        {"now": NOW},
    ),
    "before an instant": (
        select(Activity.act, Activity.at).where(Activity.at < bindparam("now")),
        {"now": NOW},
    ),
    "a date": (
        select(DateOverride.date).where(DateOverride.date >= bindparam("from_day")),
        {"from_day": date(2027, 3, 1)},
    ),
}


@pytest.mark.parametrize(("statement", "asked"), STATEMENTS.values(), ids=STATEMENTS)
def test_the_rows_are_the_same(app: Flask, statement: Any, asked: dict[str, Any]) -> None:
    with app.app_context():
        document = reset_clinic()
        document["availability"][0]["overrides"] = [{"date": "2027-03-09", "hours": []}]
        clinic_file.load(document, NOW)
        expected = [tuple(row) for row in db.session.execute(statement, asked)]
        assert [tuple(row) for row in plain_rows(statement, asked)] == expected
        assert [tuple(row) for row in named_rows(statement, asked)] == expected


def test_another_number_of_values_is_another_statement(app: Flask) -> None:
    statement, _ = STATEMENTS["a list, asked for twice"]
    with app.app_context():
        clinic_file.load(reset_clinic(), NOW)
        found = [len(plain_rows(statement, {"ids": ids})) for ids in ([1], [1, 2], [], [1])]
        assert found[0] == found[3] < found[1]
        assert found[2] == 0


def test_what_an_act_has_changed_is_in_them(app: Flask) -> None:
    names = select(Member.name).where(Member.id == bindparam("id"))
    with app.app_context():
        clinic_file.load(reset_clinic(), NOW)
        assert list(plain_rows(names, {"id": 1})) == [("Ana Ruiz",)]
        with transaction() as session:
            session.get_one(Member, 1).name = "Anita"
            assert list(plain_rows(names, {"id": 1})) == [("Anita",)]
            assert named_rows(names, {"id": 1})[0].name == "Anita"


def test_nothing_is_read_in_a_transaction_that_is_broken(app: Flask) -> None:
    with app.app_context():
        with transaction() as session:
            plain_rows(select(Member.id))
            session.add(Role())
            with pytest.raises(IntegrityError):
                session.flush()
            with pytest.raises(PendingRollbackError):
                plain_rows(select(Member.id))
            session.rollback()
        assert list(plain_rows(select(Member.id))) == []


def test_they_are_counted_as_all_queries_are(app: Flask) -> None:
    asked: list[str] = []
    with app.app_context():
        note = lambda _c, _u, sql, *_: asked.append(sql)  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", note)
        plain_rows(select(Member.id))
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(asked) == 1


def test_an_error_is_sqlalchemys(app: Flask) -> None:
    with app.app_context(), pytest.raises(DBAPIError):
        plain_rows(select(Member.id).where(text("no_such_column = 1")))


def test_a_row_is_added_as_the_model_would_have_it(app: Flask) -> None:
    act = {"at": NOW, "actor": Actor.CLIENT, "act": "x", "subject": "booking", "subject_id": 7}
    with app.app_context(), transaction():
        plain_insert(insert(Activity), act)
        plain_insert(insert(Activity), act | {"details": {"fields": ["name"]}})
        rows = db.session.scalars(select(Activity).order_by(Activity.id)).all()
        assert [(row.at, row.actor, row.details) for row in rows] == [
            (NOW, Actor.CLIENT, {}),
            (NOW, Actor.CLIENT, {"fields": ["name"]}),
        ]


def test_what_was_added_comes_back_and_defaults_are_made_for_each_row(app: Flask) -> None:
    hour = timedelta(hours=1)
    with app.app_context():
        clinic_file.load(reset_clinic(), NOW)
        with transaction():
            booked = [
                plain_insert(insert(Booking).returning(Booking.id), _held(NOW + number * hour))
                for number in range(2)
            ]
            rows = [db.session.get_one(Booking, id_) for id_ in booked]
            assert [row.starts_at for row in rows] == [NOW, NOW + hour]
            assert [(row.sequence, row.note, row.ending) for row in rows] == [(0, "", None)] * 2
            assert len({row.uid for row in rows}) == 2
            changed = update(Booking).values(note=bindparam("words")).returning(Booking.id)
            assert sorted(plain_rows(changed, {"words": "My knee."})) == [(id_,) for id_ in booked]


def test_several_rows_are_added_in_their_order_and_each_has_its_own_defaults(app: Flask) -> None:
    hour = timedelta(hours=1)
    with app.app_context():
        clinic_file.load(reset_clinic(), NOW)
        with transaction():
            statement = insert(Booking)
            for first, until in ((0, 3), (3, 4), (4, 4), (4, 6)):
                held = [_held(NOW + number * hour) for number in range(first, until)]
                plain_inserts(statement, held)
            rows = db.session.scalars(select(Booking).order_by(Booking.id)).all()
            assert [row.starts_at for row in rows] == [NOW + number * hour for number in range(6)]
            assert [(row.sequence, row.note, row.ending) for row in rows] == [(0, "", None)] * 6
            assert len({row.uid for row in rows}) == 6
            line = {"at": NOW, "act": "x", "subject": "booking", "subject_id": 7}
            who = [
                line | {"actor": Actor.CLIENT, "details": {"a": [1]}},
                line | {"actor": Actor.OPERATOR, "details": {}},
            ]
            plain_inserts(insert(Activity), who)
            log = db.session.scalars(select(Activity).order_by(Activity.id.desc()).limit(2)).all()
            assert [(row.actor, row.details) for row in reversed(log)] == [
                (Actor.CLIENT, {"a": [1]}),
                (Actor.OPERATOR, {}),
            ]


def test_several_rows_of_which_one_is_refused_are_none(app: Flask) -> None:
    with app.app_context():
        clinic_file.load(reset_clinic(), NOW)
        with pytest.raises(IntegrityError), transaction():
            plain_inserts(insert(Booking), [_held(NOW), _held(NOW)])
        assert plain_rows(select(Booking.id)) == []


def test_what_the_database_refuses_is_refused_as_ever(app: Flask) -> None:
    with app.app_context():
        clinic_file.load(reset_clinic(), NOW)
        with pytest.raises(IntegrityError), transaction():
            plain_insert(insert(Booking), _held(NOW) | {"busy_start": NOW + timedelta(minutes=1)})
        assert plain_rows(select(Booking.id)) == []


def _held(at: datetime) -> dict[str, Any]:
    """A row of a time that is held."""
    end = at + timedelta(minutes=30)
    times = {"starts_at": at, "ends_at": end, "busy_start": at, "busy_end": end}
    whose = {"member_id": 1, "service_id": 1, "delivery": "video"}
    return whose | times | {"created_at": at, "held_until": at}


@pytest.mark.parametrize(
    "database_url", [pytest.param("sqlite", marks=pytest.mark.sqlite)], indirect=True
)
def test_sqlite_prepares_a_statement_once_however_many_came_before_it(app: Flask) -> None:
    prepared: list[Any] = []
    with app.app_context(), db.engine.connect() as connection:
        for number in range(PREPARED // 2):
            connection.exec_driver_sql(f"SELECT {number}").all()
        driver: Any = connection.connection.driver_connection
        # SQLite asks what a statement may do when it prepares it, and 0 is yes.
        driver.set_authorizer(lambda *asked: prepared.append(asked) or 0)
        for _ in range(3):
            times = len(prepared)
            for column in ("name", "email"):
                connection.exec_driver_sql(f"SELECT {column} FROM member").all()  # noqa: S608
        driver.set_authorizer(None)
    assert len(prepared) == times > 0
