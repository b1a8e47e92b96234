"""A line in the log for each request, with an id that the answer and its error page have too.

It names the route and not the path, since paths have private tokens in them, and nothing of what
was sent. What took long is a warning.
"""

import logging
import re
import secrets
import time
from contextvars import ContextVar
from types import TracebackType
from typing import Any

from flask import Flask, Response, current_app, g, request
from sqlalchemy import event

from portal.db import db
from portal.logs import REFERENCE
from portal.web import metrics

HEADER = "X-Request-ID"

WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
"""Ids of a proxy's that are taken over: nothing that could be more than an id."""

QUIET = {"health.alive", "health.ready", "static", metrics.ENDPOINT}
"""Asked all the time: written down only when they're slow or fail."""

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

FOR_NOBODY = "portal.for_nobody"
"""In the environment of what looks like a request and is none: it's not written down or counted."""

NO_ROUTE = "(none)"
"""For an address that isn't one of the site's: the path may be anything."""

log = logging.getLogger(__name__)

_queries: ContextVar[int | None] = ContextVar("queries", default=None)
"""How many the request has asked by now that is being answered; None where there is none."""


def init_app(app: Flask) -> None:
    """Watch every request. First of all: what begins first ends last, when all is done."""
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(_forget)
    app.log_exception = _log_exception  # type: ignore[assignment, method-assign]
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", _count)


def request_id() -> str:
    """The id of this request: the trusted proxy's, or one of our own."""
    if "request_id" not in g:
        given = request.headers.get(HEADER, "") if current_app.config["TRUSTED_PROXIES"] else ""
        g.request_id = given if WELL_FORMED.fullmatch(given) else secrets.token_hex(8)
    reference: str = g.request_id
    return reference


def _begin() -> None:
    g.began = time.perf_counter()
    _queries.set(0)
    REFERENCE.set(request_id())


def _count(*_: Any) -> None:
    # Some pages have dozens, and Flask's own `g` would take several times as long.
    if (so_far := _queries.get()) is not None:
        _queries.set(so_far + 1)


def _end(answer: Response) -> Response:
    answer.headers[HEADER] = request_id()
    if FOR_NOBODY in request.environ:
        return answer
    seconds = time.perf_counter() - g.get("began", time.perf_counter())
    route = request.url_rule.rule if request.url_rule else NO_ROUTE
    # A method is the visitor's word too.
    method = request.method if request.method in METHODS else "(other)"
    metrics.observe(method, route, answer.status_code, seconds)
    slow = seconds * 1000 >= current_app.config["SLOW_REQUEST_MS"]
    if request.endpoint in QUIET and not slow and answer.status_code < 500:
        return answer
    facts = {
        "method": method,
        "route": route,
        "status": answer.status_code,
        "ms": round(seconds * 1000),
        "queries": _queries.get() or 0,
    }
    said = f"{method} {route} {answer.status_code}, {facts['ms']} ms, {facts['queries']} queries"
    if slow:
        log.warning("Slow: %s", said, extra={"facts": {**facts, "slow": True}})
    else:
        log.info("%s", said, extra={"facts": facts})
    return answer


def _forget(_error: BaseException | None) -> None:
    REFERENCE.set("")
    _queries.set(None)


def _log_exception(
    error: tuple[type, BaseException, TracebackType] | tuple[None, None, None],
) -> None:
    """Flask's own would name the path."""
    route = request.url_rule.rule if request.url_rule else NO_ROUTE
    log.error("An error in %s %s", request.method, route, exc_info=error)
