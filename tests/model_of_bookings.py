"""What sessions and credits come to, said once more without a database: the model of the acts.

It's written from the specification and knows nothing of the portal's code. Each method says whether
an act must succeed, and if so changes the model as the act must change the clinic. Times are
instants in UTC; a session takes an hour, and a Follow-up blocks a quarter of an hour after it.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

CLINIC = ZoneInfo("America/New_York")
HOUR = timedelta(hours=1)
AFTER = {"intake": timedelta(0), "follow-up": timedelta(minutes=15)}
OPENS, CLOSES = 9, 13  # o'clock, every weekday, for everybody
UNDO = timedelta(minutes=10)
ANA, BEN, CHO = 1, 2, 3


def at(day: date, quarter: int) -> datetime:
    """The quarter of an hour counted from nine o'clock, on a date at the clinic."""
    nine = datetime(day.year, day.month, day.day, OPENS, tzinfo=CLINIC)
    return (nine + quarter * timedelta(minutes=15)).astimezone(UTC)


def day_of(instant: datetime) -> date:
    """The date at the clinic."""
    return instant.astimezone(CLINIC).date()


@dataclass
class Own:
    """A client's package: sessions in all by service, and the last day."""

    client: int
    total: dict[str, int]
    expires: date | None


@dataclass
class Session:
    """A booking. `credit`: it holds one of its package's."""

    member: int
    service: str
    start: datetime
    own: int | None
    client: int
    state: str  # requested, confirmed, cancelled, declined, lapsed, completed, missed
    credit: bool
    overbooked: bool = False
    before: str = ""
    gave_back: bool = False
    cancelled_at: datetime | None = None

    @property
    def live(self) -> bool:
        """Does it block its practitioner's time?"""
        return self.state in ("requested", "confirmed", "completed", "missed")

    @property
    def to_come(self) -> bool:
        """Is it still requested or confirmed?"""
        return self.state in ("requested", "confirmed")

    @property
    def busy_until(self) -> datetime:
        """When its practitioner is free again."""
        return self.start + HOUR + AFTER[self.service]


@dataclass
class Model:
    """The whole clinic. `late_returns`: a client's late cancellation gives the credit back.

    `team`: every package lets clients book with anybody; or else with Ana only.
    """

    now: datetime
    late: timedelta
    late_returns: bool
    late_forbidden: bool
    team: bool
    owns: dict[int, Own] = field(default_factory=dict)
    sessions: dict[int, Session] = field(default_factory=dict)

    # What is so

    def left(self, own: int, service: str) -> int:
        """The credits of the service that the package has left."""
        used = [s for s in self.sessions.values() if s.own == own and s.service == service]
        return self.owns[own].total[service] - sum(s.credit for s in used)

    def is_free(
        self, member: int, service: str, start: datetime, besides: int | None = None
    ) -> bool:
        """Has the practitioner nothing else then, buffers included?"""
        until = start + HOUR + AFTER[service]
        return not any(
            s.live and s.member == member and s.start < until and start < s.busy_until
            for id_, s in self.sessions.items()
            if id_ != besides
        )

    def works(self, service: str, start: datetime) -> bool:
        """Is the session within everybody's hours?"""
        local = start.astimezone(CLINIC)
        opens = local.replace(hour=OPENS, minute=0)
        closes = local.replace(hour=CLOSES, minute=0)
        return local.weekday() < 5 and opens <= local and local + HOUR <= closes

    def in_time(self, own: int | None, day: date) -> bool:
        """Isn't the package expired on the day?"""
        expires = self.owns[own].expires if own is not None else None
        return expires is None or day <= expires

    def may_take(self, own: int, service: str, start: datetime) -> bool:
        """Does the package allow a session of the service then?"""
        expiry = self.in_time(own, day_of(self.now)) and self.in_time(own, day_of(start))
        return expiry and self.left(own, service) > 0

    def may_give(self, member: int, service: str) -> bool:
        """Intake is Ana's alone; everybody gives Follow-ups, as far as the packages allow it."""
        return member == ANA or (self.team and service == "follow-up")

    def is_opening(
        self, member: int, service: str, start: datetime, besides: int | None = None
    ) -> bool:
        """May a client take this time, as far as the calendar goes?"""
        free = self.is_free(member, service, start, besides)
        return start >= self.now and self.works(service, start) and free

    # What is done

    def book(self, own: int, service: str, member: int, start: datetime) -> Session | None:
        """A client books from their own package; a Follow-up is requested, an Intake instant."""
        if not (
            self.may_give(member, service)
            and self.may_take(own, service, start)
            and self.is_opening(member, service, start)
        ):
            return None
        state = "confirmed" if service == "intake" else "requested"
        return Session(member, service, start, own, self.owns[own].client, state, credit=True)

    def book_for_client(
        self, own: int, service: str, member: int, start: datetime
    ) -> Session | None:
        """Staff book for a client, having confirmed everything: but never beyond the credits."""
        if not (
            self.may_give(member, service)
            and self.may_take(own, service, start)
            and start >= self.now
        ):
            return None
        over = not self.is_free(member, service, start)
        client = self.owns[own].client
        return Session(
            member, service, start, own, client, "confirmed", credit=True, overbooked=over
        )

    def accept(self, id_: int) -> bool:
        """Staff accept a request that hasn't begun."""
        s = self.sessions[id_]
        if s.state != "requested" or s.start <= self.now:
            return False
        s.state = "confirmed"
        return True

    def decline(self, id_: int) -> bool:
        """Staff decline a request that hasn't begun."""
        s = self.sessions[id_]
        if s.state != "requested" or s.start <= self.now:
            return False
        self._end(s, "declined")
        return True

    def lapse(self) -> int:
        """Every request that has begun unanswered lapses; how many."""
        lapsed = [
            s for s in self.sessions.values() if s.state == "requested" and s.start <= self.now
        ]
        for s in lapsed:
            self._end(s, "lapsed")
        return len(lapsed)

    def cancel(self, id_: int) -> bool:
        """Staff cancel a session that isn't over; the credit comes back however late it is."""
        s = self.sessions[id_]
        if not s.to_come or s.start + HOUR <= self.now:
            return False
        self._end(s, "cancelled")
        return True

    def cancel_by_client(self, id_: int) -> bool:
        """A client cancels before the session begins; late ones follow the practice's setting."""
        s = self.sessions[id_]
        is_late = self.now > s.start - self.late
        if not s.to_come or s.start <= self.now or (is_late and self.late_forbidden):
            return False
        s.before, s.gave_back = s.state, s.credit and (self.late_returns or not is_late)
        kept = s.credit and not s.gave_back
        self._end(s, "cancelled by client")
        s.credit, s.cancelled_at = kept, self.now
        return True

    def take_back(self, id_: int) -> bool:
        """A client takes a cancellation back within ten minutes, if time and credit are there."""
        s = self.sessions[id_]
        if s.state != "cancelled by client" or s.cancelled_at is None:
            return False
        if self.now > s.cancelled_at + UNDO or s.start <= self.now:
            return False
        if s.own is not None and s.gave_back and not self.may_take(s.own, s.service, s.start):
            return False
        if not self.is_free(s.member, s.service, s.start, id_):
            return False
        s.state, s.credit = s.before, s.credit or s.gave_back
        s.cancelled_at = None
        return True

    def reschedule(self, id_: int, member: int, start: datetime) -> bool:
        """A client takes another opening, also with somebody else whom the package allows."""
        s = self.sessions[id_]
        is_late = self.now > s.start - self.late
        if not s.to_come or s.start <= self.now or (is_late and self.late_forbidden):
            return False
        may = s.member == member or (s.own is not None and self.may_give(member, s.service))
        in_time = self.in_time(s.own, day_of(self.now)) and self.in_time(s.own, day_of(start))
        if not (may and in_time and self.is_opening(member, s.service, start, id_)):
            return False
        if s.member != member and s.service == "follow-up":
            s.state = "requested"  # the other practitioner hasn't said yes yet
        s.member, s.start, s.overbooked = member, start, False
        return True

    def transfer(self, id_: int, member: int) -> bool:
        """Staff give a session to a colleague who's free then, having confirmed what there is."""
        s = self.sessions[id_]
        if not self._may_be_moved(s) or member == s.member:
            return False
        if not self.is_free(member, s.service, s.start, id_):
            return False
        s.member, s.overbooked = member, False
        return True

    def move(self, id_: int, member: int, start: datetime) -> bool:
        """Staff move a session, having confirmed everything: over another one, if they must."""
        s = self.sessions[id_]
        if not self._may_be_moved(s):
            return False
        if (member, start) == (s.member, s.start):
            return True
        if start != s.start:
            in_time = self.in_time(s.own, day_of(self.now)) and self.in_time(s.own, day_of(start))
            if start < self.now or not in_time:
                return False
        free = self.is_free(member, s.service, start, id_)
        s.member, s.start, s.overbooked = member, start, not free
        return True

    def complete(self, id_: int) -> bool:
        """A session that has begun took place; one whose credit was returned takes it again."""
        s = self.sessions[id_]
        if s.state not in ("confirmed", "missed", "completed") or s.start > self.now:
            return False
        if s.state == "completed":
            return True
        if s.own is not None and not s.credit and self.left(s.own, s.service) < 1:
            return False
        s.state, s.credit = "completed", s.own is not None
        return True

    def miss(self, id_: int) -> bool:
        """Nobody came to a session that has begun: it keeps its credit."""
        s = self.sessions[id_]
        if s.state not in ("confirmed", "completed", "missed") or s.start > self.now:
            return False
        s.state = "missed"
        return True

    def return_credit(self, id_: int) -> bool:
        """Staff return the credit of a no-show, or of a late cancellation that kept it."""
        s = self.sessions[id_]
        if s.state not in ("missed", "cancelled by client") or not s.credit:
            return False
        s.credit, s.gave_back = False, True
        return True

    def adjust(self, own: int, service: str, change: int) -> bool:
        """Staff change how many sessions there are in all, never below what is used or booked."""
        if change == 0 or self.left(own, service) + change < 0:
            return False
        self.owns[own].total[service] += change
        return True

    def expire(self, own: int, expires: date | None) -> bool:
        """Staff set the last day; what is booked after it stays booked."""
        self.owns[own].expires = expires
        return True

    def unlink(self, id_: int) -> bool:
        """Staff take a session out of its package, which gets the credit back."""
        s = self.sessions[id_]
        if s.own is None or not s.live:
            return False
        s.own, s.credit = None, False
        return True

    def link(self, id_: int, own: int) -> bool:
        """Staff put a session into a package of its client that was in force on its day."""
        s = self.sessions[id_]
        if s.own is not None or not s.live or self.owns[own].client != s.client:
            return False
        if self.left(own, s.service) < 1 or not self.in_time(own, day_of(s.start)):
            return False
        s.own, s.credit = own, True
        return True

    def _may_be_moved(self, s: Session) -> bool:
        """It isn't over, nor a request that has begun unanswered."""
        if s.state == "requested" and s.start <= self.now:
            return False
        return s.to_come and s.start + HOUR > self.now

    def _end(self, s: Session, state: str) -> None:
        s.state, s.credit = state, False
