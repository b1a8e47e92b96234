"""`/metrics` for Prometheus, where METRICS_TOKEN is set; without it there is no such address.

Requests are counted by the library, in files that the processes of one gunicorn share when the
folder PROMETHEUS_MULTIPROC_DIR is set (gunicorn.conf.py sets it). All else is asked of the
database when it's scraped, so that it's the same whichever process answers, and outlives them all.
"""

import hmac
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, current_app, make_response, request
from sqlalchemy.exc import SQLAlchemyError

from portal.db import db
from portal.errors import NotFound
from portal.health.heartbeat import last_beat
from portal.queries.outbox_standing import outbox_standing
from portal.queries.totals import acts_by_kind, sessions_to_come
from portal.web.access import open_to
from portal.web.health import faults
from portal.web.request_time import now

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import Metric

ENDPOINT = "metrics"
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)  # seconds

GOOD_FOR = timedelta(seconds=5)
"""How long what was asked of the database is remembered: it's scraped by more than one perhaps."""


def init_app(app: Flask) -> None:
    """Register the address, and count requests, where there is a token."""
    if app.config["METRICS_TOKEN"]:
        app.extensions[ENDPOINT] = _Requests()
        app.add_url_rule("/metrics", ENDPOINT, show)


def observe(method: str, route: str, status: int, seconds: float) -> None:
    """Count a request that was answered."""
    requests: _Requests | None = current_app.extensions.get(ENDPOINT)
    if requests is not None:
        requests.observe(method, route, status, seconds)


def who_may_scrape() -> None:
    """Prometheus, which sends METRICS_TOKEN as a bearer's. Raises NotFound."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    token = current_app.config["METRICS_TOKEN"].encode()
    same = hmac.compare_digest(given.strip().encode(), token)
    if scheme.lower() != "bearer" or not same:
        raise NotFound


@open_to(who_may_scrape)
def show() -> Response:
    """Everything, in the text format that Prometheus reads."""
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

    requests: _Requests = current_app.extensions[ENDPOINT]
    answer = make_response(generate_latest(requests.everywhere()) + requests.state())
    answer.headers["Content-Type"] = CONTENT_TYPE_LATEST
    return answer


class _Requests:
    """The counters of requests, and what was last asked of the database."""

    def __init__(self) -> None:
        # Here, because importing it takes memory that a clinic without Prometheus needn't spend,
        # and because it looks for the folder when it's imported.
        from prometheus_client import CollectorRegistry, Counter, Histogram

        self.registry = CollectorRegistry()
        self.count = Counter(
            "portal_requests",
            "Requests that were answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.duration = Histogram(
            "portal_request_duration_seconds",
            "How long answers took.",
            ["route"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.lock, self.asked, self.until = Lock(), b"", 0.0

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        self.count.labels(method, route, str(status)).inc()
        self.duration.labels(route).observe(seconds)

    def everywhere(self) -> "CollectorRegistry":
        """The counts of all processes that share the folder, or of this one where there's none."""
        from prometheus_client import CollectorRegistry, multiprocess

        if SHARED_FOLDER not in os.environ:
            return self.registry
        shared = CollectorRegistry()
        multiprocess.MultiProcessCollector(shared)
        return shared

    def state(self) -> bytes:
        """How the installation stands, in the same format."""
        from prometheus_client import CollectorRegistry, generate_latest

        with self.lock:
            if time.monotonic() >= self.until:
                registry = CollectorRegistry()
                registry.register(_State())
                self.asked = generate_latest(registry)
                self.until = time.monotonic() + GOOD_FOR.total_seconds()
            return self.asked


class _State:
    """What is asked of the database; without an answer it's left out, and the site isn't ready."""

    def collect(self) -> "Iterator[Metric]":
        from prometheus_client.metrics_core import GaugeMetricFamily

        found = faults()
        yield GaugeMetricFamily("portal_ready", "1: it can serve.", value=float(not found))
        named = GaugeMetricFamily("portal_fault", "What stands in the way.", labels=["name"])
        for fault in found:
            named.add_metric([fault.name], 1)
        yield named
        try:
            yield from [*_clinic(), *_outbox(), *_worker()]
        except (SQLAlchemyError, OSError):
            db.session.rollback()


def _clinic() -> "Iterator[Metric]":
    from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

    acts = CounterMetricFamily("portal_acts", "Acts in the activity log.", labels=["act"])
    for act, count in acts_by_kind().items():
        acts.add_metric([act], count)
    yield acts
    sessions = GaugeMetricFamily("portal_sessions_to_come", "Not cancelled.", labels=["status"])
    for status, count in sessions_to_come(now()).items():
        sessions.add_metric([status], count)
    yield sessions


def _outbox() -> "Iterator[Metric]":
    from prometheus_client.metrics_core import GaugeMetricFamily

    standing = outbox_standing(now())
    messages = GaugeMetricFamily("portal_outbox_messages", "In the outbox.", labels=["state"])
    for state, count in standing.counts.items():
        messages.add_metric([state.value], count)
    yield messages
    since = standing.overdue_since
    overdue = (now() - since).total_seconds() if since else 0.0
    name, about = "portal_outbox_overdue_seconds", "Since the first that waits was due."
    yield GaugeMetricFamily(name, about, value=overdue)


def _worker() -> "Iterator[Metric]":
    from prometheus_client.metrics_core import GaugeMetricFamily

    app: Any = current_app
    last = last_beat(app._get_current_object())
    if last is not None:
        name, about = "portal_worker_heartbeat_age_seconds", "Since a worker's sign of life."
        yield GaugeMetricFamily(name, about, value=(now() - last).total_seconds())
