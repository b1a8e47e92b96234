"""A lively sample clinic, written as a clinic file with dates around today and loaded like one."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_security import hash_password
from sqlalchemy import select

from portal import clinic_file
from portal.actions.sharing import short_link_for
from portal.db import db
from portal.demo.diary import Diary
from portal.demo.offers import PACKAGES, SERVICES
from portal.demo.people import ANA, BEN, CHO, CLIENTS, FAY, PRACTICE, ROLES, TEAM, availability
from portal.errors import Refused
from portal.models import Member, Package, Practice
from portal.transaction import transaction

DEMO_PASSWORD = "riverside-demo"  # noqa: S105  (of nobody but the sample clinic's people)
OWNER = ANA
PACKAGE = "reset"

# client, package, started days ago, and its sessions: days from today, service, with whom
STORIES: tuple[tuple[str, str, int, tuple[tuple[int, str, str], ...]], ...] = (
    (
        "lee@example.com",
        "reset",
        24,
        ((-21, "initial-consultation", ANA), (-9, "follow-up", ANA), (5, "follow-up", BEN)),
    ),
    (
        "noor@example.com",
        "reset",
        45,
        (
            (-40, "initial-consultation", ANA),
            (-26, "follow-up", BEN),
            (-12, "follow-up", CHO),
            (3, "follow-up", ANA),
        ),
    ),
    ("sofia@example.com", "reset", 6, ((2, "initial-consultation", ANA),)),
    (
        "marcus@example.com",
        "strong-start",
        30,
        ((-27, "coaching-call", CHO), (-20, "coaching-call", FAY), (4, "coaching-call", CHO)),
    ),
    ("priya@example.com", "strong-start", 12, ((-8, "coaching-call", CHO),)),
    ("tom@example.com", "steady", 60, ((-55, "body-composition", BEN), (-30, "meal-review", BEN))),
)


def load_demo(now: datetime) -> None:
    """Fill a migrated database that has no clinic yet. Raises Refused where there is one.

    Everybody on the team can sign in with DEMO_PASSWORD, and one package has its short link.
    """
    if db.session.get(Practice, 1) is not None:
        raise Refused("There is a clinic in this database already; the sample needs an empty one.")
    clinic_file.load(document(now), now)
    with transaction() as session:
        for member in session.scalars(select(Member)):
            member.password = hash_password(DEMO_PASSWORD)
    owner = db.session.scalars(select(Member).where(Member.email == OWNER)).one()
    package = db.session.scalars(select(Package).where(Package.slug == PACKAGE)).one()
    short_link_for(package.id, owner, now)


def document(now: datetime) -> dict[str, Any]:
    """The sample clinic as a clinic file; the same for the same `now`."""
    today = now.astimezone(ZoneInfo(PRACTICE["timezone"])).date()
    hours = availability(today)
    diary = Diary(now, PRACTICE, TEAM, SERVICES, hours)
    valid_days = {package["slug"]: package["valid_days"] for package in PACKAGES}
    client_packages = []
    for client, package, ago, sessions in STORIES:
        started = today - timedelta(days=ago)
        days = valid_days[package]
        client_packages.append(
            {
                "client": client,
                "package": package,
                "started": started.isoformat(),
                "expires": (started + timedelta(days=days)).isoformat() if days else None,
                "assigned_to": next(p["assigned_to"] for p in PACKAGES if p["slug"] == package),
                "items": None,
                "team_booking": None,
            }
        )
        for offset, service, email in sessions:
            diary.book(client, email, service, today + timedelta(days=offset), package)
    diary.fill([client["email"] for client in CLIENTS if client["active"]])
    return {
        "format": "clinic/1",
        "practice": PRACTICE,
        "roles": ROLES,
        "team": TEAM,
        "services": SERVICES,
        "availability": hours,
        "packages": PACKAGES,
        "clients": CLIENTS,
        "client_packages": client_packages,
        "bookings": diary.bookings,
    }
