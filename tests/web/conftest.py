"""The clinic of the scenarios, seen through the site, at a time that stands still."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from portal import clock
from tests.clinics import NOW, reset_clinic
from tests.loading import load_clinic
from tests.web.visitor import Visitor


@pytest.fixture
def database_url(sqlite_database: str) -> str:
    """Pages are tested on SQLite: what they do, the acts, has its tests on both databases.

    A module whose pages write much takes the fixture of both (see test_holds), and that every page
    can be shown on PostgreSQL too is a test of its own (see test_route_matrix).
    """
    return sqlite_database


class Clock:
    """What the site's clock shows; it stands still until a test moves it."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def pass_(self, time: timedelta) -> None:
        """Let some time go by."""
        self.at += time


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The site's clock."""
    stopped = Clock(NOW)
    monkeypatch.setattr(clock, "now", lambda: stopped.at)
    return stopped


@pytest.fixture(name="reset_clinic")
def load_reset_clinic(app: Flask, time: Clock) -> Callable[..., None]:
    """Load the clinic of the scenarios, changed as the arguments say: see tests/clinics.py."""

    def load(**changes: Any) -> None:
        with app.app_context():
            load_clinic(reset_clinic(**changes), time.at)

    return load


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """Somebody with a browser of their own."""
    return Visitor(app.test_client())
