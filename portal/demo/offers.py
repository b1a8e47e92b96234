"""The sample clinic's services and packages: shared, and open to the team, in different ways."""

from typing import Any

from portal.demo.people import ANA, BEN, CHO, ELI


def _service(
    slug: str, name: str, owner: str, minutes: int, delivery: list[str], **others: Any
) -> dict[str, Any]:
    return {
        "slug": slug,
        "name": name,
        "owner": owner,
        "minutes": minutes,
        "buffer_before": 0,
        "buffer_after": 10,
        "delivery": delivery,
        "confirm": None,
        "sharing": "private",
        "shared_with": [],
        **others,
    }


SERVICES = [
    _service(
        "initial-consultation",
        "Initial consultation",
        ANA,
        60,
        ["in_person", "video"],
        buffer_after=15,
        video_link="https://meet.example.com/riverside-ana",
    ),
    _service(
        "follow-up",
        "Follow-up",
        ANA,
        45,
        ["in_person", "video"],
        sharing="all",
        video_link="https://meet.example.com/riverside",
    ),
    _service(
        "coaching-call",
        "Coaching call",
        CHO,
        30,
        ["video", "phone"],
        buffer_after=5,
        confirm="instant",
        sharing="roles",
        shared_with=["Coach"],
        video_link="https://meet.example.com/riverside-coaching",
    ),
    _service(
        "meal-review",
        "Meal plan review",
        BEN,
        30,
        ["video", "phone"],
        confirm="instant",
        sharing="members",
        shared_with=[ANA, ELI],
        video_link="https://meet.example.com/riverside-meals",
    ),
    _service(
        "body-composition",
        "Body composition scan",
        BEN,
        20,
        ["in_person"],
        buffer_before=5,
        place="Riverside Clinic, 12 Mill Lane, room 4",
        sharing="members",
        shared_with=[ANA],
    ),
]

PACKAGES: list[dict[str, Any]] = [
    {
        "slug": "reset",
        "name": "Reset",
        "description": (
            "Three months to feel at home in your body again.\n\n"
            "We begin with an hour with Ana: your history, your days, what you like to eat and "
            "what you would like to change. Three follow-ups keep it going, with Ana or with "
            "whoever of the team has a time that suits you."
        ),
        "assigned_to": ANA,
        "price": "420.00",
        "valid_days": 90,
        "weekly_limit": None,
        "monthly_limit": None,
        "archived": False,
        "items": [
            # The one with anyone comes first: it's what a visitor of the sample looks for.
            {"service": "follow-up", "sessions": 3},
            {"service": "initial-consultation", "sessions": 1},
        ],
        "team_booking": {"enabled": True, "allow": "any", "restrict_to": []},
    },
    {
        "slug": "strong-start",
        "name": "Strong Start",
        "description": (
            "Six short calls with a coach while a new routine takes hold.\n\n"
            "Thirty minutes by video or phone, at most two a week, with Cho or another of our "
            "coaches. A call is confirmed as soon as you choose it."
        ),
        "assigned_to": CHO,
        "price": "270.00",
        "valid_days": 120,
        "weekly_limit": 2,
        "monthly_limit": None,
        "archived": False,
        "items": [{"service": "coaching-call", "sessions": 6}],
        "team_booking": {"enabled": True, "allow": "roles", "restrict_to": ["Coach"]},
        "terms": (
            "Calls can be moved or cancelled up to 24 hours before they begin. Coaching doesn't "
            "replace medical advice: please talk to your doctor before you change a treatment."
        ),
    },
    {
        "slug": "steady",
        "name": "Steady",
        "description": (
            "A quiet look at how things are going, whenever you like.\n\n"
            "One body composition scan at the clinic and four meal plan reviews by video or phone. "
            "The sessions don't expire."
        ),
        "assigned_to": BEN,
        "price": "190.00",
        "valid_days": None,
        "weekly_limit": None,
        "monthly_limit": 2,
        "archived": False,
        "items": [
            {"service": "body-composition", "sessions": 1},
            {"service": "meal-review", "sessions": 4},
        ],
        "team_booking": {"enabled": True, "allow": "members", "restrict_to": [ANA, ELI]},
    },
]
