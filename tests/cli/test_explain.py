from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.clinic_file.documents import booking, own_package
from tests.clinics import ANA, BEN, CHO, DEE, LEE, lee, reset_clinic

Load = Callable[[dict[str, Any]], None]
Answer = Callable[..., Any]


def reasons(found: list[dict[str, Any]]) -> dict[str, str | None]:
    assert all(one["bookable"] is (one["reason"] is None) for one in found)
    return {one["email"]: one["reason"] for one in found}


def test_everybody_on_the_team_is_explained(load: Load, answer: Answer) -> None:
    load(reset_clinic(allow="roles", restrict_to=["Coach"]))
    assert answer("explain", "reset", "follow-up") == [
        {"email": ANA, "name": "Ana Ruiz", "bookable": True, "reason": None},
        {
            "email": BEN,
            "name": "Ben Okafor",
            "bookable": False,
            "reason": "not_allowed_by_package",
        },
        {"email": CHO, "name": "Cho Park", "bookable": True, "reason": None},
        {"email": DEE, "name": "Dee Novak", "bookable": False, "reason": "admin"},
    ]


@pytest.mark.parametrize(
    ("changes", "ana", "ben"),
    [
        pytest.param({}, None, None, id="everybody"),
        pytest.param({"practice": {"plan": "solo"}}, None, "solo_plan", id="solo"),
        pytest.param({"enabled": False}, None, "team_booking_off", id="off"),
        pytest.param({"sharing": "private"}, None, "service_not_shared", id="private"),
        pytest.param({"hours": {BEN: []}}, None, "no_availability", id="no hours"),
        pytest.param(
            {"package": {"archived": True}}, "package_inactive", "package_inactive", id="archived"
        ),
        pytest.param(
            {"package": {"items": [{"service": "intake", "sessions": 1}]}},
            "no_credit_left",
            "no_credit_left",
            id="no item",
        ),
    ],
)
def test_the_first_reason_is_given(
    load: Load, answer: Answer, changes: dict[str, Any], ana: str | None, ben: str | None
) -> None:
    load(reset_clinic(**changes))
    found = reasons(answer("explain", "reset", "follow-up"))
    assert (found[ANA], found[BEN]) == (ana, ben)


@pytest.mark.parametrize(
    ("lists", "ana"),
    [
        pytest.param({"clients": [lee()]}, "package_inactive", id="without the package"),
        pytest.param({"clients": [lee(active=False)]}, "client_inactive", id="a client who left"),
        pytest.param(
            {"clients": [lee()], "client_packages": [own_package(expires="2027-02-28")]},
            "expired",
            id="expired yesterday",
        ),
        pytest.param(
            {"clients": [lee()], "client_packages": [own_package(expires="2027-03-01")]},
            None,
            id="expiring today",
        ),
        pytest.param(
            {
                "clients": [lee()],
                "client_packages": [own_package(items=[{"service": "follow-up", "sessions": 1}])],
                "bookings": [booking("2027-03-15T10:00:00-04:00")],
            },
            "no_credit_left",
            id="used up",
        ),
    ],
)
def test_a_client_s_own_package_is_explained(
    load: Load, answer: Answer, lists: dict[str, Any], ana: str | None
) -> None:
    load(reset_clinic(**lists))
    assert reasons(answer("explain", "reset", "follow-up", "--client", LEE))[ANA] == ana


def test_an_explanation_can_be_read_by_people(load: Load, run: Run) -> None:
    load(reset_clinic(sharing="private"))
    assert run("explain", "reset", "follow-up").stdout == (
        "email            name        bookable  reason\n"
        "ana@example.com  Ana Ruiz    yes\n"
        "ben@example.com  Ben Okafor  no        service_not_shared\n"
        "cho@example.com  Cho Park    no        service_not_shared\n"
        "dee@example.com  Dee Novak   no        admin\n"
    )
