"""What a supervisor asks: is the process up, and can it serve?"""

import time
from datetime import timedelta
from threading import Lock

from flask import Blueprint, Flask, Response, current_app, make_response

from portal.health import readiness
from portal.health.faults import Fault
from portal.web.access import anyone, open_to

blueprint = Blueprint("health", __name__)

GOOD_FOR = timedelta(seconds=3)
"""How long a process remembers what it found, so that being asked often costs it nothing."""

_EXTENSION = "portal_readiness"


def init_app(app: Flask) -> None:
    """Register the addresses, and give the app a place to remember what was found."""
    app.extensions[_EXTENSION] = _Found()
    app.register_blueprint(blueprint)


@blueprint.get("/healthz")
@open_to(anyone)
def alive() -> Response:
    """The process answers."""
    return _plain("ok", 200)


@blueprint.get("/readyz")
@open_to(anyone)
def ready() -> Response:
    """The process can serve: 200, or 503 with the name of each fault, which is all for strangers.

    The sentences are for who runs the site: `flask doctor` and the log have them.
    """
    names = [fault.name for fault in faults()]
    return _plain("\n".join(names) or "ready", 503 if names else 200)


class _Found:
    """What this process found last. One thread looks at a time, and the others wait for it."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.faults: list[Fault] = []
        self.until = 0.0  # on the monotonic clock


def faults() -> list[Fault]:
    """What stands in the way of booking, found out now or a moment ago."""
    found: _Found = current_app.extensions[_EXTENSION]
    with found.lock:
        if time.monotonic() >= found.until:
            found.faults = readiness.faults_now()
            found.until = time.monotonic() + GOOD_FOR.total_seconds()
        return found.faults


def _plain(words: str, status: int) -> Response:
    answer = make_response(f"{words}\n", status)
    answer.mimetype = "text/plain"
    return answer
