"""A clinic on either database, with the acts' application context open."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from tests.clinics import NOW, reset_clinic
from tests.loading import load_clinic


@pytest.fixture
def clinic(app: Flask) -> Iterator[Callable[..., None]]:
    """Load the clinic of the scenarios, changed as the arguments say: see tests/clinics.py."""

    def load(**changes: Any) -> None:
        load_clinic(reset_clinic(**changes), NOW)

    with app.app_context():
        yield load
