"""Four weeks as clients will see them: one member's openings of one service, and what takes time.

The openings come from the same board as the booking page's. It's asked on behalf of a package that
is assigned to this member and has the service, so that nothing of a package's own is in the way.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select

from portal.db import db
from portal.models import Booking, Member, Practice, Service, TimeOff
from portal.queries.availability import hours_of, services_to_name
from portal.queries.facts import PracticeInfo, ServiceInfo, load_service, practice_info
from portal.queries.offers import Offer
from portal.queries.openings import load_board
from portal.scheduling.availability import whatever_they_serve
from portal.scheduling.eligibility import Holder, TeamBooking
from portal.scheduling.hours import DAY, Hours, day_start, stretches, wall_minutes
from portal.scheduling.intervals import Span, joined

DAYS = 28
USUAL = (8 * 60, 18 * 60)
"""What the strips show at least, in minutes of the wall clock."""

MARK = 120  # minutes between the times above the strips


@dataclass(frozen=True, slots=True)
class Band:
    """A part of a day's strip, in minutes of the wall clock. Kinds: hours, free, session, off."""

    kind: str
    start: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Day:
    """A date of the clinic's zone. Spans are UTC seconds, and those of `free` touch no other.

    `openings` is how many there are; `sessions` how many sessions start on that date; `changes`:
    the clock is changed; `too_far`: clients can't book as far ahead as that yet.
    """

    day: date
    bands: tuple[Band, ...]
    works: bool
    free: tuple[Span, ...]
    off: tuple[Span, ...]
    openings: int
    sessions: int
    changes: bool
    too_far: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """The days, and from which to which minute of the wall clock their strips reach."""

    practice: PracticeInfo
    service: ServiceInfo | None
    first_minute: int
    last_minute: int
    days: tuple[Day, ...]

    @property
    def marks(self) -> list[int]:
        """The times above the strips, in minutes: one for each part of the same width."""
        return list(range(self.first_minute, self.last_minute, MARK))


@dataclass(frozen=True, slots=True)
class _Facts:
    hours: list[Span]
    openings: list[Span]
    sessions: list[Span]
    off: list[Span]


def load_picture(member: Member, service_id: int | None, now: datetime) -> Picture:
    """The coming four weeks for the service with this id, or the first that the member offers.

    Without any service there are hours and no openings.
    """
    row = db.session.get_one(Practice, 1)
    practice = practice_info(row)
    offered = [choice.id for choice in services_to_name(member)]
    chosen = service_id if service_id in offered else next(iter(offered), None)
    service = _service(chosen, practice) if chosen is not None else None
    today = practice.today(now)
    facts = _facts(member, service, practice, today, now)
    horizon = practice.today(now + timedelta(days=practice.horizon_days))
    days = [_day(practice, today + timedelta(days=at), facts, horizon) for at in range(DAYS)]
    edges = [edge for day in days for b in day.bands for edge in (b.start, b.start + b.minutes)]
    first, last = min([USUAL[0], *edges]), max([USUAL[1], *edges])
    return Picture(
        practice=practice,
        service=service,
        first_minute=max(0, first // MARK * MARK),
        last_minute=min(24 * 60, -(-last // MARK) * MARK),
        days=tuple(days),
    )


def _service(service_id: int, practice: PracticeInfo) -> ServiceInfo:
    return load_service(db.session.get_one(Service, service_id), practice.confirm)


def _facts(
    member: Member,
    service: ServiceInfo | None,
    practice: PracticeInfo,
    today: date,
    now: datetime,
) -> _Facts:
    first = datetime.fromtimestamp(day_start(practice.zone, today), practice.zone)
    until = first + (DAYS + 1) * DAY
    hours = hours_of(member, (now - 2 * DAY).date())
    openings: list[Span] = []
    if service is not None:
        board = load_board(_offer(member, service, practice), service, now)
        found = board.openings(today, DAYS, member_id=member.id)
        openings = [(one.start, one.end) for one in found]
    return _Facts(
        _hours(hours, service, today),
        openings,
        _spans(
            select(Booking.starts_at, Booking.ends_at).where(
                Booking.member_id == member.id,
                Booking.cancelled_at.is_(None),
                or_(Booking.held_until.is_(None), Booking.held_until > now),
                Booking.ends_at > first,
                Booking.starts_at < until,
            )
        ),
        _spans(
            select(TimeOff.starts_at, TimeOff.ends_at).where(
                TimeOff.member_id == member.id, TimeOff.ends_at > first, TimeOff.starts_at < until
            )
        ),
    )


def _offer(member: Member, service: ServiceInfo, practice: PracticeInfo) -> Offer:
    holder = Holder(member.id, TeamBooking(), True, None, {service.id: 1})
    return Offer(
        practice=practice,
        package_id=0,
        slug="",
        name="",
        description="",
        terms="",
        price=None,
        valid_days=None,
        archived=False,
        items=(),
        holder=holder,
        weekly_limit=None,
        monthly_limit=None,
    )


def _hours(hours: Hours, service: ServiceInfo | None, today: date) -> list[Span]:
    first, last = today - DAY, today + (DAYS + 1) * DAY
    if service is None:
        return joined(stretches(whatever_they_serve(hours), 0, "", first, last))
    return joined(
        span
        for method in service.delivery
        for span in stretches(hours, service.id, method, first, last)
    )


def _spans(query: object) -> list[Span]:
    rows = db.session.execute(query)  # type: ignore[call-overload]
    return [(int(start.timestamp()), int(end.timestamp())) for start, end in rows]


def _day(practice: PracticeInfo, day: date, facts: _Facts, horizon: date) -> Day:
    zone = practice.zone
    start, end = day_start(zone, day), day_start(zone, day + DAY)

    def part(spans: Iterable[Span]) -> list[Span]:
        return [(max(a, start), min(b, end)) for a, b in spans if a < end and b > start]

    free = part(joined(facts.openings))
    layers = {
        "hours": part(facts.hours),
        "free": free,
        "session": part(facts.sessions),
        "off": part(joined(facts.off)),
    }
    return Day(
        day=day,
        bands=tuple(
            Band(kind, first, last - first)
            for kind, spans in layers.items()
            for span in spans
            for first, last in wall_minutes(zone, day, span)
        ),
        works=bool(layers["hours"]),
        free=tuple(free),
        off=tuple(layers["off"]),
        openings=sum(start <= at < end for at, _until in facts.openings),
        sessions=sum(start <= at < end for at, _until in facts.sessions),
        changes=end - start != 86_400,
        too_far=day > horizon,
    )
