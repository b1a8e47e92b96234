"""The instant of a request: the clock is read once, and everything in the answer agrees on it."""

from datetime import datetime

from flask import g

from portal import clock


def now() -> datetime:
    """Return the instant at which this request was first asked for the time."""
    if "now" not in g:
        g.now = clock.now()
    moment: datetime = g.now
    return moment
