"""Backups are made while eight processes write, and each of them is a whole clinic."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.db import db
from portal.models import Booking
from portal.safekeeping.backups import Backup, back_up
from portal.safekeeping.restoring import restore
from tests.cli.conftest import application
from tests.conftest import dispose
from tests.faults.visitors import half_done
from tests.how_often import tries
from tests.racing import at_once
from tests.racing_acts import books_all_it_can

WRITERS = 8
STARTS = [datetime(2027, 3, 2, 14, tzinfo=UTC) + timedelta(hours=1) * n for n in range(7)]

pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("processes")]


def booked() -> int:
    """How many sessions there are."""
    number = db.session.scalar(select(func.count(Booking.id)).where(Booking.client_id.is_not(None)))
    db.session.rollback()
    return number or 0


def test_a_backup_that_was_made_meanwhile_comes_back_whole(
    open_clinic: Flask, database_url: str, tmp_path: Path
) -> None:
    days = [timedelta(days=day) for day in range(tries(1, 4))]
    starts = [start + day for day in days for start in STARTS]
    works = [partial(books_all_it_can, number, starts) for number in range(WRITERS)]
    made: list[tuple[int, Backup, int]] = []
    with open_clinic.app_context(), ThreadPoolExecutor(1) as pool:
        writing = pool.submit(at_once, database_url, works)
        while not writing.done():
            before, path = booked(), tmp_path / f"{len(made)}.db"
            made.append((before, back_up(path, datetime.now(UTC)), booked()))
        outcomes = writing.result()
        assert sum(map(int, outcomes)) == booked() == 3 * len(starts)
    during = [each for each in made if each[2] > 0 and each[0] < 3 * len(starts)]
    assert during, "no backup was made while anybody wrote"
    for before, backup, after in (during[0], during[-1]):
        app = application(f"sqlite:///{tmp_path / f'from-{backup.path.name}'}")
        with app.app_context():
            restore(backup.path, "", datetime.now(UTC))
            assert before <= booked() <= after
            assert half_done([]) == []
        dispose(app)
