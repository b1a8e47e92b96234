"""Plain rows are what SQLAlchemy's own way gives, and so are their errors."""

from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import bindparam, event, literal, select, text
from sqlalchemy.exc import DBAPIError

from portal import clinic_file
from portal.db import columns_of, db
from portal.models import DateOverride, Member, Package, Service
from portal.plain_rows import named_rows, plain_rows
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
        with transaction() as session:
            session.get_one(Member, 1).name = "Anita"
            assert list(plain_rows(names, {"id": 1})) == [("Anita",)]
            assert named_rows(names, {"id": 1})[0].name == "Anita"


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
