"""Random clinics in all the forms that the format has: what is drawn is right, but not usual.

Sessions of one practitioner are a day apart, so that they can't overlap, and those of a package
are no more than it has.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]

FIRST_DAY = date(2027, 1, 1)
ZONES = ("America/New_York", "Asia/Kolkata", "Pacific/Apia", "Africa/Monrovia", "UTC")
METHODS = ("in_person", "video", "phone")
ROLES = ("Coach", "Dietitian", "ben@example.com", "Ärztin")
EMAILS = ("ana@example.com", "ben@example.com", "cho+1@sub.example.org", "dée@exämple.com")
SLUGS = ("a", "follow-up", "in_take", "0-9")
PACKAGES = ("reset", "r-2")
STATUSES = ("requested", "confirmed", "cancelled", "completed", "no_show")

names = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), include_characters="\t"), min_size=1, max_size=9
).filter(str.strip)
texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=20)
days = st.integers(0, 700).map(lambda n: (FIRST_DAY + timedelta(days=n)).isoformat())
money = st.decimals(0, 9_999_999_999, places=2).map(str)
counts = st.integers(1, 100_000)


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


def some(values: tuple[Any, ...], least: int = 0) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), unique=True, min_size=least)


@st.composite
def instants(draw: st.DrawFn) -> str:
    """In any offset, with or without seconds."""
    seconds = draw(st.integers(0, 700 * 86_400))
    moment = datetime(2027, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return moment.isoformat()


@st.composite
def stretches(draw: st.DrawFn) -> tuple[str, str]:
    start = draw(st.integers(0, 1439))
    end = draw(st.integers(start + 1, 1440))
    return f"{start // 60:02}:{start % 60:02}", f"{end // 60:02}:{end % 60:02}"


@st.composite
def restrictions(draw: st.DrawFn, mode: str, least: int) -> tuple[list[str], list[str]]:
    """The list of the mode, and the one that is kept."""
    people, roles = some(EMAILS[:2], least), some(ROLES[:2], least)
    if mode == "members":
        return draw(people), draw(some(ROLES))
    if mode == "roles":
        return draw(roles), draw(some(EMAILS))
    return draw(some((*EMAILS, *ROLES))), []


@st.composite
def team_bookings(draw: st.DrawFn) -> Json:
    enabled = draw(st.booleans())
    allow = draw(st.sampled_from(("assigned", "any", "members", "roles")))
    named, kept = draw(restrictions(allow, int(enabled)))
    return {"enabled": enabled, "allow": allow, "restrict_to": named, "kept": kept}


@st.composite
def services(draw: st.DrawFn, slug: str) -> Json:
    sharing = draw(st.sampled_from(("private", "all", "members", "roles")))
    named, kept = draw(restrictions(sharing, 0))
    return {
        "slug": slug,
        "name": draw(names),
        "owner": EMAILS[0],
        "minutes": draw(st.integers(1, 300)),
        "buffer_before": draw(st.integers(0, 300)),
        "buffer_after": draw(st.integers(0, 300)),
        "delivery": draw(some(METHODS, 1)),
        "confirm": draw(st.sampled_from((None, "request", "instant"))),
        "sharing": sharing,
        "shared_with": named,
        "kept": kept,
        "place": draw(maybe(texts)),
        "video_link": draw(st.sampled_from((None, "https://meet.example.com/x?y=z#é"))),
    }


@st.composite
def hours(draw: st.DrawFn, email: str) -> Json:
    limits = {"services": maybe(some(SLUGS)), "delivery": maybe(some(METHODS))}
    weekly = st.fixed_dictionaries(
        {"day": st.sampled_from(("mon", "sat", "sun")), "stretch": stretches(), **limits}
    )
    override = st.fixed_dictionaries(
        {"date": days, "hours": st.lists(stretches().map(list), max_size=3), **limits}
    )
    off = st.lists(instants(), min_size=2, max_size=2, unique_by=datetime.fromisoformat)
    return {
        "member": email,
        "weekly": [
            {"day": row["day"], "from": row["stretch"][0], "to": row["stretch"][1]}
            | {key: row[key] for key in limits}
            for row in draw(st.lists(weekly, max_size=4))
        ],
        "overrides": draw(st.lists(override, max_size=5)),
        "time_off": [
            dict(zip(("from", "to"), sorted(pair, key=datetime.fromisoformat), strict=True))
            for pair in draw(st.lists(off, max_size=2))
        ],
    }


@st.composite
def items(draw: st.DrawFn, least: int) -> list[Json]:
    listed = draw(st.permutations(SLUGS))[draw(st.integers(0, 4)) :]
    return [{"service": slug, "sessions": draw(st.integers(least, 3))} for slug in listed]


@st.composite
def packages(draw: st.DrawFn, slug: str) -> Json:
    return {
        "slug": slug,
        "name": draw(names),
        "description": draw(texts),
        "assigned_to": EMAILS[0],
        "price": draw(maybe(money)),
        "valid_days": draw(maybe(st.integers(1, 1000))),
        "weekly_limit": draw(maybe(counts)),
        "monthly_limit": draw(maybe(counts)),
        "archived": draw(st.booleans()),
        "items": draw(items(1)),
        "team_booking": draw(team_bookings()),
        "terms": draw(texts),
    }


@st.composite
def own_packages(draw: st.DrawFn, clients: tuple[str, ...]) -> Json:
    own = {
        "client": draw(st.sampled_from(clients[-2:])),
        "package": draw(st.sampled_from((PACKAGES[0], *PACKAGES))),
        "started": draw(days),
        "expires": draw(maybe(days)),
        "assigned_to": draw(st.sampled_from(EMAILS)),
        "items": draw(maybe(items(0).filter(bool))),
        "team_booking": draw(maybe(team_bookings())),
    }
    changes: dict[str, st.SearchStrategy[Any]] = {
        "price": maybe(money),
        "weekly_limit": maybe(counts),
        "monthly_limit": maybe(counts),
    }
    return own | draw(st.fixed_dictionaries({}, optional=changes))


@st.composite
def sessions(draw: st.DrawFn, document: Json, clients: tuple[str, ...]) -> list[Json]:
    """Sessions with one day for each; of a package as long as some own package has one left."""
    own = document["client_packages"]
    templates = {package["slug"]: package["items"] for package in document["packages"]}
    left = [
        {item["service"]: item["sessions"] for item in one["items"] or templates[one["package"]]}
        for one in own
    ]
    found = []
    for day in range(draw(st.integers(0, 12))):
        one = draw(session(clients, FIRST_DAY + timedelta(days=60 * (day % 6) + day)))
        at = draw(st.integers(-2, len(own) - 1))
        if at >= 0 and any(left[at].values()):
            one["service"] = draw(st.sampled_from([s for s, n in left[at].items() if n]))
            takes = one["status"] != "cancelled"
            if draw(st.integers(0, 4)) == 0:
                one["credit_taken"] = takes = not takes
            left[at][one["service"]] -= takes
            same = [n for n, o in enumerate(own) if _kind(o) == _kind(own[at])]
            one |= {"client": own[at]["client"], "package": own[at]["package"]}
            one["package_number"] = same.index(at) + 1
        found.append(one)
    return found


def _kind(own: Json) -> tuple[str, str]:
    return own["client"], own["package"]


@st.composite
def session(draw: st.DrawFn, clients: tuple[str, ...], day: date) -> Json:
    start = datetime(day.year, day.month, day.day, 12, draw(st.integers(0, 59)), tzinfo=UTC)
    frozen = {
        "minutes": st.integers(1, 300),
        "buffer_before": st.integers(0, 300),
        "buffer_after": st.integers(0, 300),
    }
    return {
        "client": draw(st.sampled_from(clients)),
        "practitioner": draw(st.sampled_from(EMAILS)),
        "service": draw(st.sampled_from(SLUGS)),
        "delivery": draw(st.sampled_from(METHODS)),
        "start": start.isoformat(),
        "status": draw(st.sampled_from(STATUSES)),
        "package": None,
        "note": draw(texts),
        "outdated": True,
        "overbooked": draw(st.booleans()),
        **draw(st.fixed_dictionaries({}, optional=frozen)),
    }


@st.composite
def documents(draw: st.DrawFn) -> Json:
    """A whole clinic."""
    clients = ("lee@example.com", "kim@example.com", "nobody")
    document: Json = {
        "format": "clinic/1",
        "practice": {
            "name": draw(names),
            "timezone": draw(st.sampled_from(ZONES)),
            "plan": draw(st.sampled_from(("solo", "team"))),
            "currency": draw(st.sampled_from(("USD", "EUR", "JPY"))),
            "confirm": draw(st.sampled_from(("request", "instant"))),
            "min_notice_minutes": draw(st.integers(0, 9999)),
            "horizon_days": draw(st.integers(1, 365)),
            "slot_step_minutes": draw(st.integers(1, 60)),
            "late_cancel_hours": draw(st.integers(0, 99)),
            "late_cancel_returns_credit": draw(st.booleans()),
            "place": draw(maybe(texts)),
            "reminders": draw(st.lists(st.integers(1, 86_400), max_size=3, unique=True)),
        },
        "roles": [{"name": role} for role in ROLES],
        "team": [draw(member(at, email)) for at, email in enumerate(EMAILS)],
        "services": [draw(services(slug)) for slug in SLUGS],
        "availability": [draw(hours(email)) for email in EMAILS[:2]],
        "packages": [draw(packages(slug)) for slug in PACKAGES],
        "clients": [draw(client(called)) for called in clients],
        "client_packages": [draw(own_packages(clients)) for _ in range(draw(st.integers(0, 5)))],
    }
    document["bookings"] = draw(sessions(document, clients))
    return document


@st.composite
def member(draw: st.DrawFn, at: int, email: str) -> Json:
    return {
        "email": email,
        "name": draw(names),
        "role": draw(maybe(st.sampled_from(ROLES))),
        "kind": "admin" if at == 3 else "practitioner",
        "owner": at == 0,
        "timezone": draw(maybe(st.sampled_from(ZONES))),
        "active": at == 0 or draw(st.booleans()),
        "daily_cap": draw(maybe(counts)),
    }


@st.composite
def client(draw: st.DrawFn, called: str) -> Json:
    has_address = "@" in called
    return {
        "email": called if has_address else None,
        "name": draw(names),
        "phone": draw(maybe(names)),
        "timezone": draw(maybe(st.sampled_from(ZONES))),
        "prospective": draw(st.booleans()),
        "active": draw(st.booleans()),
        "notes": draw(texts),
        "language": draw(st.sampled_from((None, "en", "zh-Hant-TW", "es-419"))),
        "key": None if has_address else called,
    }
