"""What was read is kept for as long as nothing has changed, and not a moment longer."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from portal import unchanged as kept
from portal.db import db
from portal.models import Role
from portal.plain_rows import plain_rows
from portal.transaction import transaction
from portal.unchanged import unchanged

ROLES = Role.__table__.select().order_by(Role.id)


class Reader:
    """Reads the roles' names, and counts how often it had to."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, *_asked: Any) -> list[str]:
        self.times += 1
        return [name for _, name, *_ in plain_rows(ROLES)]


@pytest.fixture
def reader(app: Flask) -> Iterator[Reader]:
    with app.app_context():
        yield Reader()


def is_kept() -> bool:
    """On PostgreSQL nothing is."""
    return db.engine.dialect.name == "sqlite"


def add(name: str) -> None:
    """Another connection adds a role."""
    with db.engine.connect() as other:
        other.execute(text("INSERT INTO role (name, rights) VALUES (:name, '[]')"), {"name": name})
        other.commit()


def test_what_is_the_same_is_read_once(reader: Reader) -> None:
    add("Coach")
    for _ in range(3):
        assert unchanged(reader) == ["Coach"]
        db.session.rollback()
    assert reader.times == (1 if is_kept() else 3)


def test_what_somebody_else_commits_is_seen_in_the_next_transaction(reader: Reader) -> None:
    assert unchanged(reader) == []
    db.session.rollback()
    add("Coach")
    assert unchanged(reader) == ["Coach"]


def test_what_the_same_connection_commits_is_seen(reader: Reader) -> None:
    assert unchanged(reader) == []
    with transaction() as session:
        session.add(Role(name="Coach"))
    assert unchanged(reader) == ["Coach"]
    with transaction() as session:
        session.execute(text("DELETE FROM role"))
    assert unchanged(reader) == []


def test_an_act_sees_what_it_has_done_itself(reader: Reader) -> None:
    assert unchanged(reader) == []
    with transaction() as session:
        assert unchanged(reader) == []
        session.add(Role(name="Coach"))
        assert unchanged(reader) == ["Coach"]
        session.rollback()
        assert unchanged(reader) == []
    assert unchanged(reader) == []


def test_what_is_taken_back_was_never_there(reader: Reader) -> None:
    assert unchanged(reader) == []
    db.session.execute(text("INSERT INTO role (name, rights) VALUES ('Coach', '[]')"))
    assert unchanged(reader) == ["Coach"]
    db.session.rollback()
    # Outside of acts each statement is on its own on PostgreSQL.
    there = {"sqlite": [], "postgresql": ["Coach"]}
    assert unchanged(reader) == there[db.engine.dialect.name]


def test_what_is_asked_with_other_values_is_another_answer(reader: Reader) -> None:
    for asked in (1, 2):
        unchanged(reader, asked)
    assert reader.times == 2


def test_all_that_one_transaction_sees_is_from_one_moment(reader: Reader) -> None:
    """Asking whether anything has changed begins the moment that all else is read from."""
    if not is_kept():
        return
    unchanged(reader)
    add("Coach")
    assert reader() == [], "the transaction that asked first"
    db.session.rollback()
    assert unchanged(reader) == ["Coach"]
    add("Dietitian")
    assert unchanged(reader) == reader() == ["Coach"]


def test_what_is_large_is_not_kept_and_what_is_old_goes(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "KEPT", 2)
    monkeypatch.setattr(kept, "MOST", 1)
    add("Coach")
    for asked in (1, 2, 1, 3, 1, 2):
        unchanged(reader, asked)
    assert reader.times == (4 if is_kept() else 6)
    db.session.rollback()
    add("Dietitian")
    for _ in range(2):
        assert len(unchanged(reader, 1)) == 2
    assert reader.times == (6 if is_kept() else 8)
