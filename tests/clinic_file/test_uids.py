"""What calendars know a session by goes along in a clinic file: its UID and its sequence."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from portal import clinic_file
from portal.db import db
from portal.models import Booking
from tests.clinic_file.conftest import Load, Tables
from tests.clinic_file.documents import KIM, booking
from tests.clinics import BEN, lee, reset_clinic

NINE, TEN = "2027-03-15T09:00:00-04:00", "2027-03-15T10:15:00-04:00"
Faults = Callable[[Any], list[str]]


def file(*bookings: dict[str, Any]) -> dict[str, Any]:
    """A clinic with these sessions, which are part of no package."""
    plain = [{**one, "package": None} for one in bookings]
    return reset_clinic(clients=[lee(), lee(email=KIM, name="Kim")], bookings=plain)


def stored() -> list[tuple[str, int]]:
    db.session.rollback()
    rows = db.session.execute(select(Booking.uid, Booking.sequence).order_by(Booking.id))
    return [(row.uid, row.sequence) for row in rows]


def test_both_are_kept_from_clinic_to_clinic(load: Load, tables: Tables) -> None:
    load(file(booking(NINE, uid="booking-7@old.example", sequence=86400), booking(TEN)))
    (first, second), dumped = stored(), clinic_file.dump()
    assert first == ("booking-7@old.example", 86400)
    assert second[0]
    assert second[1] == 0
    assert [(one["uid"], one.get("sequence")) for one in dumped["bookings"]] == [
        first,
        (second[0], None),
    ]
    before = tables()
    load(dumped)
    load(file(booking(NINE), booking(TEN)))
    assert tables() == before


def test_sessions_that_are_alike_are_told_apart_by_it(load: Load) -> None:
    alike = [booking(NINE, status="cancelled", uid=uid) for uid in ("a", "b")]
    load(file(*alike))
    load(file(alike[1] | {"note": "The second one."}))
    notes = dict(map(tuple, db.session.execute(select(Booking.uid, Booking.note))))
    assert notes == {"a": "", "b": "The second one."}


@pytest.mark.parametrize(
    ("change", "sequence"),
    [
        ({}, 5),
        ({"note": "Back door."}, 5),
        ({"status": "completed"}, 5),
        ({"status": "cancelled"}, 6),
        ({"status": "requested"}, 6),
        ({"minutes": 45}, 6),
        ({"delivery": "phone", "outdated": True}, 6),
        # It never falls, or calendars would ignore what comes next.
        ({"sequence": 2}, 5),
        ({"sequence": 9}, 9),
        ({"sequence": 5, "status": "cancelled"}, 6),
    ],
)
def test_what_a_file_changes_calendars_must_learn(
    load: Load, change: dict[str, Any], sequence: int
) -> None:
    load(file(booking(NINE, sequence=5)))
    load(file(booking(NINE, **change)))
    load(file(booking(NINE, **change)))
    assert [found for _, found in stored()] == [sequence]


@pytest.mark.parametrize(
    "other", [{"start": TEN}, {"practitioner": BEN}, {"client": KIM}, {"service": "intake"}]
)
def test_the_uid_of_another_session_is_a_fault(
    load: Load, faults: Faults, other: dict[str, Any]
) -> None:
    load(file(booking(NINE, uid="a-session")))
    fault = (
        'bookings[0].uid: "a-session" is that of a session at another time, or with or of somebody '
        "else"
    )
    assert fault in faults(file(booking(NINE, uid="a-session") | other))


def test_two_sessions_of_a_file_have_two(faults: Faults) -> None:
    assert faults(file(booking(NINE, uid="a"), booking(TEN, uid="a"))) == [
        'bookings[1].uid: "a" is bookings[0]\'s already'
    ]


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"uid": "two words"}, "uid"),
        ({"uid": "a\r\nX:1"}, "uid"),
        ({"uid": ""}, "uid"),
        ({"uid": "a" * 256}, "uid"),
        ({"sequence": -1}, "sequence"),
        ({"sequence": 1.5}, "sequence"),
    ],
)
def test_what_no_calendar_would_take_is_a_fault(
    faults: Faults, wrong: dict[str, Any], path: str
) -> None:
    [fault] = faults(file(booking(NINE, **wrong)))
    assert fault.startswith(f"bookings[0].{path}: ")
