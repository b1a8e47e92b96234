"""The migrations, on both databases: they end at the models, go back, and keep the guard."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import IntegrityError

from portal import clinic_file
from portal.db import db
from portal.migrating import MIGRATIONS, newest_revisions, revisions
from portal.models import Booking, Client, Member, Service
from portal.safekeeping.checking import require_sound
from portal.scheduling.eligibility import Kind
from portal.transaction import transaction
from tests.clinic_file.documents import whole_clinic
from tests.clinics import ANA, LEE, NOW, lee, reset_clinic

START = datetime(2027, 3, 2, 15, 0, tzinfo=UTC)

INVENTORY = {
    "sqlite": "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'",
    "postgresql": (
        "SELECT c.relname::text, n.conname::text, pg_get_constraintdef(n.oid) "
        "FROM pg_constraint n JOIN pg_class c ON c.oid = n.conrelid "
        "WHERE c.relnamespace = 'public'::regnamespace "
        "UNION ALL SELECT c.relname::text, t.tgname::text, pg_get_triggerdef(t.oid) "
        "FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal "
        "AND c.relnamespace = 'public'::regnamespace "
        "UNION ALL SELECT tablename::text, indexname::text, indexdef FROM pg_indexes "
        "WHERE schemaname = 'public'"
    ),
}


def inventory() -> set[tuple[str, ...]]:
    """Every table, index, trigger and named constraint, with the text that makes it."""
    rows = db.session.execute(text(INVENTORY[db.engine.dialect.name])).all()
    db.session.rollback()
    return {tuple(str(column) for column in row) for row in rows}


def test_the_newest_schema_is_the_models(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []


def test_the_newest_migration_and_the_databases_are_those_that_alembic_finds(app: Flask) -> None:
    assert newest_revisions() == set(ScriptDirectory(MIGRATIONS).get_heads())
    with app.app_context():
        found = MigrationContext.configure(db.session.connection()).get_current_heads()
        assert revisions() == set(found) == newest_revisions()
        db.session.rollback()
        downgrade(revision="base")
        assert revisions() == set()
        upgrade()


def test_every_check_constraint_of_the_models_is_in_the_database(app: Flask) -> None:
    # Alembic's own comparison doesn't look at these, and its batch mode can lose them.
    with app.app_context():
        found = inspect(db.engine)
        for table in db.metadata.sorted_tables:
            named = {
                str(c.name) for c in table.constraints if type(c).__name__ == "CheckConstraint"
            }
            assert named == {c["name"] for c in found.get_check_constraints(table.name)}


def test_going_back_to_nothing_and_forth_again_makes_the_same_schema(app: Flask) -> None:
    with app.app_context():
        before = inventory()
        downgrade(revision="base")
        assert inspect(db.engine).get_table_names() == ["alembic_version"]
        upgrade()
        assert inventory() == before


def test_clients_who_are_there_already_are_found_and_known(app: Flask) -> None:
    session = {
        "client": LEE,
        "practitioner": ANA,
        "service": "follow-up",
        "delivery": "in_person",
        "start": "2027-03-02T09:00:00-05:00",
        "status": "confirmed",
        "package": None,
    }
    others = [
        lee(name="ÉLISE Roy", email="e@x.org", phone="+1 (212) 555"),
        lee(email=None, key="l"),
    ]
    written = select(Client.name_key, Client.found_by, Client.is_new).order_by(Client.id)
    with app.app_context():
        clinic_file.load(reset_clinic(clients=[lee(), *others], bookings=[session]), NOW)
        expected = db.session.execute(written).all()
        assert [tuple(row) for row in expected] == [
            ("lee park", "lee park\nlee@example.com\n", False),
            ("élise roy", "élise roy\ne@x.org\n+1 (212) 555", True),
            ("lee park", "lee park\n\n", True),
        ]
        db.session.rollback()
        downgrade(revision="0012")
        upgrade()
        assert db.session.execute(written).all() == expected


BEFORE = {
    "booked": ("Hello Zoë", "<p>Hello Zoë</p>", "BEGIN:VCALENDAR\r\n"),
    "invited": ('Hello "Lee"', '<p class="a">Hello</p>', None),
    "sent": ("", "", None),
}
"""Messages of the version before: text, HTML body and calendar file, by their events."""


def test_mail_that_waits_keeps_what_it_was_written_with(app: Flask) -> None:
    with app.app_context():
        downgrade(revision="0013")
        for event, (words, html, calendar) in BEFORE.items():
            _write_mail(event, text_body=words, html_body=html, calendar=calendar)
        upgrade()
        found = db.session.execute(text("SELECT event, facts FROM message")).all()
        assert {event: json.loads(facts or "null") for event, facts in found} == {
            event: {"text": words, "html": html, "calendar": calendar} if words else None
            for event, (words, html, calendar) in BEFORE.items()
        }


def test_mail_that_an_older_version_cannot_lay_out_goes_with_what_is_needed(app: Flask) -> None:
    values = {"words": "Hello Tom <b> & Co", "practice": "Clinic", "where": "At the clinic"}
    facts = {"kind": "reminder", "language": "en", "invitation": None}
    facts |= {"values": {**values, "see": "https://book.example/bookings/x", "address": None}}
    as_text = "Hello Tom <b> & Co\n\nAt the clinic\n\nhttps://book.example/bookings/x\n"
    body = as_text.replace("<b> & Co", "&lt;b&gt; &amp; Co")
    as_html = f'<pre style="white-space: pre-wrap;">{body}</pre>\n'
    with app.app_context():
        for event, (words, html, calendar) in BEFORE.items():
            made = {"text": words, "html": html, "calendar": calendar}
            _write_mail(event, facts=json.dumps(made) if words else "")
        _write_mail("since", facts=json.dumps(facts))
        downgrade(revision="0013")
        columns = text("SELECT event, text_body, html_body, calendar FROM message")
        found = {event: tuple(made) for event, *made in db.session.execute(columns).all()}
        assert found == {**BEFORE, "since": (as_text, as_html, None)}
        db.session.rollback()
        upgrade()


def _write_mail(event: str, **texts: str | None) -> None:
    """Add a message that waits, as it stands in the table of just now."""
    values = {**texts, "event": event, "message_id": event, "recipient": LEE, "subject": "Hi"}
    values |= {"kind": "reminder", "last_error": "", "attempts": 0, "created_at": 0, "due_at": 0}
    places = ", ".join(f":{name}" for name in values)
    with transaction() as session:
        statement = f"INSERT INTO message ({', '.join(values)}) VALUES ({places})"  # noqa: S608
        session.execute(text(statement), values)


LATER = {
    "practice": {
        "accent",
        "cancellation_policy",
        "language",
        "late_cancel_forbidden",
        "reminders",
        "running_out_at",
        "video_link",
    },
    "roles": {"may"},
    "team": {"language", "told_of_assigned"},
    "services": {"archived", "description", "price", "reminders", "terms"},
    "packages": {"position"},
    "clients": {"language", "notes"},
    "bookings": {"overbooked", "sequence", "staff_note", "uid"},
}
"""What the first version didn't know, by the clinic file's lists."""


def known_at_first(clinic: dict[str, Any]) -> dict[str, Any]:
    """A clinic file without what came later. The first version cancelled what was overbooked."""
    for booking in clinic["bookings"]:
        if booking.get("overbooked"):
            booking["status"] = "cancelled"
    return {
        name: [_without(each, LATER.get(name)) for each in entry]
        if isinstance(entry, list)
        else _without(entry, LATER.get(name))
        for name, entry in clinic.items()
    }


def _without(entry: Any, later: set[str] | None) -> Any:
    return {key: each for key, each in entry.items() if key not in later} if later else entry


def test_the_clinic_of_the_first_version_comes_along(app: Flask, tmp_path: Path) -> None:
    app.config["BACKUP_FOLDER"] = str(tmp_path)
    with app.app_context():
        clinic_file.load(whole_clinic(), NOW)
        before = clinic_file.dump()
        db.session.remove()
        downgrade(revision="0001")
        upgrade()
        after = clinic_file.dump()
        assert known_at_first(after) == known_at_first(before)
        assert all(booking["uid"] for booking in after["bookings"])
        with db.engine.connect() as connection:
            require_sound(connection)


def test_the_guard_refuses_an_overlap_whoever_writes_it(app: Flask) -> None:
    with app.app_context():
        first, second = _booked_twice(app, apart_minutes=60)
        with pytest.raises(IntegrityError, match="booking_overlap"), transaction() as session:
            session.execute(
                text("UPDATE booking SET busy_start = busy_start - 1 WHERE id = :id"),
                {"id": second},
            )
        with pytest.raises(IntegrityError, match="booking_overlap"):
            _booked_twice(app, apart_minutes=59)
        with transaction() as session:
            session.execute(
                text("UPDATE booking SET cancelled_at = 1 WHERE id = :id"), {"id": first}
            )
            session.execute(
                text("UPDATE booking SET busy_start = busy_start - 1 WHERE id = :id"),
                {"id": second},
            )
        with pytest.raises(IntegrityError, match="booking_overlap"), transaction() as session:
            session.execute(
                text("UPDATE booking SET cancelled_at = NULL WHERE id = :id"), {"id": first}
            )


def _booked_twice(app: Flask, *, apart_minutes: int) -> tuple[int, int]:
    """Hold two hours with one new practitioner; returns the rows' ids."""
    with transaction() as session:
        member = Member(
            email=f"ana{apart_minutes}@example.com",
            name="Ana Ruiz",
            kind=Kind.PRACTITIONER,
            fs_uniquifier=str(apart_minutes),
        )
        service = Service(
            slug=f"intake-{apart_minutes}",
            name="Intake",
            owner=member,
            minutes=60,
            delivery=["in_person"],
        )
        session.add_all([member, service])
        session.flush()
        ids = []
        for start_minutes in (0, apart_minutes):
            start = datetime.fromtimestamp(START.timestamp() + start_minutes * 60, UTC)
            end = datetime.fromtimestamp(start.timestamp() + 3600, UTC)
            row = Booking(
                member_id=member.id,
                service_id=service.id,
                delivery="in_person",
                starts_at=start,
                ends_at=end,
                busy_start=start,
                busy_end=end,
                created_at=START,
                held_until=START,
            )
            session.add(row)
            session.flush()
            ids.append(row.id)
        return ids[0], ids[1]
