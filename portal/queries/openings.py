"""Who can be booked, and when: the one place that both the pages and the writes ask.

`load_board` reads what is known of the team and their hours, and the board reads busy times as far
ahead as it's asked to look: a few queries however many people there are and sessions they had. The
answers come from plain values.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from portal.as_set_up import as_set_up
from portal.queries.busy_times import BusyTimes, package_starts
from portal.queries.facts import ServiceInfo
from portal.queries.members import TeamMember, load_members
from portal.queries.offers import Offer
from portal.scheduling.bounds import Bounds, Limits, Window, bounds, whole_days, window
from portal.scheduling.eligibility import Reason, why_not_bookable
from portal.scheduling.hours import any_hours
from portal.scheduling.openings import Calendar, Opening, Place, Visit, combined, earliest, is_open
from portal.unchanged import unchanged_as

# Dates of the members' zones and of the practice's differ by a day at most.
MARGIN = timedelta(days=2)
WEEK = 7  # days: how far `earliest` looks at first
FEW = 10  # people: of so many, all openings of a week are found as quickly as the first


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
    All calendars have the busy times of `times`, as far as those have been read. `moved_from` is
    where the session is that is moved, if one is: staying there is no opening.
    """

    offer: Offer
    service: ServiceInfo
    now: datetime
    verdicts: list[tuple[Person, Reason | None]]
    calendars: dict[int, Calendar]
    limits: Limits | None
    times: BusyTimes
    others: Mapping[int, Calendar] = field(default_factory=dict)
    moved_from: Place | None = None

    @property
    def people(self) -> tuple[Person, ...]:
        """Whom a client can choose."""
        return tuple(person for person, reason in self.verdicts if reason is None)

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
        return self._within(self._window(first_day, days), method, member_id)

    def earliest(
        self,
        from_day: date | None = None,
        method: str | None = None,
        member_id: int | None = None,
    ) -> Opening | None:
        """The first opening within the horizon, from `from_day` (default: today)."""
        for look in self._looks(from_day):
            if len(self.calendars) <= FEW:
                found = next(iter(self._within(look, method, member_id)), None)
            else:
                self.times.read(look)
                calendars, assigned_to = self._calendars(member_id), self.offer.holder.assigned_to
                found = earliest(calendars, self.visit(method), look, self.limits, assigned_to)
            if found:
                return found
        return None

    def openings_and_earliest(
        self, first_day: date, days: int, method: str | None = None, member_id: int | None = None
    ) -> tuple[list[Opening], Opening | None]:
        """The openings of some dates, and the first one from today, from one reading of both."""
        first_look = next(self._looks(), Window(0, 0))
        looks = self._window(first_day, days), first_look
        self.times.read(*(whole_days(self.offer.practice.zone, look) for look in looks))
        openings = self.openings(first_day, days, method, member_id)
        return openings, self.earliest(None, method, member_id)

    def _within(self, asked: Window, method: str | None, member_id: int | None) -> list[Opening]:
        if asked.is_empty:
            return []
        days = whole_days(self.offer.practice.zone, asked)
        self.times.read(days)
        found = self._openings(days, method, member_id)
        # Whether a time is an opening doesn't depend on what is asked for around it.
        return found[bisect_left(found, (asked.first,)) : bisect_left(found, (asked.until,))]

    def _openings(self, days: Window, method: str | None, member_id: int | None) -> list[Opening]:
        """The openings of whole days: the same for whoever asks, until something changes."""
        visit, assigned_to = self.visit(method), self.offer.holder.assigned_to
        calendars = self._calendars(member_id)
        find = partial(combined, calendars, visit, days, self.limits, assigned_to)
        if self.limits is not None:
            # A package with limits is one client's, so nobody else will ask.
            return find()
        hours = self.offer.practice.zone, (self.now - MARGIN).date(), tuple(self.calendars)
        asked = visit, days, member_id, assigned_to
        return unchanged_as((combined, self.times.key, hours, asked), find)

    def _looks(self, from_day: date | None = None) -> Iterator[Window]:
        """Yield what `earliest` looks at: a week, then the two after it, and so on."""
        practice = self.offer.practice
        within = self._window(from_day or practice.today(self.now), practice.horizon_days + 2)
        first, width = within.first, WEEK * 86_400
        while first < within.until:
            yield Window(first, min(first + width, within.until))
            first, width = first + width, width * 2

    def is_open(self, member_id: int, start: datetime, method: str) -> bool:
        """Is `start` one of the member's openings by this method?"""
        if member_id not in self.calendars or method not in self.service.delivery:
            return False
        second = int(start.timestamp())
        self.times.read(Window(second, second + 1))
        return is_open(
            self.calendars[member_id],
            self.visit(method),
            self._window(self.offer.practice.today(start), 1),
            self.limits,
            second,
        )

    def _calendars(self, member_id: int | None) -> Sequence[Calendar]:
        if member_id is None:
            return list(self.calendars.values())
        return [self.calendars[member_id]] if member_id in self.calendars else []

    def visit(self, method: str | None = None) -> Visit:
        """The service by one delivery method, or by any that it has."""
        methods = self.service.delivery if method is None else (method,)
        return _visit(self.offer, self.service, methods, self.moved_from)

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
    only: int | None = None,
    besides: Collection[int] = (),
    moved_from: Place | None = None,
    held_at: datetime | None = None,
) -> Board:
    """Everything about booking `service` from `offer`, as things are at `now`.

    `ignoring` is the id of a hold or booking that isn't in its own way. With `around`, the
    calendars have at once what matters for a session at about that time. An act, which reads
    everything anew, decides about one member: the board is about nobody else with the id `only`.
    Staff ask about the members `besides`, whatever the rule says of them. `moved_from` is the place
    of the session that another one is looked for, which isn't offered. Holds count that still keep
    their time at `held_at`: later than `now`, where what was promised then is asked about.
    """
    members = as_set_up(load_members, offer.practice.zone, (now - MARGIN).date(), only)
    assigned_to = offer.holder.assigned_to
    verdicts = [(_person(m, assigned_to), _verdict(offer, service, m, now)) for m in members]
    verdicts.sort(key=lambda verdict: (not verdict[0].assigned, verdict[0].name, verdict[0].id))
    bookable = {person.id for person, reason in verdicts if reason is None}
    asked = [m for m in members if m.facts.id in bookable.union(besides)]
    capped = any(m.daily_cap is not None for m in asked)
    taken = _visit(offer, service, service.delivery).taken(0)
    held_at = held_at or now
    times = BusyTimes([m.facts.id for m in asked], held_at, ignoring, taken, capped)
    if around is not None:
        second = int(around.timestamp())
        times.read(Window(second, second + 1))
    calendars = {m.facts.id: _calendar(m, times) for m in asked}
    return Board(
        offer,
        service,
        now,
        verdicts,
        {id_: calendar for id_, calendar in calendars.items() if id_ in bookable},
        _limits(offer, held_at, ignoring),
        times,
        {id_: calendar for id_, calendar in calendars.items() if id_ not in bookable},
        moved_from,
    )


def _visit(
    offer: Offer, service: ServiceInfo, methods: tuple[str, ...], moved_from: Place | None = None
) -> Visit:
    return Visit(
        service_id=service.id,
        methods=methods,
        minutes=service.minutes,
        buffer_before=service.buffer_before,
        buffer_after=service.buffer_after,
        step=offer.practice.slot_step_minutes,
        moved_from=moved_from,
    )


def _person(member: TeamMember, assigned_to: int) -> Person:
    facts = member.facts
    return Person(facts.id, facts.name, member.email, facts.id == assigned_to)


def _calendar(member: TeamMember, times: BusyTimes) -> Calendar:
    facts, own = member.facts, times.of[member.facts.id]
    cap = member.daily_cap
    return Calendar(facts.id, facts.name, member.hours, own.busy, own.booked, cap, own.away)


def _verdict(
    offer: Offer, service: ServiceInfo, member: TeamMember, now: datetime
) -> Reason | None:
    hours = member.hours
    own_today = now.astimezone(hours.zone).date()
    return why_not_bookable(
        offer.holder,
        service.facts,
        member.facts,
        plan=offer.practice.plan,
        today=offer.practice.today(now),
        has_availability=any_hours(hours, service.id, service.delivery, own_today),
    )


def _limits(offer: Offer, now: datetime, ignoring: int | None) -> Limits | None:
    """The package's weekly and monthly limits with what counts for them; None without any."""
    if offer.weekly_limit is None and offer.monthly_limit is None:
        return None
    own = offer.client_package_id
    booked = () if own is None else package_starts(own, now, ignoring)
    return Limits(offer.practice.zone, offer.weekly_limit, offer.monthly_limit, booked)
