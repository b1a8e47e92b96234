from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import clinic_file
from portal.db import db
from portal.models import (
    Booking,
    Client,
    ClientPackage,
    CreditEntry,
    CreditKind,
    Member,
    Service,
    Status,
    WeeklyHours,
)
from portal.transaction import transaction
from tests.clinic_file.conftest import Load, Tables
from tests.clinic_file.documents import KIM, booking, but_uids, own_package, whole_clinic
from tests.clinics import ANA, BEN, CHO, LEE, NOW, lee, reset_clinic


def follow_ups() -> tuple[int, int]:
    """Follow-ups in all, and left, of the only client's package."""
    service = db.session.scalars(select(Service.id).where(Service.slug == "follow-up")).one()
    rows = db.session.scalars(select(CreditEntry).where(CreditEntry.service_id == service)).all()
    in_all = (CreditKind.GRANT, CreditKind.ADJUST)
    return sum(row.amount for row in rows if row.kind in in_all), sum(row.amount for row in rows)


def entries() -> list[tuple[CreditKind, int]]:
    rows = db.session.scalars(select(CreditEntry).order_by(CreditEntry.id))
    return [(row.kind, row.amount) for row in rows]


def test_a_clinic_is_dumped_as_it_was_loaded(load: Load) -> None:
    load(whole_clinic())
    assert clinic_file.dump() == whole_clinic()


def test_loading_twice_changes_not_a_row(load: Load, tables: Tables) -> None:
    load(whole_clinic())
    before = tables()
    load(whole_clinic())
    assert tables() == before


def test_a_load_that_changes_something_is_in_the_activity_log(load: Load, tables: Tables) -> None:
    load(reset_clinic())
    load(reset_clinic())
    load(reset_clinic(practice={"name": "Hillside Clinic"}))
    acts = [value for row in tables()["activity"] for value in row if value == "clinic.loaded"]
    assert acts == ["clinic.loaded", "clinic.loaded"]


def test_loading_again_a_year_later_changes_not_a_row(load: Load, tables: Tables) -> None:
    load(whole_clinic())
    before = tables()
    load(whole_clinic(), NOW.replace(year=2028))
    assert tables() == before


def test_loading_the_dump_of_a_clinic_changes_not_a_row(load: Load, tables: Tables) -> None:
    load(reset_clinic(clients=[lee()], client_packages=[own_package()]))
    before = tables()
    load(clinic_file.dump())
    assert tables() == before


def test_every_list_may_be_missing(load: Load) -> None:
    practice = {"name": "Riverside", "timezone": "Europe/Paris"}
    load({"format": "clinic/1", "practice": practice})
    dumped = clinic_file.dump()
    assert dumped["practice"] == {
        "name": "Riverside",
        "timezone": "Europe/Paris",
        "plan": "team",
        "currency": "USD",
        "confirm": "request",
        "min_notice_minutes": 0,
        "horizon_days": 60,
        "slot_step_minutes": 15,
        "late_cancel_hours": 24,
        "late_cancel_returns_credit": True,
    }
    assert dumped["team"] == dumped["bookings"] == []


def test_a_file_may_name_what_is_stored_already(load: Load) -> None:
    load(reset_clinic())
    load(
        {
            "format": "clinic/1",
            "clients": [lee()],
            "client_packages": [own_package()],
            "bookings": [booking("2027-03-15T10:00:00-04:00")],
        }
    )
    assert follow_ups() == (3, 2)


def test_what_a_file_does_not_mention_stays(load: Load) -> None:
    load(whole_clinic())
    before = clinic_file.dump()
    load({"format": "clinic/1"})
    assert clinic_file.dump() == before


def test_what_a_file_mentions_becomes_as_it_says(load: Load) -> None:
    document = whole_clinic()
    load(document)
    document["practice"] |= {"name": "Hillside", "slot_step_minutes": 30}
    document["team"][0] |= {"owner": False, "name": "Ana R."}
    document["team"][1] |= {"owner": True, "active": True}
    document["services"][1] |= {"sharing": "roles", "shared_with": ["Coach"], "kept": [BEN, CHO]}
    document["availability"][0] |= {"weekly": [], "overrides": [], "time_off": []}
    document["availability"][0]["weekly"] = [
        {"day": "sun", "from": "08:00", "to": "09:00", "services": None, "delivery": None}
    ]
    document["packages"][0]["items"] = [{"service": "follow-up", "sessions": 5}]
    document["packages"][0]["team_booking"] = {
        "enabled": False,
        "allow": "members",
        "restrict_to": [CHO],
    }
    document["clients"][0] |= {"active": False, "phone": None}
    document["client_packages"][0]["items"] = [
        {"service": "intake", "sessions": 2},
        {"service": "follow-up", "sessions": 9},
    ]
    document["bookings"][3]["delivery"] = "video"
    del document["bookings"][3]["note"]
    del document["client_packages"][2], document["bookings"][7]
    document["clients"] = document["clients"][:3]
    load(document)
    dumped = clinic_file.dump()
    for section in ("practice", "team", "services", "availability", "packages"):
        assert dumped[section] == document[section]
    assert dumped["clients"][:3] == document["clients"]
    assert dumped["client_packages"][:2] == document["client_packages"]
    # The session that the file doesn't mention is still there.
    named = [one for one in dumped["bookings"] if one["client"] != "client-4"]
    # Calendars must learn of the one that was changed.
    document["bookings"][3]["sequence"] = 1
    assert named == document["bookings"]


def test_addresses_are_stored_in_small_letters_and_found_in_any(load: Load) -> None:
    document = reset_clinic(sharing="members", shared_with=["Ben@Example.com"])
    document["team"][1]["email"] = "BEN@example.com"
    document["clients"] = [lee(email="Lee@Example.COM")]
    document["bookings"] = [booking("2027-03-15T10:00:00-04:00", package=None, client=LEE.upper())]
    load(document)
    assert db.session.scalars(select(Member.email).where(Member.name == "Ben Okafor")).one() == BEN
    assert db.session.scalars(select(Client.email)).one() == LEE


def test_a_member_keeps_password_and_sessions_when_loaded_again(load: Load) -> None:
    load(reset_clinic())
    ana = db.session.scalars(select(Member).where(Member.email == ANA)).one()
    assert ana.password is None
    assert len(ana.fs_uniquifier) == 64
    before = ana.fs_uniquifier
    document = reset_clinic()
    document["team"][0]["name"] = "Ana R."
    load(document)
    db.session.expire_all()
    assert (ana.name, ana.fs_uniquifier) == ("Ana R.", before)


def test_a_client_package_is_granted_its_sessions_and_bookings_take_them(load: Load) -> None:
    load(
        reset_clinic(
            clients=[lee()],
            client_packages=[own_package()],
            bookings=[
                booking("2027-03-15T09:00:00-04:00"),
                booking("2027-03-16T09:00:00-04:00", status="no_show"),
                booking("2027-03-17T09:00:00-04:00", status="cancelled"),
            ],
        )
    )
    assert follow_ups() == (3, 1)
    assert entries() == [
        (CreditKind.GRANT, 1),
        (CreditKind.GRANT, 3),
        (CreditKind.TAKE, -1),
        (CreditKind.TAKE, -1),
    ]


def test_changes_of_sessions_and_statuses_are_added_to_the_ledger(load: Load) -> None:
    document = reset_clinic(
        clients=[lee()],
        client_packages=[own_package()],
        bookings=[booking("2027-03-15T09:00:00-04:00")],
    )
    load(document)
    document["bookings"][0]["status"] = "cancelled"
    document["client_packages"][0]["items"] = [{"service": "follow-up", "sessions": 2}]
    load(document)
    assert entries()[3:] == [
        (CreditKind.RETURN, 1),
        (CreditKind.ADJUST, -1),
        (CreditKind.ADJUST, -1),
    ]
    document["bookings"][0]["status"] = "confirmed"
    load(document)
    assert entries()[6:] == [(CreditKind.TAKE, -1)]
    assert follow_ups() == (2, 1)


def test_a_status_has_its_facts(load: Load) -> None:
    statuses = ("requested", "confirmed", "cancelled", "completed", "no_show")
    load(
        reset_clinic(
            clients=[lee()],
            bookings=[
                booking(f"2027-03-{day}T09:00:00-04:00", status=status, package=None)
                for day, status in enumerate(statuses, start=15)
            ],
        )
    )
    rows = db.session.scalars(select(Booking).order_by(Booking.starts_at)).all()
    assert [row.status for row in rows] == [Status(status) for status in statuses]
    assert [row.confirmed_at is not None for row in rows] == [False, True, False, True, True]


def test_buffers_are_frozen_when_loaded(load: Load) -> None:
    load(
        reset_clinic(
            follow_up={"buffer_before": 5, "buffer_after": 10},
            clients=[lee()],
            bookings=[booking("2027-03-15T09:00:00-04:00", package=None)],
        )
    )
    row = db.session.scalars(select(Booking)).one()
    assert row.busy_start.isoformat() == "2027-03-15T12:55:00+00:00"
    assert row.ends_at.isoformat() == "2027-03-15T14:00:00+00:00"
    assert row.busy_end.isoformat() == "2027-03-15T14:10:00+00:00"


def test_the_earliest_package_with_a_session_left_is_used(load: Load) -> None:
    one = [{"service": "follow-up", "sessions": 1}]
    load(
        reset_clinic(
            clients=[lee()],
            client_packages=[
                own_package(expires="2027-12-31", items=one),
                own_package(expires="2027-03-31", items=one),
                own_package(expires="2027-01-31", items=one),
            ],
            bookings=[
                booking("2027-03-15T09:00:00-04:00"),
                booking("2027-03-16T09:00:00-04:00"),
                booking("2027-03-17T09:00:00-04:00"),
            ],
        )
    )
    rows = db.session.scalars(select(Booking).order_by(Booking.starts_at)).all()
    expiries = [row.client_package.expires_on.isoformat() for row in rows if row.client_package]
    assert expiries == ["2027-03-31", "2027-12-31", "2027-01-31"]
    assert not any("package_number" in one for one in clinic_file.dump()["bookings"])


def test_a_session_of_another_of_the_client_s_packages_says_which(load: Load) -> None:
    document = reset_clinic(
        clients=[lee()],
        client_packages=[own_package(), own_package(started="2027-02-20", expires="2027-06-30")],
        bookings=[booking("2027-03-15T09:00:00-04:00", package_number=2)],
    )
    load(document)
    assert but_uids(clinic_file.dump()["bookings"]) == document["bookings"]


def test_two_like_client_packages_are_two(load: Load, tables: Tables) -> None:
    document = reset_clinic(clients=[lee()], client_packages=[own_package(), own_package()])
    load(document)
    before = tables()
    load(document)
    assert db.session.scalar(select(func.count()).select_from(ClientPackage)) == 2
    assert tables() == before


def test_what_a_client_package_leaves_open_is_as_in_the_package(load: Load) -> None:
    own = {"client": LEE, "package": "reset", "started": "2027-02-01"}
    load(reset_clinic(clients=[lee()], client_packages=[own]))
    assert clinic_file.dump()["client_packages"] == [own_package()]


def test_sessions_can_change_places(load: Load) -> None:
    nine, ten = "2027-03-15T09:00:00-04:00", "2027-03-15T09:30:00-04:00"
    document = reset_clinic(
        clients=[lee()],
        bookings=[
            booking(nine, package=None),
            booking(ten, package=None, service="intake", status="cancelled"),
        ],
    )
    load(document)
    document["bookings"][0]["status"] = "cancelled"
    document["bookings"][1]["status"] = "confirmed"
    load(document)
    assert but_uids(clinic_file.dump()["bookings"]) == document["bookings"]


def test_one_session_can_grow_into_what_another_leaves(load: Load) -> None:
    document = reset_clinic(
        clients=[lee()],
        bookings=[
            booking("2027-03-15T09:00:00-04:00", package=None, minutes=30),
            booking("2027-03-15T09:30:00-04:00", package=None, minutes=30),
        ],
    )
    load(document)
    document["bookings"][0]["minutes"] = 45
    document["bookings"][1] |= {"start": "2027-03-15T09:45:00-04:00", "status": "confirmed"}
    document["bookings"].append(
        booking("2027-03-15T09:30:00-04:00", package=None, minutes=30, status="cancelled")
    )
    load(document)
    assert len(clinic_file.dump()["bookings"]) == 3


def test_hours_are_replaced_only_where_they_differ(load: Load) -> None:
    document = reset_clinic()
    load(document)
    ids = set(db.session.scalars(select(WeeklyHours.id)))
    document["availability"][0]["weekly"].pop()
    document["availability"][1]["time_off"] = [
        {"from": "2027-03-16T12:00-04:00", "to": "2027-03-17T00:00-04:00"}
    ]
    load(document)
    after = set(db.session.scalars(select(WeeklyHours.id)))
    assert (len(ids), len(after)) == (15, 14)
    assert len(ids & after) >= 10


def test_a_package_whose_service_is_shared_no_more_can_still_be_moved(load: Load) -> None:
    document = reset_clinic(sharing="members", shared_with=[BEN], package={"assigned_to": BEN})
    document["packages"][0]["items"] = [{"service": "follow-up", "sessions": 3}]
    load(document)
    load({"format": "clinic/1", "services": [document["services"][1] | {"sharing": "private"}]})
    dumped = clinic_file.dump()
    assert dumped["packages"][0]["outdated"] is True
    load(dumped)
    assert clinic_file.dump() == dumped


@pytest.mark.parametrize("count", [0, 1, 2])
def test_clients_without_an_address_are_told_apart(load: Load, tables: Tables, count: int) -> None:
    document = reset_clinic(
        clients=[lee(), *(lee(email=None, key=f"client-{n + 2}") for n in range(count))]
    )
    load(document)
    before = tables()
    load(deepcopy(document))
    assert clinic_file.dump()["clients"] == document["clients"]
    assert tables() == before


def test_files_that_are_loaded_at_the_same_time_are_loaded_one_after_the_other(
    load: Load, app: Flask
) -> None:
    load(reset_clinic(clients=[lee()]))
    own = {"format": "clinic/1", "client_packages": [own_package()]}

    def load_own() -> None:
        with app.app_context():
            clinic_file.load(own, NOW)

    with ThreadPoolExecutor(4) as threads:
        for loading in [threads.submit(load_own) for _ in range(8)]:
            loading.result()
    assert follow_ups() == (3, 3)


def test_a_hold_is_no_booking_and_one_that_ran_out_is_not_in_the_way(load: Load) -> None:
    load(reset_clinic(clients=[lee(), lee(email=KIM)]))
    nine = NOW.replace(day=15, hour=13)
    ana = db.session.scalars(select(Member.id).where(Member.email == ANA)).one()
    service = db.session.scalars(select(Service.id)).first()
    assert service is not None
    _hold(ana, service, nine)
    assert clinic_file.dump()["bookings"] == []
    load(
        {
            "format": "clinic/1",
            "bookings": [booking("2027-03-15T09:00:00-04:00", package=None)],
        }
    )
    assert len(clinic_file.dump()["bookings"]) == 1


def _hold(member_id: int, service_id: int, start: datetime) -> None:
    end = start + timedelta(hours=1)
    with transaction() as session:
        session.add(
            Booking(
                member_id=member_id,
                service_id=service_id,
                delivery="in_person",
                starts_at=start,
                ends_at=end,
                busy_start=start,
                busy_end=end,
                created_at=NOW - timedelta(minutes=20),
                held_until=NOW - timedelta(minutes=10),
            )
        )
