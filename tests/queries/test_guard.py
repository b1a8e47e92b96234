"""The guard against double booking is tried, and every way round it is noticed."""

from collections.abc import Iterator

import pytest
from flask import Flask

from portal.db import db
from portal.queries.guard import accepted_overlaps
from tests.databases import NO_GUARD, rows_of_every_table, run

LOOSE = (
    "ALTER TABLE booking ADD CONSTRAINT booking_overlap EXCLUDE USING gist "
    "(int8range(member_id, member_id, '[]') WITH &&, int8range(busy_start, busy_start, '[]') "
    "WITH &&) WHERE (cancelled_at IS NULL)"
)
"""A guard that compares nothing but when sessions begin: staggered ones overlap."""


@pytest.fixture(autouse=True)
def _context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


def test_the_guard_holds_and_the_trial_leaves_nothing() -> None:
    before = rows_of_every_table()
    assert accepted_overlaps() == set()
    assert rows_of_every_table() == before


def test_without_the_guard_both_ways_are_open() -> None:
    run(*NO_GUARD[db.engine.dialect.name])
    before = rows_of_every_table()
    assert accepted_overlaps() == {"insert", "update"}
    assert rows_of_every_table() == before


def test_half_a_guard_is_noticed() -> None:
    if db.engine.dialect.name == "sqlite":
        run("DROP TRIGGER booking_overlap_update")
        assert accepted_overlaps() == {"update"}
    else:
        run(*NO_GUARD["postgresql"], LOOSE)
        assert accepted_overlaps() == {"insert", "update"}
