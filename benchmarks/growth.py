"""A clinic that has grown: what is looked at with a million sessions and 100,000 clients.

And how long it takes to book one more.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime

from flask import current_app
from flask_security import hash_password
from sqlalchemy import text

from benchmarks.database import ENGINES, openings
from benchmarks.databases import app_with, new_database, offer_and_service, settle
from benchmarks.diary import ZONE, Diary, diary
from benchmarks.history import add_history
from benchmarks.rounds import by_turns
from benchmarks.serving import TOKEN
from benchmarks.table import Line, ms
from portal.actions.booking import Contact, book
from portal.actions.holding import hold
from portal.as_set_up import forget
from portal.clock import now
from portal.db import db
from portal.errors import Taken
from portal.models import Client, Member
from portal.queries.calendar import View, load_calendar
from portal.queries.client_sessions import load_client_sessions
from portal.queries.clients import search_clients
from portal.queries.clients_page import Shown, load_clients
from portal.queries.openings import load_board
from portal.queries.waiting_requests import load_waiting
from portal.transaction import transaction

PEOPLE, DAYS, PAST, CLIENTS = 200, 60, 1_000_000, 100_000
TARGET = 0.1  # seconds
PASSWORD = "seven cows in a meadow"
SOME_CLIENTS = """
    INSERT INTO client
        (id, email, name, name_key, found_by, created_at, accepted_at, notes, version)
    WITH RECURSIVE n (k) AS (SELECT 2 UNION ALL SELECT k + 1 FROM n WHERE k < :n),
    named AS (SELECT k, 'Client ' || (k * 7919 % 100000) AS name FROM n)
    SELECT k, 'client' || k || '@example.com', name, lower(name),
        lower(name) || :end || 'client' || k || '@example.com' || :end,
        1700000000 + k, 1700000000 + k, '', 1 FROM named
"""


def measure(where: dict[str, str]) -> Iterator[Line]:
    """How long lists, searches and the calendar take, for somebody who sees all and a colleague."""
    clinic = diary(PEOPLE, DAYS, datetime.now(UTC).astimezone(ZONE).date())
    for engine, name in ENGINES.items():
        yield from _measure_on(engine, name, clinic, where)


def _measure_on(engine: str, name: str, clinic: Diary, where: dict[str, str]) -> Iterator[Line]:
    with app_with(clinic, new_database(where, engine)).app_context():
        with db.engine.begin() as connection:
            connection.execute(text(SOME_CLIENTS), {"n": CLIENTS, "end": "\n"})
            add_history(connection, clinic, PAST, CLIENTS)
        settle()
        if engine == "postgresql":
            _plan_for_any_value()
        looks = _looks(clinic) | _pages() | {"a time held and booked": _booking(clinic)}
        found = by_turns(3, looks, waits=engine != "sqlite")
        for what in looks:
            seconds = found.median(what)
            said = f"{what}, {name}"
            yield Line("", said, ms(seconds), "", f"under {ms(TARGET)}", seconds < TARGET)
        db.session.remove()
        db.engine.dispose()


def _plan_for_any_value() -> None:
    """Have PostgreSQL plan as it comes to do on a site: once, for values that it doesn't know.

    By itself it does that after a few times, and nothing is asked as often here.
    """
    with db.engine.begin() as connection:
        # The numbers of clients were given to it, and it would begin at the first.
        connection.execute(text(f"ALTER SEQUENCE client_id_seq RESTART WITH {CLIENTS + 1}"))
        name = connection.dialect.identifier_preparer.quote(db.engine.url.database or "")
        connection.execute(text(f"ALTER DATABASE {name} SET plan_cache_mode = force_generic_plan"))
    db.engine.dispose()


def _pages() -> dict[str, Callable[[], object]]:
    """Everybody's calendar as the owner's browser gets it."""
    with transaction() as session:
        owner = session.get_one(Member, 1)
        owner.password, email = hash_password(PASSWORD), owner.email
    browser = current_app.test_client()
    token = TOKEN.search(browser.get("/sign-in").text)
    assert token
    form = {"csrf_token": token[1], "email": email, "password": PASSWORD}
    assert browser.post("/sign-in", data=form).status_code == 302

    def page(view: View) -> Callable[[], object]:
        def work() -> object:
            answer = browser.get(f"/calendar?view={view}&who=all")
            assert "data-announce" in answer.text, "it's one page of several"
            return answer

        return work

    return {
        "everybody's week, as a page": page(View.WEEK),
        "everybody's day, as a page": page(View.DAY),
    }


def _booking(clinic: Diary) -> Callable[[], object]:
    """What holds the next opening and books it, for somebody who is new."""
    at = now()
    offer, service = offer_and_service(clinic)
    openings = iter(load_board(offer, service, at).openings(clinic.first, clinic.days))
    db.session.rollback()

    def work() -> None:
        for opening in openings:
            start = datetime.fromtimestamp(opening.start, UTC)
            # The one before it may have taken its time.
            with suppress(Taken):
                token = hold(
                    offer,
                    service_id=service.id,
                    method="in_person",
                    member_id=opening.member_id,
                    start=start,
                    now=at,
                )
                who = f"new-{opening.member_id}-{opening.start}@example.com"
                book(token, Contact("Somebody New", who), now=at)
                return
        raise AssertionError("there are no more openings")

    return work


def _looks(clinic: Diary) -> dict[str, Callable[[], object]]:
    at = now()
    owner, client = db.session.get_one(Member, 1), db.session.get_one(Client, 50_000)
    other = db.session.get_one(Member, 2)

    def look(read: Callable[[], object]) -> Callable[[], object]:
        def work() -> object:
            forget()
            found = read()
            db.session.rollback()
            return found

        return work

    def earliest() -> object:
        offer, service = offer_and_service(clinic)
        return load_board(offer, service, at).earliest()

    week = Diary(clinic.people, clinic.first, 7)
    return {
        "openings of a week, P=200": look(lambda: openings(week)),
        "earliest opening of anybody, P=200": look(earliest),
        "the list of clients": look(lambda: load_clients(owner, Shown.EVERYBODY, "", 1)),
        "the list's last page": look(lambda: load_clients(owner, Shown.EVERYBODY, "", 10**6)),
        "a search for clients": look(
            lambda: load_clients(owner, Shown.EVERYBODY, "client 4711", 1)
        ),
        "clients to pick from": look(lambda: search_clients(owner, "4711")),
        "a client's sessions": look(lambda: load_client_sessions(client, 1, at)),
        "one person's week": look(lambda: load_calendar(owner, View.WEEK, None, 1, at)),
        "everybody's day": look(lambda: load_calendar(owner, View.DAY, None, None, at)),
        "requests that wait": look(lambda: load_waiting(owner, at)),
        "the list of clients, as a colleague": look(
            lambda: load_clients(other, Shown.EVERYBODY, "", 1)
        ),
        "a colleague's week": look(lambda: load_calendar(other, View.WEEK, None, 2, at)),
        "everybody's week, as a colleague": look(
            lambda: load_calendar(other, View.WEEK, None, None, at)
        ),
    }
