"""What people do on a site all day: visitors who book and change their minds, and staff.

Each does the next thing when the last is answered. Where no answer comes, since the process was
killed, they send it again, as a person does who reloads the page.
"""

import random
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Event, Lock

from tests.faults.browsers import Answer, Browser, NoAnswer
from tests.faults.clinics import a_monday
from tests.faults.promises import Shown
from tests.web.practice.people import PASSWORD
from tests.web.visitor import Page, fields

CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
SLOT = re.compile(r'<button name="opening" value="(\d+)@(\d+)"')
SERVICES = ("follow-up", "follow-up", "follow-up", "intake")
WEEKS = 30
TIMES = 4
"""How often somebody sends the same again before they give up."""


@dataclass
class Diary:
    """What everybody did and was shown; all of them write into it."""

    done: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    shown: dict[str, Shown] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def note(self, what: str) -> None:
        """Count something that was done."""
        with self.lock:
            self.done[what] += 1

    def show(self, session: Shown) -> None:
        """Remember what a client last read about their session."""
        with self.lock:
            self.shown[session.token] = session

    def trouble(self, what: str) -> None:
        """Remember what nobody should see."""
        with self.lock:
            self.troubles.append(what)


class Person:
    """Somebody with a browser, who isn't put off by a connection that ends."""

    def __init__(self, site: str, diary: Diary, chance: random.Random) -> None:
        address = ".".join(str(chance.randint(1, 254)) for _ in range(3))
        self.browser = Browser(site, address=f"10.{address}")
        self.diary, self.chance = diary, chance

    def get(self, url: str, **query: str) -> Answer:
        """Open a page."""
        return self._until_answered(
            f"GET {url}", lambda: self.browser.get(url, follow_redirects=True, query_string=query)
        )

    def post(self, url: str, values: Mapping[str, str]) -> Answer:
        """Send a form."""
        return self._until_answered(f"POST {url}", lambda: self.browser.post(url, data=values))

    def _until_answered(self, what: str, ask: Callable[[], Answer]) -> Answer:
        for _time in range(TIMES):
            began = time.monotonic()
            try:
                answer = ask()
            except NoAnswer:
                self.diary.note("no answer, sent again")
                time.sleep(0.5)
                continue
            with self.diary.lock:
                self.diary.statuses[answer.status_code] += 1
                self.diary.waits.append(time.monotonic() - began)
            if answer.status_code >= 500:
                self.diary.trouble(f"{answer.status_code} for {what}")
            return answer
        raise NoAnswer(what)


class Visitors:
    """One visitor after the other, each a stranger, until everything is over."""

    def __init__(self, site: str, diary: Diary, seed: int, pause: float, over: Event) -> None:
        self.site, self.diary, self.pause, self.over = site, diary, pause, over
        self.chance, self.seed, self.number = random.Random(seed), seed, 0  # noqa: S311  # no secret

    def come(self) -> None:
        """Let them come."""
        while not self.over.is_set():
            self.number += 1
            try:
                self._visit(Person(self.site, self.diary, self.chance))
            except NoAnswer as gone:
                self.diary.trouble(f"no answer after {TIMES} tries: {gone}")
            except Exception as error:  # a page that isn't what it should be
                self.diary.trouble(repr(error))
            self.over.wait(self.pause * self.chance.random() * 2)

    def _visit(self, person: Person) -> None:
        chance = self.chance
        week = a_monday() + timedelta(weeks=chance.randrange(WEEKS))
        service = chance.choice(SERVICES)
        asked = {"service": service, "week": week.date().isoformat()}
        board = person.get("/book/reset", **asked)
        self.diary.note("weeks looked at")
        openings = SLOT.findall(board.text)
        if not openings or chance.random() < 0.2:
            return
        member_id, epoch = chance.choice(openings)
        wish = {**asked, "delivery": "in_person", "opening": f"{member_id}@{epoch}"}
        held = person.post("/book/reset/holds", {**_token(board), **wish})
        self.diary.note("times held" if held.status_code == 303 else "times gone")
        if held.status_code != 303 or chance.random() < 0.15:
            return
        email = f"client{self.seed}-{self.number}@example.com"
        form = held.headers["Location"].split("?")[0]
        session = Shown(
            form.rsplit("/", 1)[1], email, datetime.fromtimestamp(int(epoch), UTC), int(member_id)
        )
        if self._book(person, form, _token(board), session):
            self._change_their_mind(person, session)

    def _book(self, person: Person, form: str, token: Mapping[str, str], session: Shown) -> bool:
        values = {**token, "name": "Kim Doe", "email": session.email}
        answer = person.post(form, values)
        if answer.status_code != 303:
            self.diary.note("times gone")
            return False
        self.diary.show(session)
        self.diary.note("sessions booked")
        if self.chance.random() < 0.3:
            again = person.post(form, values)
            self.diary.note("forms sent twice")
            if again.headers["Location"] != answer.headers["Location"]:
                self.diary.trouble(f"sent twice: {again.status_code}")
        return True

    def _change_their_mind(self, person: Person, session: Shown) -> None:
        what = self.chance.random()
        if what < 0.2:
            self._cancel(person, session)
        elif what < 0.45:
            self._reschedule(person, session)
        elif what < 0.6:
            person.get(f"/bookings/{session.token}")
            person.get(f"/bookings/{session.token}/calendar.ics")

    def _cancel(self, person: Person, session: Shown) -> None:
        address = f"/bookings/{session.token}/cancellation"
        form = person.get(address)
        if form.status_code != 200:
            return
        gone = person.post(address, {**_token(form), "reason": "I am away."})
        if gone.status_code == 303 or "You cancelled this session" in gone.text:
            self.diary.note("sessions cancelled")
            session = replace(session, cancelled=True)
            self.diary.show(session)
            if self.chance.random() < 0.3:
                back = person.post(f"{address}/undo", _token(form))
                if back.status_code == 303:
                    self.diary.note("cancellations undone")
                    self.diary.show(replace(session, cancelled=False))

    def _reschedule(self, person: Person, session: Shown) -> None:
        address = f"/bookings/{session.token}/new-time"
        openings = SLOT.findall(person.get(address, practitioner="any").text)
        if not openings:
            return
        member_id, epoch = self.chance.choice(openings)
        wish = {"opening": f"{member_id}@{epoch}", "delivery": "in_person"}
        form = person.get(f"{address}/confirmation", **wish)
        if form.status_code != 200:
            return
        if person.post(address, {**_token(form), **wish}).status_code == 303:
            self.diary.note("sessions rescheduled")
            start = datetime.fromtimestamp(int(epoch), UTC)
            self.diary.show(replace(session, start=start, member_id=int(member_id)))


class Staff:
    """Somebody at the clinic who answers requests and moves sessions, until everything is over."""

    def __init__(self, site: str, diary: Diary, email: str, pause: float, over: Event) -> None:
        self.diary, self.email, self.pause, self.over = diary, email, pause, over
        self.chance = random.Random(0)  # noqa: S311  # no secret
        self.person = Person(site, diary, self.chance)

    def work(self) -> None:
        """Work."""
        signed_in = False
        while not self.over.is_set():
            try:
                signed_in = signed_in or self._sign_in()
                self._answer_requests()
            except NoAnswer as gone:
                self.diary.trouble(f"no answer after {TIMES} tries: {gone}")
            except Exception as error:  # a page that isn't what it should be
                self.diary.trouble(repr(error))
            self.over.wait(self.pause)

    def _sign_in(self) -> bool:
        form = self.person.get("/sign-in")
        values = {**_token(form), "email": self.email, "password": PASSWORD}
        return self.person.post("/sign-in", values).status_code == 302

    def _answer_requests(self) -> None:
        calendar = Page(self.person.get("/calendar", view="day"))
        for request in calendar.soup.select("li.request")[:8]:
            accept, decline = request.select("form[method=post]")
            declines = self.chance.random() < 0.2
            chosen = decline if declines else accept
            answer = self.person.post(str(chosen["action"]), fields(chosen))
            if answer.status_code == 303:
                self.diary.note("requests declined" if declines else "requests accepted")
            link = request.select_one(".asked-for a")
            assert link
            if answer.status_code == 303 and not declines and self.chance.random() < 0.3:
                self._move(str(link["href"]))

    def _move(self, session: str) -> None:
        shown = Page(self.person.get(f"{session}/move"))
        buttons = shown.soup.select(".slots button")
        if not buttons:
            return
        opening = {**fields(shown.one("form.week")), "opening": str(buttons[-1]["value"])}
        chosen = Page(self.person.get(f"{session}/move", **opening))
        form = chosen.one("#chosen-time form")
        if self.person.post(str(form["action"]), fields(form)).status_code == 303:
            self.diary.note("sessions moved by staff")


def _token(answer: Answer) -> dict[str, str]:
    found = CSRF.search(answer.text)
    assert found, f"no form in the answer {answer.status_code} of {answer.request.path}"
    return {"csrf_token": found[1]}
