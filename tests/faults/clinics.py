"""The clinic of tests that start real processes: its days are those of the real clock.

Everybody works around the clock, so that it's always somebody's hour, and all that visitors may do
is as much as tests need. Times are in the clinic's zone, New York.
"""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask

from portal import clinic_file, clock
from portal.db import db
from portal.models import Member
from tests.clinics import ANA, WEEKDAYS, reset_clinic
from tests.conftest import dispose

ZONE = ZoneInfo("America/New_York")
ALL_DAY = ("00:00", "23:45")
NO_LIMITS = dict.fromkeys(("HOLDS", "BOOKINGS", "ADDRESS_BOOKINGS"), "1000000 per minute")
SEVERAL_AT_ONCE = {**NO_LIMITS, "TRUSTED_PROXIES": "1", "GUNICORN_CMD_ARGS": "--threads=4"}
"""Settings of a site that many go to at once: with threads, as `flask up` starts it."""


def a_monday() -> datetime:
    """Midnight of the Monday after next, at the clinic."""
    today = clock.now().astimezone(ZONE).date()
    day = today + timedelta(days=14 - today.weekday())
    return datetime.combine(day, time(), ZONE)


def open_clinic(
    app: Flask,
    *,
    hours: dict[str, tuple[str, str]],
    intake: dict[str, Any] | None = None,
    **changes: Any,
) -> dict[str, int]:
    """Load the clinic of the scenarios in which these people work; returns their numbers.

    People whom it doesn't have are added, as practitioners. `intake` changes that service.
    """
    document = reset_clinic(**changes)
    document["services"][0].update(intake or {})
    for email in hours:
        if all(email != member["email"] for member in document["team"]):
            name = email.split("@")[0].title()
            document["team"].append({**document["team"][1], "email": email, "name": name})
    document["availability"] = [
        {
            "member": email,
            "weekly": [
                {"day": day, "from": start, "to": end, "services": None, "delivery": None}
                for day in WEEKDAYS
            ],
            "overrides": [],
            "time_off": [],
        }
        for email, (start, end) in hours.items()
    ]
    with app.app_context():
        clinic_file.load(document, clock.now())
        members = db.session.query(Member.email, Member.id).all()
        numbers = {email: number for email, number in members if email in {ANA, *hours}}
    # Whoever starts processes now finds nobody connected.
    dispose(app)
    return numbers
