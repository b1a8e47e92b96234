"""Loading into either database, and all rows of all tables to compare."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from portal import clinic_file
from portal.db import db
from portal.errors import WrongClinicFile
from tests.clinics import NOW

Load = Callable[..., None]
Tables = Callable[[], dict[str, list[tuple[Any, ...]]]]


@pytest.fixture
def load(app: Flask) -> Iterator[Load]:
    """Load a document, as of NOW unless told otherwise."""
    with app.app_context():
        yield lambda document, now=NOW: clinic_file.load(document, now)


@pytest.fixture
def faults(load: Load) -> Callable[[Any], list[str]]:
    """The faults for which a document isn't loaded."""

    def of(document: Any) -> list[str]:
        with pytest.raises(WrongClinicFile) as caught:
            load(document)
        return caught.value.faults

    return of


@pytest.fixture
def tables() -> Tables:
    """Every row of every table, ids included."""

    def read() -> dict[str, list[tuple[Any, ...]]]:
        db.session.rollback()
        return {
            table.name: sorted((tuple(row) for row in db.session.execute(table.select())), key=repr)
            for table in db.metadata.sorted_tables
        }

    return read
