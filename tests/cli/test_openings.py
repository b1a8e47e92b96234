from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.clinic_file.documents import booking, own_package
from tests.clinics import ANA, BEN, CHO, LEE, NOW, lee, reset_clinic

Load = Callable[[dict[str, Any]], None]
Answer = Callable[..., Any]

ONE_HOUR = {ANA: [("10:00", "11:00")], BEN: [("09:00", "10:00")], CHO: [("10:00", "11:00")]}


def test_openings_are_listed_with_their_practitioner(load: Load, answer: Answer) -> None:
    load(reset_clinic(hours=ONE_HOUR))
    assert answer("openings", "reset", "follow-up", "--days", "1") == {
        "package": "reset",
        "service": "follow-up",
        "timezone": "America/New_York",
        "practitioners": [
            {"email": ANA, "name": "Ana Ruiz", "assigned": True},
            {"email": BEN, "name": "Ben Okafor", "assigned": False},
            {"email": CHO, "name": "Cho Park", "assigned": False},
        ],
        "openings": [
            {
                "start": f"2027-03-01T{hour:02}:00:00-05:00",
                "end": f"2027-03-01T{hour + 1:02}:00:00-05:00",
                "practitioner": email,
            }
            for hour, email in ((9, BEN), (10, ANA), (10, CHO))
        ],
    }


def test_openings_of_one_practitioner_on_other_days(load: Load, answer: Answer) -> None:
    load(reset_clinic(hours=ONE_HOUR))
    words = ("--practitioner", CHO.upper(), "--from", "2027-03-12", "--days", "4")
    found = answer("openings", "reset", "follow-up", *words)
    assert len(found["practitioners"]) == 3
    # The clock changes on Sunday the 14th.
    assert [opening["start"] for opening in found["openings"]] == [
        "2027-03-12T10:00:00-05:00",
        "2027-03-15T10:00:00-04:00",
    ]
    assert {opening["practitioner"] for opening in found["openings"]} == {CHO}


def test_openings_by_one_delivery_method(load: Load, answer: Answer) -> None:
    document = reset_clinic(hours=ONE_HOUR, follow_up={"delivery": ["video", "phone"]})
    document["availability"][0]["weekly"][0]["delivery"] = ["phone"]
    load(document)
    asked = ("openings", "reset", "follow-up", "--days", "1")
    by_method = {
        method: [o["practitioner"] for o in answer(*asked, "--delivery", method)["openings"]]
        for method in ("video", "phone", "in_person")
    }
    assert by_method == {"video": [BEN, CHO], "phone": [BEN, ANA, CHO], "in_person": []}


def test_a_service_that_is_no_item_has_no_openings(load: Load, answer: Answer) -> None:
    document = reset_clinic()
    document["packages"][0]["items"].pop()
    load(document)
    found = answer("openings", "reset", "follow-up")
    assert (found["practitioners"], found["openings"]) == ([], [])


def test_a_client_s_own_package_is_what_counts(load: Load, answer: Answer) -> None:
    alone = {"enabled": False, "allow": "assigned", "restrict_to": []}
    load(
        reset_clinic(
            clients=[lee(), lee(email="kim@example.com")],
            client_packages=[own_package(team_booking=alone)],
        )
    )
    own = answer("openings", "reset", "follow-up", "--client", LEE)
    assert [person["email"] for person in own["practitioners"]] == [ANA]
    none = answer("openings", "reset", "follow-up", "--client", "kim@example.com")
    assert (none["practitioners"], none["openings"]) == ([], [])


def test_openings_can_be_read_by_people(load: Load, run: Run) -> None:
    load(reset_clinic(hours=ONE_HOUR))
    result = run("openings", "reset", "follow-up", "--now", NOW.isoformat(), "--days", "1")
    assert result.stdout == (
        "Reset: Follow-up, 60 minutes, America/New_York\n"
        "With Ana Ruiz (assigned), Ben Okafor, Cho Park\n"
        "\n"
        "Monday 2027-03-01\n"
        "from   to     practitioner\n"
        "09:00  10:00  Ben Okafor\n"
        "10:00  11:00  Ana Ruiz\n"
        "10:00  11:00  Cho Park\n"
    )


def test_no_openings_are_said_to_be_none(load: Load, run: Run) -> None:
    load(reset_clinic(package={"archived": True}))
    result = run("openings", "reset", "follow-up")
    assert result.stdout.endswith("With nobody\n\nNo openings.\n")


@pytest.mark.parametrize("command", ["openings", "explain"])
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("restart", "follow-up"), "There is no package called “restart”."),
        (("reset", "massage"), "There is no service called “massage”."),
        (
            ("reset", "follow-up", "--client", "eli@example.com"),
            "There is no client with the address eli@example.com.",
        ),
    ],
    ids=["package", "service", "client"],
)
def test_an_unknown_name_is_a_sentence(
    load: Load, run: Run, command: str, words: tuple[str, ...], sentence: str
) -> None:
    load(reset_clinic())
    result = run(command, *words)
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"{sentence}\n")


def test_an_unknown_practitioner_is_a_sentence(load: Load, run: Run) -> None:
    load(reset_clinic())
    result = run("openings", "reset", "follow-up", "--practitioner", "eli@example.com")
    assert result.exit_code == 1
    assert result.stderr == "Nobody on the team has the address eli@example.com.\n"


@pytest.mark.parametrize(
    "words",
    [
        ("--now", "2027-03-15T10:00:00"),
        ("--now", "yesterday"),
        ("--now", "0001-01-01T00:00:00+14:00"),
        ("--from", "2027-02-30"),
        ("--from", "9999-12-31"),
        ("--days", "0"),
        ("--days", "many"),
        ("--delivery", "pigeon"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_code_two(run: Run, words: tuple[str, ...]) -> None:
    result = run("openings", "reset", "follow-up", *words)
    assert (result.exit_code, result.stdout) == (2, "")


@pytest.mark.parametrize(
    "words",
    [
        ("--now", "1971-01-01T00:00:00Z"),
        ("--now", "2998-12-31T23:59:59.5-12:00", "--days", "3660"),
        ("--from", "1971-01-01", "--days", "3660"),
        ("--from", "2998-12-31"),
    ],
    ids=" ".join,
)
def test_any_time_can_be_asked_about(load: Load, run: Run, words: tuple[str, ...]) -> None:
    load(reset_clinic(clients=[lee()], bookings=[booking("2027-03-15T10:00Z", package=None)]))
    assert run("openings", "reset", "follow-up", *words).exit_code == 0
