"""Documents to load: a clinic in which everything of the format occurs."""

from typing import Any

from tests.clinics import ANA, BEN, CHO, DEE, LEE, lee, reset_clinic

KIM = "kim@example.com"


def booking(start: str, **changes: Any) -> dict[str, Any]:
    """A confirmed follow-up of Lee's with Ana, of the package Reset."""
    return {
        "client": LEE,
        "practitioner": ANA,
        "service": "follow-up",
        "delivery": "in_person",
        "start": start,
        "status": "confirmed",
        "package": "reset",
        **changes,
    }


def but_uids(bookings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The bookings of a dump without what calendars know them by, which is made by chance."""
    return [
        {name: one[name] for name in one if name not in ("uid", "sequence")} for one in bookings
    ]


def own_package(**changes: Any) -> dict[str, Any]:
    """Lee's own package Reset, as the template is."""
    return {
        "client": LEE,
        "package": "reset",
        "started": "2027-02-01",
        "expires": "2027-05-02",
        "assigned_to": ANA,
        "items": None,
        "team_booking": None,
        **changes,
    }


def whole_clinic() -> dict[str, Any]:
    """One document with everything in it, in the form in which it's dumped."""
    document = reset_clinic(
        sharing="members",
        shared_with=[BEN],
        allow="roles",
        restrict_to=["Coach"],
        practice={
            "place": "12 Mill Lane",
            "video_link": "https://meet.example.com/riverside",
            "late_cancel_forbidden": True,
            "cancellation_policy": "Please tell us a day before.",
            "accent": "#7a4bb5",
            "language": "en-GB",
            "running_out_at": 2,
            "reminders": [10080, 1440],
        },
        follow_up={
            "delivery": ["video", "in_person"],
            "buffer_before": 5,
            "buffer_after": 10,
            "minutes": 45,
            "confirm": "instant",
            "video_link": "https://meet.example.com/ana",
            "place": "Room 2",
            "kept": ["Coach"],
            "description": "How it went,\nand what comes next.",
            "terms": "Bring your notes.",
            "price": "80.00",
            "reminders": [],
        },
        package={"terms": "Be kind.\nBe on time.", "weekly_limit": 2, "position": 3},
        dee_may=["offers", "clients"],
        clients=[
            lee(
                phone="+1 212 555 0114",
                timezone="Europe/Lisbon",
                notes="Likes tea.\nNot milk.",
                language="pt-BR",
            ),
            lee(email=KIM, name="Kim Sørensen", prospective=True),
            lee(email="old@example.com", name="Old Friend", active=False),
            lee(email=None, name="No Address", key="client-4"),
        ],
        client_packages=[
            own_package(),
            own_package(
                client=KIM,
                expires=None,
                assigned_to=BEN,
                items=[{"service": "follow-up", "sessions": 7}],
                team_booking={"enabled": True, "allow": "members", "restrict_to": [BEN, CHO]},
                price="100.00",
                weekly_limit=None,
                monthly_limit=3,
            ),
            own_package(client="client-4"),
        ],
        bookings=[
            booking("2027-02-03T09:00:00-05:00", status="completed", service="intake"),
            booking("2027-02-10T09:00:00-05:00", status="no_show"),
            booking("2027-02-11T09:00:00-05:00", status="cancelled", delivery="video"),
            booking("2027-03-15T10:00:00-04:00", note="Back door.\nRing twice.", staff_note="Ask."),
            booking("2027-03-15T10:00:00-04:00", client=KIM, practitioner=BEN, status="requested"),
            booking("2027-03-16T10:00:00-04:00", package=None, minutes=30, buffer_after=0),
            booking(
                "2027-03-17T10:00:00-04:00",
                package=None,
                delivery="phone",
                outdated=True,
                overbooked=True,
            ),
            booking("2027-03-18T10:00:00-04:00", client="client-4"),
            booking("2027-03-19T10:00:00-04:00", status="cancelled", credit_taken=True),
        ],
    )
    for at, one in enumerate(document["bookings"]):
        one["uid"] = f"session-{at}@riverside.example"
    document["bookings"][4]["sequence"] = 2
    document["team"][1] |= {"timezone": "Asia/Kolkata", "daily_cap": 4, "language": "en-GB"}
    document["team"][1] |= {"told_of_assigned": True}
    document["team"][2] |= {"active": False, "role": None}
    document["services"].append(
        document["services"][0] | {"slug": "old-visit", "name": "Old visit", "archived": True}
    )
    document["packages"].append(
        document["packages"][0]
        | {
            "slug": "old-reset",
            "name": "Old Reset",
            "price": None,
            "valid_days": None,
            "archived": True,
            "items": [
                {"service": "follow-up", "sessions": 3},
                {"service": "intake", "sessions": 1},
            ],
            "team_booking": {"enabled": False, "allow": "any", "restrict_to": [DEE, "Coach"]},
        }
    )
    document["availability"][0] |= {
        "overrides": [
            {"date": "2027-03-15", "hours": [["10:00", "12:00"], ["13:00", "24:00"]]},
            {"date": "2027-03-15", "hours": [["00:00", "01:00"]], "services": ["follow-up"]},
            {"date": "2027-03-14", "hours": []},
            {"date": "2027-03-16", "hours": [["09:00", "10:00"]], "delivery": ["phone", "video"]},
        ],
        "time_off": [{"from": "2027-03-16T12:00-04:00", "to": "2027-03-17T00:00-04:00"}],
    }
    document["availability"][1]["weekly"][0] |= {
        "services": ["follow-up", "intake"],
        "delivery": ["video"],
    }
    return document
