"""Random clinics, as clinic files that can be loaded, and what to ask them.

Most things happen within days of a change of some clock that the clinic uses. What a file may not
say is never drawn: bookings that overlap, or more of them than a client's package has.
"""

from dataclasses import dataclass
from datetime import datetime

from hypothesis import strategies as st

from tests.oracle_people import Asked, Entry, includes
from tests.oracle_time import DAYS
from tests.random_bookings import asked, bookings
from tests.random_parts import (
    METHODS,
    MINUTE,
    ZONES,
    date_near,
    moments,
    rarely,
    some,
    sometimes,
    stretches,
    written,
)

ROLES = ("Nutritionist", "Coach")
NAMES = {"ana": "Ana Ruiz", "ben": "Ben Okafor", "cho": "Cho Park", "dee": "Dee Novak"}
TEAM = [f"{name}@example.com" for name in NAMES]
SERVICES = ["follow-up", "intake", "review"]
PACKAGES = ["reset", "second"]
CLIENTS = ["lee@example.com", "kim@example.com"]


@dataclass(frozen=True)
class Example:
    """A clinic file, when it is loaded, and what is asked afterwards."""

    document: Entry
    now: datetime
    asked: list[Asked]


@st.composite
def examples(draw: st.DrawFn) -> Example:
    """A clinic and three questions to it."""
    zones = draw(st.lists(st.sampled_from(ZONES), min_size=1, max_size=2, unique=True))
    moment = draw(moments(zones))
    practice = draw(practices(zones[0]))
    team = draw(teams(zones))
    services = draw(st.integers(1, 3).flatmap(lambda n: services_of(team, n)))
    packages = [draw(package(slug, team, services)) for slug in PACKAGES[: draw(st.integers(1, 2))]]
    clients = [
        {"email": email, "name": email[:3].title(), "active": not draw(rarely())}
        for email in CLIENTS[: draw(st.integers(1, 2))]
    ]
    document = {
        "format": "clinic/1",
        "practice": practice,
        "roles": [{"name": role} for role in ROLES],
        "team": team,
        "services": services,
        "availability": [draw(availability(m, moment, zones[0], services)) for m in team],
        "packages": packages,
        "clients": clients,
        "client_packages": draw(own_packages(clients, packages, team, services, moment)),
    }
    document["bookings"] = draw(bookings(document, moment))
    questions = draw(st.lists(asked(document, moment), min_size=3, max_size=3))
    return Example(document, questions[0].now, questions)


@st.composite
def practices(draw: st.DrawFn, zone: str) -> Entry:
    """The practice, mostly with a team and with little notice."""
    return {
        "name": "Riverside Clinic",
        "timezone": zone,
        "plan": "solo" if draw(rarely()) else "team",
        "min_notice_minutes": draw(st.sampled_from((0, 0, 0, 1, 45, 600, 1440))),
        "horizon_days": draw(st.sampled_from((60, 60, 365, 1, 2, 3, 7))),
        "slot_step_minutes": draw(st.sampled_from((15, 30, 60, 7, 20, 45, 11, 90, 1440))),
    }


@st.composite
def teams(draw: st.DrawFn, zones: list[str]) -> list[Entry]:
    """One to four members. Ana is a practitioner, and the owner."""
    return [
        {
            "email": email,
            "name": NAMES[email.split("@")[0]],
            "role": draw(st.sampled_from((*ROLES, *ROLES, None))),
            "kind": "admin" if email != TEAM[0] and draw(rarely()) else "practitioner",
            "owner": email == TEAM[0],
            "timezone": draw(st.sampled_from((None, *zones))),
            "active": email == TEAM[0] or not draw(rarely()),
            "daily_cap": draw(st.sampled_from((None, None, None, 1, 2))),
        }
        for email in TEAM[: draw(st.integers(1, 4))]
    ]


@st.composite
def services_of(draw: st.DrawFn, team: list[Entry], count: int) -> list[Entry]:
    """So many services, mostly shared."""
    services = []
    for slug in SERVICES[:count]:
        sharing = draw(st.sampled_from(("all", "all", "members", "roles", "private")))
        services.append(
            {
                "slug": slug,
                "name": slug.title(),
                "owner": draw(st.sampled_from(team))["email"],
                "minutes": draw(st.sampled_from((60, 30, 15, 20, 1440, 45, 50, 7, 1, 180))),
                "buffer_before": draw(st.sampled_from((0, 0, 0, 1440, 5, 30, 120))),
                "buffer_after": draw(st.sampled_from((0, 0, 0, 1440, 10, 15, 60))),
                "delivery": draw(some(METHODS, least=1)),
                "sharing": sharing,
                "shared_with": draw(people_or_roles(sharing, team)),
            }
        )
    return services


def people_or_roles(mode: str, team: list[Entry], least: int = 0) -> st.SearchStrategy[list[str]]:
    """What a mode of sharing, or of team booking, is restricted to."""
    if mode == "members":
        return some([member["email"] for member in team], least)
    if mode == "roles":
        return some(list(ROLES), least)
    # Kept for the day when the mode is changed back, and without a meaning until then.
    return some([*ROLES, team[-1]["email"]])


@st.composite
def availability(
    draw: st.DrawFn, member: Entry, moment: datetime, zone: str, services: list[Entry]
) -> Entry:
    """Hours, mostly on the days around the moment."""
    zone = member["timezone"] or zone
    hours = stretches(moment, zone)
    weekly = []
    if not draw(sometimes()):
        begin, end = draw(hours)
        weekly = [{"day": day, "from": begin, "to": end} for day in DAYS]
        for ahead in draw(st.lists(st.integers(-1, 3), max_size=4)):
            begin, end = draw(hours)
            day = DAYS[date_near(moment, zone, ahead).weekday()]
            weekly.append({"day": day, "from": begin, "to": end, **draw(limits(services))})
    overrides = [
        {
            "date": date_near(moment, zone, ahead).isoformat(),
            "hours": draw(st.lists(hours, max_size=2)),
            **draw(limits(services)),
        }
        for ahead in draw(st.lists(st.sampled_from((0, -1, 1, 2, -2)), max_size=3))
    ]
    time_off = []
    for since in draw(st.lists(st.integers(-3000, 3000), max_size=2)):
        begins = moment + since * MINUTE
        ends = begins + draw(st.sampled_from((30, 1, 100, 0.5, 30_000, 1440))) * MINUTE
        time_off.append({"from": written(begins, zone), "to": written(ends, zone)})
    own = {"weekly": weekly, "overrides": overrides, "time_off": time_off}
    return {"member": member["email"], **own}


@st.composite
def limits(draw: st.DrawFn, services: list[Entry]) -> Entry:
    """To which services and methods a row is limited; mostly to none."""
    if not draw(sometimes()):
        return {"services": None, "delivery": None}
    slugs = [service["slug"] for service in services]
    return {
        "services": draw(some(slugs, least=1)) if draw(st.booleans()) else None,
        "delivery": draw(some(METHODS, least=1)) if draw(st.booleans()) else None,
    }


@st.composite
def package(draw: st.DrawFn, slug: str, team: list[Entry], services: list[Entry]) -> Entry:
    """A package that could be saved now, or one that could be once and is outdated."""
    assigned = draw(practitioners(team))
    offered = [s for s in services if s["owner"] == assigned["email"] or shares(s, assigned)]
    outdated = not offered or draw(rarely())
    items = draw(items_of(services if outdated else offered, least=1))
    return {
        "slug": slug,
        "name": slug.title(),
        "assigned_to": assigned["email"],
        "valid_days": draw(st.sampled_from((None, 90, 1, 2, 3))),
        "weekly_limit": draw(st.sampled_from((None, 1, 2, 3))),
        "monthly_limit": draw(st.sampled_from((None, None, 1, 2, 3))),
        "archived": draw(rarely()),
        "items": items,
        "team_booking": draw(team_booking(team)),
        **({"outdated": True} if outdated else {}),
    }


def practitioners(team: list[Entry]) -> st.SearchStrategy[Entry]:
    """Somebody who isn't an admin."""
    return st.sampled_from([member for member in team if member["kind"] == "practitioner"])


def shares(service: Entry, member: Entry) -> bool:
    """Is the service shared with the member?"""
    return includes(service["sharing"], service["shared_with"], member)


@st.composite
def items_of(draw: st.DrawFn, services: list[Entry], least: int) -> list[Entry]:
    """Items of a package; with `least` 0, those of a client's: perhaps no session of a service."""
    slugs = draw(some([service["slug"] for service in services], least=1))
    return [
        {"service": slug, "sessions": draw(st.sampled_from((3, 2, 1, 5, least)))} for slug in slugs
    ]


@st.composite
def team_booking(draw: st.DrawFn, team: list[Entry]) -> Entry:
    """Whom clients may book with besides the assigned practitioner."""
    allow = draw(st.sampled_from(("any", "any", "members", "roles", "assigned")))
    listed = draw(people_or_roles(allow, team, least=1))
    return {"enabled": not draw(rarely()), "allow": allow, "restrict_to": listed}


@st.composite
def own_packages(
    draw: st.DrawFn,
    clients: list[Entry],
    packages: list[Entry],
    team: list[Entry],
    services: list[Entry],
    moment: datetime,
) -> list[Entry]:
    """Up to three packages for each client."""
    entries = []
    each = [some(packages, least=1), st.lists(st.sampled_from(packages), max_size=3)]
    for client in clients:
        for template in draw(st.one_of(each)):
            own = {
                "client": client["email"],
                "package": template["slug"],
                "started": date_near(moment, "UTC", -30).isoformat(),
                "expires": None,
                "assigned_to": draw(st.sampled_from(team))["email"],
                "items": draw(items_of(services, least=0)) if draw(st.booleans()) else None,
                "team_booking": draw(team_booking(team)) if draw(st.booleans()) else None,
            }
            if (ahead := draw(st.sampled_from((None, 6, 3, 1, 0, -1, -3)))) is not None:
                own["expires"] = date_near(moment, "UTC", ahead).isoformat()
            if draw(sometimes()):
                own |= {"weekly_limit": draw(st.sampled_from((None, 1, 2)))}
            if draw(rarely()):
                own |= {"monthly_limit": draw(st.sampled_from((None, 1, 2)))}
            entries.append(own)
    return entries
