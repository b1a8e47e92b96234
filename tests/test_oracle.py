"""The oracle against answers that were worked out by hand from the specification."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.clinics import ANA, BEN, CHO, DEE, LEE, NOW, lee, reset_clinic
from tests.oracle import explain, openings
from tests.oracle_people import Asked

MONDAY = date(2027, 3, 1)


def starts(document: dict[str, Any], **asked: Any) -> list[tuple[str, str]]:
    """Start and practitioner of each opening of a follow-up, on 1 March unless asked otherwise."""
    defaults: dict[str, Any] = {"now": NOW, "first": MONDAY, "days": 1}
    answer = openings(document, Asked("reset", "follow-up", **defaults | asked))
    return [(found["start"], found["practitioner"]) for found in answer["openings"]]


def on_the_clock(zone: str, day: str, hours: list[str]) -> list[str]:
    """When half an hour with Ana can start on a date with these hours, on every half hour."""
    document = reset_clinic(
        enabled=False,
        practice={"timezone": zone, "slot_step_minutes": 30},
        follow_up={"minutes": 30},
    )
    document["availability"] = [
        {"member": ANA, "overrides": [{"date": day, "hours": [hours]}]},
    ]
    first = date.fromisoformat(day)
    now = datetime(first.year, first.month, first.day, tzinfo=UTC).replace(day=1)
    return [start for start, _ in starts(document, now=now, first=first)]


def test_openings_are_in_order_of_time_then_the_assigned_then_name() -> None:
    hours = {ANA: [("10:00", "11:00")], BEN: [("09:00", "10:00")], CHO: [("10:00", "11:00")]}
    assert starts(reset_clinic(hours=hours)) == [
        ("2027-03-01T09:00:00-05:00", BEN),
        ("2027-03-01T10:00:00-05:00", ANA),
        ("2027-03-01T10:00:00-05:00", CHO),
    ]


def test_buffers_keep_sessions_apart_and_may_reach_out_of_the_hours() -> None:
    booking = {
        "client": LEE,
        "practitioner": ANA,
        "service": "intake",
        "delivery": "in_person",
        "start": "2027-03-01T11:00:00-05:00",
        "status": "requested",
        "package": None,
    }
    document = reset_clinic(
        enabled=False,
        follow_up={"buffer_before": 60, "buffer_after": 30},
        clients=[lee()],
        bookings=[booking],
    )
    assert starts(document) == [
        ("2027-03-01T09:00:00-05:00", ANA),
        ("2027-03-01T09:15:00-05:00", ANA),
        ("2027-03-01T09:30:00-05:00", ANA),
    ]


def test_the_hour_that_new_york_skips_does_not_count() -> None:
    assert on_the_clock("America/New_York", "2027-03-14", ["01:30", "03:30"]) == [
        "2027-03-14T01:30:00-05:00",
        "2027-03-14T03:00:00-04:00",
    ]
    assert on_the_clock("America/New_York", "2027-03-14", ["02:15", "03:30"]) == [
        "2027-03-14T03:00:00-04:00"
    ]
    assert on_the_clock("America/New_York", "2027-03-14", ["02:00", "03:00"]) == []


def test_the_hour_that_comes_twice_in_new_york_counts_twice() -> None:
    assert on_the_clock("America/New_York", "2027-11-07", ["01:00", "01:30"]) == [
        "2027-11-07T01:00:00-04:00",
        "2027-11-07T01:30:00-04:00",
        "2027-11-07T01:00:00-05:00",
    ]


@pytest.mark.parametrize(
    ("zone", "day", "hours", "expected"),
    [
        # 01:00 is put back to 00:00: the day before ends at the first of them.
        ("America/Havana", "2027-11-06", ["23:30", "24:00"], ["2027-11-06T23:30:00-04:00"]),
        (
            "America/Havana",
            "2027-11-07",
            ["00:30", "01:00"],
            [
                "2027-11-07T00:30:00-04:00",
                "2027-11-07T00:00:00-05:00",
                "2027-11-07T00:30:00-05:00",
            ],
        ),
        # 24:00 is put back to 23:00: the day ends after the second hour.
        (
            "Asia/Beirut",
            "2027-10-30",
            ["23:30", "24:00"],
            [
                "2027-10-30T23:30:00+03:00",
                "2027-10-30T23:00:00+02:00",
                "2027-10-30T23:30:00+02:00",
            ],
        ),
        # 00:00 is put forward to 01:00, and 02:00 to 02:30.
        ("Asia/Beirut", "2027-03-28", ["00:00", "01:30"], ["2027-03-28T01:00:00+03:00"]),
        ("Australia/Lord_Howe", "2027-10-03", ["01:30", "02:30"], ["2027-10-03T01:30:00+10:30"]),
    ],
)
def test_days_that_begin_or_end_with_a_change(
    zone: str, day: str, hours: list[str], expected: list[str]
) -> None:
    assert on_the_clock(zone, day, hours) == expected


def test_the_reasons_come_in_order() -> None:
    document = reset_clinic(
        sharing="members", shared_with=[BEN], allow="roles", restrict_to=["Coach"]
    )
    answers = explain(document, Asked("reset", "follow-up", NOW))
    assert {answer["email"]: answer["reason"] for answer in answers} == {
        ANA: None,
        BEN: "not_allowed_by_package",
        CHO: "service_not_shared",
        DEE: "admin",
    }


def test_a_client_books_with_the_usable_package_that_expires_first() -> None:
    own = {"client": LEE, "package": "reset", "started": "2027-01-01", "items": None}
    own |= {"team_booking": None}
    document = reset_clinic(
        clients=[lee()],
        client_packages=[
            own | {"expires": None, "assigned_to": ANA},
            own | {"expires": "2027-03-01", "assigned_to": BEN},
            own | {"expires": "2027-02-28", "assigned_to": CHO},
        ],
    )
    asked = Asked("reset", "follow-up", NOW, client=LEE, first=MONDAY, days=2)
    answer = openings(document, asked)
    assert [p["email"] for p in answer["practitioners"] if p["assigned"]] == [BEN]
    assert {found["start"][:10] for found in answer["openings"]} == {"2027-03-01"}
    last = own | {"expires": "2027-02-28", "assigned_to": CHO}
    reasons = explain(document | {"client_packages": [last]}, asked)
    assert {found["reason"] for found in reasons} == {"expired", "admin"}
