"""People who book through real sockets while something goes wrong, and what must be true then."""

import random
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from portal.db import db
from portal.models import Activity, Booking, Client, CreditEntry, Message
from portal.safekeeping.checking import faults_of
from tests.faults.browsers import SECONDS, Browser, NoAnswer
from tests.web.visitor import Page, Visitor

BOOK = "/book/reset?service=follow-up"
COUNTED = ("HOLDS", "BOOKINGS", "ADDRESS_BOOKINGS", "SIGN_IN_TRIES")
PLENTY = dict.fromkeys(COUNTED, "100000 per minute")
"""Settings for a site on which many people come from one address."""

WEEKS = 50
"""How far ahead people book: there's room for nine thousand sessions."""


def visitor_of(site: str) -> Visitor:
    """Somebody with a browser of their own."""
    return Visitor(Browser(site))  # type: ignore[arg-type]


@dataclass
class Crowd:
    """Many people who book whatever is free, one session after the other, each as a new client.

    What each of them saw is kept: `confirmed` has the addresses of those who were shown their
    session, `seen` how often each status was answered or the line was cut.
    """

    site: str
    number: int = 6
    confirmed: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def booking(self) -> Iterator["Crowd"]:
        """They book as long as this is open."""
        threads = [threading.Thread(target=self._book, args=(n,)) for n in range(self.number)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(2 * SECONDS)

    def _book(self, number: int) -> None:
        chance, turn = random.Random(number), 0  # noqa: S311  (the same ones each time)
        while not self._stop.is_set():
            turn += 1
            address = f"client{number}-{turn}@example.com"
            try:
                page = self._one(address, chance)
            except NoAnswer:
                self.seen["cut off"] += 1
            else:
                self.seen[str(page.status)] += 1
                if page.status == 503:
                    self._stop.wait(0.1)  # they'd wait for longer, but we don't
                if page.status == 200 and page.url.startswith("/bookings/"):
                    self.confirmed.append(address)

    def _one(self, address: str, chance: random.Random) -> Page:
        visitor = visitor_of(self.site)
        day = datetime.now(UTC).date() + timedelta(weeks=chance.randrange(WEEKS))
        page = visitor.get(f"{BOOK}&week={day}")
        if page.status != 200 or not page.openings():
            return page
        form = visitor.press(page, chance.choice(page.openings()))
        if form.status != 200 or not form.soup.select("[name=email]"):
            return form
        button = form.all(".details .actions button")[0]
        return visitor.press(form, button, name="Client", email=address)


def half_done(confirmed: list[str]) -> list[str]:
    """What isn't all there of those whom the site confirmed, and of everybody who's in it.

    A session has its client, one credit taken, a mail to be sent and a line in the activity log.
    """
    wrong = faults_of(db.session.connection())
    booked = dict(
        db.session.execute(
            select(Client.email, Booking.id).join(Booking, Booking.client_id == Client.id)
        ).all()
    )
    wrong += [f"{address} isn't there" for address in confirmed if address not in booked]
    of_a_booking = {
        "credit": select(CreditEntry.booking_id).where(CreditEntry.kind == "take"),
        "log": select(Activity.subject_id).where(
            Activity.subject == "booking",
            Activity.act.in_(["booking.requested", "booking.confirmed"]),
        ),
    }
    for what, query in of_a_booking.items():
        found = Counter(db.session.scalars(query))
        wrong += [f"{a}: {found[id_]} {what}" for a, id_ in booked.items() if found[id_] != 1]
    mailed = set(db.session.scalars(select(Message.booking_id)))
    wrong += [f"{address}: no mail" for address, id_ in booked.items() if id_ not in mailed]
    rows = db.session.query(Booking).filter(Booking.client_id.is_not(None)).count()
    if rows != len(booked):
        wrong.append(f"{rows} sessions of {len(booked)} clients")
    db.session.rollback()
    return wrong


def workers_of(site_pid: int) -> list[int]:
    """The processes that a site's first one has started."""
    found = subprocess.run(["pgrep", "-P", str(site_pid)], capture_output=True, text=True)
    return [int(number) for number in found.stdout.split()]
