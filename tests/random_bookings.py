"""Random bookings for a random clinic, none of which keeps it from being loaded; and questions."""

from datetime import datetime, timedelta

from hypothesis import strategies as st

from tests.oracle import widened
from tests.oracle_people import Asked, Entry, credits_of, named
from tests.oracle_time import seconds
from tests.random_parts import METHODS, MINUTE, date_near, rarely, sometimes, written

STATUSES = ("confirmed", "requested", "completed", "no_show", "cancelled")


@st.composite
def bookings(draw: st.DrawFn, document: Entry, moment: datetime) -> list[Entry]:
    """Some bookings; of those that would overlap the first is kept."""
    entries: list[Entry] = []
    near, far = st.integers(-200, 300), st.integers(-3000, 3000)
    for quarters in draw(st.lists(st.one_of(near, near, far), max_size=10)):
        client = draw(st.sampled_from(document["clients"]))["email"]
        service = draw(st.sampled_from(document["services"]))
        status = draw(st.sampled_from(STATUSES))
        packages = payable(document, entries, client, service["slug"])
        start = moment + quarters * 15 * MINUTE + draw(st.sampled_from((0, 0, 0, 5, 0.5))) * MINUTE
        entry = {
            "client": client,
            "practitioner": draw(st.sampled_from(document["team"]))["email"],
            "service": service["slug"],
            "delivery": draw(st.sampled_from(service["delivery"])),
            "start": written(start, document["practice"]["timezone"]),
            "status": status,
            "package": draw(st.sampled_from((*packages * 3, None))),
        }
        if status == "cancelled" or not overlaps(document, entries, entry):
            entries.append(entry)
    return entries


def payable(document: Entry, entries: list[Entry], client: str, service: str) -> list[str]:
    """Packages of the client with a session of the service left, and of which they have one."""
    own = [one for one in document["client_packages"] if one["client"] == client]
    slugs = [one["package"] for one in own]
    found = []
    for one in own:
        slug = one["package"]
        template = named(document["packages"], "slug", slug)
        items = template["items"] if one["items"] is None else one["items"]
        used = [
            (b["client"], b["package"], b["service"]) for b in entries if b["status"] != "cancelled"
        ]
        left = credits_of(items, service) - used.count((client, slug, service))
        if slugs.count(slug) == 1 and left > 0:
            found.append(slug)
    return found


def overlaps(document: Entry, entries: list[Entry], entry: Entry) -> bool:
    """Does it overlap another booking of its practitioner, both with their buffers?"""

    def span(booking: Entry) -> tuple[int, int]:
        service = named(document["services"], "slug", booking["service"])
        return widened(seconds(booking["start"]), service)

    begin, end = span(entry)
    return any(
        begin < span(other)[1] and span(other)[0] < end
        for other in entries
        if other["practitioner"] == entry["practitioner"] and other["status"] != "cancelled"
    )


@st.composite
def asked(draw: st.DrawFn, document: Entry, moment: datetime) -> Asked:
    """A question, mostly about something that can be booked, in a window around the moment."""
    package = draw(st.sampled_from(document["packages"]))
    offered = package["items"] if not draw(rarely()) else []
    services = [item["service"] for item in offered] or [s["slug"] for s in document["services"]]
    service = named(document["services"], "slug", draw(st.sampled_from(services)))
    emails = [member["email"] for member in document["team"]]
    clients = [
        own["client"] for own in document["client_packages"] if own["package"] == package["slug"]
    ]
    methods = service["delivery"] if not draw(rarely()) else METHODS
    hours_ago = draw(st.sampled_from((30, 6, 50, 1, 0, 72, 27, -6)))
    now = (
        moment - hours_ago * 60 * MINUTE + timedelta(seconds=draw(st.sampled_from((0, 0, 1, 0.5))))
    )
    ahead = draw(st.sampled_from((-1, 0, None, -2)))
    zone = document["practice"]["timezone"]
    # Most clients who ask have the package.
    clients = clients if not draw(rarely()) else [c["email"] for c in document["clients"]]
    return Asked(
        package=package["slug"],
        service=service["slug"],
        now=now,
        practitioner=draw(st.sampled_from((*["any"] * 6, *emails))),
        client=draw(st.sampled_from(clients)) if clients and not draw(sometimes()) else None,
        delivery=draw(st.sampled_from(methods)) if draw(rarely()) else None,
        first=None if ahead is None else date_near(moment, zone, ahead),
        days=7 if ahead is None else draw(st.sampled_from((3, 5, 1, 2, 4))),
    )
