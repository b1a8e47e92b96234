"""Many clients who go for the same times at once, over HTTP, in processes of the site."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from threading import Barrier

from tests.faults.browsers import Answer, Browser
from tests.faults.promises import Shown

BOOK = "/book/reset"
PATIENCE_SECONDS = 60
KINDLY = "That time has just been taken. Nothing was booked: please choose another"
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Outcome:
    """How often each thing came of a try, and what was booked according to the screens."""

    tally: Counter[str] = field(default_factory=Counter)
    shown: list[Shown] = field(default_factory=list)

    def add(self, came: Shown | str) -> None:
        """Count what came of a try."""
        if isinstance(came, Shown):
            self.shown.append(came)
        self.tally[came if isinstance(came, str) else "booked"] += 1


class Client:
    """One client with a browser, who knows the booking page of Reset."""

    def __init__(self, site: str, number: int) -> None:
        self.number = number
        self.browser = Browser(site, address=f"198.51.{number // 250}.{number % 250 + 1}")
        self.page: Answer

    def look(self, day: datetime) -> Answer:
        """Open the week of that day."""
        query = {"service": "follow-up", "week": day.date().isoformat()}
        self.page = self.browser.get(BOOK, query_string=query)
        assert self.page.status_code == 200, self.page.text
        return self.page

    def hold(self, member_id: int, start: datetime) -> Answer:
        """Press the button of an opening."""
        wish = {"service": "follow-up", "delivery": "in_person", "week": start.date().isoformat()}
        wish["opening"] = f"{member_id}@{int(start.timestamp())}"
        return self.browser.post(f"{BOOK}/holds", data={**self._token(), **wish})

    def confirm(self, form: str, email: str) -> Answer:
        """Send the form of a held time."""
        typed = {"name": email.split("@")[0], "email": email}
        return self.browser.post(form, data={**self._token(), **typed})

    def try_for(self, member_id: int, start: datetime) -> Shown | str:
        """Hold and confirm it: what was booked, "told" that it's gone, or the answer's status."""
        email = f"client{self.number}-{int(start.timestamp())}@example.com"
        answer = self.hold(member_id, start)
        if answer.status_code == 303:
            answer = self.confirm(answer.headers["Location"], email)
            if answer.status_code == 303:
                token = answer.headers["Location"].split("?")[0].rsplit("/", 1)[1]
                return Shown(token, email, start, member_id)
        self.page = answer
        told = answer.status_code == 409 and KINDLY in answer.text
        return "told" if told else str(answer.status_code)

    def _token(self) -> dict[str, str]:
        found = CSRF.search(self.page.text)
        assert found, "the page has no form"
        return {"csrf_token": found[1]}


def rush(site: str, member_id: int, rounds: Sequence[Sequence[datetime]]) -> Outcome:
    """In each round every client goes for a start of their own, all at the same moment."""
    outcome = Outcome()
    barrier = Barrier(len(rounds[0]))

    def go(number: int) -> None:
        client = Client(site, number)
        client.look(rounds[0][number])
        for starts in rounds:
            barrier.wait(PATIENCE_SECONDS)
            outcome.add(client.try_for(member_id, starts[number]))

    _all_at_once(go, len(rounds[0]), barrier)
    return outcome


def rush_for_anybody(site: str, start: datetime, clients: int) -> Outcome:
    """Every client wants this start, with whoever the page says is free, until nobody is."""
    outcome = Outcome()
    barrier = Barrier(clients)
    epoch = int(start.timestamp())
    button = re.compile(rf'value="(\d+)@{epoch}" class="p\d+"><b>[^<]+</b> ([^<]+?)</button>')

    def go(number: int) -> None:
        client = Client(site, number)
        client.look(start)
        barrier.wait(PATIENCE_SECONDS)
        while free := button.findall(client.page.text):
            member_id, name = free[number % len(free)]
            came = client.try_for(int(member_id), start)
            if isinstance(came, Shown):
                assert name in client.browser.get(f"/bookings/{came.token}").text
            if came != "told":
                outcome.add(came)
                return
        outcome.add("nobody is free")

    _all_at_once(go, clients, barrier)
    return outcome


def _all_at_once(go: Callable[[int], None], clients: int, barrier: Barrier) -> None:
    def one(number: int) -> None:
        try:
            go(number)
        except BaseException:
            # The others would wait for this one.
            barrier.abort()
            raise

    with ThreadPoolExecutor(clients) as pool:
        for done in [pool.submit(one, number) for number in range(clients)]:
            done.result()
