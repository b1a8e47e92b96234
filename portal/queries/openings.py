"""Who can be booked, and when: the one place that both the pages and the writes ask.

`load_board` reads what is known of the team, their hours and their busy times, a fixed number of
queries however many people and days there are, and answers from plain values after that.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, or_, select, type_coerce

from portal.db import db
from portal.models import Booking, Member, TimeOff
from portal.queries.facts import ServiceInfo
from portal.queries.hours import load_hours
from portal.queries.offers import Offer
from portal.scheduling.bounds import Bounds, Limits, Window, bounds, window
from portal.scheduling.eligibility import MemberFacts, Reason, why_not_bookable
from portal.scheduling.hours import Hours, any_hours
from portal.scheduling.intervals import Span
from portal.scheduling.openings import Calendar, Opening, Visit, combined, earliest, is_open

# Dates of the members' zones and of the practice's differ by a day at most; a second one covers
# the rest of a date whose bookings count for a cap.
MARGIN = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Person:
    """A team member, as clients see them; `assigned` is the package's assigned practitioner."""

    id: int
    name: str
    email: str
    assigned: bool


@dataclass(frozen=True, slots=True)
class Board:
    """All that is known about booking one service from one offer at the instant `now`.

    `verdicts` has every team member with the first reason why they can't be booked (None: they
    can); `people` those who can, the assigned practitioner first, then by name. `others` has the
    calendars of people whom the rule refuses, for staff: nothing in them is offered to anybody.
    """

    offer: Offer
    service: ServiceInfo
    now: datetime
    verdicts: list[tuple[Person, Reason | None]]
    calendars: dict[int, Calendar]
    limits: Limits | None
    others: Mapping[int, Calendar] = field(default_factory=dict)

    @property
    def people(self) -> list[Person]:
        """Whom a client can choose."""
        return [person for person, reason in self.verdicts if reason is None]

    def openings(
        self,
        first_day: date,
        days: int,
        method: str | None = None,
        member_id: int | None = None,
    ) -> list[Opening]:
        """The openings of `days` dates of the clinic's zone, of everybody or one member.

        By one delivery method, or by any that the service has. Ordered by start, then the
        assigned practitioner, then name.
        """
        return combined(
            self._calendars(member_id),
            self.visit(method),
            self._window(first_day, days),
            self.limits,
            self.offer.holder.assigned_to,
        )

    def earliest(
        self,
        from_day: date | None = None,
        method: str | None = None,
        member_id: int | None = None,
    ) -> Opening | None:
        """The first opening within the horizon, from `from_day` (default: today)."""
        first_day = from_day or self.offer.practice.today(self.now)
        return earliest(
            self._calendars(member_id),
            self.visit(method),
            self._window(first_day, self.offer.practice.horizon_days + 2),
            self.limits,
            self.offer.holder.assigned_to,
        )

    def is_open(self, member_id: int, start: datetime, method: str) -> bool:
        """Is `start` one of the member's openings by this method?"""
        if member_id not in self.calendars or method not in self.service.delivery:
            return False
        day = self.offer.practice.today(start)
        return is_open(
            self.calendars[member_id],
            self.visit(method),
            self._window(day, 1),
            self.limits,
            int(start.timestamp()),
        )

    def _calendars(self, member_id: int | None) -> Sequence[Calendar]:
        if member_id is None:
            return list(self.calendars.values())
        return [self.calendars[member_id]] if member_id in self.calendars else []

    def visit(self, method: str | None = None) -> Visit:
        """The service by one delivery method, or by any that it has."""
        service = self.service
        return Visit(
            service_id=service.id,
            methods=service.delivery if method is None else (method,),
            minutes=service.minutes,
            buffer_before=service.buffer_before,
            buffer_after=service.buffer_after,
            step=self.offer.practice.slot_step_minutes,
        )

    def bounds(self) -> Bounds:
        """What notice, horizon and expiry leave of time."""
        return bounds(**self._rules())

    def _window(self, first_day: date, days: int) -> Window:
        return window(first_day=first_day, days=days, **self._rules())

    def _rules(self) -> dict[str, Any]:
        practice = self.offer.practice
        return {
            "now": self.now,
            "min_notice_minutes": practice.min_notice_minutes,
            "horizon_days": practice.horizon_days,
            "zone": practice.zone,
            "expires": self.offer.holder.expires,
        }


def load_board(
    offer: Offer,
    service: ServiceInfo,
    now: datetime,
    *,
    ignoring: int | None = None,
    around: datetime | None = None,
    besides: Collection[int] = (),
) -> Board:
    """Everything about booking `service` from `offer`, as things are at `now`.

    `ignoring` is the id of a hold or booking that isn't in its own way. With `around`, only
    what matters for a session at about that time is read: what a write needs. Staff ask about
    the members `besides`, whatever the rule says of them.
    """
    members = _team(offer.practice.zone)
    hours = load_hours({m.facts.id: m.zone for m in members}, (now - MARGIN).date())
    verdicts = [
        (m.person(offer.holder.assigned_to), _verdict(offer, service, m, hours[m.facts.id], now))
        for m in members
    ]
    verdicts.sort(key=lambda verdict: (not verdict[0].assigned, verdict[0].name, verdict[0].id))
    bookable = {person.id for person, reason in verdicts if reason is None}
    first, until = (now, now + timedelta(days=offer.practice.horizon_days))
    if around is not None:
        first, until = around, around
    asked = [m for m in members if m.facts.id in bookable.union(besides)]
    times = _busy_times([m.facts.id for m in asked], now, first - MARGIN, until + MARGIN, ignoring)
    calendars = {m.facts.id: m.calendar(hours[m.facts.id], *times[m.facts.id]) for m in asked}
    return Board(
        offer,
        service,
        now,
        verdicts,
        {id_: calendar for id_, calendar in calendars.items() if id_ in bookable},
        _limits(offer, now, ignoring),
        {id_: calendar for id_, calendar in calendars.items() if id_ not in bookable},
    )


@dataclass(frozen=True, slots=True)
class _Member:
    facts: MemberFacts
    email: str
    zone: ZoneInfo
    daily_cap: int | None

    def person(self, assigned_to: int) -> Person:
        return Person(self.facts.id, self.facts.name, self.email, self.facts.id == assigned_to)

    def calendar(
        self, hours: Hours, busy: Sequence[Span], away: Sequence[Span], booked: Sequence[int]
    ) -> Calendar:
        facts = self.facts
        return Calendar(facts.id, facts.name, hours, busy, booked, self.daily_cap, away)


def _team(practice_zone: ZoneInfo) -> list[_Member]:
    rows = db.session.execute(
        select(
            Member.id,
            Member.name,
            Member.kind,
            Member.deactivated_at,
            Member.role_id,
            Member.email,
            Member.timezone,
            Member.daily_cap,
        )
    )
    return [
        _Member(
            MemberFacts(row.id, row.name, row.kind, row.deactivated_at is None, row.role_id),
            row.email,
            ZoneInfo(row.timezone) if row.timezone else practice_zone,
            row.daily_cap,
        )
        for row in rows
    ]


def _verdict(
    offer: Offer, service: ServiceInfo, member: _Member, hours: Hours, now: datetime
) -> Reason | None:
    own_today = now.astimezone(member.zone).date()
    return why_not_bookable(
        offer.holder,
        service.facts,
        member.facts,
        plan=offer.practice.plan,
        today=offer.practice.today(now),
        has_availability=any_hours(hours, service.id, service.delivery, own_today),
    )


def _busy_times(
    ids: Sequence[int], now: datetime, first: datetime, until: datetime, ignoring: int | None
) -> dict[int, tuple[list[Span], list[Span], list[int]]]:
    """By member: busy with bookings and holds, away, and starts of bookings. All in one query."""
    found: dict[int, tuple[list[Span], list[Span], list[int]]] = {id_: ([], [], []) for id_ in ids}
    if not ids:
        return found
    bookings = select(
        Booking.member_id,
        _seconds(Booking.busy_start),
        _seconds(Booking.busy_end),
        _seconds(Booking.starts_at),
    ).where(
        Booking.member_id.in_(ids),
        Booking.cancelled_at.is_(None),
        Booking.busy_end > first,
        Booking.busy_start < until,
        or_(Booking.held_until.is_(None), Booking.held_until > now),
        Booking.id != (ignoring or 0),
    )
    time_off = select(
        TimeOff.member_id,
        _seconds(TimeOff.starts_at),
        _seconds(TimeOff.ends_at),
        type_coerce(None, BigInteger),
    ).where(TimeOff.member_id.in_(ids), TimeOff.ends_at > first, TimeOff.starts_at < until)
    for member_id, start, end, starts_at in db.session.execute(bookings.union_all(time_off)):
        busy, away, booked = found[member_id]
        if starts_at is None:
            away.append((start, end))
        else:
            busy.append((start, end))
            booked.append(starts_at)
    return found


def _limits(offer: Offer, now: datetime, ignoring: int | None) -> Limits | None:
    """The package's weekly and monthly limits with what counts for them; None without any."""
    if offer.weekly_limit is None and offer.monthly_limit is None:
        return None
    booked: Sequence[int] = ()
    if offer.client_package_id is not None:
        booked = db.session.scalars(
            select(_seconds(Booking.starts_at)).where(
                Booking.client_package_id == offer.client_package_id,
                Booking.cancelled_at.is_(None),
                or_(Booking.held_until.is_(None), Booking.held_until > now),
                Booking.id != (ignoring or 0),
            )
        ).all()
    return Limits(offer.practice.zone, offer.weekly_limit, offer.monthly_limit, booked)


def _seconds(column: Any) -> Any:
    """The column as it's stored, seconds since 1970 UTC: no dates are made on this path."""
    return type_coerce(column, BigInteger)
