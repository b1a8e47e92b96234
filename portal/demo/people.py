"""The sample clinic's practice, team, hours and clients."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

PRACTICE: dict[str, Any] = {
    "name": "Riverside Clinic",
    "timezone": "America/New_York",
    "plan": "team",
    "currency": "USD",
    "confirm": "request",
    "min_notice_minutes": 120,
    "horizon_days": 60,
    "slot_step_minutes": 15,
    "late_cancel_hours": 24,
    "late_cancel_returns_credit": True,
    "running_out_at": 1,
    "place": "Riverside Clinic, 12 Mill Lane, second floor",
}
ROLES = [
    {"name": "Nutritionist"},
    {"name": "Coach"},
    {"name": "Front desk", "may": ["offers", "clients", "team"]},
]

ANA, BEN, CHO, DEE, ELI, FAY = (
    f"{name}@example.com" for name in ("ana", "ben", "cho", "dee", "eli", "fay")
)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _person(email: str, name: str, role: str, **others: Any) -> dict[str, Any]:
    return {
        "email": email,
        "name": name,
        "role": role,
        "kind": "practitioner",
        "owner": False,
        "timezone": None,
        "active": True,
        "daily_cap": None,
        **others,
    }


TEAM = [
    _person(ANA, "Ana Ruiz", "Nutritionist", owner=True),
    _person(BEN, "Ben Okafor", "Nutritionist"),
    _person(CHO, "Cho Min-seo", "Coach", daily_cap=8),
    _person(DEE, "Dee Walsh", "Front desk", kind="admin"),
    _person(ELI, "Eli Novak", "Nutritionist", timezone="America/Los_Angeles"),
    _person(FAY, "Fay Lindqvist", "Coach"),
]

# On every day of the week somebody of each role works, so that there is something to book tomorrow.
WEEKS: dict[str, dict[str, list[tuple[str, str]]]] = {
    ANA: {
        "mon tue wed thu": [("09:00", "12:30"), ("13:30", "17:00")],
        "fri": [("09:00", "13:00")],
    },
    BEN: {
        "mon tue wed thu fri": [("10:00", "13:00"), ("14:00", "18:00")],
        "sat": [("09:00", "13:00")],
    },
    CHO: {
        "mon tue wed thu fri": [("08:00", "12:00"), ("13:00", "16:00")],
        "sat": [("10:00", "14:00")],
    },
    ELI: {"mon tue wed thu fri": [("08:00", "12:00")], "sun": [("09:00", "14:00")]},
    FAY: {"wed thu fri": [("12:00", "19:00")], "sat sun": [("10:00", "16:00")]},
}
METHODS = {ELI: ["video"]}


def availability(today: date) -> list[dict[str, Any]]:
    """Everybody's weekly hours, with changes to come in the next weeks."""
    blocks = {
        email: {"member": email, "weekly": _weekly(email), "overrides": [], "time_off": []}
        for email in WEEKS
    }
    monday = today + timedelta(days=14 - today.weekday())
    blocks[ANA]["overrides"] = [
        {"date": (monday + timedelta(days=1)).isoformat(), "hours": [["10:00", "12:00"]]}
    ]
    blocks[BEN]["overrides"] = [
        {"date": (monday + timedelta(days=2)).isoformat(), "hours": []},
        {
            "date": (monday + timedelta(days=6)).isoformat(),
            "hours": [["11:00", "15:00"]],
            "delivery": ["video", "phone"],
        },
    ]
    zone = ZoneInfo(PRACTICE["timezone"])
    away = [datetime.combine(monday + timedelta(days=d), time(12), zone) for d in (8, 11)]
    blocks[CHO]["time_off"] = [
        dict(zip(("from", "to"), map(datetime.isoformat, away), strict=True))
    ]
    return list(blocks.values())


def _weekly(email: str) -> list[dict[str, Any]]:
    return [
        {"day": day, "from": start, "to": end, "services": None, "delivery": METHODS.get(email)}
        for days, stretches in WEEKS[email].items()
        for day in days.split()
        for start, end in stretches
    ]


def _client(email: str, name: str, phone: str | None = None, **others: Any) -> dict[str, Any]:
    return {
        "email": f"{email}@example.com",
        "name": name,
        "phone": phone,
        "timezone": None,
        "prospective": False,
        "active": True,
        **others,
    }


CLIENTS = [
    _client("lee", "Lee Park", "+1 212 555 0114"),
    _client("noor", "Noor Haddad", "+1 212 555 0127"),
    _client("sofia", "Sofia Almeida", timezone="Europe/Lisbon"),
    _client("marcus", "Marcus Bell"),
    _client("priya", "Priya Raman", "+1 646 555 0162"),
    _client("tom", "Tom Fischer"),
    _client("grace", "Grace Oyelaran", "+1 917 555 0135"),
    _client("hana", "Hana Kobayashi", timezone="America/Los_Angeles"),
    _client("ivan", "Ivan Petrov"),
    _client("julia", "Julia Weiss", "+1 212 555 0188"),
    _client("kofi", "Kofi Mensah"),
    _client("lucia", "Lucía Ferrer"),
    _client("maya", "Maya Stone", prospective=True),
    _client("omar", "Omar Aziz", prospective=True),
    _client("quinn", "Quinn Harper", active=False),
]
