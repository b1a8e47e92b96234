"""`/metrics` is there for who has the token, and adds up what all processes did."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from portal import clinic_file, clock, create_app
from portal.db import db
from portal.errors import WrongSetting
from portal.health import heartbeat
from portal.web import metrics
from portal.work_queue import open_queue
from tests.clinics import ANA, NOW, lee, reset_clinic
from tests.conftest import (  # noqa: F401  (here: both databases)
    SECRET_KEY,
    database_url,
    dispose,
)
from tests.databases import run

TOKEN = "a token that only Prometheus knows"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def app(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: F811
    """One with a token, at a time that stands still."""
    monkeypatch.delenv(metrics.SHARED_FOLDER, raising=False)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    settings = {"SECRET_KEY": SECRET_KEY, "DATABASE_URL": database_url, "METRICS_TOKEN": TOKEN}
    app = create_app({"TESTING": True, **settings})
    yield app
    dispose(app)


Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(text: str) -> Samples:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scraped(app: Flask) -> Samples:
    answer = app.test_client().get("/metrics", headers=BEARER)
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    return samples(answer.text)


def test_without_the_setting_there_is_no_such_address(fresh_app: Flask) -> None:
    assert fresh_app.test_client().get("/metrics", headers=BEARER).status_code == 404


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", "Bearer é"],
)
def test_without_the_token_it_is_as_if_it_were_not_there(app: Flask, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = app.test_client().get("/metrics", headers=headers)
    assert answer.status_code == 404
    assert "portal_" not in answer.text


def test_a_token_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(WrongSetting, match=r"METRICS_TOKEN.*at least 16 characters"):
        create_app({"DATABASE_URL": "sqlite://", "METRICS_TOKEN": "short"})


def test_requests_are_counted_by_route_and_status(app: Flask) -> None:
    client = app.test_client()
    for url in ("/healthz", "/healthz", "/nothing", "/nowhere"):
        client.get(url)
    found = scraped(app)
    healthz = (("method", "GET"), ("route", "/healthz"), ("status", "200"))
    nowhere = (("method", "GET"), ("route", "(none)"), ("status", "404"))
    assert found["portal_requests_total", healthz] == 2
    assert found["portal_requests_total", nowhere] == 2
    assert found["portal_request_duration_seconds_count", (("route", "/healthz"),)] == 2
    bucket = (("le", "10.0"), ("route", "/healthz"))
    assert found["portal_request_duration_seconds_bucket", bucket] == 2


def test_the_state_of_the_clinic_is_told(app: Flask) -> None:
    booked = {
        "client": "lee@example.com",
        "practitioner": ANA,
        "service": "follow-up",
        "delivery": "in_person",
        "package": None,
    }
    with app.app_context():
        sessions = [
            booked | {"start": f"2027-03-{day}T09:00:00-04:00", "status": status}
            for day, status in ((15, "confirmed"), (16, "requested"), (17, "cancelled"))
        ]
        clinic_file.load(reset_clinic(clients=[lee()], bookings=sessions), NOW)
        due = int(NOW.timestamp()) - 90
        texts = "event, message_id, recipient, subject, facts, last_error, kind"
        for at in ("NULL", str(due)):
            values = ", ".join([f"'{at}'"] * 7)
            run(
                f"INSERT INTO message ({texts}, created_at, due_at, attempts, failed_at) "  # noqa: S608
                f"VALUES ({values}, {due}, {due}, 1, {at})"
            )
        queue = open_queue(app)
        heartbeat.beat(queue, NOW - metrics.GOOD_FOR)
        queue.storage.close()
        db.session.remove()
    found = scraped(app)
    assert found["portal_ready", ()] == 1
    assert found["portal_acts_total", (("act", "clinic.loaded"),)] == 1
    for status, count in (("confirmed", 1), ("requested", 1), ("held", 0)):
        assert found["portal_sessions_to_come", (("status", status),)] == count
    for state, count in (("waiting", 1), ("failed", 1), ("sent", 0)):
        assert found["portal_outbox_messages", (("state", state),)] == count
    assert found["portal_outbox_overdue_seconds", ()] == 90
    assert found["portal_worker_heartbeat_age_seconds", ()] == 5


def test_what_stands_in_the_way_is_named(app: Flask) -> None:
    with app.app_context():
        run("UPDATE alembic_version SET version_num = 'before'")
    found = scraped(app)
    assert found["portal_ready", ()] == 0
    assert found["portal_fault", (("name", "schema"),)] == 1


@pytest.mark.timeout(180)
def test_two_processes_tell_the_sum_of_both_and_log_in_json(
    sqlite_database: str, live_site: Callable[..., Any]
) -> None:
    site = live_site(sqlite_database, METRICS_TOKEN=TOKEN, LOG_FORMAT="json")
    asked = 60
    for number in range(asked):
        with pytest.raises(HTTPError):
            urlopen(f"{site.url}/trial-{number}", timeout=10)  # noqa: S310
    request = Request(f"{site.url}/metrics", headers=BEARER)  # noqa: S310
    counts = set()
    for _ in range(10):
        with urlopen(request, timeout=10) as answer:  # noqa: S310
            found = samples(answer.read().decode())
        nowhere = (("method", "GET"), ("route", "(none)"), ("status", "404"))
        counts.add(found["portal_requests_total", nowhere])
    assert counts == {asked}
    lines = [json.loads(line) for line in Path(site.log).read_text().splitlines()]
    missing = [line for line in lines if line.get("status") == 404]
    assert len(missing) == asked
    assert len({line["id"] for line in missing}) == asked
    assert not [line for line in lines if "trial-" in json.dumps(line)]
