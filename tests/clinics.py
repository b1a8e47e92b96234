"""The cast of the tests, as clinic files: Ana, Ben, Cho and Dee, and the package Reset.

The clinic is in New York, and now is Monday 1 March 2027, 8:00 there.
"""

from datetime import UTC, datetime
from typing import Any

NOW = datetime(2027, 3, 1, 13, 0, tzinfo=UTC)
ANA, BEN, CHO, DEE = (f"{name}@example.com" for name in ("ana", "ben", "cho", "dee"))
LEE = "lee@example.com"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")


def reset_clinic(
    *,
    sharing: str = "all",
    shared_with: list[str] | None = None,
    enabled: bool = True,
    allow: str = "any",
    restrict_to: list[str] | None = None,
    practice: dict[str, Any] | None = None,
    follow_up: dict[str, Any] | None = None,
    package: dict[str, Any] | None = None,
    hours: dict[str, list[tuple[str, str]]] | None = None,
    dee_may: list[str] | None = None,
    **lists: Any,
) -> dict[str, Any]:
    """The clinic of domain.md's scenarios.

    Follow-up is shared, and the package Reset allows bookings, as the arguments say. Ana, Ben and
    Cho work on weekdays from 9 to 12 unless `hours` says otherwise by address. With `dee_may`, Dee
    works at the front desk, a role with these rights. `lists` adds lists such as clients.
    """
    default_hours = {
        ANA: [("09:00", "12:00")],
        BEN: [("09:00", "12:00")],
        CHO: [("09:00", "12:00")],
    }
    return {
        "format": "clinic/1",
        "practice": {
            "name": "Riverside Clinic",
            "timezone": "America/New_York",
            "plan": "team",
            "currency": "USD",
            "confirm": "request",
            "min_notice_minutes": 0,
            "horizon_days": 60,
            "slot_step_minutes": 15,
            "late_cancel_hours": 24,
            "late_cancel_returns_credit": True,
            **(practice or {}),
        },
        "roles": [
            {"name": "Nutritionist"},
            {"name": "Coach"},
            *([{"name": "Front desk", "may": dee_may}] if dee_may is not None else []),
        ],
        "team": [
            _member(ANA, "Ana Ruiz", "Nutritionist", owner=True),
            _member(BEN, "Ben Okafor", "Nutritionist"),
            _member(CHO, "Cho Park", "Coach"),
            _member(DEE, "Dee Novak", "Coach" if dee_may is None else "Front desk", kind="admin"),
        ],
        "services": [
            _service("intake", "Intake", 60, sharing="private", shared_with=[]),
            _service("follow-up", "Follow-up", 60, sharing=sharing, shared_with=shared_with or [])
            | (follow_up or {}),
        ],
        "availability": [
            {
                "member": email,
                "weekly": [
                    {"day": day, "from": start, "to": end, "services": None, "delivery": None}
                    for day in WEEKDAYS
                    for start, end in stretches
                ],
                "overrides": [],
                "time_off": [],
            }
            for email, stretches in (default_hours | (hours or {})).items()
        ],
        "packages": [
            {
                "slug": "reset",
                "name": "Reset",
                "description": "Three months to feel better.",
                "assigned_to": ANA,
                "price": "420.00",
                "valid_days": 90,
                "weekly_limit": None,
                "monthly_limit": None,
                "archived": False,
                "items": [
                    {"service": "intake", "sessions": 1},
                    {"service": "follow-up", "sessions": 3},
                ],
                "team_booking": {
                    "enabled": enabled,
                    "allow": allow,
                    "restrict_to": restrict_to or [],
                },
                **(package or {}),
            }
        ],
        **lists,
    }


def lee(**changes: Any) -> dict[str, Any]:
    """The client Lee Park."""
    return {
        "email": LEE,
        "name": "Lee Park",
        "phone": None,
        "timezone": None,
        "prospective": False,
        "active": True,
        **changes,
    }


LEES_OWN = {
    "client": LEE,
    "package": "reset",
    "started": "2027-03-01",
    "expires": "2027-05-30",
    "assigned_to": ANA,
    "items": None,
    "team_booking": None,
}
"""The package Reset as Lee has it."""


def _member(
    email: str, name: str, role: str, *, owner: bool = False, kind: str = "practitioner"
) -> dict[str, Any]:
    return {
        "email": email,
        "name": name,
        "role": role,
        "kind": kind,
        "owner": owner,
        "timezone": None,
        "active": True,
        "daily_cap": None,
    }


def _service(
    slug: str, name: str, minutes: int, *, sharing: str, shared_with: list[str]
) -> dict[str, Any]:
    return {
        "slug": slug,
        "name": name,
        "owner": ANA,
        "minutes": minutes,
        "buffer_before": 0,
        "buffer_after": 0,
        "delivery": ["in_person"],
        "confirm": None,
        "sharing": sharing,
        "shared_with": shared_with,
    }
