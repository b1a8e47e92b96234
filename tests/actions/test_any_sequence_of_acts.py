"""Whatever clients and staff do, in whatever order: the clinic is what the model says it is.

Promise R4 of the specification. The model (tests/model_of_bookings.py) knows nothing of the
portal's code; after each act every session, every credit and every overlap is compared.
"""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select, text

from portal import clinic_file
from portal.actions.adjusting import adjust_credits
from portal.actions.booking import Contact, book
from portal.actions.booking_for_client import Wanted, book_for_client
from portal.actions.cancelling import cancel
from portal.actions.client_cancelling import cancel_by_client, take_back_cancellation
from portal.actions.client_packages import copy_for_client, save_client_package
from portal.actions.credits import grant_credits
from portal.actions.holding import hold
from portal.actions.linking import link, unlink
from portal.actions.moving import move, transfer
from portal.actions.outcomes import complete, mark_missed, return_credit
from portal.actions.requests import accept, decline, lapse_requests
from portal.actions.rescheduling import reschedule
from portal.db import db
from portal.errors import NotFound, Refused
from portal.models import (
    Booking,
    Client,
    ClientPackage,
    CreditEntry,
    Ending,
    Member,
    Package,
    Practice,
    Service,
    Status,
    Why,
)
from portal.queries.bookings import find_by_token
from portal.queries.client_package_values import own_values
from portal.queries.offers import load_client_offer, load_offer
from portal.scheduling.obstacles import Obstacle
from portal.transaction import transaction
from tests.clinics import ANA, BEN, CHO, NOW, lee, reset_clinic
from tests.how_often import tries
from tests.model_of_bookings import Model, Own, Session, at, day_of

EVERYTHING = frozenset(Obstacle)
HOURS = {email: [("09:00", "13:00")] for email in (ANA, BEN, CHO)}
SERVICES = st.sampled_from(["follow-up", "follow-up", "intake"])
MEMBERS = st.integers(1, 3)
# Few times, so that sessions meet: days from now, and quarters of which the last don't fit in.
STARTS = st.tuples(st.integers(0, 3), st.integers(-1, 14))
When = tuple[int, int]
STATES = {
    Status.REQUESTED: "requested",
    Status.CONFIRMED: "confirmed",
    Status.COMPLETED: "completed",
    Status.NO_SHOW: "missed",
}
ENDINGS = {
    Ending.BY_CLIENT: "cancelled by client",
    Ending.BY_CLINIC: "cancelled",
    Ending.DECLINED: "declined",
    Ending.LAPSED: "lapsed",
}
SOME = st.integers(0, 10**6)
"""Which of those that there are: taken modulo their number."""


class Acts(RuleBasedStateMachine):
    """Each rule does something in the clinic and in the model, and both must agree that it may."""

    model: Model

    @initialize(
        late=st.sampled_from([0, 24, 48]),
        returns=st.booleans(),
        forbidden=st.sampled_from([False, False, False, True]),
        team=st.sampled_from([True, True, False]),
    )
    def a_clinic(self, late: int, returns: bool, forbidden: bool, team: bool) -> None:
        self.model = Model(NOW, timedelta(hours=late), returns, forbidden, team)
        with transaction() as session:
            # What an earlier run left behind is out of the way.
            session.execute(text("UPDATE booking SET cancelled_at = 1 WHERE cancelled_at IS NULL"))
            practice = session.get_one(Practice, 1)
            practice.late_cancel_hours, practice.late_cancel_returns_credit = late, returns
            practice.late_cancel_forbidden = forbidden
            template = load_offer(session.get_one(Package, 1).slug, NOW)
            self.services = {row.slug: row.id for row in session.scalars(select(Service))}
            for name, expires in (("Lee", date(2027, 3, 3)), ("Lee", None), ("Kim", None)):
                known = [own.client for own in self.model.owns.values()]
                if name == "Lee" and known:
                    client = session.get_one(Client, known[0])
                else:
                    client = Client(name=name, created_at=NOW, accepted_at=NOW)
                    session.add(client)
                    session.flush()
                own_id = copy_for_client(
                    template, client.id, started_on=NOW.date(), expires_on=expires, now=NOW
                )
                own = session.get_one(ClientPackage, own_id)
                counts = {self.services["intake"]: 1, self.services["follow-up"]: 2}
                own.team_booking_enabled = team
                grant_credits(session, own.id, counts, Why.PACKAGE_MADE, NOW)
                self.model.owns[own.id] = Own(client.id, {"intake": 1, "follow-up": 2}, expires)

    @rule(which=SOME, service=SERVICES, member=MEMBERS, when=STARTS)
    def book(self, which: int, service: str, member: int, when: When) -> None:
        start = self._start(when)
        own = self._own(which)
        expected = self.model.book(own, service, member, start)
        self._made(expected, lambda: self._book(own, service, member, start))

    @rule(which=SOME, service=SERVICES, member=MEMBERS, when=STARTS)
    def book_for_a_client(self, which: int, service: str, member: int, when: When) -> None:
        start = self._start(when)
        own = self._own(which)
        client = self.model.owns[own].client
        twice = any(
            s.live and (s.client, s.member, s.service, s.start) == (client, member, service, start)
            for s in self.model.sessions.values()
        )
        if not twice:
            wanted = Wanted(client, own, self.services[service], member, start, "in_person", "")
            expected = self.model.book_for_client(own, service, member, start)
            now = self.model.now
            self._made(expected, lambda: book_for_client(wanted, EVERYTHING, self._ana(), now))

    @rule(minutes=st.sampled_from([1, 5, 9, 60, 24 * 60 - 30]))
    def time_passes(self, minutes: int) -> None:
        self.model.now += timedelta(minutes=minutes)

    @precondition(lambda self: self.model.sessions)
    @rule(which=SOME, hours=st.sampled_from([-47, -23, -1, 0, 0.5, 1]))
    def the_time_of_a_session_comes(self, which: int, hours: float) -> None:
        start = self.model.sessions[self._session(which)].start
        self.model.now = max(self.model.now, start + timedelta(hours=hours))

    @precondition(lambda self: self.model.sessions)
    @rule(which=SOME, act=st.sampled_from([complete, mark_missed, mark_missed]))
    def it_takes_place_or_not(
        self, which: int, act: Callable[[int, Member, datetime], None]
    ) -> None:
        id_, now = self._session(which), self.model.now
        may = self.model.complete if act is complete else self.model.miss
        self._agree(may(id_), lambda: act(id_, self._ana(), now))

    @rule()
    def lapse(self) -> None:
        assert lapse_requests(self.model.now) == self.model.lapse()

    @precondition(lambda self: self.model.sessions)
    @rule(
        which=SOME,
        act=st.sampled_from(["accept", "accept", "decline", "cancel", "return_credit"]),
    )
    def staff_do(self, which: int, act: str) -> None:
        id_, ana, now = self._session(which), self._ana(), self.model.now
        acts: dict[str, Callable[[], None]] = {
            "accept": lambda: accept(id_, ana, now),
            "decline": lambda: decline(id_, "", ana, now),
            "cancel": lambda: cancel(id_, "Ill", ana, now),
            "return_credit": lambda: return_credit(id_, ana, now),
        }
        self._agree(getattr(self.model, act)(id_), acts[act])

    @precondition(lambda self: self.model.sessions)
    @rule(which=SOME)
    def the_client_cancels(self, which: int) -> None:
        id_, now = self._session(which), self.model.now
        self._agree(self.model.cancel_by_client(id_), lambda: cancel_by_client(id_, "A cold", now))

    @precondition(lambda self: self.model.sessions)
    @rule(which=SOME)
    def the_client_takes_it_back(self, which: int) -> None:
        id_, now = self._session(which), self.model.now
        if not self.model.sessions[id_].live:
            self._agree(self.model.take_back(id_), lambda: take_back_cancellation(id_, now))

    @precondition(lambda self: self.model.sessions)
    @rule(which=SOME, member=MEMBERS, when=STARTS)
    def the_client_reschedules(self, which: int, member: int, when: When) -> None:
        start = self._start(when)
        id_, now = self._session(which), self.model.now
        session = self.model.sessions[id_]
        if (member, start) != (session.member, session.start):
            to: dict[str, Any] = {"member_id": member, "start": start, "method": "in_person"}
            self._agree(
                self.model.reschedule(id_, member, start), lambda: reschedule(id_, **to, now=now)
            )

    @precondition(lambda self: self.model.sessions)
    @rule(which=SOME, member=MEMBERS, when=STARTS)
    def staff_move(self, which: int, member: int, when: When) -> None:
        start = self._start(when)
        id_, now = self._session(which), self.model.now
        to: dict[str, Any] = {"member_id": member, "start": start, "method": "in_person"}
        self._agree(
            self.model.move(id_, member, start),
            lambda: move(id_, **to, confirmed=EVERYTHING, by=self._ana(), now=now),
        )

    @precondition(lambda self: self.model.sessions)
    @rule(which=SOME, member=MEMBERS)
    def staff_transfer(self, which: int, member: int) -> None:
        id_, now = self._session(which), self.model.now
        self._agree(
            self.model.transfer(id_, member),
            lambda: transfer(id_, member, self._ana(), now, confirmed_outside=True),
        )

    @precondition(lambda self: self.model.sessions)
    @rule(which=SOME)
    def staff_unlink(self, which: int) -> None:
        id_, now = self._session(which), self.model.now
        self._agree(self.model.unlink(id_), lambda: unlink(id_, self._ana(), now))

    @precondition(lambda self: self.model.sessions)
    @rule(which=SOME, whose=SOME)
    def staff_link(self, which: int, whose: int) -> None:
        now = self.model.now
        alone = sorted(id_ for id_, s in self.model.sessions.items() if s.live and s.own is None)
        id_ = alone[which % len(alone)] if alone else self._session(which)
        client = self.model.sessions[id_].client
        theirs = sorted(id_ for id_, own in self.model.owns.items() if own.client == client)
        own = theirs[whose // 4 % len(theirs)] if whose % 4 else self._own(whose // 4)
        self._agree(self.model.link(id_, own), lambda: link(id_, own, self._ana(), now))

    @rule(which=SOME, service=SERVICES, change=st.sampled_from([-2, -1, 1]))
    def staff_adjust(self, which: int, service: str, change: int) -> None:
        own, now = self._own(which), self.model.now
        self._agree(
            self.model.adjust(own, service, change),
            lambda: self._adjust(own, service, change, now),
        )

    @rule(which=SOME, days=st.sampled_from([None, -1, 0, 1, 2]))
    def staff_change_the_expiry(self, which: int, days: int | None) -> None:
        own, now = self._own(which), self.model.now
        today = day_of(now)
        expires = None if days is None else max(NOW.date(), today + timedelta(days=days))
        self._agree(self.model.expire(own, expires), lambda: self._expire(own, expires, now))

    def _adjust(self, own: int, service: str, change: int, now: datetime) -> None:
        seen = db.session.get_one(ClientPackage, own, populate_existing=True).version
        by, id_ = self._ana(), self.services[service]
        adjust_credits(own, id_, change, "Agreed by phone", seen, by, now)

    def _expire(self, own: int, expires: date | None, now: datetime) -> None:
        row = db.session.get_one(ClientPackage, own, populate_existing=True)
        values, seen = replace(own_values(row), expires_on=expires), row.version
        save_client_package(own, values, seen, "", self._ana(), now)

    @invariant()
    def all_is_what_the_model_says(self) -> None:
        self._compare_sessions()
        self._compare_the_ledger()
        self._look_for_overlaps()

    def _compare_sessions(self) -> None:
        expected = {id_: _facts(session) for id_, session in self.model.sessions.items()}
        assert self._rows() == expected

    def _look_for_overlaps(self) -> None:
        """Nobody is booked twice but on purpose."""
        live = [s for s in self.model.sessions.values() if s.live and not s.overbooked]
        for one in live:
            for other in live:
                apart = one.busy_until <= other.start or other.busy_until <= one.start
                assert one is other or one.member != other.member or apart

    def _compare_the_ledger(self) -> None:
        """The balance is the sum of the entries."""
        sums = select(
            CreditEntry.client_package_id, CreditEntry.service_id, func.sum(CreditEntry.amount)
        ).where(CreditEntry.client_package_id.in_(self.model.owns))
        grouped = sums.group_by(CreditEntry.client_package_id, CreditEntry.service_id)
        assert {(own, service): left for own, service, left in db.session.execute(grouped)} == {
            (own, id_): self.model.left(own, service)
            for own in self.model.owns
            for service, id_ in self.services.items()
        }
        db.session.rollback()

    def _agree(self, may: bool, act: Callable[[], object]) -> None:
        """Do it; it must succeed where the model says so, and be refused where it doesn't."""
        refused: Exception | None = None
        try:
            act()
        except (Refused, NotFound) as refusal:
            refused = refusal
        db.session.rollback()
        assert may == (refused is None), refused or "the model wouldn't let this be done"

    def _made(self, expected: Session | None, act: Callable[[], int]) -> None:
        made: list[int] = []
        self._agree(expected is not None, lambda: made.append(act()))
        if expected is not None:
            self.model.sessions[made[0]] = expected

    def _book(self, own: int, service: str, member: int, start: datetime) -> int:
        now = self.model.now
        offer = load_client_offer(own, now)
        token = hold(
            offer,
            service_id=self.services[service],
            method="in_person",
            member_id=member,
            start=start,
            now=now,
        )
        book(token, Contact("", ""), now=now)
        return find_by_token(token, now).id

    def _rows(self) -> dict[int, tuple[Any, ...]]:
        credit = select(func.coalesce(func.sum(CreditEntry.amount), 0)).where(
            CreditEntry.booking_id == Booking.id
        )
        of_this_run = Booking.id.in_(self.model.sessions)
        names = {id_: slug for slug, id_ in self.services.items()}
        found = db.session.execute(
            select(Booking, credit.scalar_subquery()).where(of_this_run),
            execution_options={"populate_existing": True},
        )
        return {
            row.id: (
                row.member_id,
                names[row.service_id],
                row.starts_at,
                row.client_package_id,
                ENDINGS[row.ending] if row.ending else STATES[row.status],
                bool(taken),
                row.overbooked_at is not None and row.cancelled_at is None,
            )
            for row, taken in found
        }

    def _start(self, when: When) -> datetime:
        days, quarter = when
        return at(day_of(self.model.now) + timedelta(days=days), quarter)

    def _own(self, which: int) -> int:
        return sorted(self.model.owns)[which % len(self.model.owns)]

    def _session(self, which: int) -> int:
        """Mostly one that hasn't begun, or else isn't over: not much can be done to the others."""
        all_ = sorted(self.model.sessions)
        to_come = [id_ for id_ in all_ if self.model.sessions[id_].to_come]
        ahead = [id_ for id_ in to_come if self.model.sessions[id_].start > self.model.now]
        among = (ahead or to_come or all_, to_come or all_, ahead or all_, all_)[which % 4]
        return among[which // 4 % len(among)]

    @staticmethod
    def _ana() -> Member:
        return db.session.get_one(Member, 1)


def _facts(session: Session) -> tuple[Any, ...]:
    return (
        session.member,
        session.service,
        session.start,
        session.own,
        session.state,
        session.credit,
        session.overbooked and session.live,
    )


@pytest.mark.timeout(480)
@pytest.mark.parametrize("part", [1, 2, 3])
@pytest.mark.usefixtures("clinic")
def test_any_sequence_of_acts_leaves_what_the_model_says(app: Flask, part: int) -> None:
    """In three parts that may run side by side. `SEED=7` asks for other runs than usual."""
    with app.app_context():
        follow_up = {"buffer_after": 15}
        clinic_file.load(reset_clinic(hours=HOURS, follow_up=follow_up, clients=[lee()]), NOW)
        with transaction() as session:
            session.execute(text("UPDATE service SET confirm = 'instant' WHERE slug = 'intake'"))
        on_postgresql = db.engine.dialect.name == "postgresql"
        runs = tries(few=2, many=30) if on_postgresql else tries(few=9, many=100)
        # The same ones each time: what nobody touched doesn't fail on its own.
        run_state_machine_as_test(
            seed(int(os.environ.get("SEED", "0")) * 3 + part)(Acts),
            settings=settings(
                max_examples=runs,
                stateful_step_count=50,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
                phases=(Phase.generate,),
            ),
        )
