"""Two web hosts behind a proxy, two workers, one PostgreSQL: what compose.yaml starts."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.clinics import CHO
from tests.faults.clinics import ALL_DAY, SEVERAL_AT_ONCE, a_monday, open_clinic
from tests.faults.processes import Worker, mail_server, wait_until
from tests.faults.promises import doubles, halves, lost, unsent
from tests.faults.proxy import proxy
from tests.faults.rushes import Client, rush

CLIENTS, ROUNDS = 6, 3
HOLDS = CLIENTS * ROUNDS + 5
QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("processes")]


def test_hosts_share_bookings_limits_and_mail_and_one_of_each_may_go(
    postgresql_app: Flask, postgresql_database: str, live_site: Callable[..., Any], tmp_path: Path
) -> None:
    cho = open_clinic(postgresql_app, hours={CHO: ALL_DAY})[CHO]
    with ExitStack() as stack:
        front, mail = stack.enter_context(proxy()), stack.enter_context(mail_server())
        settings = {**SEVERAL_AT_ONCE, "HOLDS": f"{HOLDS} per hour", "BASE_URL": front.url}
        settings |= mail.settings()
        hosts = [live_site(postgresql_database, **settings) for _ in range(2)]
        front.hosts = [host.url for host in hosts]
        workers = [
            Worker(tmp_path / f"worker-{n}.log", {"DATABASE_URL": postgresql_database, **settings})
            for n in range(2)
        ]
        for worker in workers:
            stack.callback(worker.stop)
        workers[0].kill()

        starts = [
            [a_monday() + 2 * HOUR * number + QUARTER * (n % 4) for n in range(CLIENTS)]
            for number in range(ROUNDS)
        ]
        outcome = rush(front.url, cho, starts)
        assert outcome.tally == {"booked": ROUNDS, "told": ROUNDS * (CLIENTS - 1)}
        assert min(front.answered[host.url] for host in hosts) > CLIENTS

        # All came from this machine, whatever they said, and both hosts counted them together.
        late = Client(front.url, 99)
        late.look(a_monday())
        tries = [late.hold(cho, a_monday() + HOUR * (9 + n)).status_code for n in range(6)]
        assert tries == [303] * 5 + [429]

        hosts[0].stop()
        assert [late.look(a_monday()).status_code for _ in range(4)] == [200] * 4

        def all_is_sent() -> bool:
            with postgresql_app.app_context():
                return not list(unsent())

        assert wait_until(all_is_sent, 60)
        reached = {address for recipients in mail.recipients for address in recipients}
        assert {one.email for one in outcome.shown} <= reached
    with postgresql_app.app_context():
        assert not [*doubles(), *halves(), *lost(outcome.shown)]
