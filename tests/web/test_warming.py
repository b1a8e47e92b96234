"""What is made before the site's processes part, so that each of them needn't."""

import logging
from collections.abc import Callable, Iterator

import pytest
from flask import Flask, Response, request_finished, request_started

from portal.db import db
from portal.web import metrics
from portal.web.warming import LOOKS, warm_up
from tests.databases import without_guard

Load = Callable[..., None]


@pytest.fixture
def made(app: Flask) -> Iterator[list[str]]:
    """What came of the pages that were made."""
    found: list[str] = []

    def note(_app: Flask, response: Response) -> None:
        found.append(response.status)

    with request_finished.connected_to(note, app):
        yield found


def test_the_page_that_clients_come_to_is_made_and_no_connection_is_left(
    app: Flask, reset_clinic: Load, made: list[str]
) -> None:
    reset_clinic()
    warm_up(app)
    assert made == LOOKS * ["200 OK"]
    with app.app_context():
        assert db.engine.pool.checkedin() == db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_nobody_has_asked_for_it(
    app: Flask,
    reset_clinic: Load,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reset_clinic()
    caplog.set_level(logging.INFO)
    counted: list[object] = []
    monkeypatch.setattr(metrics, "observe", lambda *facts: counted.append(facts))
    warm_up(app)
    assert caplog.messages == []
    assert counted == []


def test_without_a_clinic_there_is_no_page(app: Flask, made: list[str]) -> None:
    warm_up(app)
    assert made == []


def test_where_somebody_could_be_booked_twice_it_stands_in_the_log_and_no_page_is_made(
    app: Flask, reset_clinic: Load, made: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    reset_clinic()
    with app.app_context():
        without_guard()
    warm_up(app)
    assert "Not ready" in caplog.text
    assert made == []


def test_a_page_that_cannot_be_made_keeps_nothing_from_starting(
    app: Flask, reset_clinic: Load, caplog: pytest.LogCaptureFixture
) -> None:
    reset_clinic()

    def fail(_app: Flask) -> None:
        raise ZeroDivisionError

    with request_started.connected_to(fail, app):
        warm_up(app)
    assert "A page couldn't be made in advance: ZeroDivisionError" in caplog.messages
