"""Clients in a rush, through real server processes: one time is one client's.

What is tried with many openings here is tried with 50 clients and 20 openings by `make test-long`.
"""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from tests.clinics import CHO, LEE
from tests.databases import without_guard
from tests.faults.clinics import ALL_DAY, SEVERAL_AT_ONCE, a_monday, open_clinic
from tests.faults.promises import Shown, doubled, doubles, halves, lost, wrong_credits
from tests.faults.rushes import Client, rush, rush_for_anybody
from tests.how_often import on_fewer_engines, tries

CLIENTS = tries(8, 50)
OPENINGS = tries(4, 20)
A_DAY = 10  # openings that fit into one, each with all the starts that overlap it
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
QUARTER = timedelta(minutes=15)

Site = Callable[..., Any]
pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("processes")]


def test_in_a_rush_one_time_is_one_clients(app: Flask, database_url: str, live_site: Site) -> None:
    # On each day Cho is there alone until ten; then there are three, and from eleven on ten.
    others = {f"p{n}@example.com": ("10:00" if n < 2 else "11:00", "12:00") for n in range(9)}
    members = open_clinic(app, hours={CHO: ALL_DAY, **others})
    site = live_site(database_url, **SEVERAL_AT_ONCE).url
    monday = a_monday()
    shown = [
        *one_of_those_who_overlap_is_booked(site, members[CHO], monday),
        *with_anybody_as_many_are_booked_as_are_free(site, monday + 2 * DAY),
        one_form_sent_many_times_is_one_booking(site, members[CHO], monday + 4 * DAY),
    ]
    with app.app_context():
        for broken in (doubles(), halves(), wrong_credits(), lost(shown), doubled(shown)):
            assert not list(broken)


def one_of_those_who_overlap_is_booked(site: str, cho: int, day: datetime) -> list[Shown]:
    # Starts a quarter of an hour apart for sessions of an hour: all of a round overlap.
    rounds = [
        [
            day + DAY * (number // A_DAY) + 2 * HOUR * (number % A_DAY) + QUARTER * (client % 4)
            for client in range(CLIENTS)
        ]
        for number in range(OPENINGS)
    ]
    outcome = rush(site, cho, rounds)
    assert outcome.tally == {"booked": OPENINGS, "told": OPENINGS * (CLIENTS - 1)}
    return outcome.shown


def with_anybody_as_many_are_booked_as_are_free(site: str, day: datetime) -> list[Shown]:
    shown = []
    for start, free, clients in (
        (day + 9 * HOUR, 1, CLIENTS),
        (day + 10 * HOUR, 3, CLIENTS),
        (day + 11 * HOUR, 10, CLIENTS + 4),
        (day + DAY + 10 * HOUR, 3, 2),
    ):
        outcome = rush_for_anybody(site, start, clients)
        booked = min(free, clients)
        assert outcome.tally == Counter({"booked": booked, "nobody is free": clients - booked})
        assert len({one.member_id for one in outcome.shown}) == booked
        shown += outcome.shown
    return shown


def one_form_sent_many_times_is_one_booking(site: str, cho: int, start: datetime) -> Shown:
    client = Client(site, 1)
    client.look(start)
    form = client.hold(cho, start).headers["Location"]
    with ThreadPoolExecutor(CLIENTS) as pool:
        sent = [pool.submit(client.confirm, form, LEE) for _ in range(CLIENTS)]
    [(status, booking)] = {
        (one.result().status_code, one.result().headers["Location"]) for one in sent
    }
    assert status == 303
    return Shown(booking.removeprefix("/bookings/"), LEE, start, cho)


@on_fewer_engines
def test_the_same_rush_finds_two_winners_where_guard_and_locks_are_gone(
    app: Flask, database_url: str, live_site: Site
) -> None:
    members = open_clinic(app, hours={CHO: ALL_DAY})
    with app.app_context():
        without_guard()
    site = live_site(database_url, served="tests.faults.without_locks:app", **SEVERAL_AT_ONCE)
    outcome = rush(site.url, members[CHO], [[a_monday() + QUARTER * (n % 4) for n in range(8)]])
    assert outcome.tally["booked"] > 1
    with app.app_context():
        assert list(doubles())
